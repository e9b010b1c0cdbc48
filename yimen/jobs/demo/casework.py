"""
The demonstration's cases (演示办件): a few dozens at every stage, so that each desk has real work on it after `make demo`.

They come after the screening and are made by the real doors, each once: whoever is cut off goes on where he stopped. Which
household gets which stage follows from the seed; the stories are left alone. One plan to read: PLAN.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.timezone import localdate

from yimen.benefits.actions import fund_reserve
from yimen.cases import actions
from yimen.cases.actions import Asked, Seen
from yimen.cases.queries import Case, Decision
from yimen.evidence.actions import state_facts
from yimen.jobs.demo.at_home import authority_to_see, from_home, helped
from yimen.jobs.demo.county import County
from yimen.jobs.demo.hands import Hands, Home
from yimen.jobs.demo.people import Household
from yimen.jobs.demo.warned import answered, complained, hearing, reported, taken_up
from yimen.office.access import System, scope
from yimen.office.calendar import calendar
from yimen.office.models import Area, Staff
from yimen.office.once import once
from yimen.registry.queries import ADULT, HouseholdCard
from yimen.screening.queries import current_rules

TOWN, VILLAGE = "桃源镇", "柳树村"
LOW, MEDICAL, RAIN = "subsistence_allowance", "medical_aid", "rain_dew_plan"
WHEELCHAIR, HOUSE, EMERGENCY = "wheelchair_fuel_subsidy", "dilapidated_housing", "emergency_medical_aid"
PUPILS = range(15, 40)
Progress = Callable[[str, int, int], None]
Stage = Callable[[Hands, Home], object]


def make_cases(made: County, *, at: datetime, progress: Progress) -> int:
    """Make every case of the plan for which the county has a household; return how many there are. Done twice, made once."""
    staff = {one.username: one for one in Staff.objects.filter(username__startswith="demo_")}
    hands = Hands(staff=staff, calendar=calendar(), now=at)
    homes = {kind: _homes(made, kind) for kind in ("plain", "village", "poor", "monitored")}
    taken, done = set[str](), 0
    for number, (kind, stage) in enumerate(PLAN):
        progress("编造办件", number, len(PLAN))
        held = next((one for one in homes[kind] if one.number not in taken), None)
        home = hands.home(held) if held else None
        if held is None or home is None:
            continue
        taken.add(held.number)
        _once(hands, f"demo-case-{number}", partial(stage, hands, home))
        done += 1
    _once(hands, "demo-findings", lambda: [take(hands, _numbers(made)) for take in (taken_up, hearing)])
    return done


def _once(hands: Hands, key: str, make: Callable[[], object]) -> None:
    def do() -> dict[str, bool]:
        make()
        return {"made": True}

    with scope(System("demo", Area.objects.get(code="990101").path), "演示办件"):
        once(key=key, action="demo.case", content={}, at=hands.now, do=do)


def _numbers(made: County) -> set[str]:
    """Return the numbers of everybody in a story: what a story tells is still to be done by whoever looks at it."""
    return {person.number for home in made.homes if home.story for person in home.people}


def _homes(made: County, kind: str) -> Iterator[Household]:
    """Yield the households of the town that a stage of this kind may take, in the generator's order."""
    fits = FITS[kind]
    return (home for home in made.homes if home.town == TOWN and not home.story and home.head.here and fits(home, made))


def _is_plain(home: Household, made: County) -> bool:
    """Nobody has said anything yet that the visit could contradict: what it finds is what counts."""
    silent = all(
        (one.income, one.income_seen, one.disability, one.hospital, one.ill, one.kind) == (None, None, None, None, None, "")
        for one in home.people
    )
    return silent and not home.kinds and home.cars is None and home.houses is None and home.head.age(made.on) >= 20


def _is_poor(home: Household, _: County) -> bool:
    return "subsistence_allowance" in home.kinds and all(one.hospital is None for one in home.people) and home.danger is None


def _is_watched(home: Household, made: County) -> bool:
    """A household watched against falling back into poverty, with somebody young enough to learn a trade."""
    return "poverty_return_monitoring" in home.kinds and any(
        one.school is None and one.age(made.on) in PUPILS for one in home.people
    )


