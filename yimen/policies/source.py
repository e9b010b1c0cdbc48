"""
Rule files as text with places (规则文件): every scalar is a text that knows its file and line.

YAML's own guesses (on → true, 007 → 7) are not wanted, so scalars stay text and our schema gives them types. Duplicate and
unknown keys are refused with file, line and the nearest known key. All problems of a folder are told in one go.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a rule file, as a sentence with its place."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行：{self.text}"


class RuleError(Exception):
    """The rules cannot be used; `problems` says where and why, one by one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Text(str):
    """A scalar of a rule file, with its place."""

    __slots__ = ("file", "line")
    file: str
    line: int


def text_at(value: str, file: str, line: int) -> Text:
    """Make a text that knows its place."""
    made = Text(value)
    made.file, made.line = file, line
    return made


class Mapping(dict[str, Any]):
    """A mapping of a rule file; `line` is where it begins, `lines` where each key stands."""

    file: str
    line: int
    lines: dict[str, int]


def read_documents(path: Path, name: str) -> list[Any]:
    """Return the YAML documents of a file as Mapping, list and Text (None for null). Raises RuleError."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RuleError([Problem(name, 1, "文件不是 UTF-8 编码，请另存为 UTF-8。")]) from None
    try:
        nodes = [_plain(node, name) for node in yaml.compose_all(content, Loader=yaml.SafeLoader)]
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise RuleError([Problem(name, mark.line + 1 if mark else 1, f"YAML 写法不对：{problem.problem}。")]) from None
    except yaml.YAMLError:
        raise RuleError([Problem(name, 1, "文件里有不能显示的字符，请用记事本另存为 UTF-8。")]) from None
    except RecursionError:
        raise RuleError([Problem(name, 1, "一层套一层，套得太深，或用 & 和 * 绕回了自己，请改写。")]) from None
    return [node for node in nodes if node is not None]


def read_mappings(path: Path, name: str, what: str, problems: list[Problem]) -> "list[Mapping]":
    """Return the documents of a file that must each be a mapping; whatever is wrong is added to `problems`."""
    try:
        documents = read_documents(path, name)
    except RuleError as problem:
        problems += problem.problems
        return []
    problems += [Problem(name, 1, f"{what}，不是列表或一段文字。") for held in documents if not isinstance(held, Mapping)]
    return [held for held in documents if isinstance(held, Mapping)]


def _plain(node: yaml.Node, file: str) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, file) for child in node.value]
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return text_at(str(node.value), file, line)


def _mapping(node: yaml.MappingNode, file: str, line: int) -> Mapping:
    made = Mapping()
    made.file, made.line, made.lines = file, line, {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in made:
            raise RuleError([Problem(file, key_node.start_mark.line + 1, f"“{key}”写了两次，请删去一个。")])
        made[key] = _plain(value_node, file)
        made.lines[key] = key_node.start_mark.line + 1
    return made


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint "最接近的是“…”。", or nothing if no known word comes near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return f"最接近的是“{close[0]}”。" if close else ""


class Reader:
    """Reads one mapping by a schema and collects problems instead of stopping at the first."""

    def __init__(self, mapping: Mapping, problems: list[Problem]) -> None:
        self.mapping, self.problems = mapping, problems

    def note(self, key: str | None, text: str) -> None:
        """Note a problem at a key, or at the beginning of the mapping."""
        line = self.mapping.lines.get(key, self.mapping.line) if key else self.mapping.line
        self.problems.append(Problem(self.mapping.file, line, text))

    def only(self, known: Iterable[str], what: str) -> None:
        """Refuse unknown keys; a comma in unquoted braces leaves half an expression as a key, and is told so."""
        known = list(known)
        for key, value in self.mapping.items():
            if key in known:
                continue
            hint = nearest(key, known)
            if value is None and (not hint or any(mark in key for mark in ")（）,，'\"")):
                self.note(
                    key, f'“{key}”不是{what}的一项：大括号里的算式有逗号时，请给整个算式加引号，如 式: "残疾等级 IN (1, 2)"。'
                )
            else:
                self.note(key, f"{what}没有“{key}”这一项。{hint}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; a missing one without default is a problem."""
        value = self.mapping.get(key)
        if value is None:
            if default is None:
                self.note(key, f"缺少“{key}”。")
                return ""
            return default
        if not isinstance(value, str):
            self.note(key, f"“{key}”应是一段文字。")
            return default or ""
        return value

    def list(self, key: str) -> list[Any]:
        """Return a list; nothing or a single value becomes one."""
        value = self.mapping.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]
