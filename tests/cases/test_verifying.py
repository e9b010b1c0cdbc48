"""Verify once: four eyes on a visit, no relatives, differences settled by a person, a third party's narrow window, the draw."""

import struct
import uuid
import zlib
from datetime import date, timedelta

import pytest

from tests.cases.town import DAY, NOON, accepted, decision_of, declare, make_town, noon
from tests.make import make_area, make_household, make_person, make_staff
from yimen.cases import actions, queries
from yimen.cases.drawing import drawn_of
from yimen.cases.in_hand import tell_in_hand
from yimen.cases.models import Case, CaseEvent, Decision, Settlement, Task, Visit, VisitDraft
from yimen.evidence.models import Statement
from yimen.office import files
from yimen.office.access import NotAllowed
from yimen.office.models import StoredFile
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules, explain_registered

pytestmark = pytest.mark.django_db
NURSING, LOW_INCOME, SUPPORT = "disability_nursing_subsidy", "subsistence_allowance", "extreme_poverty_support"


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def case(town):
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    return accepted(town, actions.Asked(LOW_INCOME), actions.Asked(NURSING, town.person.pk))


def visited(town, case, *, first=None, second=None, said=None, **more):
    first, second = first or town.window, second or town.colleague
    said = [actions.Seen(town.person.pk.hex, "月收入", "480.00")] if said is None else said
    more = {"household_signed": True} | more
    with town.at_desk(first):
        return actions.record_visit(case=case.pk, visited_on=DAY, second=second, said=said, by=first, at=NOON, **more)


def signed(town, case, **more):
    visit = visited(town, case, **more)
    with town.at_desk(visit.second):
        return actions.sign_visit(visit=visit.pk, by=visit.second, at=NOON)


def known(town, name, on=DAY):
    with town.at_desk(town.window):
        held = explain_registered(household_id=town.home.pk, on=on, rules=current_rules())
        return held.facts.people[0].get(name)


def sheet(town, case, on=DAY):
    with town.at_desk(town.window):
        return queries.verification_page(case_id=case.pk, on=on)


def item(page, fact):
    return next(one for one in page.sheet.items if one.fact.name == fact)


# ── visits: two people ──────────────────────────────────────────────────────────────────────────────────────


def test_what_one_person_saw_counts_only_when_the_other_has_signed_under_their_own_log_in(town, case):
    visit = visited(town, case)

    assert known(town, "月收入") is None
    with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="用自己的账号签"):
        actions.sign_visit(visit=visit.pk, by=town.window, at=NOON)
    with town.at_desk(town.colleague):
        actions.sign_visit(visit=visit.pk, by=town.colleague, at=NOON)
    assert known(town, "月收入").said.source == "入户"


def test_nobody_visits_alone(town, case):
    with pytest.raises(actions.NotVerified, match="入户须两人"):
        visited(town, case, second=town.window)

    with town.at_desk(town.window):
        assert not Visit.objects.exists()


def test_a_visit_is_signed_once_and_makes_its_statements_once(town, case):
    visit = signed(town, case)

    with town.at_desk(town.colleague):
        with pytest.raises(actions.NotVerified, match="已经签过字"):
            actions.sign_visit(visit=visit.pk, by=town.colleague, at=NOON)
        assert Statement.objects.filter(source="入户").count() == 1


def test_the_second_may_refuse_to_sign_and_then_nothing_of_it_counts(town, case):
    visit = visited(town, case)

    with town.at_desk(town.colleague):
        actions.send_visit_back(visit=visit.pk, words="工资问错了人", by=town.colleague, at=NOON)
        with pytest.raises(actions.NotVerified, match="已经退回"):
            actions.sign_visit(visit=visit.pk, by=town.colleague, at=NOON)
        assert not Statement.objects.filter(source="入户").exists()
        assert CaseEvent.objects.get(step="not_sign").words == "工资问错了人"


def test_the_way_of_a_visit_says_what_it_may_state(town, case):
    said = [actions.Seen(town.person.pk.hex, "月收入", "480.00")]

    with pytest.raises(actions.NotVerified, match="不在这次邻里要核查的事项里"):
        visited(town, case, said=said, way="邻里")
    signed(town, case, said=[actions.Seen("", "邻里评价", "困难")], way="邻里")
    assert item(sheet(town, case), "邻里评价").current.value == "困难"


