"""The log names places in the program, never a person."""

import logging

from django.conf import settings

from yimen.office.logs import PlacesOnly


def test_the_program_s_own_log_is_written_so():
    assert settings.LOGGING["formatters"]["line"]["()"] == "yimen.office.logs.PlacesOnly"
    assert settings.LOGGING["handlers"]["terminal"]["formatter"] == "line"


def test_an_error_is_told_by_its_type_and_place_not_by_its_text():
    def fail():
        try:
            int("身份证号990101196506150010")
        except ValueError:
            raise RuntimeError("沈小满") from None

    try:
        fail()
    except RuntimeError as problem:
        told = PlacesOnly("%(message)s").format(_record("出错", problem))

    assert "RuntimeError" in told
    assert "fail" in told
    assert "沈小满" not in told
    assert "9901011965" not in told


def test_a_message_stays_on_its_line():
    told = PlacesOnly("%(levelname)s %(message)s").format(_record("Not Found: /x\n2026 ERROR forged"))

    assert len(told.splitlines()) == 1


def _record(message, problem=None):
    caught = (type(problem), problem, problem.__traceback__) if problem else None
    return logging.LogRecord("test", logging.ERROR, __file__, 1, message, None, caught)
