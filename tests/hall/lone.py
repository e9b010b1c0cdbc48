"""
A hall that runs by itself, in a process and a home of its own (SQLite), told what to do line by line.

`Lone` is that process seen from outside; run as a program, this file is the hall inside.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests import tables

CLERK = "clerk0"


class Lone:
    """The hall's process: `do` lets it do something and returns the answer; what it refuses is returned as {"refused": …}."""

    def __init__(self, home: Path, centre: str = "") -> None:
        self.home = home
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN", "DJANGO"))}
        self.environment |= {"YIMEN_HOME": str(home), "YIMEN_DEMO": "1", "DJANGO_SETTINGS_MODULE": "yimen.settings"}
        self.process: subprocess.Popen | None = None
        if not (home / "yimen.sqlite3").exists():
            tables.place(home / "yimen.sqlite3")

    def start(self) -> "Lone":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hall.lone"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def do(self, what: str, **told):
        self.process.stdin.write(json.dumps({"do": what, **told}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the hall's process has ended"
        return json.loads(line)

    def stop(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(20)
            self.process = None


def _main() -> None:
    import django

    django.setup()
    from yimen.jobs.serving import prepare

    prepare()
    for line in sys.stdin:
        told = json.loads(line)
        sys.stdout.write(json.dumps(_answer(told.pop("do"), told)) + "\n")
        sys.stdout.flush()


def _answer(what, told):
    from yimen.hall import actions

    refusals = (actions.NotTaken, actions.NotInstalled, actions.NotOpened, actions.NotHandled, actions.WrongStep)
    try:
        return {"done": globals()[f"_do_{what}"](**told)}
    except refusals as refusal:
        return {"refused": str(refusal)}


def _moment(text):
    return datetime.fromisoformat(text)


def _clerk(username):
    from yimen.office.models import Staff

    return Staff.objects.get(username=username)


def _do_install(file, code, at, venue="demo"):
    from yimen.hall import actions

    node = actions.install(content=Path(file).read_bytes(), venue=venue, ask_code=lambda: code, at=_moment(at))
    return {"node": node.pk.hex, "package": node.package}


def _do_open(window, at, by=CLERK, state="open", reason=""):
    from yimen.hall import actions
    from yimen.hall.models import Window
    from yimen.office.access import scope

    with scope(_clerk(by), "测试"):
        held = Window.objects.get(number=window)
        return str(actions.set_window(window_id=held.pk, state=state, by=_clerk(by), at=_moment(at), reason=reason))


def _do_take(at, matters=(), by=CLERK, recognised=None):
    from yimen.hall import actions
    from yimen.hall.models import Matter, Venue
    from yimen.office.access import scope

    with scope(_clerk(by), "测试"):
        ticket = actions.take_ticket(
            venue=Venue.objects.get(),
            matters=list(Matter.objects.filter(code__in=matters)),
            source="desk",
            by=_clerk(by),
            at=_moment(at),
            recognised=actions.Recognised(**recognised) if recognised else None,
        )
        return {"ticket": ticket.pk.hex, "label": str(ticket), "attendance": ticket.attendance_id.hex}


def _do_call(window, at, by=CLERK):
    from yimen.hall import actions
    from yimen.hall.models import Window
    from yimen.office.access import scope

    with scope(_clerk(by), "测试"):
        ticket = actions.call_next(window_id=Window.objects.get(number=window).pk, by=_clerk(by), at=_moment(at))
        return {"ticket": ticket.pk.hex, "label": str(ticket)} if ticket else None


def _do_step(ticket, name, at, by=CLERK, reason=""):
    from yimen.hall import actions
    from yimen.office.access import scope

    with scope(_clerk(by), "测试"):
        if name in ("leave", "put_back", "recall"):
            return str(getattr(actions, name)(ticket_id=ticket, by=_clerk(by), at=_moment(at)))
        return str(actions.step(ticket_id=ticket, name=name, by=_clerk(by), at=_moment(at), reason=reason))


def _do_day(at):
    from tests.hall.lone_day import live

    live(_moment(at))


def _do_told(after=0):
    from yimen.hall.handing_over import _told
    from yimen.hall.models import Event

    return [_told(one) for one in Event.objects.filter(sequence__gt=after).order_by("sequence")]


def _do_ask(sql):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [[str(value) if isinstance(value, bytes) else value for value in row] for row in cursor.fetchall()]


if __name__ == "__main__":
    _main()
