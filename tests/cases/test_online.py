"""Applying from home: with a code handed over in person a case at once, else nothing is known until the card was seen."""

import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from tests.cases.town import DAY, NOON, make_town, noon
from tests.journeys.seat import number_of
from tests.make import make_staff, make_village
from tests.registry.guarded import recorded
from yimen.cases import actions, queries
from yimen.cases.models import Case, Consent, Invitation, OnlineApplication, Paper
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import StoredFile
from yimen.office.vault import blind_index
from yimen.registry.models import Membership, Person
from yimen.registry.queries import is_parent

pytestmark = pytest.mark.django_db
# The smallest that is a JPEG all through.
JPEG = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
LOW, CARE = "subsistence_allowance", "disability_living_subsidy"
NUMBER = number_of("19650615", 1)


@pytest.fixture
def town():
    made = make_town()
    with made.at_desk(made.window):
        made.person.id_number, made.person.id_index = NUMBER, blind_index("id_number", NUMBER)
        made.person.save()
    return made


class _Home:
    def __enter__(self):
        self.scope, self.reading = scope(System("online"), "网上申请"), reading("网上申请")
        self.scope.__enter__()
        return self.reading.__enter__()

    def __exit__(self, *problem):
        self.reading.__exit__(*problem)
        self.scope.__exit__(*problem)


def invited(town, at=NOON):
    """Hand a code over at the window."""
    with town.at_desk(town.window):
        return actions.invite(person=town.person.pk, card_seen=True, by=town.window, at=at)


def begun(town, at=NOON):
    """Begin with the code of the slip."""
    _, code = invited(town)
    with _Home():
        held = actions.redeem(code=code, tail=NUMBER[-6:], at=at)
        online, _ = actions.begin_online(
            area=town.village, form=actions.Form(name="沈小满"), at=at, proof="invitation", invitation=held, person=town.person.pk
        )
    return online.row


def unproven(town, **changes):
    """Begin and submit without any proof."""
    form = actions.Form(name="沈小满", number=NUMBER, phone="13900000000", asked=[(LOW, "")], declared=True)
    with _Home():
        online, code = actions.begin_online(area=town.village, form=replace(form, **changes), at=NOON)
        receipt = actions.submit_online(online=online.row.pk, at=NOON)
    return OnlineApplicationOf(online.row.pk, code, receipt)


class OnlineApplicationOf:
    def __init__(self, key, code, receipt):
        self.key, self.code, self.receipt = key, code, receipt

    @property
    def row(self):
        with scope(System("test"), "测试"):
            return OnlineApplication.objects.get(pk=self.key)


def test_a_code_opens_only_with_the_end_of_the_own_number_and_not_after_five_wrong_tries(town):
    _, code = invited(town)
    with _Home():
        assert actions.redeem(code=code, tail="123456", at=NOON) is None
        assert actions.redeem(code=code, tail=NUMBER[-6:], at=NOON).person_id == town.person.pk
        for _ in range(4):
            assert actions.redeem(code=code, tail="000000", at=NOON) is None
        assert actions.redeem(code=code, tail=NUMBER[-6:], at=NOON) is None


def test_a_code_ends_after_its_days_when_a_new_one_is_made_and_is_kept_only_as_a_hash(town):
    _, first = invited(town)
    held, second = invited(town)
    with _Home():
        assert actions.redeem(code=first, tail=NUMBER[-6:], at=NOON) is None
        assert actions.redeem(code=second, tail=NUMBER[-6:], at=NOON + timedelta(days=15)) is None
        assert actions.redeem(code=second, tail=NUMBER[-6:], at=NOON) == held
        assert second not in str(Invitation.objects.filter(pk=held.pk).values())


def test_no_code_without_the_card_and_none_for_another_village(town):
    with town.at_desk(town.window), pytest.raises(actions.NotAccepted, match="身份证原件"):
        actions.invite(person=town.person.pk, card_seen=False, by=town.window, at=NOON)
    foreign = make_staff(kind="town_clerk", area=make_village(12), username="foreign")
    with town.at_desk(foreign), pytest.raises(Person.DoesNotExist):
        actions.invite(person=town.person.pk, card_seen=True, by=foreign, at=NOON)