def test_talk_with_neighbours_is_not_the_visit_the_opinion_needs(town, case):
    signed(town, case, said=[actions.Seen("", "邻里评价", "困难")], way="邻里")

    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="还没有两人签字的入户调查"):
        actions.propose(decision=decision_of(case, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)


@pytest.mark.parametrize(
    ("policy", "article"),
    [
        ("subsistence_allowance", "民发〔2021〕57号第16条"),
        ("borderline_household", "参照民发〔2021〕57号第16条"),
        ("extreme_poverty_support", "民发〔2021〕43号第13条"),
        ("rigid_expenditure_household", "依据条款未录入"),
    ],
)
def test_what_a_visit_rests_on_is_the_policy_s_own_article_and_where_none_is_entered_it_says_so(town, policy, article):
    about = town.person.pk if policy == SUPPORT else None
    case = accepted(town, actions.Asked(policy, about))

    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match=article):
        actions.propose(decision=decision_of(case, policy).pk, agrees=False, opinion="不", by=town.window, at=NOON)


def test_the_household_signs_too_or_it_is_written_why_not(town, case):
    with pytest.raises(actions.NotVerified, match="双方签字"):
        visited(town, case, household_signed=False)
    visited(town, case, household_signed=False, unsigned_why=" 不识字，不愿按手印 ")

    with town.at_desk(town.window):
        assert Visit.objects.get().unsigned_why == "不识字，不愿按手印"
        leaf = next(one for one in queries.leaves_of(household_id=town.home.pk) if one.title == "入户调查记录")
    assert leaf.remark == "照片 0 张，本户没有签字：不识字，不愿按手印"


def test_neighbours_sign_nothing(town, case):
    visited(town, case, said=[actions.Seen("", "邻里评价", "困难")], way="邻里", household_signed=False)


def test_a_visit_before_the_application_or_tomorrow_is_refused(town, case):
    for day in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="请核对"):
            actions.record_visit(case=case.pk, visited_on=day, second=town.colleague, said=[], seen="x", by=town.window, at=NOON)


def test_a_value_that_cannot_be_is_refused_at_the_door_and_nothing_is_written(town, case):
    with pytest.raises(actions.NotVerified, match="超出范围"):
        visited(town, case, said=[actions.Seen(town.person.pk.hex, "工资收入", "-5")])
    with pytest.raises(actions.NotVerified, match="不能由“入户”来说"):
        visited(town, case, said=[actions.Seen(town.person.pk.hex, "银行存款", "5")])

    with town.at_desk(town.window):
        assert not Visit.objects.exists()


def test_a_case_that_is_not_being_handled_cannot_be_visited(town, case):
    with town.at_desk(town.window):
        actions.withdraw(case=case.pk, words="本人不要了", by=town.window, at=NOON)

    with pytest.raises(actions.WrongStep, match="已撤回"):
        visited(town, case)


# ── the law's clocks ────────────────────────────────────────────────────────────────────────────────────────


def test_investigation_and_comparison_end_their_own_limits(town, case):
    with town.at_desk(town.window):
        actions.investigate(case=case.pk, by=town.window, at=noon(1))
        actions.ask_comparison(case=case.pk, by=town.window, at=noon(1))
        with pytest.raises(actions.NotVerified, match="由县级民政部门启动"):
            actions.compare(case=case.pk, by=town.window, at=noon(2))
    with town.at_desk(town.approver):
        actions.compare(case=case.pk, by=town.approver, at=noon(2))
        deadlines = queries.case_page(case_id=case.pk).deadlines[decision_of(case, LOW_INCOME).pk]

    done = {one.stage: one.done_on for one in deadlines}
    assert date(2026, 11, 24) in done.values()
    assert date(2026, 11, 25) in done.values()


def test_data_of_people_who_have_not_authorised_it_is_not_compared(town):
    with town.at_desk(town.window):
        case = actions.open_case(household=town.home.pk, channel="window", by=town.window, at=NOON)
        actions.give_consent(case=case.pk, person=town.person.pk, given=False, signed_on=DAY, by=town.window, at=NOON)
        actions.accept(case=case.pk, asked=[actions.Asked(LOW_INCOME)], by=town.window, at=NOON)

        with pytest.raises(actions.NotVerified, match="社会救助法第41条"):
            actions.ask_comparison(case=case.pk, by=town.window, at=NOON)


