"""How commands are called: each option says in Chinese what it is for, and a wrong call is told in Chinese, with exit code 2."""

import json
import re
import subprocess
import sys
from argparse import SUPPRESS, ArgumentParser, _StoreAction, _SubParsersAction
from io import StringIO
from pkgutil import iter_modules
from types import SimpleNamespace

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError

from bench.run import PARTS as MEASURED
from tests.policies.book import FACTS, write
from yimen.jobs.command import a_day, a_moment, in_chinese
from yimen.jobs.management import commands
from yimen.jobs.management.commands import bench

COMMANDS = sorted(module.name for module in iter_modules(commands.__path__))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
OF_ARGPARSE = re.compile(r"invalid|argument|expected|required|unrecognized|choose|ambiguous|option")


def parsers(name):
    """A command's parser as the terminal has it, and those of its words."""
    command = load_command_class("yimen.jobs", name)
    command._called_from_command_line = True
    waiting = [command.create_parser("yimen", name)]
    while waiting:
        parser = waiting.pop()
        yield parser
        for action in parser._actions:
            if isinstance(action, _SubParsersAction):
                waiting += action.choices.values()


EVERY = [(parser.prog.removeprefix("yimen "), parser) for name in COMMANDS for parser in parsers(name)]


@pytest.fixture(params=EVERY, ids=[prog for prog, _ in EVERY])
def parser(request) -> ArgumentParser:
    return request.param[1]


def refused(parser, capsys, *words):
    with pytest.raises(SystemExit) as ended:
        parser.parse_args([*words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    sentence = said.splitlines()[-2]
    assert CHINESE.search(sentence), said
    assert not OF_ARGPARSE.search(sentence), said
    assert said.startswith("用法：")
    return sentence


def test_every_option_of_every_command_says_what_it_is_for(parser):
    shown = [action for action in parser._actions if action.help != SUPPRESS]
    silent = [action.dest for action in shown if not CHINESE.search(str(action.help))]
    assert not silent
    told = parser.format_help()
    assert "用法：" in told
    assert not re.search(r"usage|options:|positional|show this", told)


def test_what_no_command_knows_is_refused_in_chinese(parser, capsys):
    required = [one for one in parser._actions if one.required and not one.option_strings and one.nargs != "*"]
    if not required:
        refused(parser, capsys, "--nothing")
    else:
        assert "缺少" in refused(parser, capsys)


def test_a_bad_value_is_refused_in_chinese_by_every_command(parser, capsys):
    for action in parser._actions:
        typed = isinstance(action, _StoreAction) and (action.type in (int, a_day, a_moment) or action.choices)
        if not typed:
            continue
        sentence = refused_alone(parser, capsys, action)
        assert "2026-13-01" in sentence
        if action.type is a_day:
            assert "不是日期" in sentence


def refused_alone(parser, capsys, action):
    """Refuse one value, of an option or of a word at its place, whatever else the command would ask for."""
    if action.option_strings:
        return refused(parser, capsys, f"{action.option_strings[-1]}=2026-13-01")
    words = []
    for one in parser._actions:
        if one is action:
            break
        if not one.option_strings:
            words.append(next(iter(one.choices)) if one.choices else "1")
    return refused(parser, capsys, *words, "2026-13-01")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("argument --from: expected one argument", "--from：后面要写一个值。"),
        ("argument kind: invalid choice: 'x' (choose from 'a', 'b')", "kind：没有 'x' 这一项，可以写 'a', 'b'。"),
        ("argument --http: not allowed with argument --serial", "--http：不能和 --serial 一起写。"),
        ("one of the arguments --serial --http is required", "--serial --http 里要写一个。"),
        ("ambiguous option: --a could match --area, --allow-shrunk", "--a 可以是 --area, --allow-shrunk，请写全。"),
        ("argument --full: ignored explicit argument '3'", "--full：后面不写值，这里多了 '3'。"),
        ("argument --on: “x”不是日期，请写成 2026-12-01。", "--on：“x”不是日期，请写成 2026-12-01。"),
    ],
)
def test_what_argparse_says_is_said_in_chinese(message, words):
    assert in_chinese(message) == words


def test_called_by_a_program_a_wrong_call_is_an_exception_in_chinese():
    with pytest.raises(CommandError, match=r"“2026-13-01”不是日期，请写成 2026-12-01。"):
        call_command("screen", "--on", "2026-13-01")


def test_in_the_terminal_a_refusal_is_a_sentence_without_the_name_of_an_exception(tmp_path, settings):
    done = subprocess.run(
        [sys.executable, "-m", "yimen", "manage", "reader", "--simulated", "--hall", "x", "--token-file", tmp_path / "none"],
        env={"YIMEN_HOME": str(tmp_path), "PYTHONPATH": str(settings.BASE), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("没有这个文件")


@pytest.mark.parametrize("broken", ['{"subject": {"年龄": 61', "{“subject”: {}}", '{"subject": {},}', ""])
def test_broken_json_is_told_with_its_place_and_in_chinese(tmp_path, broken):
    folder, facts, err = write(tmp_path / "rules", facts=FACTS), tmp_path / "facts.json", StringIO()
    facts.write_text(broken, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        call_command("explain", policies=str(folder), facts=facts, on=a_day("2026-12-01"), stderr=err)
    assert ended.value.code == 2
    assert re.search(r"不是完整的 JSON：第 \d 行第 \d+ 个字附近", err.getvalue())
    assert "Expecting" not in err.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("facts.json", '{"subject"', "请用 yimen explain --facts"),
        ("facts.parquet", "PAR0", "不是完整的 Parquet 文件"),
        ("facts.csv", "家庭人口\n1\n", "没有“subject”这一列"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_chinese(tmp_path, name, content, words):
    folder, facts, out = write(tmp_path / "rules", facts=FACTS), tmp_path / name, StringIO()
    facts.write_text(content, encoding="utf-8")
    options = SimpleNamespace(policies=folder, facts=facts, on=a_day("2026-12-01"), out=tmp_path / "out.csv", json=True)
    with pytest.raises(SystemExit) as ended:
        call_command("rules", "evaluate", **vars(options), stdout=out)
    assert ended.value.code == 1
    assert words in json.loads(out.getvalue())["problem"]


def test_a_result_that_cannot_be_written_is_told_in_chinese(tmp_path):
    folder, facts, out = write(tmp_path / "rules", facts=FACTS), tmp_path / "facts.csv", StringIO()
    facts.write_text("subject,家庭人口\na,1\n", encoding="utf-8")
    nowhere = tmp_path / "none" / "out.csv"
    with pytest.raises(SystemExit):
        call_command("rules", "evaluate", policies=folder, facts=facts, on=a_day("2026-12-01"), out=nowhere, stdout=out)
    assert "没有这个文件或目录" in out.getvalue()


def test_yimen_bench_names_the_parts_there_are():
    assert bench.PARTS == MEASURED
