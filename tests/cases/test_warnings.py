"""A warning, a report, a complaint: an owner, a day where a local text gives one, four ways, an answer that gives nobody away."""

from datetime import date

import pytest
from django.db import connection

from tests.cases.town import DAY, NOON, make_town, noon
from tests.make import make_staff
from tests.office.test_pictures import jpeg
from yimen.cases import actions, queries
from yimen.cases.models import Case, Informant, Report
from yimen.office.access import NotAllowed, System, scope
from yimen.office.actions import enter_calendar_year
from yimen.office.models import Area, AuditEntry
from yimen.screening.actions import reopen_finding
from yimen.screening.models import Finding, ScreeningRun

pytestmark = pytest.mark.django_db
POLICY = "elderly_care_subsidy"


@pytest.fixture
def town():
    town = make_town()
    town.county = make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="county")
    town.cadre = make_staff(kind="village_cadre", area=town.village, username="cadre")
    return town


@pytest.fixture
def days(monkeypatch):
    """Let the county have entered its numbers of days."""
    entered = {"线索处置工作日": 5, "举报核实天数": 15}
    for place in ("yimen.cases.warnings", "yimen.cases.reporting"):
        monkeypatch.setattr(f"{place}.whole_parameter", lambda name, **_: entered[name])


def warning(town, kind="missed"):
    with town.at_desk(town.window):
        run = ScreeningRun.objects.create(on=DAY, started_at=NOON, finished_at=NOON)
        return Finding.objects.create(
            policy=POLICY,
            kind=kind,
            subject_id=town.person.pk,
            person=town.person,
            home=town.home,
            version="1",
            facts_hash="1",
            opened_run=run,
            area_path=town.village.path,
        )


def taken_up(town, finding, **more):
    with town.at_desk(town.window):
        return actions.take_up_finding(**{"finding_id": finding.pk, "by": town.window, "at": NOON} | more)


def settle(town, case, way, words="到家里核实过。"):
    with town.at_desk(town.window):
        return actions.settle_check(case=case.pk, way=way, words=words, by=town.window, at=noon(1))


def report(town, kind="report", by=None, **more):
    by = by or town.window
    with town.at_desk(by):
        wanted = {"channel": "village", "about": "村东头的老沈", "area": town.village} | more
        return actions.record_report(kind=kind, by=by, at=NOON, **wanted)


def test_the_missed_man_of_61_goes_from_the_warning_to_his_application(town, days):
    finding = warning(town)
    case = taken_up(town, finding)
    with town.at_desk(town.window):
        (task,) = queries.checks()
        assert (case.kind, case.first_assignee, bool(case.number)) == ("finding", town.window, True)
        assert task.due_on == date(2026, 11, 30)

    settled, application = settle(town, case, "carry_out", "本人愿意申请，已带身份证。")

    with town.at_desk(town.window):
        finding.refresh_from_db()
        assert (settled.state, settled.way) == ("concluded", "carry_out")
        assert (finding.state, finding.closing_words) == ("closed_by_person", "落实政策：本人愿意申请，已带身份证。")
        assert (application.kind, application.state, application.channel) == ("application", "draft", "screening")
        assert application.applicant_id == town.person.pk
        assert queries.suggested_for(application) == queries.Suggested(POLICY, town.person.pk)
        assert not queries.checks().exists()
        assert queries.check_counts(on=DAY).settled == {"carry_out": 1}


def test_without_a_local_number_of_days_there_is_no_day_and_it_counts_as_such(town, monkeypatch):
    monkeypatch.setattr("yimen.cases.warnings.whole_parameter", lambda name, **_: None)
    taken_up(town, warning(town))

    with town.at_desk(town.window):
        assert queries.checks().get().due_on is None
        counts = queries.check_counts(on=date(2030, 1, 1))
        assert (counts.in_hand, counts.overdue, counts.without_day) == (1, 0, 1)


def test_what_is_overdue_stands_first_and_is_counted(town, days):
    late = taken_up(town, warning(town))
    with town.at_desk(town.window):
        counts = queries.check_counts(on=date(2026, 12, 1))
        assert (counts.overdue, counts.in_hand) == (1, 1)
        assert queries.check_counts(on=date(2026, 11, 30)).overdue == 0
        assert queries.checks().first().case_id == late.pk