def test_submitted_with_a_code_it_is_a_case_that_waits_for_the_window(town):
    row = begun(town)
    said = [{"who": "me", "fact": "月收入", "value": "200.00", "text": "200"}]
    with _Home():
        actions.keep_online(online=row.pk, at=NOON, said=said, asked=[(LOW, "")], consents={"me": "yes"}, declared=True)
        receipt = actions.submit_online(online=row.pk, at=noon(1))

    with scope(System("test"), "测试"):
        case = Case.objects.get(receipt_code=receipt)
        assert (case.channel, case.state, case.received_on) == ("online", "submitted", DAY + timedelta(days=1))
        assert case.applicant_id == town.person.pk
        assert case.said[0]["who"] == town.person.pk.hex
        assert case.first_assignee.username in ("window", "colleague")
        assert Consent.objects.get(case=case).given
    with town.at_desk(town.window):
        for paper in Paper.objects.filter(case=case, state="missing"):
            actions.record_paper(case=case.pk, name=paper.name, state="brought", by=town.window, at=noon(1))
        done = actions.accept(case=case.pk, asked=[actions.Asked(LOW)], by=town.window, at=noon(2))
    assert done.number


def test_a_used_code_opens_nothing_more_and_before_that_it_leads_back_to_the_draft(town):
    row = begun(town)
    with _Home():
        held = Invitation.objects.get(pk=row.invitation_id)
        assert queries.invited_online(held).pk == row.pk
        actions.keep_online(online=row.pk, at=NOON, asked=[(LOW, "")], declared=True)
        actions.submit_online(online=row.pk, at=NOON)
        assert queries.invited_online(held) is None
        held.refresh_from_db()
        assert held.used_at


def test_unproven_nothing_is_opened_and_whether_a_number_is_known_makes_no_difference(town):
    known, unknown = unproven(town), unproven(town, name="无此人", number=number_of("19700101", 7))

    for one in (known, unknown):
        assert (one.row.state, one.row.proof, one.row.person_id, one.row.household_id) == ("waiting", "none", None, None)
    with scope(System("test"), "测试"):
        assert not Case.objects.exists()
        assert queries.online_stand(receipt_code=known.receipt) == queries.online_stand(receipt_code=unknown.receipt)


def test_an_officer_who_has_seen_the_card_makes_it_a_case_received_when_it_was_sent(town):
    said = [{"who": "me", "fact": "月收入", "value": "200.00", "text": "200"}]
    sent = unproven(town, said=said, consents={"me": "yes"}, asked=[(LOW, ""), (CARE, "me")])
    cadre = make_staff(kind="village_cadre", area=town.village, username="cadre")
    with town.at_desk(cadre):
        assert [one.pk for one in queries.waiting_online()] == [sent.key]
        with pytest.raises(actions.NotAccepted, match="身份证原件"):
            actions.prove_online(online=sent.key, card_seen=False, by=cadre, at=noon(2))
        case = actions.prove_online(online=sent.key, card_seen=True, by=cadre, at=noon(2))

    assert (case.receipt_code, case.received_on, case.state) == (sent.receipt, DAY, "submitted")
    assert case.first_assignee.username in ("window", "colleague")
    assert [tuple(one) for one in case.asked] == [(LOW, ""), (CARE, town.person.pk.hex)]
    assert (sent.row.proof, sent.row.proved_by) == ("in_person", cadre)


def test_one_from_another_place_neither_sees_nor_proves_it(town):
    sent = unproven(town)
    foreign = make_staff(kind="town_clerk", area=make_village(12), username="foreign")

    with town.at_desk(foreign):
        assert not queries.waiting_online().exists()
        with pytest.raises(OnlineApplication.DoesNotExist):
            queries.waiting_one(online=sent.key)
        with pytest.raises(OnlineApplication.DoesNotExist):
            actions.prove_online(online=sent.key, card_seen=True, by=foreign, at=NOON)


def test_who_is_in_no_roster_is_registered_first_and_what_cannot_be_proven_ends_in_words(town):
    sent = unproven(town, name="无此人", number=number_of("19700101", 7))
    with town.at_desk(town.window):
        with pytest.raises(actions.NotAccepted, match="先登记家庭"):
            actions.prove_online(online=sent.key, card_seen=True, by=town.window, at=NOON)
        with pytest.raises(actions.NotAccepted, match="为什么"):
            actions.end_online(online=sent.key, words=" ", by=town.window, at=NOON)
        actions.end_online(online=sent.key, words="打电话三次没人接，请带身份证到窗口。", by=town.window, at=NOON)
        assert queries.online_stand(receipt_code=sent.receipt).words.startswith("打电话")