# ── relatives ───────────────────────────────────────────────────────────────────────────────────────────────


def kin(town, case, **who):
    with town.at_desk(town.colleague):
        actions.record_kinship(case=case.pk, person=town.person.pk, relation="姐弟", by=town.colleague, at=NOON, **who)


def test_nobody_surveys_signs_or_settles_for_a_relative(town, case):
    visit = visited(town, case, first=town.colleague, second=town.window)
    kin(town, case, staff=town.window)

    with town.at_desk(town.window):
        for attempt in (
            lambda: actions.investigate(case=case.pk, by=town.window, at=NOON),
            lambda: actions.sign_visit(visit=visit.pk, by=town.window, at=NOON),
            lambda: actions.settle(
                case=case.pk, who=town.person.pk.hex, fact="月收入", value="1", reason="r", by=town.window, at=NOON
            ),
            lambda: queries.visit_page(case_id=case.pk, staff=town.window, way="入户", on=DAY),
            lambda: visited(town, case),
        ):
            with pytest.raises(actions.NotVerified, match="近亲属"):
                attempt()
    with pytest.raises(actions.NotVerified, match="近亲属"):
        visited(town, case, first=town.colleague, second=town.window)


def test_a_relative_of_a_village_committee_member_needs_the_countys_own_visit(town, case):
    kin(town, case, relative_name="柳大山")
    signed(town, case)
    county = make_area("990101", path="99.9901.990101.", level=3)
    other = make_staff(kind="county_clerk", area=county, username="county")

    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="须由县级入户"):
        actions.propose(decision=decision_of(case, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)
    visit = signed(town, case, first=town.approver, second=other)
    assert visit.by_county
    with town.at_desk(town.window):
        actions.propose(decision=decision_of(case, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)


def test_who_is_complained_of_meanwhile_is_visited_by_the_county_and_one_checked_before_changes_nothing(town, case):
    signed(town, case)
    with town.at_desk(town.window):
        complaint = actions.record_report(
            kind="complaint", channel="phone", about="沈小满", area=town.village, words="有车", by=town.window, at=NOON
        )
        held = actions.take_up_report(report=complaint.pk, household=town.home.pk, by=town.window, at=NOON)
        actions.settle_check(case=held.pk, way="check_out", words="查过，没有车", by=town.window, at=NOON)
        decision = decision_of(case, LOW_INCOME)
        with pytest.raises(actions.NotDecided, match="有投诉举报，须由县级入户"):
            actions.propose(decision=decision.pk, agrees=False, opinion="不", by=town.window, at=NOON)
        type(held).objects.filter(pk=held.pk).update(concluded_at=noon(-40))
        actions.propose(decision=decision.pk, agrees=False, opinion="不", by=town.window, at=NOON)


def test_the_countys_visit_is_told_from_the_post_and_not_from_what_is_claimed(town, case):
    assert not signed(town, case).by_county


def test_who_is_named_as_a_relative_stands_back_though_no_account_was_chosen(town, case):
    for staff, name in ((town.window, "柳大山"), (town.colleague, "柳小川"), (town.approver, "许青")):
        staff.name = name
        staff.save()
    visit = visited(town, case, first=town.colleague, second=town.window)
    kin(town, case, relative_name="柳 大山")

    with town.at_desk(town.window):
        with pytest.raises(actions.NotVerified, match="近亲属"):
            actions.sign_visit(visit=visit.pk, by=town.window, at=NOON)
        with pytest.raises(actions.NotDecided, match="近亲属"):
            actions.propose(decision=decision_of(case, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)
    with town.at_desk(town.colleague):
        assert town.window not in queries.visit_page(case_id=case.pk, staff=town.colleague, way="入户", on=DAY).companions
        actions.investigate(case=case.pk, by=town.colleague, at=NOON)


def test_who_is_on_record_as_a_relative_stands_back_in_the_next_case_too(town, case):
    kin(town, case, staff=town.window)
    with town.at_desk(town.colleague):
        actions.withdraw(case=case.pk, words="本人撤回", by=town.colleague, at=NOON)
        complaint = actions.record_report(
            kind="complaint", channel="phone", about="沈小满", area=town.village, words="有车", by=town.colleague, at=NOON
        )
        held = actions.take_up_report(report=complaint.pk, household=town.home.pk, by=town.colleague, at=NOON)
        assert len(queries.verification_page(case_id=held.pk, on=DAY).kinships) == 1
    with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="近亲属"):
        actions.investigate(case=held.pk, by=town.window, at=NOON)


def test_the_county_visits_in_every_later_case_of_who_has_a_relative_on_record(town, case):
    kin(town, case, relative_name="柳大山")
    with town.at_desk(town.colleague):
        actions.withdraw(case=case.pk, words="本人撤回", by=town.colleague, at=NOON)
    later = accepted(town, actions.Asked(LOW_INCOME))
    signed(town, later)
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="须由县级入户"):
        actions.propose(decision=decision_of(later, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)


# ── once verified ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_verified_once_answers_every_policy_that_needs_it(town, case):
    before = item(sheet(town, case), "自理能力")
    signed(town, case, said=[actions.Seen(town.person.pk.hex, "自理能力", "完全丧失")])

    page = sheet(town, case)
    after = next(one for one in page.sheet.verified if one.fact.name == "自理能力")
    assert before.state == "unknown"
    assert after.all_uses >= 2
    with town.at_desk(town.window):
        held = explain_registered(household_id=town.home.pk, on=DAY, rules=current_rules())
    asking = [one for one in held.answers.members[0] if "自理能力" in one.missing]
    assert asking == []


def test_a_verified_fact_is_asked_again_only_when_its_time_is_over(town, case):
    signed(town, case, said=[actions.Seen(town.person.pk.hex, "月收入", "480.00")])

    assert item(sheet(town, case, on=DAY + timedelta(days=364)), "月收入").state == "known"
    assert item(sheet(town, case, on=DAY + timedelta(days=367)), "月收入").state == "expired"


def test_the_form_holds_the_81_indicators_in_7_areas_and_asks_first_what_decides_and_is_unknown(town, case):
    page = sheet(town, case)
    indicators = {one.fact.name for _, items in page.areas for one in items}

    every = {one.name for one in current_rules().catalogue.facts.values() if one.area and one.subject != "义务人"}
    assert len(page.areas) == 7
    assert indicators == every
    assert len(every) == 81
    assert page.sheet.first[0].state == "unknown"
    assert page.sheet.first[0].uses


# ── differences ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def differing(town, case):
    declare(town, {"月收入": "300.00"}, source="申报")
    signed(town, case, said=[actions.Seen(town.person.pk.hex, "月收入", "480.00")])
    declare(town, {"月收入": "2100.00"}, source="核对")
    return case


def settled(town, case, value="480.00", reason="银行流水显示工资已停发", at=NOON):
    with town.at_desk(town.window):
        who = town.person.pk.hex
        return actions.settle(case=case.pk, who=who, fact="月收入", value=value, reason=reason, by=town.window, at=at)


def test_declared_reported_and_seen_stand_side_by_side_with_source_and_date(town, differing):
    found = sheet(town, differing).differences[0]

    assert [(one.source, str(one.value), one.stated_on) for one in (*found.declared, *found.reported, *found.seen)] == [
        ("申报", "300.00", DAY),
        ("核对", "2100.00", DAY),
        ("入户", "480.00", DAY),
    ]
    assert found.is_open


def test_a_settled_difference_counts_for_every_policy_and_keeps_reason_and_what_was_said(town, differing):
    settled(town, differing)

    assert str(known(town, "月收入").value) == "480.00"
    page = sheet(town, differing)
    assert page.unsettled == 0
    with town.at_desk(town.window):
        held = Settlement.objects.get()
    assert held.reason == "银行流水显示工资已停发"
    assert [one["source"] for one in held.heard] == ["核对", "入户", "申报"]


def test_nothing_is_settled_without_a_reason_or_without_a_difference(town, differing):
    with pytest.raises(actions.NotVerified, match="请写明为什么"):
        settled(town, differing, reason=" ")
    with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="不用认定"):
        actions.settle(
            case=differing.pk, who=town.person.pk.hex, fact="残疾等级", value=2, reason="看错", by=town.window, at=NOON
        )
    with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="到名册更正"):
        actions.settle(case=differing.pk, who="", fact="家庭人口", value=2, reason="看错", by=town.window, at=NOON)