def test_a_warning_is_in_one_open_case_only(town):
    finding = warning(town)
    case = taken_up(town, finding)

    with pytest.raises(actions.NotChecked, match=f"已经在办件 {case}"):
        taken_up(town, finding)


def test_a_warning_opened_again_shows_what_was_done_before(town):
    finding = warning(town)
    first, _ = settle(town, taken_up(town, finding), "check_out", "本人不愿申请。")
    with town.at_desk(town.window):
        reopen_finding(finding_id=finding.pk, by=town.window, at=noon(2))
    second = taken_up(town, finding, at=noon(3))

    with town.at_desk(town.window):
        assert [one.pk for one in queries.cases_of_finding(finding_id=finding.pk)] == [second.pk, first.pk]


def test_wrong_aid_is_not_checked_out_before_the_person_was_heard(town):
    case = taken_up(town, warning(town, "wrong"))
    with pytest.raises(actions.NotChecked, match="第四十八条"):
        settle(town, case, "check_out")

    with town.at_desk(town.window):
        actions.record_hearing(case=case.pk, words="本人说车是借的。", on=DAY, by=town.window, at=NOON)
    settled, application = settle(town, case, "check_out")

    assert (settled.way, application) == ("check_out", None)


@pytest.mark.parametrize(("way", "words"), [("carry_out", " "), ("nothing", "核实过")])
def test_a_way_and_words_are_needed(town, way, words):
    case = taken_up(town, warning(town))

    with pytest.raises(actions.NotChecked):
        settle(town, case, way, words)


def test_a_cadre_reports_with_who_and_where_alone_and_the_township_answers_for_it(town):
    held = report(town, by=town.cadre)

    with town.at_desk(town.window):
        assert queries.report_seen(report_id=held.pk).owner in (town.window, town.colleague)
        # Ten working days, as the county has entered.
        assert (held.due_on, held.words, held.consents) == (date(2026, 12, 7), None, None)


def test_a_report_without_who_is_not_taken(town):
    with pytest.raises(actions.NotChecked, match="是谁"):
        report(town, about="  ")


def test_a_missing_consent_keeps_only_the_photo_out(town):
    photo = jpeg()
    without, held = report(town, photo=photo), report(town, photo=photo, consents=True)

    assert without.photo is None
    assert held.photo is not None


def test_a_grid_workers_report_becomes_a_case_and_the_reporter_gets_an_answer(town):
    held = report(town, by=town.cadre, channel="grid", words="几天没出门了。")
    with town.at_desk(town.window):
        case = actions.take_up_report(report=held.pk, household=town.home.pk, by=town.window, at=NOON)
        with pytest.raises(actions.WrongStep):
            actions.answer_report(report=held.pk, words="正在办。", by=town.window, at=NOON)
    _, application = settle(town, case, "pass_on", "愿意申请。")
    with town.at_desk(town.window):
        actions.answer_report(report=held.pk, words="已上门核实，正在帮助申请。", by=town.window, at=noon(2))

        assert application.kind == "application"
        assert queries.answer_to(code=held.code.lower()) == ("已答复", "已上门核实，正在帮助申请。")


def test_nobody_applies_for_somebody_who_does_not_consent(town):
    held = report(town, consents=False)
    with town.at_desk(town.window):
        case = actions.take_up_report(report=held.pk, household=town.home.pk, by=town.window, at=NOON)

    with pytest.raises(actions.NotChecked, match="不同意申请"):
        settle(town, case, "carry_out")
    assert settle(town, case, "check_out")[1] is None


def test_of_a_complaint_no_application_is_made(town):
    held = report(town, "complaint")
    with town.at_desk(town.window):
        case = actions.take_up_report(report=held.pk, household=town.home.pk, by=town.window, at=NOON)

    assert settle(town, case, "carry_out")[1] is None


def test_an_anonymous_complaint_is_checked_like_a_named_one_and_answered_by_its_code(town, days):
    held = report(town, "complaint", channel="phone", words="他家有车。")
    with town.at_desk(town.county):
        assert held.due_on == date(2026, 12, 8)
        assert actions.informant_of(report=held.pk, purpose="核实", at=NOON) is None
        assert not queries.has_informant(held)
        assert queries.answer_to(code=held.code) == ("正在核查", "")
        actions.end_report(report=held.pk, words="到村核实，没有这个人。", by=town.county, at=NOON)
        actions.answer_report(report=held.pk, words="已核实，情况不属实。", by=town.county, at=NOON)

    assert queries_answer(town, held) == ("已答复", "已核实，情况不属实。")


