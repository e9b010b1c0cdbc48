"""Applying for another: by an authority that is held, for its matters and days, or by its promise; a helping agent by theirs."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from tests.cases.town import DAY, NOON, make_town, noon, opened
from tests.journeys.seat import number_of, picture
from tests.make import make_household, make_person, make_staff, make_village
from tests.registry.guarded import recorded
from yimen.cases import actions, queries
from yimen.cases.models import Authority, Case, Paper, Task
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file
from yimen.office.models import Post
from yimen.office.vault import blind_index
from yimen.registry.queries import household_card

pytestmark = pytest.mark.django_db
NUMBER = number_of("19650615", 1)


@pytest.fixture
def town():
    made = make_town()
    with made.at_desk(made.window):
        made.person.id_number, made.person.id_index = NUMBER, blind_index("id_number", NUMBER)
        made.person.save()
    return made


@pytest.fixture
def paper(tmp_path):
    """Return what stands on an authority given to a nephew for a year."""
    return actions.Given(
        agent_name="沈大海",
        agent_number=number_of("19850304", 5),
        relation="侄子",
        matters=("apply", "papers"),
        starts_on=DAY,
        ends_on=DAY + timedelta(days=365),
        photo=picture(tmp_path).read_bytes(),
    )


@pytest.fixture
def agent(town):
    return make_staff(kind="helping_agent", area=town.village.parent, username="agent")


def held(town, given, **more):
    with town.at_desk(town.window):
        return actions.record_authority(
            household=town.home.pk, principal=town.person.pk, given=given, by=town.window, at=NOON, **more
        )


def test_nobody_applies_for_another_without_an_authority_or_the_promise_of_one(town):
    with pytest.raises(actions.NotAccepted, match="代办人姓名"):
        opened(town, channel="relative")
    with pytest.raises(actions.NotAccepted, match="要有委托书"):
        opened(town, channel="relative", helper_name="沈大海", helper_relation="侄子")
    with pytest.raises(actions.NotAccepted, match="要有委托书"):
        opened(town, channel="agent", helper_name="沈大海", helper_relation="帮办员", authority_promised=DAY - timedelta(days=1))


def test_by_an_authority_the_application_records_who_applied_and_by_what(town, paper):
    authority = held(town, paper)
    case = opened(town, channel="relative", authority=authority.pk)

    with town.at_desk(town.window):
        case.refresh_from_db()
        assert (case.authority_id, case.helper_name, case.helper_relation) == (authority.pk, "沈大海", "侄子")
        name, content = open_file(authority.scan, purpose="看委托书")
        assert name == "委托书.png"
        assert b"".join(content).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"matters": ("ask",)}, "没有委托代为申请"),
        ({"starts_on": DAY + timedelta(days=1)}, "不在委托的日子里"),
    ],
)
def test_an_authority_for_something_else_or_another_day_does_not_do(town, paper, changed, words):
    authority = held(town, replace(paper, **changed))
    with pytest.raises(actions.NotAccepted, match=words):
        opened(town, channel="relative", authority=authority.pk)


def test_an_authority_taken_back_does_not_do_and_says_why(town, paper):
    authority = held(town, paper)
    with town.at_desk(town.window):
        with pytest.raises(actions.NotAccepted, match="为什么撤销"):
            actions.revoke_authority(authority=authority.pk, words="", by=town.window, at=NOON)
        actions.revoke_authority(authority=authority.pk, words="本人来窗口说不再委托", by=town.window, at=NOON)
        with pytest.raises(actions.NotAccepted, match="已经撤销过"):
            actions.revoke_authority(authority=authority.pk, words="再说一次", by=town.window, at=NOON)
    with pytest.raises(actions.NotAccepted, match="已经撤销"):
        opened(town, channel="relative", authority=authority.pk)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"agent_name": " "}, "受托人姓名"),
        ({"agent_number": "123"}, "受托人的"),
        ({"matters": ("everything",)}, "至少一项"),
        ({"ends_on": DAY - timedelta(days=1)}, "止期"),
        ({"photo": b""}, "拍照或扫描"),
        ({"photo": b"%PDF-1.7"}, "JPEG"),
    ],
)
def test_what_is_not_written_out_is_no_authority(town, paper, changed, words):
    with pytest.raises(actions.NotAccepted, match=words):
        held(town, replace(paper, **changed))
    assert not held_rows(town)


def held_rows(town):
    with town.at_desk(town.window):
        return list(Authority.objects.all())


def test_a_promised_authority_is_a_task_until_it_is_there(town, paper):
    until = DAY + timedelta(days=10)
    case = opened(town, channel="relative", helper_name="沈大海", helper_relation="侄子", authority_promised=until)
    with town.at_desk(town.window):
        actions.choose(case=case.pk, asked=[actions.Asked("subsistence_allowance")], by=town.window, at=NOON)
        assert Paper.objects.get(case=case, name="委托书").promised_until == until
        Paper.objects.filter(case=case, state="missing").update(state="brought")
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=DAY, by=town.window, at=NOON)
        actions.accept(case=case.pk, asked=[actions.Asked("subsistence_allowance")], by=town.window, at=NOON)
        assert Task.objects.get(case=case, kind="errand").due_on == until

    authority = held(town, paper)
    with town.at_desk(town.window):
        assert Task.objects.get(case=case, kind="errand").done_at
        brought = Paper.objects.get(case=case, name="委托书")
        assert (brought.state, brought.scan) == ("brought", authority.scan)
        assert Case.objects.get(pk=case.pk).authority_id == authority.pk


def own(town, agent, given, *, name="沈小满", number=NUMBER, seen=True):
    """Let an agent enter an authority, and the window see it."""
    with town.at_desk(agent):
        made = actions.record_own_authority(name=name, number=number, given=given, by=agent, at=NOON)
    with town.at_desk(town.window):
        return actions.confirm_authority(authority=made.pk, by=town.window, at=NOON) if seen else made


def test_a_helping_agent_finds_nobody_by_trying(town, agent, paper):
    given = replace(paper, relation="帮办代办员")
    said = set()
    for name, number in (("王五", NUMBER), ("沈小满", number_of("19650615", 9))):
        with pytest.raises(actions.NotAccepted) as refused:
            own(town, agent, given, name=name, number=number)
        said.add(str(refused.value))
    assert len(said) == 1
    with town.at_desk(agent):
        for permission in ("person.see", "case.see", "case.open"):
            with pytest.raises(NotAllowed):
                _look(town, permission)


def _look(town, permission):
    if permission == "person.see":
        return household_card(household_id=town.home.pk, on=DAY)
    if permission == "case.see":
        return queries.authorities_of(household_id=town.home.pk)
    return actions.open_case(household=town.home.pk, channel="agent", by=None, at=NOON, assignee=town.window)


def test_a_helping_agent_acts_for_who_authorised_them_and_for_nobody_else(town, agent, paper):
    with town.at_desk(town.window):
        other = make_household(town.village, number="2")
        make_person(other, name="别人", number=2)
    authority = own(town, agent, replace(paper, relation="帮办代办员"))
    with town.at_desk(agent):
        assert [one.household_id for one in queries.helped_by(staff=agent, on=DAY)] == [town.home.pk]
        with queries.helping(staff=agent, on=DAY, household=town.home.pk) as found:
            assert found.may_apply
            case = actions.open_case(
                household=town.home.pk,
                channel="agent",
                by=agent,
                at=NOON,
                assignee=town.window,
                applicant=town.person.pk,
                authority=authority.pk,
            )
            assert household_card(household_id=town.home.pk, on=DAY).members
        with pytest.raises(Case.DoesNotExist), queries.helping(staff=agent, on=DAY, household=other.pk):
            pass
        with pytest.raises(NotAllowed):
            household_card(household_id=town.home.pk, on=DAY)
        with queries.helping(staff=agent, on=DAY, case=case.pk), pytest.raises(NotAllowed):
            actions.turn_away(case=case.pk, words="理由", article="第一条", by=agent, at=NOON)


def test_what_an_agent_entered_themselves_opens_nothing_before_somebody_has_seen_it(town, agent, paper):
    authority = own(town, agent, replace(paper, relation="帮办代办员"), seen=False)
    with town.at_desk(agent):
        assert queries.helped_by(staff=agent, on=DAY) == []
        assert [one.pk for one in queries.waiting_for_confirmation(staff=agent)] == [authority.pk]
        with pytest.raises(Case.DoesNotExist), queries.helping(staff=agent, on=DAY, household=town.home.pk):
            pass
        with pytest.raises(NotAllowed):
            actions.confirm_authority(authority=authority.pk, by=agent, at=NOON)
    with town.at_desk(town.window):
        assert [one.pk for one in queries.unseen_authorities()] == [authority.pk]
        actions.confirm_authority(authority=authority.pk, by=town.window, at=NOON)
        with pytest.raises(actions.NotAccepted, match="已经核对过"):
            actions.confirm_authority(authority=authority.pk, by=town.window, at=NOON)
    with town.at_desk(agent):
        assert queries.helped_by(staff=agent, on=DAY)[0].may_apply


def test_an_agent_enters_only_so_many_in_a_day(town, agent, paper, monkeypatch):
    monkeypatch.setattr("yimen.cases.authority.MOST_A_DAY", 1)
    own(town, agent, replace(paper, relation="帮办代办员"))
    with pytest.raises(actions.NotAccepted, match="一天最多"):
        own(town, agent, replace(paper, relation="帮办代办员"))


@pytest.mark.parametrize("matters", [["ask"], ["papers", "receive"]])
def test_without_the_matter_of_applying_nothing_of_the_household_is_shown(town, agent, paper, matters):
    first = own(town, agent, replace(paper, relation="帮办代办员"))
    with town.at_desk(agent), queries.helping(staff=agent, on=DAY, household=town.home.pk):
        case = actions.open_case(
            household=town.home.pk, channel="agent", by=agent, at=NOON, assignee=town.window, authority=first.pk
        )
        actions.record_paper(case=case.pk, name="残疾人证", state="missing", by=agent, at=NOON)
    with town.at_desk(town.window):
        actions.revoke_authority(authority=first.pk, words="以后只让他跑腿", by=town.window, at=NOON)
    own(town, agent, replace(paper, relation="帮办代办员", matters=matters))
    with town.at_desk(agent), queries.helping(staff=agent, on=DAY, household=town.home.pk) as found:
        assert (found.may_apply, [one.pk for one in found.cases]) == (False, [case.pk])
        for permission in ("person.see", "case.see", "case.open"):
            with pytest.raises(NotAllowed):
                _look(town, permission)
        with pytest.raises(NotAllowed):
            queries.case_page(case_id=case.pk)
        fetched = queries.papers_to_fetch(staff=agent, on=DAY, case=case.pk)
        assert [one.name for one in fetched] == (["残疾人证"] if "papers" in matters else [])


def test_nobody_confirms_what_they_entered_for_themselves_whatever_their_other_post(town, paper):
    Post.objects.create(staff=town.window, kind="helping_agent", area=town.village.parent, starts_on=DAY)
    with pytest.raises(actions.NotAccepted, match="由别人核对"):
        own(town, town.window, replace(paper, relation="帮办代办员"))


def test_what_nobody_has_seen_is_no_authority_to_apply_by_at_the_window_either(town, agent, paper):
    authority = own(town, agent, replace(paper, relation="帮办代办员"), seen=False)
    with pytest.raises(actions.NotAccepted, match="还没有核对"):
        opened(town, channel="agent", authority=authority.pk)


def test_with_the_authority_the_sight_ends_also_of_an_application_of_their_own(town, agent, paper):
    authority = own(town, agent, replace(paper, relation="帮办代办员", ends_on=DAY + timedelta(days=5)))
    with town.at_desk(agent):
        assert queries.helped_by(staff=agent, on=DAY + timedelta(days=5))
        assert not queries.helped_by(staff=agent, on=DAY + timedelta(days=6))
    with town.at_desk(agent), queries.helping(staff=agent, on=DAY, household=town.home.pk):
        case = actions.open_case(
            household=town.home.pk, channel="agent", by=agent, at=NOON, assignee=town.window, authority=authority.pk
        )
    with town.at_desk(town.window):
        actions.revoke_authority(authority=authority.pk, words="本人不再委托", by=town.window, at=noon(1))
    with town.at_desk(agent):
        assert queries.helped_by(staff=agent, on=DAY) == []
        with pytest.raises(Case.DoesNotExist), queries.helping(staff=agent, on=DAY, case=case.pk):
            pass


def test_a_ward_gives_no_authority_the_guardian_does(town, paper, tmp_path):
    recorded(town, tmp_path)
    with pytest.raises(actions.NotAccepted, match="委托书由监护人签"):
        held(town, paper)


def test_another_town_s_agent_finds_nobody(town, paper):
    foreign = make_staff(kind="helping_agent", area=make_village(12), username="foreign")
    with pytest.raises(actions.NotAccepted, match="对不上"):
        own(town, foreign, paper)
    with scope(foreign, "测试"):
        assert queries.helped_by(staff=foreign, on=DAY) == []


def test_what_a_window_had_entered_before_goes_on_and_what_an_agent_entered_waits(town, agent, paper):
    seen, own_entry = held(town, paper), own(town, agent, replace(paper, relation="帮办代办员"), seen=False)
    with scope(System("test"), "测试"):
        Authority.objects.update(confirmed_at=None, confirmed_by=None)
        import_module("yimen.cases.migrations.0017_authority_confirmed").confirm_what_others_entered(apps, None)
        rows = dict(Authority.objects.values_list("pk", "confirmed_by__username"))
    assert rows == {seen.pk: town.window.username, own_entry.pk: None}
