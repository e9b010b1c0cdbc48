"""Policy documents (政策文件): one YAML document is one dated version of one policy; every fault is named."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from yimen.policies.limits import read_limits
from yimen.policies.model import Basis, Condition, Example, Paper, Policy, Posting, Survey, Tier
from yimen.policies.source import Mapping as Document
from yimen.policies.source import Problem, Reader

# What tables keep of a unit.
LONGEST_UNIT = 40
RELATIONS = ("前置", "互斥", "择一", "补差", "择高")
VERDICTS = {"符合": "eligible", "不符合": "not_eligible", "待核实": "unknown"}
ROUNDINGS = {"四舍五入", "进一", "舍去"}
PAYS_FROM = ("确认次月", "申请当月", "一次性")
STEPS_FEN = {"元": 100, "角": 10, "分": 1}
KEYS = (
    *(
        "编号",
        "名称",
        "受理部门",
        "办理方式",
        "依据",
        "生效",
        "失效",
        "对象",
        *RELATIONS,
        "条件",
        "标准",
        "分项",
        "取整",
        "额度单位",
    ),
    *("起发", "停发", "公示", "入户调查", "材料", "时限", "例", "咨询电话", "帮扶内容", "说明", "错救起报"),
)
_CONDITION_KEYS = ("名", "式", "据", "依据", "缺则问", "不符提示", "核实部门", "说明")
_TIER_KEYS = ("名", "额", "当", "据", "说明")
_EXAMPLE_KEYS = ("说", "日", "设", "得", "缺", "额", "档", "分项", "成员", "义务人")


def read_policy(document: Document, *, place: str, problems: list[Problem]) -> Policy:
    """Return the policy of a document; what is wrong is added to `problems`, each with its line."""
    reader = Reader(document, problems)
    reader.only(KEYS, "政策")
    subject = reader.text("对象")
    if subject not in ("人", "户", ""):
        reader.note("对象", f"政策的对象是 人 或 户，这里是“{subject}”。")
    policy = Policy(
        id=reader.text("编号"),
        name=reader.text("名称"),
        department=reader.text("受理部门", ""),
        subject="户" if subject == "户" else "人",
        starts_on=_day(reader, "生效") or date.min,
        ends_on=_day(reader, "失效", needed=False),
        hash=content_hash(document),
        ways=_texts(reader, "办理方式"),
        basis=tuple(_basis(inner) for inner in _inner(reader, "依据", problems)),
        relations={kind: _texts(reader, kind) for kind in RELATIONS},
        conditions=tuple(_condition(inner) for inner in _inner(reader, "条件", problems)),
        tiers=tuple(_tier(inner) for inner in _inner(reader, "标准", problems)),
        extras=tuple(_tier(inner) for inner in _inner(reader, "分项", problems)),
        rounding=_rounding(reader),
        unit=_unit(reader),
        pays_from=reader.text("起发", ""),
        pays_until=reader.text("停发", ""),
        posting=_posting(reader, problems),
        survey=_survey(reader, problems),
        papers=tuple(_paper(entry, problems) for entry in reader.list("材料")),
        limits=read_limits(_inner(reader, "时限", problems)),
        examples=tuple(_example(inner) for inner in _inner(reader, "例", problems)),
        help=reader.text("帮扶内容", ""),
        note=reader.text("说明", ""),
        phone=reader.text("咨询电话", ""),
        threshold=reader.text("错救起报", ""),
        place=place,
        file=document.file,
        line=document.line,
    )
    _refuse_contradictions(reader, policy)
    return policy


def _refuse_contradictions(reader: Reader, policy: Policy) -> None:
    if not policy.conditions:
        reader.note("条件", "政策至少要有一个条件。")
    if policy.id and not re.fullmatch(r"[\w.-]+", policy.id):
        reader.note("编号", f"编号“{policy.id}”只能用字母、数字、汉字和 _ - .。")
    if policy.ends_on and policy.ends_on < policy.starts_on:
        reader.note("失效", f"“失效”{policy.ends_on} 早于“生效”{policy.starts_on}。")
    if policy.pays_from and policy.pays_from not in PAYS_FROM:
        reader.note("起发", f"“起发”应是 {'、'.join(PAYS_FROM)} 之一，这里是“{policy.pays_from}”。")
    for kind, others in policy.relations.items():
        if policy.id in others:
            reader.note(kind, f"“{kind}”里写了这项政策自己。")


def content_hash(document: Document) -> str:
    """Return the first twelve digits of the hash of what the document says, whatever its layout."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


def rounding_of(policy: Policy) -> tuple[str, int]:
    """Return how and to which step, in fen, the amount is rounded."""
    mode, _, unit = policy.rounding.partition("到")
    return mode, STEPS_FEN[unit or "分"]


def _inner(reader: Reader, key: str, problems: list[Problem]) -> list[Reader]:
    made = []
    for entry in reader.list(key):
        if isinstance(entry, Document):
            made.append(Reader(entry, problems))
        else:
            reader.note(key, f"“{key}”的每一项应写成 {{…: …}}，这里是“{entry}”。")
    return made


def _texts(reader: Reader, key: str) -> tuple[str, ...]:
    entries = reader.list(key)
    if any(not isinstance(entry, str) for entry in entries):
        reader.note(key, f"“{key}”应是文字的列表。")
    return tuple(str(entry) for entry in entries if isinstance(entry, str))