def test_only_the_applicant_and_minors_are_consented_for_another_adult_signs_alone(town):
    with town.at_desk(town.window):
        wife, child = (
            _member(town, n, number_of(born, 9), name) for n, born, name in ((2, "19700102", "妻"), (3, "20150102", "子"))
        )
    row = begun(town)
    with _Home():
        consents = {"me": "yes", wife.pk.hex: "yes", child.pk.hex: "yes", uuid.uuid4().hex: "yes", "x|y": "yes"}
        actions.keep_online(online=row.pk, at=NOON, asked=[(LOW, "")], consents=consents, declared=True)
        actions.submit_online(online=row.pk, at=NOON)
        signed = {one.person_id: one.guardian_name for one in Consent.objects.all()}

    assert signed == {town.person.pk: None, child.pk: "沈小满"}


def test_who_is_not_told_to_be_father_or_mother_signs_for_no_child(town):
    with town.at_desk(town.window):
        Membership.objects.filter(person=town.person).update(relation="子")
        brother = _member(town, 2, number_of("20150102", 9), "子")
    row = begun(town)
    with _Home():
        consents = {"me": "yes", brother.pk.hex: "yes"}
        actions.keep_online(online=row.pk, at=NOON, asked=[(LOW, "")], consents=consents, declared=True)
        actions.submit_online(online=row.pk, at=NOON)
        assert [one.person_id for one in Consent.objects.all()] == [town.person.pk]


@pytest.mark.parametrize(
    ("one", "of", "is_theirs"),
    [
        ("户主", "女", True),
        ("妻", "子", True),
        ("母亲", "户主", True),
        ("子", "子", False),
        ("户主", "继子", False),
        ("户主", "孙子", False),
        ("其他", "子", False),
        ("儿媳", "孙女", False),
    ],
)
def test_parents_are_told_from_the_roster_s_relations(one, of, is_theirs):
    assert is_parent(SimpleNamespace(relation=one), SimpleNamespace(relation=of)) is is_theirs


def test_the_recorded_guardian_signs_at_home_and_then_neither_parent_nor_the_ward_does(town, tmp_path):
    with town.at_desk(town.window):
        wife, child = (
            _member(town, n, number_of(born, 9), name) for n, born, name in ((2, "19700102", "妻"), (3, "20150102", "子"))
        )
    same = {"ward": wife, "name": "沈小满", "id_number": NUMBER, "relation": "丈夫"}
    recorded(town, tmp_path, **same)
    recorded(town, tmp_path, ward=child, capacity="minor", paper="指定监护的文书")
    row = begun(town)
    with _Home():
        consents = {"me": "yes", wife.pk.hex: "yes", child.pk.hex: "yes"}
        actions.keep_online(online=row.pk, at=NOON, asked=[(LOW, "")], consents=consents, declared=True)
        actions.submit_online(online=row.pk, at=NOON)
        signed = {one.person_id: one.guardian_name for one in Consent.objects.all()}

    assert signed == {town.person.pk: None, wife.pk: "沈小满"}


def test_who_has_a_guardian_signs_nothing_at_home(town, tmp_path):
    recorded(town, tmp_path)
    row = begun(town)
    with _Home():
        actions.keep_online(online=row.pk, at=NOON, asked=[(LOW, "")], consents={"me": "yes"}, declared=True)
        actions.submit_online(online=row.pk, at=NOON)
        assert not Consent.objects.exists()


def _member(town, n, number, name):
    person = Person.objects.create(
        name=name,
        id_number=number,
        id_index=blind_index("id_number", number),
        born_on=f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        sex="女",
        area_path=town.village.path,
        changed_at=NOON,
    )
    Membership.objects.create(
        person=person, household=town.home, relation=name, starts_on="2020-01-01", area_path=town.village.path
    )
    return Person.objects.get(pk=person.pk)


def test_pictures_come_along_with_their_paper_and_a_forgotten_draft_leaves_nothing(town, tmp_path):
    from tests.journeys.seat import picture

    photo, other = picture(tmp_path).read_bytes(), JPEG
    row = begun(town)
    with _Home():
        actions.keep_online(online=row.pk, at=NOON, asked=[(CARE, "me")], declared=True)
        for one in (photo, photo, other):
            actions.add_page(online=row.pk, paper="残疾人证", photo=one, at=NOON)
        with pytest.raises(actions.NotAccepted, match="JPEG"):
            actions.add_page(online=row.pk, paper="残疾人证", photo=b"GIF89a", at=NOON)
        assert StoredFile.objects.filter(retain_until__isnull=False).count() == 2
        receipt = actions.submit_online(online=row.pk, at=NOON)
        case = Case.objects.get(receipt_code=receipt)
        paper = Paper.objects.get(case=case, name="残疾人证")
        assert paper.scan
        assert len(paper.more_scans) == 1
        assert not StoredFile.objects.filter(retain_until__isnull=False).exists()

        actions.begin_online(area=town.village, form=actions.Form(name="甲", number=NUMBER, phone="1"), at=NOON)
        assert actions.sweep_online(at=noon(29)) == 0
        assert actions.sweep_online(at=noon(31)) == 1