FITS: dict[str, Callable[[Household, County], bool]] = {
    "plain": lambda home, made: _is_plain(home, made) and home.village != VILLAGE,
    "village": lambda home, made: _is_plain(home, made) and home.village == VILLAGE,
    "poor": _is_poor,
    "monitored": _is_watched,
}


def _savings(card: HouseholdCard) -> list[tuple[str, str, str]]:
    return [(one.person_id.hex, "金融资产", "1200.00" if one.relation == "户主" else "0.00") for one in card.members]


def _seen(card: HouseholdCard, yuan: str = "180.00") -> list[Seen]:
    """What two people saw: the income of each, no car, one house."""
    incomes = [Seen(one.person_id.hex, "月收入", yuan if one.age >= ADULT else "0.00") for one in card.members]
    return [*incomes, Seen("", "机动车数", 0), Seen("", "住房套数", 1)]


def _low(hands: Hands, home: Home, days: int, *, by: str = "demo_town", channel: str = "window") -> Case:
    return hands.accepted(home, days, [Asked(LOW)], _savings(home.card), by=by, channel=channel)


def draft(hands: Hands, home: Home) -> None:
    """An interview broken off: what was said so far is kept."""
    case = hands.opened(home, 1)
    hands.said(case, 1, _savings(home.card))


def drafted_by_colleague(hands: Hands, home: Home) -> None:
    """A draft of the second clerk, chosen, with a paper still to come."""
    case = hands.opened(home, 2, by="demo_town2")
    hands.chosen(case, 2, [Asked(LOW)], by="demo_town2")
    with hands.desk("demo_town2") as staff:
        actions.tell_papers(case=case.pk, by=staff, at=hands.ago(1))


def sent_by_the_village(hands: Hands, home: Home) -> None:
    """Taken up in the village, waiting to be accepted in the town."""
    case = hands.opened(home, 1, by="demo_village", channel="village")
    hands.said(case, 1, _savings(home.card), by="demo_village")
    hands.chosen(case, 1, [Asked(LOW)], by="demo_village")
    hands.signed(case, home, 1, by="demo_village")
    hands.papers(case, 1, by="demo_village")
    with hands.desk("demo_village") as staff:
        actions.submit(case=case.pk, by=staff, at=hands.ago(0))


def to_visit(hands: Hands, home: Home) -> None:
    """Accepted, being compared, a visit to make."""
    case = _low(hands, home, 4)
    hands.investigated(case, 3)
    hands.sent(case, 2, "demo_town", "demo_village" if home.card.village == VILLAGE else "demo_town2")


def to_visit_by_a_third_party(hands: Hands, home: Home) -> None:
    """Two of a third party are sent to verify what they are named, and see nothing else."""
    case = _low(hands, home, 5, by="demo_town2")
    hands.investigated(case, 4, by="demo_town2")
    hands.sent(case, 3, "demo_third", "demo_third2", by="demo_town2", facts=("月收入", "机动车数", "住房套数"))


def to_sign(hands: Hands, home: Home) -> None:
    """Visited; the second still has to sign."""
    second = "demo_village" if home.card.village == VILLAGE else "demo_town2"
    case = _low(hands, home, 6)
    hands.investigated(case, 5)
    hands.sent(case, 4, "demo_town", second)
    hands.recorded(case, 1, _seen(home.card), first="demo_town", second=second, words="老人说今年没有打工，地里收成一般。")


def differing(hands: Hands, home: Home) -> None:
    """Declared one thing and seen another: somebody has to settle it."""
    head = home.applicant.hex
    case = hands.accepted(home, 8, [Asked(LOW)], [*_savings(home.card), (head, "月收入", "900.00"), ("", "机动车数", 1)])
    hands.investigated(case, 7)
    hands.visited(case, 3, _seen(home.card), second="demo_town2")


def overdue(hands: Hands, home: Home) -> None:
    """Accepted long ago and never looked at since: every list shows it first."""
    _low(hands, home, 64, by="demo_town2")


