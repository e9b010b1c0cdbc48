"""
A roster row (花名册的一行) as the registry understands it: pure reading of cells, no database.

Every problem is a sentence that names what was read, so that the clerk can mend the file beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.office.tables import Cell, Heading, ValueProblem, read_boolean, read_date, read_text
from yimen.registry.id_numbers import IdNumber, parse_id_number
from yimen.registry.models import STANDINGS

HEADINGS = (
    Heading("household_number", ("户编号", "家庭编号", "户号", "保障证号")),
    Heading("head_id", ("户主身份证号", "户主身份证号码", "户主公民身份号码", "户主证件号码", "户主证件号")),
    Heading("head_name", ("户主姓名",)),
    Heading("village", ("村居", "村（居）", "村居名称", "村（社区）", "社区", "村"), required=True),
    Heading("township", ("乡镇", "乡镇（街道）", "镇街", "街道")),
    Heading("group", ("组", "村民小组", "组别")),
    Heading("name", ("姓名", "成员姓名", "家庭成员姓名"), required=True),
    Heading("id_number", ("身份证号", "身份证号码", "公民身份号码", "证件号码"), required=True),
    Heading("relation", ("与户主关系", "与申请人关系", "家庭关系", "关系"), required=True),
    Heading("sex", ("性别",)),
    Heading("born_on", ("出生日期", "出生年月日")),
    Heading("category", ("保障类别", "城乡类别", "城乡", "类别（城/农）")),
    Heading("registered_here", ("户籍在本县", "本县户籍", "是否本地户籍")),
    Heading("phone", ("联系电话", "手机号", "手机号码", "电话")),
    Heading("address", ("家庭住址", "住址", "地址", "详细地址")),
    Heading("standing", ("对象类别", "救助类别", "人员类别")),
    Heading("standing_from", ("认定日期", "起始日期", "享受起始日期")),
    Heading("next_review_on", ("下次复核日期", "复核到期日")),
    Heading("starts_on", ("迁入日期", "共同生活起")),
    Heading("ends_on", ("迁出日期", "共同生活止")),
    Heading("died_on", ("死亡日期",)),
)

HEAD = "户主"
_RELATIONS = {
    "本人": HEAD,
    "申请人": HEAD,
    "夫": "配偶",
    "妻": "配偶",
    "丈夫": "配偶",
    "妻子": "配偶",
    "儿": "子",
    "儿子": "子",
    "女儿": "女",
}
_CATEGORIES = {"城": "城", "城市": "城", "城镇": "城", "城保": "城", "农": "农", "农村": "农", "农保": "农", "乡": "农"}
_STANDING_WORDS = {
    "低保": "subsistence_allowance",
    "城市低保": "subsistence_allowance",
    "农村低保": "subsistence_allowance",
    "低保家庭": "subsistence_allowance",
    "特困": "extreme_poverty_support",
    "特困供养": "extreme_poverty_support",
    "低保边缘": "borderline_household",
    "低保边缘家庭": "borderline_household",
    "刚性支出困难": "rigid_expenditure_household",
    "刚性支出困难家庭": "rigid_expenditure_household",
    "防返贫监测": "poverty_return_monitoring",
    "监测户": "poverty_return_monitoring",
    **{word: kind for kind, word in STANDINGS.items()},
}
_NO_STANDING = {"", "无", "一般户", "普通居民", "—", "-"}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """
    One person of one household, read and checked; `line` is the row of the file, counted from 1.

    Without a number of the household (户编号) its head's ID number, `head`, tells it apart; `head_line` is the head's own row
    where only the order of the rows says whose family it is.
    """

    line: int
    household_number: str
    village: str
    township: str
    group: str
    name: str
    id_number: IdNumber
    relation: str
    category: str | None
    registered_here: bool | None
    phone: str
    address: str
    standing: str | None
    standing_from: date | None
    next_review_on: date | None
    starts_on: date | None
    ends_on: date | None
    died_on: date | None
    head: str = ""
    head_name: str = ""
    head_line: int = 0
    # An empty cell says nothing; 无 says that there is none.
    tells_standing: bool = False

    def person_content(self) -> str:
        """Return what the registry keeps of the person, as one text to compare with."""
        standing = (self.standing, self.standing_from, self.next_review_on)
        held = (self.name, self.phone, str(self.registered_here), str(self.died_on), self.relation, str(standing))
        moved = (f"{self.starts_on}–{self.ends_on}",) if self.starts_on or self.ends_on else ()
        none = ("无",) if self.tells_standing and self.standing is None else ()
        return "\x1f".join(held + moved + none)

    @property
    def left_on(self) -> date | None:
        """Return the last day in the household, if the row tells it."""
        return self.ends_on or self.died_on

    def has_left(self, on: date) -> bool:
        """Say whether the row tells somebody who lives there no more on a day."""
        return self.left_on is not None and self.left_on <= on

    def problem_on(self, today: date) -> str:
        """Return the sentence why the days cannot be right, or nothing."""
        born_on = self.id_number.born_on
        if born_on > today:
            return f"身份证号里的出生日期 {born_on} 在今天之后，请对照证件核对。"
        if self.died_on and self.died_on > today:
            return f"死亡日期 {self.died_on} 在今天之后，请核对。"
        if self.died_on and self.died_on < born_on:
            return f"死亡日期 {self.died_on} 早于出生日期 {born_on}，请核对。"
        starts_on = self.starts_on or born_on
        if self.left_on and self.left_on < starts_on:
            column = "迁入日期" if self.starts_on else "出生日期"
            return f"迁出或死亡日期 {self.left_on} 早于{column} {starts_on}，请核对。"
        return ""

    def household_content(self) -> str:
        """Return what the registry keeps of the household, as one text to compare with."""
        return "\x1f".join((self.group, str(self.category), self.address))


def read_row(line: int, cells: Mapping[str, Cell], *, allow_fictional: bool) -> RosterRow:
    """Read one row. Raises ValueProblem, naming the column and what was read, at the first thing that cannot be right."""
    id_number = parse_id_number(cells["id_number"], allow_fictional=allow_fictional)
    _cross_check(cells, id_number)
    relation = relation_of(_needed(cells, "relation", "与户主关系"))
    is_numbered = "household_number" in cells
    days: dict[str, Any] = {name: read_date(cells.get(name), column=words) for name, words in _DAYS.items()}
    return RosterRow(
        line=line,
        household_number=_needed(cells, "household_number", "户编号") if is_numbered else "",
        head="" if is_numbered else _head(cells, id_number, relation, allow_fictional=allow_fictional),
        head_name=read_text(cells.get("head_name")),
        village=_needed(cells, "village", "村居"),
        township=read_text(cells.get("township")),
        group=read_text(cells.get("group")),
        name=_name(cells),
        id_number=id_number,
        relation=relation,
        category=_category(read_text(cells.get("category"))),
        registered_here=read_boolean(cells.get("registered_here"), column="户籍在本县"),
        phone=read_text(cells.get("phone")),
        address=read_text(cells.get("address")),
        standing=_standing(read_text(cells.get("standing"))),
        tells_standing=bool(read_text(cells.get("standing")).strip("—-")),
        **days,
    )


_DAYS = {
    "standing_from": "认定日期",
    "next_review_on": "下次复核日期",
    "starts_on": "迁入日期",
    "ends_on": "迁出日期",
    "died_on": "死亡日期",
}


def _needed(cells: Mapping[str, Cell], field: str, column: str) -> str:
    text = read_text(cells.get(field))
    if not text:
        raise ValueProblem(f"“{column}”是空的，请补上。")
    return text


def _name(cells: Mapping[str, Cell]) -> str:
    text = _needed(cells, "name", "姓名")
    if text.startswith(("=", "+", "@")) or not any(letter.isalpha() for letter in text):
        raise ValueProblem(f"姓名“{text}”像是公式或数字，不是名字，请写成文字。")
    return text


def _cross_check(cells: Mapping[str, Cell], id_number: IdNumber) -> None:
    born_on = read_date(cells.get("born_on"), column="出生日期")
    if born_on and born_on != id_number.born_on:
        raise ValueProblem(f"出生日期写的是 {born_on}，身份证号里是 {id_number.born_on}，两处不一致，请核对。")
    sex = read_text(cells.get("sex"))
    if sex and sex.rstrip("性") != id_number.sex:
        raise ValueProblem(f"性别写的是“{sex}”，身份证号里是“{id_number.sex}”，两处不一致，请核对。")


def relation_of(text: str) -> str:
    """Return how somebody is related to the head (与户主关系), in the registry's words."""
    return _RELATIONS.get(text, text)[:10]


def _head(cells: Mapping[str, Cell], id_number: IdNumber, relation: str, *, allow_fictional: bool) -> str:
    """Return the ID number of the head as a row without a household's number tells it; nothing where no column does."""
    if "head_id" not in cells:
        return ""
    if relation == HEAD and not read_text(cells["head_id"]):
        return id_number.text
    _needed(cells, "head_id", "户主身份证号")
    try:
        head = parse_id_number(cells["head_id"], allow_fictional=allow_fictional).text
    except ValueProblem as problem:
        raise ValueProblem(f"户主身份证号：{problem}") from None
    if relation == HEAD and head != id_number.text:
        raise ValueProblem("与户主关系写的是户主，户主身份证号却是另一个人的，请核对。")
    return head


def _category(text: str) -> str | None:
    if not text:
        return None
    if text not in _CATEGORIES:
        raise ValueProblem(f"保障类别“{text}”看不懂，请写“城”或“农”。")
    return _CATEGORIES[text]


def _standing(text: str) -> str | None:
    if text in _NO_STANDING:
        return None
    if text not in _STANDING_WORDS:
        raise ValueProblem(f"对象类别“{text}”不在目录里，请写：{'、'.join(STANDINGS.values())}。")
    return _STANDING_WORDS[text]
