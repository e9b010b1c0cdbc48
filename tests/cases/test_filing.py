"""A household's file: everything done lies in it, it is lent once at a time, handed over when done, kept for years."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.cases.town import accepted, decision_of, declare, given, make_town, noon, poor, proposed, visited
from tests.make import make_staff
from tests.office.test_pictures import png
from yimen.benefits.models import Grant
from yimen.cases import actions, queries
from yimen.cases.models import Case, Handing, Lending, Posting
from yimen.office import files
from yimen.office.access import NotAllowed

pytestmark = pytest.mark.django_db
NURSING, LOW = "disability_nursing_subsidy", "subsistence_allowance"
LENT = noon(10).date()


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def refused(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=False, opinion="与规则不同的理由：不符合", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        actions.refuse(decision=decision.pk, words="没有需要", article="国发〔2015〕52号", by=town.approver, at=noon(2))
    return case


def delivered(town):
    case = refused(town)
    with town.at_desk(town.window):
        actions.deliver(case=case.pk, way="post", said_aloud=False, receipt="EMS123", by=town.window, at=noon(3))
    return case


def titles(town):
    with town.at_desk(town.window):
        return [one.title for one in queries.leaves_of(household_id=town.home.pk)]


def lend(town, *, day=10, **more):
    wanted = {"borrower": "县司法局 周某", "reason": "行政复议答复", "on": noon(day).date(), "due_on": noon(day + 5).date()}
    with town.at_desk(town.window):
        return actions.lend_file(household=town.home.pk, by=town.window, at=noon(day), **(wanted | more))


def back(town, *, day=12, **more):
    wanted = {"on": noon(day).date(), "remark": ""} | more
    with town.at_desk(town.window):
        return actions.return_file(household=town.home.pk, by=town.window, at=noon(day), **wanted)


def hand_over(town, *, day=20, **more):
    wanted = {"archive": "花城县档案馆", "number": "移2026-3", "receiver": "吴某", "on": noon(day).date()} | more
    with town.at_desk(town.window):
        return actions.hand_over_file(household=town.home.pk, by=town.window, at=noon(day), **wanted)


def test_what_was_told_delivered_and_appealed_lies_in_the_file(town):
    case = delivered(town)
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.appeal(decision=decision.pk, words="不服", by=town.window, at=noon(4))

    found = titles(town)

    for one in ("核对授权书（已签）", "书面告知记录", "送达凭据（邮寄）", "复核申请记录"):
        assert one in found
    with town.at_desk(town.window):
        proof = next(one for one in queries.leaves_of(household_id=town.home.pk) if "送达凭据" in one.title)
        assert (proof.remark, proof.on, Handing.objects.count()) == ("EMS123", noon(3).date(), 1)


def test_the_photos_of_a_posting_lie_in_the_file(town):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    with town.at_desk(town.window):
        key = files.put(png(), kind="posting", name="公示照片.png", area_path=case.area_path, at=noon(1))
        actions.post(decision=decision.pk, place="村务公开栏", photo=key, by=town.window, at=noon(1))
        assert Posting.objects.count() == 1
    assert "公示照片（第一天）" in titles(town)
    assert "公示照片（最后一天）" not in titles(town)


def test_a_file_is_lent_to_one_at_a_time_and_comes_back(town):
    delivered(town)
    out = lend(town)
    with pytest.raises(actions.NotFiled, match="还没有归还"):
        lend(town, day=11)
    with town.at_desk(town.window):
        assert list(queries.files_out(on=LENT)) == [out]
        page = queries.file_page(household_id=town.home.pk, on=LENT)
        assert (page.out, page.number) == (out, f"JZ-{Case.objects.get().number}")
        copy = Lending.objects.get(pk=out.pk)
        copy.pk = Lending().pk
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)

    back(town, remark="少第 3 页")

    with town.at_desk(town.window):
        assert list(queries.files_out(on=LENT)) == []
        assert Lending.objects.get().remark == "少第 3 页"
    with pytest.raises(actions.NotFiled, match="没有借出"):
        back(town)
    assert lend(town, day=13).returned_on is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"borrower": " "}, "谁借"),
        ({"reason": ""}, "为什么"),
        ({"on": noon(11).date()}, "今天以前"),
        ({"due_on": noon(9).date()}, "借出以后"),
    ],
)
def test_a_lending_that_cannot_be_is_refused_in_words(town, wrong, said):
    delivered(town)
    with pytest.raises(actions.NotFiled, match=said):
        lend(town, **wrong)


def test_a_file_is_handed_over_when_nothing_of_it_is_in_hand(town):
    case = refused(town)
    with pytest.raises(actions.NotFiled, match="没办完的办件"):
        hand_over(town)
    with town.at_desk(town.window):
        actions.deliver(case=case.pk, way="window", said_aloud=True, by=town.window, at=noon(3))
    lend(town)
    with pytest.raises(actions.NotFiled, match="借出去了"):
        hand_over(town)
    back(town)
    with pytest.raises(actions.NotFiled, match="移交单号"):
        hand_over(town, number=" ")

    made = hand_over(town)

    assert made.leaves == len(titles(town))
    with pytest.raises(actions.NotFiled, match="已经移交花城县档案馆"):
        hand_over(town, day=21)
    with pytest.raises(actions.NotFiled, match="到档案馆借阅"):
        lend(town, day=22)


def test_a_file_stays_while_aid_runs_and_is_kept_for_the_years_of_the_place_after_it(town):
    delivered(town)
    grant = given(town, LOW)

    def kept(on):
        with town.at_desk(town.window):
            return queries.retention_of(household_id=town.home.pk, on=on)

    assert kept(LENT).words == "还在享受救助，保管期限没有开始算"
    with pytest.raises(actions.NotFiled, match="还在享受救助"):
        hand_over(town)
    with town.at_desk(town.window):
        Grant.objects.filter(pk=grant.pk).update(ends_on=date(2026, 11, 30))
    on = date(2026, 12, 10)
    # The demonstration's place has entered ten years; all of it is fictional.
    assert (kept(on).ended_on, kept(on).until) == (date(2026, 11, 30), date(2036, 11, 30))
    assert "程序不自动销毁" in kept(date(2036, 12, 1)).words
    assert hand_over(town, day=30).archive == "花城县档案馆"


def test_whatever_is_given_once_counts_from_its_day(town):
    delivered(town)
    with town.at_desk(town.window):
        day = date(2026, 11, 20)
        Grant.objects.create(
            household=town.home,
            policy="small_emergency_aid",
            amount_fen=50_000,
            starts_on=day,
            ends_on=day,
            recorded_at=noon(0),
            area_path=town.home.area_path,
        )
        assert queries.retention_of(household_id=town.home.pk, on=day).ended_on == day


def test_a_household_without_a_case_has_no_file_and_a_cadre_keeps_none(town):
    with pytest.raises(actions.NotFiled, match="还没有立卷"):
        lend(town)
    cadre = make_staff(kind="village_cadre", area=town.village, username="cadre")
    with town.at_desk(cadre), pytest.raises(NotAllowed):
        actions.lend_file(household=town.home.pk, borrower="某", reason="某", on=LENT, due_on=None, by=cadre, at=noon(10))
    with town.at_desk(cadre):
        assert not queries.file_page(household_id=town.home.pk, on=LENT).may_keep
