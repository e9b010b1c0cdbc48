"""
The provincial portal (省平台): applications that come in by API or file, and where they stand, to be sent back.

A program brings them and answers for nothing: their first assignee (首派责任人) is whoever has least in hand at the nearest
desk that can accept.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yimen.cases.applying import DECLARED, Asked, NotAccepted, give_consent, open_case, record_paper, save_draft, submit
from yimen.cases.assigning import least_busy
from yimen.cases.choosing import choose
from yimen.cases.models import Case, Decision, Paper
from yimen.cases.words import Channel, DecisionState, PaperState
from yimen.evidence.actions import NotStated, check_facts
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.office.once import once
from yimen.office.queries import service_point_of
from yimen.office.tables import ValueProblem
from yimen.policies.model import Catalogue, Policy
from yimen.policies.queries import Rules
from yimen.registry.queries import match_numbers, read_id_number
from yimen.screening.queries import current_rules

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
MOST_STATUSES = 500
# A change is written with the moment its step began, and may be committed a little after a later one was told.
OVERLAP = timedelta(minutes=2)


class NoHome(NotAccepted):
    """The numbers sent are of no one household here; the answer says which, so that a client may ask only so many."""


@dataclass(frozen=True)
class SentConsent:
    """An authorisation signed or refused on the portal; without a person it is the applicant's."""

    given: bool
    signed_on: date
    person: str = ""
    guardian_name: str = ""


@dataclass(frozen=True)
class Sent:
    """
    One application as the portal has it; people are named by their ID numbers.

    `asked` are policies by id or name and for whom, `said` are fact, value and about whom; about "" means the household
    where the policy or fact is about one, and the applicant where it is about a person.
    """

    reference: str
    applicant: str
    members: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[str, Any, str], ...] = ()
    papers: tuple[str, ...] = ()
    consents: tuple[SentConsent, ...] = ()
    received_on: date | None = None


@dataclass(frozen=True)
class _Home:
    """The household that was found, its people by ID number, and who applies."""

    household_id: uuid.UUID
    area_path: str
    people: Mapping[str, uuid.UUID]
    applicant: uuid.UUID

    def person(self, number: str) -> uuid.UUID:
        """Return who is meant. Raises NotAccepted for somebody who is not among the members named."""
        if not number:
            return self.applicant
        if (found := self.people.get(_number(number))) is None:
            raise NotAccepted("事项、情况或授权里有一个证件号码不在所列成员之中，请核对。")
        return found


def receive_application(*, sent: Sent, key: str, by: Staff | None, at: datetime) -> dict[str, Any]:
    """
    Take an application from the portal in for acceptance at the nearest desk, and return its receipt (省平台申请登记).

    Sent again under the same key it changes nothing and gets the same answer. Needs an open reading. Raises NotAccepted,
    in words, if the household cannot be found exactly or something sent is not known here; OtherContent, NotAllowed.
    """
    _check_reference(sent.reference)
    return once(key=key, action="portal.receive", content=asdict(sent), at=at, do=lambda: _receive(sent, by, at))


@transaction.atomic
def _receive(sent: Sent, by: Staff | None, at: datetime) -> dict[str, Any]:
    require("case.open")
    if Case.objects.filter(reference=sent.reference).exists():
        raise NotAccepted("这个省平台编号已经登记过，没有再登记。要补充或更改，请由受理窗口办理。")
    home, rules = _home(sent, localdate(at)), current_rules()
    asked, said = _asked(sent, home, rules), _said(sent, home, rules.catalogue)
    case = open_case(
        household=home.household_id,
        channel=Channel.PORTAL,
        by=by,
        at=at,
        assignee=_assignee(home.area_path),
        reference=sent.reference,
        applicant=home.applicant,
        received_on=sent.received_on,
        service_point=service_point_of(home.area_path),
    )
    choose(case=case.pk, asked=asked, by=by, at=at)
    if said:
        save_draft(case=case.pk, said=said, by=by, at=at)
    for name in dict.fromkeys(sent.papers):
        record_paper(case=case.pk, name=name, state=PaperState.BROUGHT, by=by, at=at)
    for consent in sent.consents:
        person, guardian = home.person(consent.person), consent.guardian_name or None
        signed_on = consent.signed_on
        give_consent(case=case.pk, person=person, given=consent.given, signed_on=signed_on, guardian_name=guardian, by=by, at=at)
    return _receipt(submit(case=case.pk, by=by, at=at))


def _check_reference(reference: str) -> None:
    if not REFERENCE.fullmatch(reference):
        raise NotAccepted("省平台编号要有，只能用字母、数字和“-”“_”，最多 40 个字符。")
    if _is_number(reference):
        raise NotAccepted("省平台编号不能用证件号码。")


def _is_number(text: str) -> bool:
    try:
        return bool(read_id_number(text, allow_fictional=True))
    except ValueProblem:
        return False


def _number(text: str) -> str:
    return read_id_number(text, allow_fictional=settings.YIMEN_DEMO)


def _home(sent: Sent, on: date) -> _Home:
    """Find the one household all the numbers belong to today; nothing that is nearly right will do."""
    numbers = list(dict.fromkeys(_readable(place, one) for place, one in enumerate((sent.applicant, *sent.members), start=1)))
    found = match_numbers(numbers=numbers, on=on)
    unknown = [str(place) for place, one in enumerate(numbers, start=1) if one not in found or not found[one].household_id]
    if unknown:
        raise NoHome(
            f"第 {'、'.join(unknown)} 个证件号码在本辖区名册里没有，或今天不属于任何一户（申请人算第 1 个）。"
            "请核对号码；确实住在本地的，请到就近窗口登记家庭后再申请。"
        )
    homes = {found[one].household_id for one in numbers}
    if len(homes) > 1:
        raise NoHome("所列成员今天登记在不同的户里，不能按一户申请。请核对共同生活的家庭成员，或到窗口变更家庭登记。")
    people = {one: found[one].person_id for one in numbers}
    household = homes.pop()
    assert household is not None  # noqa: S101
    return _Home(household, found[numbers[0]].area_path, people, people[numbers[0]])