def test_a_source_that_says_otherwise_later_opens_a_settled_difference_again_and_overturns_nothing(town, differing):
    settled(town, differing)
    declare(town, {"月收入": "2500.00"}, source="核对", on=noon(5).date())

    later = noon(6).date()
    assert str(known(town, "月收入", on=later).value) == "480.00"
    assert [one.fact.name for one in sheet(town, differing, on=later).differences if one.is_open] == ["月收入"]


def test_no_file_may_settle_anything(town):
    catalogue = current_rules().catalogue

    assert catalogue.facts["月收入"].sources[0] == "核定"
    assert "核定" not in catalogue.facts["性别"].sources
    assert "核定" not in catalogue.facts["低保对象"].sources


# ── third party ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def firm(town):
    county = make_area("990101", path="99.9901.990101.", level=3)
    return [make_staff(kind="third_party", area=county, username=name) for name in ("firm1", "firm2")]


def sent(town, case, firm, facts=("月收入",)):
    with town.at_desk(town.window):
        return actions.assign_visit(case=case.pk, to=firm, facts=facts, by=town.window, at=NOON)


def test_a_third_party_sees_only_the_facts_of_its_own_open_task(town, case, firm):
    with town.at_desk(firm[0]), pytest.raises(NotAllowed):
        queries.visit_page(case_id=case.pk, staff=firm[0], way="入户", on=DAY)
    sent(town, case, firm)

    with town.at_desk(firm[0]):
        page = queries.visit_page(case_id=case.pk, staff=firm[0], way="入户", on=DAY)
        assert [one.fact.name for one in page.first] == ["月收入"]
        assert (page.areas, page.policies, page.way) == ([], (), "第三方")
        for door in (
            lambda: queries.verification_page(case_id=case.pk, on=DAY),
            lambda: queries.case_page(case_id=case.pk),
            lambda: household_card(household_id=town.home.pk, on=DAY),
            lambda: queries.cases(narrowed=queries.CaseFilter(), on=DAY),
        ):
            with pytest.raises(NotAllowed):
                door()


