"""
ID numbers (公民身份号码, GB 11643): read, check, turn 15 digits into 18, derive the day of birth and the sex, mask.

A number that a spreadsheet has rounded (3.7E+17) is lost and is refused: the last digits cannot be guessed.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from operator import mul

from yimen.office.tables import Cell, ValueProblem

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_DISABILITIES = {"1": "视力", "2": "听力", "3": "言语", "4": "肢体", "5": "智力", "6": "精神", "7": "多重"}
FICTIONAL = "99"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A checked number of 18 characters and what follows from it."""

    text: str
    born_on: date
    sex: str


@dataclass(frozen=True, slots=True)
class DisabilityCertificate:
    """A disability certificate number (残疾人证号): ID number, class of disability, grade 1 to 4."""

    id_number: IdNumber
    disability: str
    grade: int


def parse_id_number(cell: Cell, *, allow_fictional: bool) -> IdNumber:
    """
    Read an ID number as a county's table holds it. Raises ValueProblem, in words, without repeating the number.

    Numbers of area 99 belong to nobody; they are taken only in a demonstration.
    """
    text = _plain(cell)
    if len(text) == 15:
        text = _lengthened(text)
    if not re.fullmatch(r"\d{17}[\dX]", text):
        raise ValueProblem(f"身份证号应是 18 位（或老的 15 位），这里是 {len(text)} 个字符，请对照证件重填。")
    if text[17] != check_digit(text[:17]):
        raise ValueProblem("身份证号的最后一位对不上（校验不过），多半是抄错了一位，请对照证件核对。")
    if text.startswith(FICTIONAL) and not allow_fictional:
        raise ValueProblem("身份证号以 99 开头，那是演示用的虚构号码，不能登记真人。")
    return IdNumber(text, _born_on(text[6:14]), "男" if int(text[16]) % 2 else "女")


def _plain(cell: Cell) -> str:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        raise ValueProblem("“身份证号”是空的，请补上。")
    # 15 digits fit exactly into a spreadsheet's number, 18 do not.
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if cell >= 10**15 or cell != int(cell):
            raise ValueProblem("身份证号被表格软件当成了数，后几位已经丢失，无法还原。请把这一列设为“文本”后重新填写。")
        return str(int(cell))
    text = re.sub(r"[\s'`‘’“”\-]", "", unicodedata.normalize("NFKC", str(cell))).upper()
    if re.search(r"E\+?\d", text) or "." in text:
        raise ValueProblem("身份证号成了科学计数（如 3.7E+17），后几位已经丢失，无法还原。请把这一列设为“文本”后重新填写。")
    return text


def _lengthened(text: str) -> str:
    """Turn an old number of 15 digits into 18: the century is 19, the last character is reckoned."""
    if not text.isdigit():
        raise ValueProblem("15 位身份证号里应全是数字，请对照证件核对。")
    longer = text[:6] + "19" + text[6:]
    return longer + check_digit(longer)


def check_digit(first_17: str) -> str:
    """Return the eighteenth character (MOD 11-2)."""
    return _CHECKS[sum(map(mul, map(int, first_17), _WEIGHTS)) % 11]


def _born_on(text: str) -> date:
    try:
        born_on = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueProblem(f"身份证号里的出生日期 {text} 不存在，请对照证件核对。") from None
    if born_on.year < 1880:
        raise ValueProblem(f"身份证号里的出生年份 {born_on.year} 太早，请对照证件核对。")
    return born_on


def normalise_id_number(text: str) -> str | None:
    """Return the 18 characters of what somebody typed to search with, or None if it cannot be a number."""
    try:
        return parse_id_number(text, allow_fictional=True).text
    except ValueProblem:
        return None


def mask_id_number(text: str) -> str:
    """Return the number as lists show it: 3717**********123X."""
    return f"{text[:4]}{'*' * (len(text) - 8)}{text[-4:]}"


def parse_disability_certificate(cell: Cell, *, allow_fictional: bool) -> DisabilityCertificate:
    """Read a disability certificate number: the ID number, one digit for the class, one for the grade."""
    text = _plain(cell)
    if not re.fullmatch(r"\d{17}[\dX][1-7][1-4](B\d)?", text):
        raise ValueProblem("残疾人证号应是 18 位身份证号加类别 1—7 和等级 1—4，共 20 位，请对照证件核对。")
    return DisabilityCertificate(
        parse_id_number(text[:18], allow_fictional=allow_fictional), _DISABILITIES[text[18]], int(text[19])
    )