def related(hands: Hands, home: Home) -> None:
    """A member's brother works at the window: the county itself has to visit."""
    case = _low(hands, home, 6)
    with hands.desk("demo_town") as staff:
        actions.record_kinship(
            case=case.pk, person=home.applicant, relation="兄弟", staff=hands.staff["demo_town2"], by=staff, at=hands.ago(6)
        )
    hands.investigated(case, 5)
    hands.sent(case, 3, "demo_county", "demo_approver", by="demo_county")


def to_propose(hands: Hands, home: Home) -> None:
    """Everything is verified; the first opinion is still to be given."""
    case = _low(hands, home, 9)
    hands.investigated(case, 8)
    hands.visited(case, 2, _seen(home.card), second="demo_village" if home.card.village == VILLAGE else "demo_town2")


def in_posting(hands: Hands, home: Home, *, days: int = 3) -> None:
    """On the board in these days."""
    case = _low(hands, home, days + 12)
    hands.investigated(case, days + 11)
    hands.visited(case, days + 4, _seen(home.card), second="demo_town2")
    decision = hands.decision(case, LOW)
    hands.proposed(decision, days + 1)
    hands.posted(decision, days)


def posting_over(hands: Hands, home: Home) -> None:
    """The days are over; the last photo and the word of no objection are missing."""
    in_posting(hands, home, days=19)


def to_confirm(hands: Hands, home: Home) -> tuple[Case, Decision]:
    """Posted without an objection; the county confirms."""
    case = _low(hands, home, 33)
    hands.investigated(case, 32)
    hands.visited(case, 27, _seen(home.card), second="demo_village" if home.card.village == VILLAGE else "demo_town2")
    decision = hands.decision(case, LOW)
    hands.proposed(decision, 25)
    hands.posted(decision, 24)
    hands.cleared(decision, 4)
    return case, decision


def to_deliver(hands: Hands, home: Home) -> Case:
    """Confirmed; the result goes back to the window that took it in."""
    case, decision = to_confirm(hands, home)
    hands.confirmed(decision, 2)
    with hands.desk("demo_town") as staff:
        actions.publish(decision=decision.pk, place="村务公开栏", by=staff, at=hands.ago(1))
    return case


def delivered(hands: Hands, home: Home, *, grade: int = 5) -> None:
    """Handed over at home, said aloud first; and rated."""
    case = to_deliver(hands, home)
    with hands.desk("demo_town") as staff:
        actions.deliver(case=case.pk, way="home", said_aloud=True, by=staff, at=hands.ago(1))
        actions.rate(
            case=case.pk, grade=grade, channel="window", words="来家里说清楚了" if grade > 2 else "跑了三趟", at=hands.now
        )


def badly_rated(hands: Hands, home: Home) -> None:
    """A bad opinion opens its own handling."""
    delivered(hands, home, grade=2)


def refused(hands: Hands, home: Home) -> None:
    """Too much income: refused in words with the article, told, and a review asked for."""
    case = _low(hands, home, 20)
    hands.investigated(case, 19)
    hands.visited(case, 14, _seen(home.card, "1900.00"), second="demo_town2")
    decision = hands.decision(case, LOW)
    hands.proposed(decision, 12, agrees=False)
    with hands.desk("demo_approver") as approver:
        words = "全家人均月收入高于当地低保标准。"
        actions.refuse(decision=decision.pk, words=words, article="社会救助法第十八条", by=approver, at=hands.ago(10))
    with hands.desk("demo_town") as staff:
        actions.deliver(case=case.pk, way="home", said_aloud=True, by=staff, at=hands.ago(8))
        actions.appeal(decision=decision.pk, words="家里老人上月住院，花了很多，没有算。", by=staff, at=hands.ago(3))