def test_a_third_party_is_sent_only_with_facts_named(town, case, firm):
    with pytest.raises(actions.NotVerified, match="要写明核查哪几项"):
        sent(town, case, firm, facts=())


def test_a_third_partys_word_is_its_own_source_and_no_visit_of_ours_and_ends_its_look(town, case, firm):
    sent(town, case, firm)
    with pytest.raises(actions.NotVerified, match="不在这次第三方要核查的事项里"):
        visited(town, case, first=firm[0], second=firm[1], said=[actions.Seen(town.person.pk.hex, "慢性病", True)])
    signed(town, case, first=firm[0], second=firm[1])

    assert known(town, "月收入").said.source == "第三方"
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="还没有两人签字的入户"):
        actions.propose(decision=decision_of(case, LOW_INCOME).pk, agrees=False, opinion="不", by=town.window, at=NOON)
    with town.at_desk(firm[0]), pytest.raises(NotAllowed):
        queries.visit_page(case_id=case.pk, staff=firm[0], way="入户", on=DAY)


def test_a_third_party_and_our_own_people_do_not_sign_for_each_other(town, case, firm):
    sent(town, case, firm)

    with pytest.raises(actions.NotVerified, match="另选一位"):
        visited(town, case, first=firm[0], second=town.colleague)
    with pytest.raises(actions.NotVerified, match="另选一位"):
        visited(town, case, second=firm[0])


# ── drafts and photos ───────────────────────────────────────────────────────────────────────────────────────


def png(width=1, height=1, *, more=b""):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_a_visit_half_typed_is_kept_and_an_older_turn_that_comes_late_does_not_lie_over_it(town, case):
    with town.at_desk(town.window):
        for turn, typed in ((1, "a"), (3, "c"), (2, "b")):
            actions.save_visit_draft(case=case.pk, turn=turn, content={"seen": typed}, by=town.window, at=NOON)

        assert VisitDraft.objects.get().content == {"seen": "c"}


def test_photos_lie_encrypted_and_come_with_the_visit(town, case):
    with town.at_desk(town.window):
        actions.keep_photo(case=case.pk, content=png(), by=town.window, at=NOON)
    visit = visited(town, case)

    with town.at_desk(town.window):
        assert not VisitDraft.objects.exists()
        held = Visit.objects.get(pk=visit.pk).photos
        assert len(held) == 1
        assert b"".join(files.open_file(held[0]["id"], purpose="测试")[1]) == png()


