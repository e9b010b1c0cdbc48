"""Exactly one answers for a case at every moment; handing over needs a reason and the other's yes, or a supervisor."""

import threading

import pytest
from django.db import connection

from tests.cases.town import NOON, make_town, noon, opened
from tests.make import make_staff
from yimen.cases import actions
from yimen.cases.models import Case, CaseEvent, Handover, Report, Task
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import Area, Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return make_town()


def _offer(town, case, **more):
    wanted = {"to": town.colleague, "reason": "下周休假", "by": town.window, "at": noon(1)} | more
    with town.at_desk(wanted["by"]):
        return actions.offer_case(case=case.pk, **wanted)


def _assignee(town, case):
    with town.at_desk(town.window):
        return Case.objects.get(pk=case.pk).first_assignee


def test_until_the_other_says_yes_the_giver_answers_for_it(town):
    case = opened(town)
    offer = _offer(town, case)
    assert _assignee(town, case) == town.window

    with town.at_desk(town.colleague):
        actions.answer_offer(handover=offer.pk, yes=True, by=town.colleague, at=noon(1))
    assert _assignee(town, case) == town.colleague


def test_what_is_to_be_checked_goes_with_the_case_and_other_work_stays(town):
    case = opened(town)
    with town.at_desk(town.window):
        for kind in ("check", "visit"):
            more = {"household": town.home, "words": "去看看", "area_path": case.area_path, "made_at": NOON}
            Task.objects.create(case=case, kind=kind, owner=town.window, **more)
    offer = _offer(town, case)
    with town.at_desk(town.colleague):
        actions.answer_offer(handover=offer.pk, yes=True, by=town.colleague, at=noon(1))

        owners = dict(Task.objects.values_list("kind", "owner__username"))
    assert owners == {"check": "colleague", "visit": "window"}


def test_who_declines_leaves_it_with_the_giver(town):
    case = opened(town)
    offer = _offer(town, case)
    with town.at_desk(town.colleague):
        actions.answer_offer(handover=offer.pk, yes=False, by=town.colleague, at=noon(1))

    assert _assignee(town, case) == town.window


@pytest.mark.parametrize(("more", "why"), [({"reason": " "}, "为什么移交")])
def test_without_a_reason_nothing_is_offered(town, more, why):
    with pytest.raises(actions.NotHandedOver, match=why):
        _offer(town, opened(town), **more)


def test_only_who_answers_for_it_offers_it_and_not_to_himself_nor_to_a_stranger(town):
    case = opened(town)
    stranger = make_staff(kind="department_desk", area=town.window.posts.get().area, username="stranger")
    with pytest.raises(actions.NotHandedOver, match="只有本人或上级"):
        _offer(town, case, by=town.colleague, to=town.window)
    with pytest.raises(actions.NotHandedOver, match="给自己"):
        _offer(town, case, to=town.window)
    with pytest.raises(actions.NotHandedOver, match="没有管这个地方"):
        _offer(town, case, to=stranger)


def test_an_offer_is_answered_only_by_whom_it_was_made_to_and_once(town):
    offer = _offer(town, opened(town))
    with town.at_desk(town.window), pytest.raises(actions.NotHandedOver, match="不是给您的"):
        actions.answer_offer(handover=offer.pk, yes=True, by=town.window, at=noon(1))
    with town.at_desk(town.colleague):
        actions.answer_offer(handover=offer.pk, yes=True, by=town.colleague, at=noon(1))
        with pytest.raises(actions.NotHandedOver, match="已经答复"):
            actions.answer_offer(handover=offer.pk, yes=True, by=town.colleague, at=noon(1))


def test_an_offer_nobody_answers_is_taken_back_by_its_giver_and_made_to_another(town):
    case = opened(town)
    offer = _offer(town, case)
    with town.at_desk(town.colleague), pytest.raises(actions.NotHandedOver, match="提出移交的人"):
        actions.take_back_offer(handover=offer.pk, by=town.colleague, at=noon(1))
    with town.at_desk(town.window):
        actions.take_back_offer(handover=offer.pk, by=town.window, at=noon(1))
        with pytest.raises(actions.NotHandedOver, match="已经答复"):
            actions.take_back_offer(handover=offer.pk, by=town.window, at=noon(1))
    with town.at_desk(town.colleague), pytest.raises(actions.NotHandedOver, match="已经答复"):
        actions.answer_offer(handover=offer.pk, yes=True, by=town.colleague, at=noon(1))

    assert _assignee(town, case) == town.window
    _offer(town, case)


