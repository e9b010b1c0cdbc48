"""What kinds of file can be loaded (来文件的种类), by whom, and which columns each may hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest

from yimen.benefits.actions import HEADINGS as RECIPIENT_HEADINGS
from yimen.benefits.actions import preview_recipients
from yimen.cases.actions import application_headings, preview_applications
from yimen.evidence.actions import preview_facts
from yimen.evidence.queries import headings_for, sources_of
from yimen.office.access import may
from yimen.office.queries import own_areas
from yimen.office.tables import Heading, Match, Preview, without_unit
from yimen.policies.model import SETTLED, Policy
from yimen.registry.actions import HEADINGS as ROSTER_HEADINGS
from yimen.registry.actions import OBLIGOR_HEADINGS, how_grouped, preview_obligors, preview_roster
from yimen.screening.queries import current_rules

# What the county itself registers or decides, or hears from the person: not a department's file.
_NOT_DEPARTMENTS = ("登记", "认定", "申报")


@dataclass(frozen=True)
class Kind:
    """One kind of file: its word, the permission it needs, what it is for, and what its file must hold."""

    key: str
    words: str
    permission: str
    purpose: str
    must: str


_ROSTER = Kind(
    "roster",
    "花名册",
    "roster.load",
    purpose="谁和谁一起生活、住在哪里、已认定为什么对象",
    must="村居、姓名、身份证号、与户主关系，最好有户编号（没有的，有户主身份证号，或户主在前、家人接着写）",
)
_OBLIGORS = Kind(
    "obligors",
    "法定义务人",
    "roster.load",
    purpose="不住在一起、依法有赡养抚养扶养义务的人",
    must="申请人身份证号、义务人姓名和关系",
)
_FACTS = Kind(
    "facts",
    "部门数据",
    "facts.load",
    purpose="残疾、收入、住房、就学等，按身份证号对上人",
    must="身份证号和至少一列数据，最好有数据日期",
)
_RECIPIENTS = Kind(
    "recipients",
    "发放名单",
    "recipients.load",
    purpose="谁正在领什么、多少钱、下次什么时候复核",
    must="身份证号；有金额、起始日期、下次复核日期更好",
)
_APPLICATIONS = Kind(
    "applications",
    "省平台申请",
    "roster.load",
    purpose="在省平台上提出的申请，登记到就近窗口待受理",
    must="省平台编号、申请人身份证号、申请事项",
)
KINDS = {kind.key: kind for kind in (_ROSTER, _OBLIGORS, _FACTS, _RECIPIENTS, _APPLICATIONS)}


def kinds_allowed() -> list[Kind]:
    """Return the kinds of file that whoever is at the desk may load."""
    return [kind for kind in KINDS.values() if may(kind.permission)]


def areas_allowed(kind: Kind) -> list[tuple[str, str]]:
    """Return the areas of one's own for which this kind may be loaded."""
    return [(area.code, area.name) for area in own_areas() if may(kind.permission, area_path=area.path)]


def _own_department(request: HttpRequest) -> str:
    """Return the department whose data alone this desk may bring, or "" for the county's own desk."""
    department = getattr(request.user, "department", None)
    return "" if may("roster.load") or department is None else str(department.name)


def sources_allowed(request: HttpRequest) -> list[str]:
    """Return the sources in whose name this desk may load facts: its own department, or all for the county's desk."""
    own = _own_department(request)
    found = [source for source in sources_of(current_rules().catalogue) if source not in _NOT_DEPARTMENTS]
    return [source for source in found if not own or own.startswith(source)]


def policies_allowed(request: HttpRequest) -> list[Policy]:
    """Return the policies whose recipients this desk may load."""
    own = _own_department(request)
    held: dict[str, Policy] = {policy.id: policy for policy in current_rules().policies}
    return [policy for policy in held.values() if not own or own in policy.department]


def headings_of(kind: str, source: str) -> Sequence[Heading]:
    """Return the columns a file of this kind may hold."""
    if kind == "facts":
        return headings_for(current_rules().catalogue, source)
    if kind == "applications":
        return application_headings()
    return {"roster": ROSTER_HEADINGS, "obligors": OBLIGOR_HEADINGS}.get(kind, RECIPIENT_HEADINGS)


def said_of(kind: str, match: Match) -> str:
    """Say in words what else follows from the columns found: how the households of a roster are told apart; else nothing."""
    return str(how_grouped(match)) if kind == "roster" else ""


def facts_among(kind: str, titles: Sequence[str]) -> list[str]:
    """Return which headings that this kind of file does not use are columns of a department's data."""
    if kind == "facts":
        return []
    facts = current_rules().catalogue.facts
    held = {title: facts.get(without_unit(title)) for title in titles}
    return [title for title, fact in held.items() if fact and set(fact.sources) - {*_NOT_DEPARTMENTS, SETTLED}]


def read(kind: str, path: Path, name: str, source: str) -> Preview:
    """Say how a file would be read. Raises TableProblem, in words."""
    if kind == "facts":
        return preview_facts(path=path, name=name, source=source, catalogue=current_rules().catalogue)
    previews = {"roster": preview_roster, "obligors": preview_obligors, "recipients": preview_recipients}
    previews["applications"] = preview_applications
    return previews[kind](path=path, name=name)