def test_a_code_to_go_on_with_leads_back_only_while_it_is_a_draft(town):
    form = actions.Form(name="沈小满", number=NUMBER, phone="1")
    with _Home():
        online, code = actions.begin_online(area=town.village, form=form, at=NOON)
        assert queries.resume_online(code=code, at=noon(3)).pk == online.row.pk
        assert queries.resume_online(code=code, at=noon(40)) is None
        actions.keep_online(online=online.row.pk, at=NOON, asked=[(LOW, "")], declared=True)
        actions.submit_online(online=online.row.pk, at=NOON)
        assert queries.resume_online(code=code, at=NOON) is None
        with pytest.raises(actions.NotAccepted, match="已经交上去"):
            actions.keep_online(online=online.row.pk, at=NOON, matter="别的")


def test_what_was_typed_lies_sealed(town):
    unproven(town)
    with scope(System("test"), "测试"):
        raw = bytes(OnlineApplication.objects.values_list("content", flat=True)[0])
    assert "沈小满".encode() not in raw
    assert NUMBER.encode() not in raw


def test_two_presses_of_one_code_at_the_same_moment_are_one_draft(town):
    first = begun(town)
    with _Home():
        held = Invitation.objects.get(pk=first.invitation_id)
        # Both had looked, and seen no draft.
        again, code = actions.begin_online(
            area=town.village, form=actions.Form(), at=NOON, proof="invitation", invitation=held, person=town.person.pk
        )
        assert again.row.pk == first.pk
        assert queries.resume_online(code=code, at=NOON).pk == first.pk
        actions.keep_online(online=first.pk, at=NOON, asked=[(LOW, "")], declared=True)
        actions.submit_online(online=first.pk, at=NOON)
        with pytest.raises(actions.NotAccepted, match="已经用过"):
            actions.begin_online(
                area=town.village, form=actions.Form(), at=NOON, proof="invitation", invitation=held, person=town.person.pk
            )


def test_a_number_mistyped_into_a_neighbour_s_makes_no_case_for_the_neighbour(town):
    sent = unproven(town, name="王五")

    with town.at_desk(town.window):
        held = queries.waiting_one(online=sent.key)
        assert not queries.is_named(held.form, queries.found_by(held.form, on=DAY), on=DAY)
        with pytest.raises(actions.NotAccepted, match="另一个名字"):
            actions.prove_online(online=sent.key, card_seen=True, by=town.window, at=NOON)
        assert not Case.objects.exists()


def test_what_nobody_proved_ends_in_words_and_of_what_has_ended_only_the_receipt_and_the_words_stay(town, tmp_path):
    from tests.journeys.seat import picture

    with _Home():
        form = actions.Form(name="沈小满", number=NUMBER, phone="1", asked=[(CARE, "me")], declared=True)
        online, _ = actions.begin_online(area=town.village, form=form, at=NOON)
        actions.add_page(online=online.row.pk, paper="残疾人证", photo=picture(tmp_path).read_bytes(), at=NOON)
        receipt = actions.submit_online(online=online.row.pk, at=NOON)
        assert actions.sweep_online(at=noon(89)) == 0
        assert queries.online_stand(receipt_code=receipt).state == "waiting"
        actions.sweep_online(at=noon(91))
        assert queries.online_stand(receipt_code=receipt).state == "ended"
        assert StoredFile.objects.filter(retain_until=None).count() == 1

        assert actions.sweep_online(at=noon(122)) == 1
        assert actions.sweep_online(at=noon(123)) == 0
        assert "请带身份证" in queries.online_stand(receipt_code=receipt).words
        assert OnlineApplication.objects.get().content is None
        assert not StoredFile.objects.filter(retain_until=None).exists()
    with town.at_desk(town.window):
        assert queries.waiting_one(online=online.row.pk).form == actions.Form()


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_one_slip_sent_twice_at_the_same_moment_is_one_draft_and_both_go_on_with_it(town):
    _, code = invited(town)
    rows, ready = [], threading.Barrier(2)

    def press():
        try:
            with _Home():
                held = actions.redeem(code=code, tail=NUMBER[-6:], at=NOON)
                assert queries.invited_online(held) is None
                ready.wait()
                online, _ = actions.begin_online(
                    area=town.village,
                    form=actions.Form(),
                    at=NOON,
                    proof="invitation",
                    invitation=held,
                    person=town.person.pk,
                )
                rows.append(online.row.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rows) == 2
    assert len(set(rows)) == 1