def test_a_photo_of_another_household_is_not_given_out(town, case):
    with town.at_desk(town.window):
        draft = actions.keep_photo(case=case.pk, content=png(), by=town.window, at=NOON)
    with town.at_desk(town.colleague), pytest.raises(files.NoSuchFile):
        queries.photo_of(case_id=case.pk, photo=uuid_of(draft), staff=town.colleague)


def uuid_of(draft):
    return uuid.UUID(draft.photos[0]["id"])


# ── the draw ────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_for_confirmation(town, number):
    """Put so many decisions on 特困 before the county, as they stand after the posting."""
    made = []
    with town.at_desk(town.window):
        for n in range(number):
            home = make_household(town.village, number=f"{100 + n}")
            make_person(home, number=100 + n)
            case = Case.objects.create(
                receipt_code=f"R{n}",
                number=f"N{n}",
                kind="application",
                channel="window",
                state="accepted",
                household=home,
                first_assignee=town.window,
                received_on=DAY,
                opened_at=NOON,
                accepted_at=NOON,
                changed_at=NOON,
                area_path=home.area_path,
            )
            made.append(
                Decision.objects.create(
                    case=case,
                    policy=SUPPORT,
                    policy_version="x",
                    department="民政",
                    household=home,
                    is_identity=True,
                    state="cleared",
                    agrees=True,
                    proposed_by=town.window,
                    proposed_at=NOON,
                    area_path=home.area_path,
                )
            )
            tell_in_hand(case)
    return made


def draw(town, **more):
    county = make_area("990101", path="99.9901.990101.", level=3)
    with town.at_desk(town.approver):
        return actions.draw_checks(policy=SUPPORT, area=county, by=town.approver, at=NOON, **more)


@pytest.mark.parametrize(("waiting", "drawn"), [(1, 1), (2, 1), (4, 2), (10, 3), (11, 4)])
def test_the_draw_takes_at_least_thirty_in_a_hundred(waiting, drawn):
    pool = [uuid.UUID(int=n) for n in range(waiting)]

    assert len(drawn_of("seed", pool, 30)) == drawn
    assert drawn / waiting >= 0.3


def test_the_draw_can_be_repeated_from_its_seed_in_whatever_order_the_pool_stands(town):
    made = waiting_for_confirmation(town, 7)

    held = draw(town)

    with town.at_desk(town.approver):
        row = queries.draws(policy=SUPPORT)[0]
        assert row.agrees
        assert (row.pool, len(row.drawn)) == (7, 3)
        again = drawn_of(held.seed, reversed([one.pk for one in made]), 30)
        assert {one.case_id for one in made if one.pk in again} == {one.pk for one in row.drawn}


def test_another_seed_draws_others():
    pool = [uuid.UUID(int=n) for n in range(40)]

    assert drawn_of("one", pool, 30) != drawn_of("two", pool, 30)


def test_nobody_draws_twice_until_it_suits(town):
    waiting_for_confirmation(town, 3)
    draw(town)

    with pytest.raises(actions.NotVerified, match="没有等待确认"):
        draw(town)


def test_less_than_the_least_share_or_a_township_is_refused(town):
    waiting_for_confirmation(town, 3)

    with pytest.raises(actions.NotVerified, match="不低于 30%"):
        draw(town, percent=29)
    with town.at_desk(town.window), pytest.raises(actions.NotVerified, match="由县级民政部门做"):
        actions.draw_checks(policy=SUPPORT, area=town.village, by=town.window, at=NOON)


def test_whoever_is_drawn_is_confirmed_only_after_the_countys_own_visit(town):
    county = make_area("990101", path="99.9901.990101.", level=3)
    other = make_staff(kind="county_clerk", area=county, username="county")
    made = waiting_for_confirmation(town, 1)[0]
    town.home, case = made.case.household, made.case
    with town.at_desk(town.window):
        town.person = town.home.memberships.get().person
    signed(town, case, said=[], seen="住房简陋")

    def confirm():
        with town.at_desk(town.approver):
            actions.confirm(decision=made.pk, by=town.approver, at=NOON)

    with pytest.raises(actions.NotDecided, match="还没有参加随机抽查"):
        confirm()
    draw(town)
    with pytest.raises(actions.NotDecided, match="抽中了这一户"):
        confirm()
    with town.at_desk(town.approver):
        assert Task.objects.filter(case=case, owner=town.approver, done_at=None).exists()
    signed(town, case, first=town.approver, second=other, said=[], seen="属实")
    with pytest.raises(Exception) as refused:
        confirm()
    assert "抽" not in str(refused.value)