def _readable(place: int, text: str) -> str:
    try:
        return _number(text)
    except ValueProblem as problem:
        raise NotAccepted(f"第 {place} 个证件号码（申请人算第 1 个）：{problem}") from None


def _assignee(area_path: str) -> Staff:
    assignee = least_busy(permission="case.accept", area_path=area_path)
    if assignee is None:
        raise NotAccepted("这一户所在的地方没有能受理的窗口岗位，不能登记。请联系县民政部门。")
    return assignee


def _asked(sent: Sent, home: _Home, rules: Rules) -> list[Asked]:
    if not sent.asked:
        raise NotAccepted("没有写明申请什么救助事项，至少要有一项。")
    made = []
    for name, person in sent.asked:
        policy = _policy(name, rules)
        made.append(Asked(policy.id, home.person(person) if policy.subject == "人" else None))
    return list(dict.fromkeys(made))


def _policy(name: str, rules: Rules) -> Policy:
    policy = rules.policy(name) or next((one for one in rules.policies if one.name == name), None)
    if policy is None:
        raise NotAccepted(f"现行政策里没有“{name[:40]}”这一事项。请用政策编号或全称。")
    return policy


def _said(sent: Sent, home: _Home, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return what was declared as a draft keeps it; what could not be stated at acceptance is refused now."""
    said = []
    for name, value, person in sent.said:
        fact = catalogue.facts.get(name)
        of_household = fact is not None and fact.subject == "户"
        try:
            checked = check_facts(catalogue, {name: value}, DECLARED, about="户" if of_household else "人")
        except NotStated as problem:
            raise NotAccepted(str(problem)) from None
        said.append({"who": "" if of_household else home.person(person).hex, "fact": name, "value": checked[name]})
    return said


def _receipt(case: Case) -> dict[str, Any]:
    missing = Paper.objects.filter(case=case, state=PaperState.MISSING).order_by("pk").values_list("name", flat=True)
    return {
        "reference": case.reference,
        "receipt_code": case.receipt_code,
        "state": case.state,
        "words": case.get_state_display(),
        "missing_papers": list(missing),
    }


@dataclass(frozen=True)
class Result:
    """What one department decided, without its reasons: those are for the person, on paper."""

    policy: str
    name: str
    state: str
    words: str
    article: str


@dataclass(frozen=True)
class Status:
    """Where an application of the portal stands; `version` grows with every change. It names nobody."""

    reference: str
    receipt_code: str
    number: str
    state: str
    words: str
    missing_papers: tuple[str, ...]
    received_on: date
    due_on: date | None
    due_is_provisional: bool
    results: tuple[Result, ...]
    changed_at: datetime
    version: int


def portal_status(*, receipt_code: str) -> Status | None:
    """Return where an application of the portal stands, or None: the same for a foreign one as for none. Raises NotAllowed."""
    return next(iter(_statuses(_sent_by_portal().filter(receipt_code=receipt_code))), None)


def portal_changes(*, since: datetime | None, limit: int = MOST_STATUSES) -> tuple[list[Status], datetime | None]:
    """
    Return the applications that changed since a moment, the longest ago first, and the moment to ask from next.

    What changed within the last minutes may be told again; its version says so. Raises NotAllowed.
    """
    rows = _sent_by_portal()
    if since is not None:
        rows = rows.filter(changed_at__gte=since)
    found = _statuses(rows.order_by("changed_at", "pk")[:limit])
    if not found:
        return [], since
    last = found[-1].changed_at
    if len(found) == limit and last != since:
        return found, last
    return found, max(last - OVERLAP, since) if since else last - OVERLAP


def _sent_by_portal() -> QuerySet[Case]:
    require("case.see")
    rows: QuerySet[Case] = Case.objects.filter(~Q(reference=""), channel=Channel.PORTAL)
    return rows


def _statuses(rows: Iterable[Case]) -> list[Status]:
    cases, rules = list(rows), current_rules()
    results: dict[uuid.UUID, list[Result]] = {case.pk: [] for case in cases}
    for one in Decision.objects.filter(case__in=cases).order_by("-is_identity", "pk"):
        policy = rules.policy(one.policy)
        state = DecisionState(one.state)
        results[one.case_id].append(
            Result(one.policy, policy.name if policy else one.policy, state.value, str(state.label), one.article)
        )
    missing: dict[uuid.UUID, list[str]] = {case.pk: [] for case in cases}
    for paper in Paper.objects.filter(case__in=cases, state=PaperState.MISSING).order_by("pk"):
        missing[paper.case_id].append(paper.name)
    return [_status(case, missing[case.pk], results[case.pk]) for case in cases]


def _status(case: Case, missing: Sequence[str], results: Sequence[Result]) -> Status:
    return Status(
        reference=case.reference,
        receipt_code=case.receipt_code,
        number=case.number or "",
        state=case.state,
        words=case.get_state_display(),
        missing_papers=tuple(missing),
        received_on=case.received_on,
        due_on=case.due_on,
        due_is_provisional=case.due_is_provisional,
        results=tuple(results),
        changed_at=case.changed_at,
        version=case.version,
    )
