"""
Which rows of a roster are one household (分户): by its number (户编号), by its head's ID number, or by the order of the rows.

Not every county numbers its households. A roster without a number says with each person whose household it is, or it lists the
head (户主、本人) and below them whoever lives with them. How it is read is said in words before it is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from yimen.office.tables import Cell, Match, Table, TableProblem, ValueProblem, read_text, rows_of
from yimen.registry.roster import HEAD, RosterRow, relation_of


class How(StrEnum):
    """By what households are told apart, and the sentence for the person who loads the file."""

    NUMBER = "按“户编号”分户：编号相同的是一户。"
    HEAD_ID = "没有户编号，按“户主身份证号”分户：同一村里户主身份证号相同的是一户。"
    ORDER = (
        "没有户编号，也没有户主身份证号，按行的顺序分户：“与户主关系”是“户主”或“本人”的一行开始一户，"
        "下面各行都是这一户的人。文件如果重新排过序，会分错户，请先核对。"
    )
    NOT = "分不出哪些人是一户：请补一列“户编号”或“户主身份证号”；或者补一列“与户主关系”，户主在前，家人接着写在下面。"


def how_grouped(match: Match) -> How:
    """Return by what a roster with these columns is grouped."""
    held = set(match.columns.values())
    if "household_number" in held:
        return How.NUMBER
    if "head_id" in held:
        return How.HEAD_ID
    return How.ORDER if "relation" in held else How.NOT


def must_be_grouped(table: Table, match: Match) -> None:
    """Raise TableProblem, saying which column is needed, if nothing in the file tells one household from the next."""
    how = how_grouped(match)
    if how == How.NOT:
        raise TableProblem(f"“{table.name}”{how}")
    if how == How.ORDER and not any(_is_head(cells) for _, cells in rows_of(table, match)):
        raise TableProblem(f"“{table.name}”没有户编号，“与户主关系”也没有一行写“户主”或“本人”，{How.NOT}")


def _is_head(cells: Mapping[str, Cell]) -> bool:
    return relation_of(read_text(cells.get("relation"))) == HEAD


@dataclass
class ByOrder:
    """Gives each row the head above it; whoever stands below a head that could not be read is nobody else's family."""

    head: RosterRow | None = field(default=None)
    lost: int = 0

    def placed(self, row: RosterRow) -> RosterRow:
        """Return a row with the head of its household. Raises ValueProblem if it cannot be told whose it is."""
        if row.relation == HEAD:
            self.head, self.lost = row, 0
            return replace(row, head=row.id_number.text, head_line=row.line)
        if self.lost:
            raise ValueProblem(below_a_lost_head(self.lost))
        if self.head is None:
            raise ValueProblem("没有户编号，前面也没有“户主”的一行，分不出是哪一户。请把户主写在家人前面，或补上“户编号”。")
        problem = _not_of(row, self.head)
        if problem:
            raise ValueProblem(f"{problem}，分不出是哪一户。请把一户的人写在一起，户主在前，或补上“户编号”。")
        return replace(row, head=self.head.id_number.text, head_line=self.head.line)

    def lose(self, line: int, cells: Mapping[str, Cell]) -> None:
        """Note a row that could not be read: it may have begun a household."""
        if _is_head(cells) or not read_text(cells.get("relation")):
            self.lost = line


def below_a_lost_head(line: int) -> str:
    """Return the sentence for somebody whose head's row was refused."""
    return f"这一户的户主（第 {line} 行）没有采用。请先改好那一行，再和这一户的人一起装载。"


def _not_of(row: RosterRow, head: RosterRow) -> str:
    if (row.village, row.township) != (head.village, head.township):
        return f"上面的户主（第 {head.line} 行）住在{head.township}{head.village}，不在同一个村居"
    if row.head_name and row.head_name != head.name:
        return f"“户主姓名”写的是“{row.head_name}”，上面的户主（第 {head.line} 行）是另一个人"
    return ""