def _unit(reader: Reader) -> str:
    """Return what an amount is told in; it stands behind every amount, so a sentence belongs into 帮扶内容."""
    unit = reader.text("额度单位", "元/月")
    if len(unit) > LONGEST_UNIT:
        reader.note("额度单位", f"额度单位最长 {LONGEST_UNIT} 个字；更多的话写在“帮扶内容”里。")
    return unit


def _day(reader: Reader, key: str, *, needed: bool = True) -> date | None:
    text = reader.text(key, None if needed else "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.note(key, f"“{key}”的“{text}”不是日期，请写成 2026-07-01。")
        return None


def _basis(reader: Reader) -> Basis:
    reader.only(("文件", "文号", "条款", "起", "止", "说明", "网址"), "依据")
    starts_on, ends_on = _day(reader, "起", needed=False), _day(reader, "止", needed=False)
    return Basis(reader.text("文件", ""), reader.text("条款", ""), reader.text("文号", ""), starts_on, ends_on)


def _condition(reader: Reader) -> Condition:
    reader.only(_CONDITION_KEYS, "条件")
    return Condition(
        name=reader.text("名"),
        expression=reader.text("式"),
        basis=reader.text("据", "") or reader.text("依据", ""),
        ask=reader.text("缺则问", ""),
        refusal=reader.text("不符提示", ""),
        verified_by=reader.text("核实部门", ""),
        line=reader.mapping.lines.get("式", reader.mapping.line),
    )


def _tier(reader: Reader) -> Tier:
    reader.only(_TIER_KEYS, "标准")
    return Tier(reader.text("名", ""), reader.text("额"), reader.text("当", ""), reader.mapping.line)


def _rounding(reader: Reader) -> str:
    text = reader.text("取整", "四舍五入到分")
    mode, _, unit = text.partition("到")
    if mode not in ROUNDINGS or unit not in STEPS_FEN:
        reader.note("取整", f"取整“{text}”看不懂，请写 四舍五入、进一、舍去 之一，再写 到元、到角、到分，如“进一到元”。")
        return "四舍五入到分"
    return text


def _posting(reader: Reader, problems: list[Problem]) -> Posting:
    entry = reader.mapping.get("公示")
    if not isinstance(entry, Document):
        return Posting(needed=entry or "")
    inner = Reader(entry, problems)
    inner.only(("要否", "天数", "异议", "说明", "范围", "据"), "公示")
    posting = Posting(inner.text("要否", ""), inner.text("天数", ""), inner.text("异议", ""))
    if posting.days and not posting.days.isdigit():
        inner.note("天数", f"公示的天数“{posting.days}”应是数字，如 7。")
    return posting


def _survey(reader: Reader, problems: list[Problem]) -> Survey:
    entry = reader.mapping.get("入户调查")
    if entry is None:
        return Survey()
    if not isinstance(entry, Document):
        reader.note("入户调查", "“入户调查”要写依据，如 {据: 民发〔2021〕57号第16条, 县级: 民发〔2021〕57号第20条}。")
        return Survey()
    inner = Reader(entry, problems)
    inner.only(("据", "县级", "说明"), "入户调查")
    return Survey(inner.text("据"), inner.text("县级", ""))


def _paper(entry: Any, problems: list[Problem]) -> Paper:
    if not isinstance(entry, Document):
        return Paper(str(entry))
    inner = Reader(entry, problems)
    inner.only(("名", "可由", "说明", "当"), "材料")
    return Paper(inner.text("名"), inner.text("可由", ""))


def _example(reader: Reader) -> Example:
    reader.only(_EXAMPLE_KEYS, "例")
    verdict = reader.text("得")
    if verdict not in VERDICTS:
        reader.note("得", f"“得”应是 {'、'.join(VERDICTS)} 之一，这里是“{verdict}”。")
    return Example(
        says=reader.text("说", ""),
        on=_day(reader, "日") or date.min,
        given=_given(reader, "设") or {},
        members=_people(reader, "成员"),
        obligors=_people(reader, "义务人"),
        verdict=VERDICTS.get(verdict, ""),
        missing=tuple(str(name) for name in reader.list("缺")) if "缺" in reader.mapping else None,
        amount=_number(reader, "额", reader.text("额", "")),
        tier=reader.text("档", ""),
        extras=_extras(reader),
        line=reader.mapping.line,
    )


def _given(reader: Reader, key: str) -> Mapping[str, Any] | None:
    held = reader.mapping.get(key)
    if held is not None and not isinstance(held, Document):
        reader.note(key, f"“{key}”应写成 {{事实: 值, …}}。")
        return None
    return held


def _people(reader: Reader, key: str) -> tuple[Mapping[str, Any], ...] | None:
    if key not in reader.mapping:
        return None
    return tuple(entry for entry in reader.list(key) if isinstance(entry, Document))


def _extras(reader: Reader) -> Mapping[str, Decimal] | None:
    """Read which lines of their own must come out, all of them, with their amounts; None where the example does not say."""
    held = _given(reader, "分项")
    if held is None:
        return None
    amounts = {name: _number(reader, "分项", str(text)) for name, text in held.items()}
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _number(reader: Reader, key: str, written: str) -> Decimal | None:
    text = re.sub(r"[元,]", "", written)
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        reader.note(key, f"“{key}”的“{text}”不是数。")
        return None