def test_a_cadre_falls_ill_and_everything_of_hers_goes_to_another_with_its_tasks(town):
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    cases = [opened(town), opened(town)]
    _offer(town, cases[0])
    with town.at_desk(town.window):
        Task.objects.create(kind="errand", words="取户口簿", owner=town.window, made_at=NOON, area_path=town.village.path)
        reported = {"kind": "report", "channel": "grid", "about": "村东头的老沈", "area": town.village}
        actions.record_report(by=town.window, at=NOON, **reported)
    with town.at_desk(town.window), pytest.raises(NotAllowed):
        actions.reassign_all(giver=town.window, to=town.colleague, reason="因病", by=town.window, at=noon(2))
    with town.at_desk(boss):
        with pytest.raises(actions.NotHandedOver, match="为什么改派"):
            actions.reassign_all(giver=town.window, to=town.colleague, reason="", by=boss, at=noon(2))
        actions.reassign_all(giver=town.window, to=town.colleague, reason="因病住院", by=boss, at=noon(2))

        assert {one.first_assignee for one in Case.objects.all()} == {town.colleague}
        assert Task.objects.get().owner == Report.objects.get().owner == town.colleague
        assert not Handover.objects.filter(answered_at=None).exists()
        assert CaseEvent.objects.filter(step="reassign").count() == 2


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_two_offers_at_the_same_moment_one_stands_and_one_person_answers(town):
    case = opened(town)
    third = make_staff(kind="town_clerk", area=town.window.posts.get().area, username="third")
    said, ready = [], threading.Barrier(2)

    def offer(to):
        ready.wait()
        try:
            said.append(_offer(town, case, to=to).taker_id)
        except actions.NotHandedOver as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=offer, args=(to,)) for to in (town.colleague, third)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with town.at_desk(town.window):
        assert Handover.objects.filter(case=case, answered_at=None).count() == 1
        assert Case.objects.get(pk=case.pk).first_assignee == town.window
    assert sorted(isinstance(one, str) for one in said) == [False, True]
    assert any("等对方答复" in str(one) for one in said)


def test_nobody_opens_a_case_by_a_way_that_is_none(town):
    with pytest.raises(actions.NotAccepted, match="渠道"):
        opened(town, channel="nonsense")


def _supervisor(town):
    return make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="supervisor")


def _shut_out(staff):
    with scope(System("test"), "测试"):
        return actions.shut_out(staff=staff, by=None, at=noon(1))


def test_what_somebody_who_leaves_has_in_hand_comes_to_one_supervisor_as_one_task_until_it_is_reassigned(town):
    supervisor = _supervisor(town)
    opened(town), opened(town)

    asked = _shut_out(town.window)

    town.window.refresh_from_db()
    assert not town.window.is_active
    assert [(one.owner, one.kind, one.due_on) for one in asked] == [(supervisor, "reassign", noon(1).date())]
    assert "手上还有 2 件" in asked[0].words
    with town.at_desk(supervisor):
        actions.reassign_all(giver=town.window, to=town.colleague, reason="离岗", by=supervisor, at=noon(1))
        assert Task.objects.get(pk=asked[0].pk).done_by == supervisor


def test_who_leaves_with_empty_hands_gives_nobody_work_and_who_comes_back_goes_on_alone(town):
    supervisor = _supervisor(town)
    assert _shut_out(town.colleague) == []
    opened(town)
    asked = _shut_out(town.window)
    with scope(System("test"), "测试"):
        actions.let_in_again(staff=town.window, by=supervisor, at=noon(2))
        assert Task.objects.get(pk=asked[0].pk).done_at == noon(2)
        assert Case.objects.get().first_assignee == town.window


def _relieved(post, *, ends_on):
    with scope(System("test"), "测试"):
        return actions.relieve(post=post, ends_on=ends_on, by=None, at=noon(1))


def test_a_post_that_ends_brings_what_no_other_post_reaches_to_a_supervisor_on_its_last_day(town):
    supervisor = _supervisor(town)
    opened(town), opened(town)

    asked = _relieved(town.window.posts.get(), ends_on=noon(5).date())

    assert [(one.owner, one.due_on) for one in asked] == [(supervisor, noon(5).date())]
    assert "免去乡镇窗口经办" in asked[0].words
    assert "手上还有 2 件" in asked[0].words
    with town.at_desk(supervisor):
        actions.reassign_all(giver=town.window, to=town.colleague, reason="免岗", by=supervisor, at=noon(2))
        assert Task.objects.get(pk=asked[0].pk).outcome == "已改派"


def test_whoever_still_sees_it_by_another_post_goes_on_and_who_gets_one_again_too(town):
    _supervisor(town)
    opened(town)
    first, county = town.window.posts.get(), Area.objects.get(code="990101")
    with scope(System("test"), "测试"):
        other = actions.appoint(
            staff=town.window, kind="county_leader", area=county, starts_on=noon(0).date(), by=None, at=noon(0)
        )
    assert _relieved(first, ends_on=noon(1).date()) == []
    (asked,) = _relieved(other, ends_on=noon(1).date())
    with scope(System("test"), "测试"):
        actions.appoint(staff=town.window, kind="town_clerk", area=first.area, starts_on=noon(1).date(), by=None, at=noon(1))
        assert Task.objects.get(pk=asked.pk).outcome == "又任岗，由本人继续办"


def test_a_supervisor_who_is_relieved_is_not_asked_to_reassign_to_themselves(town):
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    supervisor = _supervisor(town)
    with town.at_desk(town.window):
        Task.objects.create(kind="errand", words="x", owner=boss, made_at=noon(0), area_path=town.village.path)
    (asked,) = _relieved(boss.posts.get(), ends_on=noon(9).date())
    assert asked.owner == supervisor


def test_where_nobody_supervises_the_account_is_shut_all_the_same(town):
    opened(town)
    Post.objects.filter(kind__in=("county_clerk", "county_leader", "town_approver")).delete()
    assert _shut_out(town.window) == []
    town.window.refresh_from_db()
    assert not town.window.is_active
