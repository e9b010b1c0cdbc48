"""After a rating the county asks a few questions; what several say is counted, and nobody's own words are shown."""

import pytest

from tests.cases.town import NURSING
from tests.hall.house import at
from tests.hall.side import make_side
from tests.make import TODAY, make_staff
from yimen.cases.actions import Asked, choose, rate_visit
from yimen.hall import actions, queries
from yimen.hall.frequent import frequent
from yimen.hall.models import Answer
from yimen.office.access import NotAllowed, System, scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def side():
    made = make_side()
    made.county = make_staff(kind="county_clerk", area=made.town.village, username="county")
    return made


def ask(side, words="以后还要我们陪吗？", options=("要", "不要")):
    with side.as_(side.county) as by:
        return actions.add_question(words=words, options=options, by=by, at=at(0))


def rated(side, minutes: float) -> str:
    """Let somebody have been accompanied and have rated; return the code."""
    handling = side.come(side.house.take(minutes), minutes)
    visit = side.do(actions.ask_rating, handling, minutes)
    with scope(System("rating"), "评价"):
        rate_visit(code=visit.code, grade=5, words="", device="phone", at=at(minutes + 1))
    return visit.code


def answer(code, said):
    with scope(System("rating"), "问卷"):
        return actions.answer_questions(code=code, said=said, at=at(60))


def told(side):
    with side.as_(side.county):
        return queries.told_by_questions(since=TODAY, until=TODAY)


def test_whoever_has_rated_is_asked_once_and_may_leave_out_what_they_like(side):
    first, second = ask(side), ask(side, "今天最不方便的是什么？", ())
    handling = side.come(side.house.take(0))
    visit = side.do(actions.ask_rating, handling, 3)
    with scope(System("rating"), "问卷"):
        assert queries.questions_after(code=visit.code) == []
        assert queries.questions_after(code="nobody") == []
    code = rated(side, 10)
    with scope(System("rating"), "问卷"):
        assert queries.questions_after(code=code) == [first, second]
    for said, why in (({}, "一句也没有"), ({first.pk: "也许"}, "列出的")):
        with pytest.raises(actions.NotAsked, match=why):
            answer(code, said)
    assert answer(code, {first.pk: "要", second.pk: "  "}) == 1
    with pytest.raises(actions.NotAsked, match="答过"):
        answer(code, {second.pk: "路远"})
    assert [(one.question, one.answered, list(one.options)) for one in told(side)] == [
        (first, 1, [("要", 1), ("不要", 0)]),
        (second, 0, []),
    ]


def test_only_what_several_said_is_shown(side):
    question = ask(side, "今天最不方便的是什么？", ())
    for number, words in enumerate(("停车不方便", "门口停车难", "没地方停车，我姓沈", "椅子太硬")):
        answer(rated(side, 10 + number), {question.pk: words})
    (shown,) = told(side)
    assert (shown.answered, list(shown.phrases)) == (4, [("停车", 3)])


def test_questions_are_few_and_a_stopped_one_keeps_its_answers(side):
    with pytest.raises(actions.NotAsked, match="2 到 8"):
        ask(side, options=("要",))
    with pytest.raises(actions.NotAsked, match="写明问什么"):
        ask(side, words=" ")
    first = ask(side)
    with pytest.raises(actions.NotAsked, match="正在问"):
        ask(side)
    for number in range(4):
        ask(side, f"第 {number} 句")
    with pytest.raises(actions.NotAsked, match="最多问 5 句"):
        ask(side, "再一句")
    answer(rated(side, 10), {first.pk: "要"})
    with side.as_(side.county):
        actions.end_question(question=first.pk, at=at(70))
        with pytest.raises(actions.NotAsked, match="停了"):
            actions.end_question(question=first.pk, at=at(71))
    assert (told(side)[0].question, told(side)[0].answered) == (first, 1)
    with side.as_(side.first), pytest.raises(NotAllowed):
        queries.told_by_questions(since=TODAY, until=TODAY)
    with scope(System("test"), "测试"):
        assert Answer.objects.count() == 1


def test_what_people_come_for_and_apply_for_is_counted(side):
    for _ in range(2):
        side.house.take(0, matters=[side.house.matter])
    handling = side.come(side.known(1))
    case = side.do(actions.begin_form, handling, 5)
    with side.as_(side.first) as by, queries.accompanying(staff=by, on=TODAY, case=case.pk):
        choose(case=case.pk, asked=[Asked(NURSING, side.town.person.pk)], by=by, at=at(7))
    with side.as_(side.county):
        matters = queries.frequent_matters(since=TODAY, until=TODAY)
        policies = queries.frequent_policies(since=TODAY, until=TODAY)
    assert [(one.name, one.number) for one in matters] == [("医保参保登记", 2)]
    assert [(one.name, one.number) for one in policies] == [("重度残疾人护理补贴", 1)]


def test_a_phrase_counts_once_a_person_and_its_parts_are_not_told_beside_it():
    said = ["排队太久，排队", "中午排队", "排队没椅子", "大厅里没椅子坐", "没椅子"]
    assert frequent(said) == [("没椅子", 3), ("排队", 3)]
    assert frequent(said, least=4) == []
    assert frequent([]) == []