def queries_answer(town, held):
    with town.at_desk(town.window):
        return queries.answer_to(code=held.code)


@pytest.mark.parametrize(
    "words", ["沈小满家已经核实。", "他家收入 3000 元，超过标准。", "因患病继续保障。", "证件 0010 的这一户已核实。"]
)
def test_an_answer_that_gives_the_household_away_is_refused(town, words):
    held = report(town, "complaint", informant=actions.Named("冯举报", "13900001111"))
    with town.at_desk(town.window):
        case = actions.take_up_report(report=held.pk, household=town.home.pk, by=town.window, at=NOON)
    settle(town, case, "one_by_one")

    with town.at_desk(town.window), pytest.raises(actions.NotChecked, match="不能透露"):
        actions.answer_report(report=held.pk, words=words, by=town.window, at=NOON)


def test_who_complained_is_opened_only_with_the_permission_and_a_purpose_and_stands_in_the_audit(town):
    held = report(town, "complaint", by=town.county, informant=actions.Named("冯举报", "13900001111"))

    with scope(town.window, "测试"), pytest.raises(NotAllowed):
        actions.informant_of(report=held.pk, purpose="好奇", at=NOON)
    with scope(town.county, "测试"):
        with pytest.raises(actions.NotChecked, match="用途"):
            actions.informant_of(report=held.pk, purpose=" ", at=NOON)
        assert actions.informant_of(report=held.pk, purpose="当面核实", at=NOON) == actions.Named("冯举报", "13900001111")
    assert AuditEntry.objects.filter(purpose="看举报人：当面核实", staff=town.county).count() == 1


def test_the_name_of_who_complained_lies_open_nowhere_in_the_database_or_the_audit(town):
    held = report(town, "complaint", by=town.county, words="他家有车。", informant=actions.Named("冯举报", "13900001111"))
    with town.at_desk(town.county):
        actions.informant_of(report=held.pk, purpose="当面核实", at=NOON)
        case = actions.take_up_report(report=held.pk, household=town.home.pk, by=town.county, at=NOON)
        actions.settle_check(case=case.pk, way="one_by_one", words="已核实。", by=town.county, at=NOON)
        actions.answer_report(report=held.pk, words="已按规定核实处理。", by=town.county, at=NOON)

    for text in ("冯举报", "13900001111", "他家有车", "村东头的老沈"):
        assert text not in dump()


def dump():
    """Return everything that lies in the database, as a thief of the file would read it."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [
                bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                for row in cursor.fetchall()
                for cell in row
            ]
    return "\n".join(found)


def test_nobody_of_another_village_sees_a_report(town):
    held = report(town, "complaint", informant=actions.Named("冯举报"))
    stranger = make_staff(
        kind="county_clerk", area=Area.objects.create(code="990102", name="外县", level=3, path="99.9901.990102."), username="far"
    )

    with scope(stranger, "测试"):
        assert not queries.reports().exists()
        assert not Informant.objects.exists()
        with pytest.raises(Report.DoesNotExist):
            actions.informant_of(report=held.pk, purpose="核实", at=NOON)


def test_a_leader_looks_and_takes_nothing_up(town):
    leader = make_staff(kind="county_leader", area=Area.objects.get(code="990101"), username="leader")
    finding = warning(town)

    with town.at_desk(leader), pytest.raises(NotAllowed):
        actions.take_up_finding(finding_id=finding.pk, by=leader, at=NOON)
    with town.at_desk(leader):
        assert not Case.objects.exists()


def test_a_year_s_notice_moves_the_days_of_warnings_and_reports_in_hand(town, days):
    case = taken_up(town, warning(town))
    said = report(town)
    with scope(System("test"), "测试"):
        assert (case.tasks.get().due_on, said.due_on) == (date(2026, 11, 30), date(2026, 11, 30))
        off = {date(2026, 11, 25): (False, "演示假日")}
        enter_calendar_year(year=2026, document="虚构〔2026〕1号", days=off, by=None, at=NOON)

        assert actions.recompute_dues(at=noon(1)) == 2

        moved = Report.objects.values_list("due_on", flat=True).get()
        assert (case.tasks.get().due_on, moved) == (date(2026, 12, 1), date(2026, 12, 1))
        assert actions.recompute_dues(at=noon(1)) == 0