def disputed(hands: Hands, home: Home) -> None:
    """Refused, and a review asked of the county's government: the answer is due, and the file is lent out for it."""
    case = _low(hands, home, 40)
    hands.investigated(case, 38)
    hands.visited(case, 34, _seen(home.card, "1850.00"), second="demo_town2")
    decision = hands.decision(case, LOW)
    hands.proposed(decision, 32, agrees=False)
    with hands.desk("demo_approver") as approver:
        words = "全家人均月收入高于当地低保标准。"
        actions.refuse(decision=decision.pk, words=words, article="社会救助法第十八条", by=approver, at=hands.ago(30))
    with hands.desk("demo_town") as staff:
        actions.deliver(case=case.pk, way="home", said_aloud=True, by=staff, at=hands.ago(28))
    with hands.desk("demo_approver2") as answers:
        at = hands.ago(9)
        said: dict[str, Any] = {
            "body": "花城县人民政府（虚构）",
            "words": "认为收入核对有误，请求撤销，重新办理",
            "on": localdate(at),
        }
        made = actions.contest(decision=decision.pk, forum="review", by=answers, at=at, **said)
        at = hands.ago(6)
        about: dict[str, Any] = {"dispute": made.pk, "on": localdate(at), "by": answers, "at": at}
        actions.take_on(number="花政复〔2026〕9号（虚构）", procedure="ordinary", **about)
        actions.receive_copy(**about)
    with hands.desk("demo_town") as staff:
        at = hands.ago(5)
        actions.lend_file(
            household=home.key,
            borrower="县司法局复议机构 周某（虚构）",
            reason="行政复议答复，复印初审材料",
            on=localdate(at),
            due_on=localdate(at) + timedelta(days=10),
            by=staff,
            at=at,
        )


def offered(hands: Hands, home: Home) -> None:
    """Offered to the colleague, who has not answered yet."""
    case = _low(hands, home, 3)
    with hands.desk("demo_town") as staff:
        actions.offer_case(case=case.pk, to=hands.staff["demo_town2"], reason="下周去县里培训三天", by=staff, at=hands.ago(0))


def offered_back(hands: Hands, home: Home) -> None:
    """The colleague offers one, too."""
    case = _low(hands, home, 3, by="demo_town2")
    with hands.desk("demo_town2") as staff:
        reason = "这一户在您包的村，您更熟"
        actions.offer_case(case=case.pk, to=hands.staff["demo_town"], reason=reason, by=staff, at=hands.ago(0))


def medical(hands: Hands, home: Home) -> None:
    """A household on the list has hospital bills: health insurance decides on the same verification."""
    who = home.applicant
    said = [(who.hex, "住院自付", "26000.00"), (who.hex, "门诊慢特病自付", "0.00")]
    case = hands.accepted(home, 6, [Asked(MEDICAL, who)], said)
    hands.proposed(hands.decision(case, MEDICAL), 2, opinion="低保对象，近一年自付 26,000 元，票据已核，拟同意。")


def housing(hands: Hands, home: Home) -> None:
    """A house of grade D: housing decides."""
    case = hands.accepted(home, 7, [Asked(HOUSE)], [("", "危房等级", "D")])
    hands.proposed(hands.decision(case, HOUSE), 3, opinion="低保户，房屋鉴定为D级，拟同意新建。")


def schooling(hands: Hands, home: Home) -> None:
    """A pupil of a household that is watched: agriculture decides."""
    who = next(one.person_id for one in home.card.members if one.age in PUPILS)
    case = hands.accepted(home, 5, [Asked(RAIN, who)], [(who.hex, "在读学段", "高职")])
    hands.proposed(hands.decision(case, RAIN), 2, opinion="监测户，在读高职，学籍已核，拟同意。")


def wheelchair(hands: Hands, home: Home) -> None:
    """A wheelchair with a motor: the disabled persons' federation decides."""
    who = home.applicant.hex
    said = [(who, "残疾类别", "肢体"), (who, "残疾等级", 3), (who, "下肢残疾", True), (who, "有机动轮椅车", True)]
    case = hands.accepted(home, 6, [Asked(WHEELCHAIR, home.applicant)], said)
    hands.proposed(hands.decision(case, WHEELCHAIR), 3, opinion="残疾证和购车凭证已看，拟同意。")


