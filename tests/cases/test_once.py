"""What is sent twice happens once: three times one after the other, several at the same moment, by whom and with what."""

import hashlib
import json
import threading
import uuid

import pytest
from django.db import connections

from tests.cases.town import DAY, NOON, declare, make_town, noon, opened
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Submission
from yimen.office.once import NoKey, OtherContent, once, sweep_submissions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
NURSING = "disability_nursing_subsidy"
AT_ONCE = 4


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def open_once(town, *, key="key-1", staff=None, matter="残疾人护理补贴"):
    """Open a draft as a page does that was sent with a key of its own."""
    staff = staff or town.window

    def do():
        return {"case": actions.open_case(household=town.home.pk, channel="window", matter=matter, by=staff, at=NOON).pk.hex}

    with scope(staff, "测试"), reading("测试"):
        return once(key=key, action="case.open", content={"household": town.home.pk, "matter": matter}, at=NOON, do=do)


def at_once(*calls):
    """Let all calls begin at the same moment, each in a thread with a connection of its own; return what they said."""
    said, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(place):
        try:
            start.wait()
            said[place] = calls[place]()
        except Exception as problem:
            said[place] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return said


def count(model, **narrowed) -> int:
    with scope(System("test"), "测试"):
        return model.objects.filter(**narrowed).count()


def test_sent_three_times_it_happens_once_with_the_same_answer(town):
    answers = [open_once(town) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert (count(Case), count(CaseEvent, step="open")) == (1, 1)


def test_sent_several_times_at_the_same_moment_it_happens_once_with_the_same_answer(town):
    for number in range(5):
        key = f"key-{number}"
        answers = at_once(*[lambda key=key: open_once(town, key=key)] * AT_ONCE)

        assert len({one["case"] for one in answers}) == 1, answers
    assert (count(Case), count(Submission)) == (5, 5)


def test_the_same_key_with_another_content_is_refused_also_at_the_same_moment(town):
    answers = at_once(lambda: open_once(town), lambda: open_once(town, matter="低保"))

    assert sorted(type(one).__name__ for one in answers) == ["OtherContent", "dict"]
    assert count(Case) == 1
    with pytest.raises(OtherContent, match="没有再办一次"):
        open_once(town, matter="临时救助")


def test_the_key_of_another_person_is_another_key(town):
    assert open_once(town) != open_once(town, staff=town.colleague)
    assert count(Case) == 2


@pytest.mark.parametrize("key", ["", "  "])
def test_without_a_key_nothing_is_done(town, key):
    with pytest.raises(NoKey, match="编号"):
        open_once(town, key=key)
    assert count(Case) == 0


def test_what_was_sent_long_ago_is_forgotten_and_what_was_sent_lately_is_not(town, settings):
    settings.YIMEN_SUBMISSION_DAYS = 90
    open_once(town)

    assert (sweep_submissions(at=noon(89)), count(Submission)) == (0, 1)
    assert (sweep_submissions(at=noon(91)), count(Submission)) == (1, 0)


def test_what_failed_leaves_its_key_free_for_the_next_try(town):
    with scope(town.window, "测试"), pytest.raises(actions.NotAccepted):
        once(key="key-1", action="case.open", content={}, at=NOON, do=refuse)
    assert count(Submission) == 0
    open_once(town)
    assert count(Case) == 1


def refuse():
    raise actions.NotAccepted("不行")


def test_what_was_sent_cannot_be_guessed_from_what_is_kept(town):
    open_once(town)
    content = {"household": town.home.pk, "matter": "残疾人护理补贴"}
    text = json.dumps(["case.open", content], sort_keys=True, ensure_ascii=False, default=str)

    kept = Submission.objects.get()
    assert kept.digest != hashlib.sha256(text.encode()).hexdigest()
    assert str(town.home.pk) not in str(list(Submission.objects.values()))


def accept_once(town, case, key):
    def do():
        asked = [actions.Asked(NURSING, town.person.pk)]
        return {"number": actions.accept(case=case.pk, asked=asked, by=town.window, at=NOON).number}

    with scope(town.window, "测试"), reading("测试"):
        return once(key=key, action="case.accept", content={"case": case.pk}, at=NOON, do=do)


def test_accepted_at_the_same_moment_a_case_gets_one_number_whatever_the_keys(town):
    case = opened(town)
    with town.at_desk(town.window):
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=DAY, by=town.window, at=NOON)

    said = at_once(
        lambda: accept_once(town, case, "key-1"),
        lambda: accept_once(town, case, "key-1"),
        lambda: accept_once(town, case, "key-2"),
    )

    done = [one for one in said if isinstance(one, dict)]
    assert all(isinstance(one, dict | actions.WrongStep) for one in said), said
    assert {one["number"] for one in done} == {"990101-2026-000001"}
    assert (count(Decision), count(CaseEvent, step="accept")) == (1, 1)


def test_confirmed_by_two_at_the_same_moment_there_is_one_grant(town):
    case = opened(town)
    accept_once(town, case, "key-1")
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    with town.at_desk(town.window):
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=noon(1))

    def confirm(key):
        def do():
            return {"grant": str(actions.confirm(decision=decision.pk, by=town.approver, at=noon(2)).grant_id)}

        with scope(town.approver, "测试"), reading("测试"):
            return once(key=key, action="decision.confirm", content={"decision": decision.pk}, at=noon(2), do=do)

    said = at_once(*[lambda: confirm("key-1")] * 2, *[lambda: confirm(uuid.uuid4().hex)] * 2)

    done = [one for one in said if isinstance(one, dict)]
    assert done
    assert len({one["grant"] for one in done}) == 1, said
    assert count(Grant) == 1
    assert count(CaseEvent, step="confirm") == count(CaseEvent, step="conclude") == 1