def test_a_step_is_not_taken_twice_so_that_no_clock_begins_again(town, case):
    with town.at_desk(town.window):
        actions.ask_comparison(case=case.pk, by=town.window, at=noon(1))
        with pytest.raises(actions.NotVerified, match="2026-11-24 已经提请过核对"):
            actions.ask_comparison(case=case.pk, by=town.window, at=noon(4))


def test_a_task_leaves_the_list_when_it_waits_for_a_signature(town, case):
    with town.at_desk(town.window):
        actions.assign_visit(case=case.pk, to=[town.window, town.colleague], by=town.window, at=NOON)
        assert len(queries.my_visits(staff=town.window, on=DAY)) == 1
    visited(town, case)

    with town.at_desk(town.window):
        assert queries.my_visits(staff=town.window, on=DAY) == []
        assert len(queries.waiting_for_other(staff=town.window, on=DAY)) == 1
    with town.at_desk(town.colleague):
        assert queries.my_visits(staff=town.colleague, on=DAY) == []
        assert len(queries.to_sign(staff=town.colleague, on=DAY)) == 1


def test_a_third_party_is_told_where_to_go_and_not_what_is_applied_for(town, case, firm):
    sent(town, case, firm)

    with town.at_desk(firm[0]):
        line = queries.my_visits(staff=firm[0], on=DAY)[0]
    assert line.policies == ()
    assert line.name == "沈**"


def test_who_lives_there_is_checked_too_and_a_difference_is_put_right_in_the_roster(town, case):
    with town.at_desk(town.window):
        page = queries.visit_page(case_id=case.pk, staff=town.window, way="入户", on=DAY)
    assert "家庭人口" in [one.fact.name for one in page.first]
    signed(town, case, said=[actions.Seen("", "家庭人口", 3)])

    found = next(one for one in sheet(town, case).differences if one.fact.name == "家庭人口")
    assert found.is_roster
    assert not found.is_open


def test_a_photo_taken_back_is_swept_away(town, case):
    with town.at_desk(town.window):
        draft = actions.keep_photo(case=case.pk, content=png(), by=town.window, at=NOON)
        actions.drop_photo(case=case.pk, photo=uuid_of(draft), by=town.window, at=NOON)

    assert StoredFile.objects.get().retain_until < DAY


def test_everything_the_survey_form_asks_and_a_visit_may_say_is_on_the_visits_page(town, case):
    with town.at_desk(town.window):
        page = queries.visit_page(case_id=case.pk, staff=town.window, way="入户", on=DAY)
    shown = {one.fact.name for one in page.first} | {one.fact.name for _, items in page.areas for one in items}

    rules = current_rules()
    survey = next(one for one in rules.forms if one.name == "入户调查表")
    assert {name for name in survey.facts if "入户" in rules.catalogue.facts[name].sources} <= shown


def test_the_second_of_two_clerks_who_settle_lays_nothing_over_the_first(town, differing):
    over = sheet(town, differing).differences[0].said.statement
    who = town.person.pk.hex
    settled(town, differing)

    with town.at_desk(town.colleague), pytest.raises(actions.NotVerified, match="没有盖掉别人的"):
        actions.settle(
            case=differing.pk, who=who, fact="月收入", value="300.00", reason="另有说法", by=town.colleague, at=NOON, over=over
        )
    assert str(known(town, "月收入").value) == "480.00"


def test_a_settlement_is_corrected_by_another_with_its_own_reason(town, differing):
    settled(town, differing, value="840.00")
    settled(town, differing, value="480.00", reason="上次录错", at=NOON + timedelta(minutes=5))

    assert str(known(town, "月收入").value) == "480.00"
    with town.at_desk(town.window):
        assert Settlement.objects.count() == 2


def test_what_obligors_earn_and_own_is_asked_at_the_visit_and_counts_from_then_on(town, case):
    said = [
        actions.Seen(town.person.pk.hex, "义务人最高月收入", "2600.00"),
        actions.Seen(town.person.pk.hex, "有义务人财产超标", "false"),
    ]
    signed(town, case, said=said)
    assert known(town, "义务人最高月收入").said.source == "入户"
    assert known(town, "有义务人财产超标").value is False