def rescued(hands: Hands, home: Home) -> None:
    """Brought to a hospital and unable to pay: the health commission decides."""
    with hands.desk("demo_weijian") as staff:
        at = hands.ago(5)
        state_facts(
            catalogue=current_rules().catalogue,
            facts={"急危重伤病": True, "无力支付急救费": True},
            source="卫健",
            stated_on=localdate(at),
            by=staff,
            at=at,
            person=home.applicant,
            area_path=home.card.area_path,
        )
    case = hands.accepted(home, 4, [Asked(EMERGENCY, home.applicant)])
    hands.proposed(hands.decision(case, EMERGENCY), 2, opinion="医院先救治，本人付不起，拟由基金补助。")


def helped_at_once(hands: Hands, home: Home, *, confirm: bool = False) -> None:
    """Small aid on the spot out of the township's reserve; a second person confirms."""
    with hands.desk("demo_county") as county:
        town = Area.objects.get(code="990101002")
        fund_reserve(area=town, yuan=Decimal(3000), words="演示：拨付备用金", by=county, at=hands.ago(6))
    with hands.desk("demo_town") as staff:
        case = actions.give_small_aid(
            household=home.key,
            hands=[actions.Hand(home.applicant, Decimal(400))],
            cause="illness",
            words="昨夜急病送医，身上没有钱吃饭、坐车。",
            by=staff,
            at=hands.ago(1),
        )
    if confirm:
        hands.confirmed(hands.decision(case, "small_emergency_aid"), 1, by="demo_town_head")


def helped_and_confirmed(hands: Hands, home: Home) -> None:
    """The same, confirmed by the town's second person, to be told to the person."""
    helped_at_once(hands, home, confirm=True)


def helped_first(hands: Hands, home: Home) -> Case:
    """A house burnt down: aid first (急难型), to be checked within the local days."""
    with hands.desk("demo_town") as staff:
        return actions.give_urgent_aid(
            household=home.key,
            hands=[actions.Hand(home.applicant, Decimal(1500))],
            cause="fire",
            words="前天夜里失火，房子烧了，一家没有住处和过冬的衣被。",
            by=staff,
            at=hands.ago(2),
            from_reserve=False,
        )


def helped_in_stages(hands: Hands, home: Home) -> None:
    """The same, checked and planned in three stages, for the county to confirm."""
    case = helped_first(hands, home)
    with hands.desk("demo_town") as staff:
        plan = [
            actions.Later(localdate(hands.ago(0)) + timedelta(days=days), [actions.Hand(home.applicant, Decimal(900))])
            for days in (28, 56)
        ]
        words = "入户看过，房屋烧毁，村里出具证明；亲戚家暂住。"
        actions.check_urgent_aid(case=case.pk, holds=True, words=words, plan=plan, by=staff, at=hands.ago(1))


PLAN: tuple[tuple[str, Stage], ...] = (
    ("village", to_visit),
    ("plain", to_confirm),
    ("plain", in_posting),
    ("poor", medical),
    ("plain", helped_at_once),
    ("village", sent_by_the_village),
    ("plain", draft),
    ("plain", overdue),
    ("village", to_sign),
    ("plain", to_deliver),
    ("plain", to_sign),
    ("plain", differing),
    ("plain", offered),
    ("plain", refused),
    ("village", reported),
    ("plain", complained),
    ("plain", to_visit_by_a_third_party),
    ("poor", housing),
    ("plain", wheelchair),
    ("plain", rescued),
    ("monitored", schooling),
    ("plain", drafted_by_colleague),
    ("plain", to_visit),
    ("plain", to_propose),
    ("plain", posting_over),
    ("plain", offered_back),
    ("plain", related),
    ("village", to_confirm),
    ("plain", delivered),
    ("plain", badly_rated),
    ("plain", helped_and_confirmed),
    ("plain", answered),
    ("poor", medical),
    ("plain", to_confirm),
    ("plain", to_visit),
    ("plain", helped_first),
    ("plain", helped_in_stages),
    ("plain", disputed),
    ("plain", from_home),
    ("plain", helped),
    ("plain", authority_to_see),
)
