"""Time limits of a policy (时限), read and held against each other: what the clock could not reckon with is refused in words."""

from collections.abc import Sequence

from yimen.policies.model import EVENTS, TimeLimit
from yimen.policies.source import Reader, nearest

_KEYS = ("环节", "从", "到", "工作日", "自然日", "延长事由", "当", "依据", "说明")
_UNITS = ("工作日", "自然日")
_LONGEST = 366


def read_limits(readers: Sequence[Reader]) -> tuple[TimeLimit, ...]:
    """Return the time limits of a policy; every fault is noted at its line."""
    made = [(reader, _limit(reader)) for reader in readers]
    for number, (reader, limit) in enumerate(made):
        beside = [(other, held) for other, held in made[:number] if _same_stage(held, limit)]
        _refuse_twin(reader, limit, beside)
        if limit.causes:
            _refuse_shorter(reader, limit, [held for _, held in made if _same_stage(held, limit) and not held.causes])
    return tuple(limit for _, limit in made)


def _limit(reader: Reader) -> TimeLimit:
    reader.only(_KEYS, "时限")
    starts, ends = _event(reader, "从"), _event(reader, "到")
    if bool(starts) != bool(ends) and ("从" in reader.mapping) != ("到" in reader.mapping):
        reader.note(None, "时限的“从”和“到”要么都写，要么都不写；都不写的只供人看，程序不计时。")
    if starts and ends and EVENTS.index(starts) >= EVENTS.index(ends):
        reader.note("到", f"时限从“{starts}”到“{ends}”：“到”要在“从”以后发生。办件里的先后是：{'、'.join(EVENTS)}。")
    unit, days = _length(reader)
    basis = reader.text("依据").strip()
    if "依据" in reader.mapping and not basis:
        reader.note("依据", "时限要写依据哪个文件的哪一条；没有依据的期限不写。")
    return TimeLimit(
        stage=reader.text("环节"),
        days=days,
        working=unit == "工作日",
        basis=basis,
        starts=starts,
        ends=ends,
        causes=_causes(reader),
        when=reader.text("当", ""),
    )


def _event(reader: Reader, key: str) -> str:
    """Return one end of a limit, "" where it is left out: such a limit is shown and not reckoned with."""
    name = reader.text(key, "")
    if name and name not in EVENTS:
        reader.note(key, f"时限的“{key}”没有“{name}”这件事。{nearest(name, EVENTS)}可以写：{'、'.join(EVENTS)}。")
        return ""
    return name


def _length(reader: Reader) -> tuple[str, int]:
    written = [unit for unit in _UNITS if unit in reader.mapping]
    if len(written) != 1:
        reader.note(written[-1] if written else None, "时限要写“工作日”或“自然日”，写一个，如 工作日: 3。")
        return "工作日", 0
    text = reader.text(written[0])
    days = int(text) if text.isdecimal() else 0
    if not 1 <= days <= _LONGEST:
        reader.note(written[0], f"时限“{text}”应是 1 到 {_LONGEST} 的天数，如 {written[0]}: 3。")
    return written[0], days


def _causes(reader: Reader) -> tuple[str, ...]:
    causes = reader.list("延长事由")
    good = [str(one).strip() for one in causes if isinstance(one, str) and one.strip()]
    if "延长事由" in reader.mapping and (not causes or len(set(good)) < len(causes)):
        reader.note("延长事由", "“延长事由”应是一列不重复的文字，写依据的文件列出的情形，如 [公示有异议, 人户分离]。")
    return tuple(dict.fromkeys(good))


def _same_stage(one: TimeLimit, other: TimeLimit) -> bool:
    return bool(one.starts and one.ends) and (one.starts, one.ends) == (other.starts, other.ends)


def _refuse_twin(reader: Reader, limit: TimeLimit, beside: Sequence[tuple[Reader, TimeLimit]]) -> None:
    for other, held in beside:
        if held.when == limit.when and (held.causes == limit.causes or set(held.causes) & set(limit.causes)):
            reader.note("环节", f"同样从“{limit.starts}”到“{limit.ends}”的时限写了两次（另一处：第 {other.mapping.line} 行）。")


def _refuse_shorter(reader: Reader, limit: TimeLimit, plain: Sequence[TimeLimit]) -> None:
    if not any(not held.when for held in plain):
        reader.note("延长事由", f"延长哪一条？还要写一条同样从“{limit.starts}”到“{limit.ends}”、没有“延长事由”的时限。")
    if any(held.working != limit.working for held in plain):
        reader.note("延长事由", "延长的和原来的要用一样的单位，都写工作日，或都写自然日。")
    elif any(held.days >= limit.days > 0 for held in plain):
        longest = max(held.days for held in plain)
        reader.note("延长事由", f"延长到 {limit.days}，不比原来的 {longest} 长，请核对依据。")
