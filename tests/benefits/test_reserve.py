"""A township's reserve: never below nothing, also when two spend at once; a monthly account that adds up; gifts beside it."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError, IntegrityError

from tests.cases.town import DAY, NOON, make_town
from tests.make import make_staff
from tests.office.test_pictures import exif, jpeg
from yimen.benefits import actions, queries
from yimen.benefits.models import Grant, NeverChanged, Reserve, ReserveEntry
from yimen.office.access import NotAllowed, scope
from yimen.office.files import open_file
from yimen.office.guards import ACCOUNTS, guard, unguard
from yimen.office.models import Area, StoredFile

pytestmark = pytest.mark.django_db
PHOTO = jpeg(exif("MM", 1))


@pytest.fixture
def town():
    town = make_town()
    town.county = make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="county")
    town.area = Area.objects.get(code="990101001")
    return town


def fund(town, yuan, *, at=NOON):
    with scope(town.county, "测试"):
        return actions.fund_reserve(area=town.area, yuan=Decimal(yuan), words="拨款通知", by=town.county, at=at)


def spend(town, yuan, *, at=NOON, case=None):
    with town.at_desk(town.window):
        return actions.spend_reserve(
            area_path=town.village.path,
            yuan=Decimal(yuan),
            policy="small_emergency_aid",
            household=town.home.pk,
            person=town.person.pk,
            case=case or uuid.uuid4(),
            by=town.window,
            at=at,
        )


def month(town, day):
    with town.at_desk(town.window):
        return queries.account(reserve=queries.reserve_above(town.village.path), month=day)


def test_the_county_funds_the_township_spends_and_the_balance_stands_in_each_entry(town):
    fund(town, "1000")
    entry = spend(town, "300.50")

    assert entry.balance_fen == 69950


def test_what_is_not_there_is_not_spent(town):
    fund(town, "100")
    spend(town, "99.99")

    with pytest.raises(actions.NotBooked, match=r"只剩 0\.01 元"):
        spend(town, "0.02")
    assert spend(town, "0.01").balance_fen == 0


def test_a_township_without_a_reserve_says_so(town):
    with pytest.raises(actions.NotBooked, match="还没有备用金"):
        spend(town, "1")


@pytest.mark.parametrize("yuan", ["0", "-5", "1.001", "NaN", "Infinity", "99999999"])
def test_an_amount_that_is_none_is_refused(town, yuan):
    fund(town, "1000")

    with pytest.raises(actions.NotBooked, match="金额"):
        spend(town, yuan)


def test_a_township_does_not_fund_itself_and_a_county_window_does_not_spend(town):
    with town.at_desk(town.window), pytest.raises(NotAllowed):
        actions.fund_reserve(area=town.area, yuan=Decimal("1"), words="拨款", by=town.window, at=NOON)
    fund(town, "10")
    town.window = town.county
    with pytest.raises(NotAllowed):
        spend(town, "1")


def test_the_database_itself_keeps_a_reserve_from_falling_below_nothing(town):
    fund(town, "1")

    with scope(town.county, "测试"), pytest.raises(IntegrityError), transaction.atomic():
        Reserve.objects.update(balance_fen=-1)


def test_an_entry_is_never_changed_or_removed(town):
    entry = fund(town, "1")

    with scope(town.county, "测试"):
        entry.fen = 5
        with pytest.raises(NeverChanged):
            entry.save()
        with pytest.raises(NeverChanged):
            entry.delete()


def test_a_month_opens_with_what_the_last_one_closed_and_adds_up(town):
    fund(town, "1000", at=datetime(2026, 10, 30, 4, tzinfo=UTC))
    spend(town, "100", at=datetime(2026, 10, 31, 4, tzinfo=UTC))
    case = uuid.uuid4()
    spent = spend(town, "200", at=NOON, case=case)
    with town.at_desk(town.window):
        actions.return_to_reserve(entry=spent.pk, yuan=Decimal("50"), words="本人只领了150元", by=town.window, at=NOON)
    fund(town, "-300")

    october, november = month(town, date(2026, 10, 5)), month(town, DAY)

    assert (october.opening, october.closing) == (0, 900)
    assert (november.opening, november.closing) == (900, 450)
    assert november.opening + november.came_in - november.went_out == november.closing
    assert (november.spent, november.returned, november.handed_back) == (200, 50, 300)


def test_each_line_of_the_account_leaves_the_balance_of_the_one_before_moved_by_its_amount(town):
    fund(town, "1000")
    for yuan in ("10", "20", "30", "40"):
        spend(town, yuan)

    with town.at_desk(town.window):
        rows = list(queries.entries_of(reserve=queries.reserve_above(town.village.path), month=DAY))
    assert [one.nth for one in rows] == [1, 2, 3, 4, 5]
    assert [one.balance_fen for one in rows] == [100000, 99000, 97000, 94000, 90000]


def test_the_last_moment_of_a_month_by_the_local_clock_belongs_to_it(town):
    fund(town, "10", at=datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    fund(town, "20", at=datetime(2026, 11, 30, 16, 0, tzinfo=UTC))

    assert (month(town, DAY).funded, month(town, date(2026, 12, 1)).funded) == (10, 20)


def test_no_more_comes_back_than_went_out(town):
    fund(town, "1000")
    spent = spend(town, "200")
    with town.at_desk(town.window):
        actions.return_to_reserve(entry=spent.pk, yuan=Decimal("150"), words="少领", by=town.window, at=NOON)

        with pytest.raises(actions.NotBooked, match="还多"):
            actions.return_to_reserve(entry=spent.pk, yuan=Decimal("50.01"), words="少领", by=town.window, at=NOON)


def test_a_receipt_is_a_photo_kept_sealed_and_its_lack_is_counted(town):
    fund(town, "1000")
    first, second = spend(town, "10"), spend(town, "20")
    with town.at_desk(town.window):
        actions.add_receipt(entry=first.pk, kind="fingerprint", content=PHOTO, by=town.window, at=NOON)
        with pytest.raises(actions.NotBooked, match="照片"):
            actions.add_receipt(entry=second.pk, kind="photo", content=b"%PDF-1.7", by=town.window, at=NOON)

    assert month(town, DAY).without_receipt == 1
    kept = StoredFile.objects.get()
    assert kept.kind == "receipt"
    with town.at_desk(town.window):
        _, content = open_file(kept.pk, purpose="测试")
        assert b"GPS" not in b"".join(content)


def test_goods_and_money_of_a_charity_stand_beside_public_money_by_fund(town):
    fund(town, "1000")
    spend(town, "100")
    with town.at_desk(town.window):
        gift = {"household": town.home.pk, "area_path": town.village.path, "given_on": DAY, "by": town.window, "at": NOON}
        actions.record_gift(fund="县慈善总会", item="助困金", is_money=True, yuan=Decimal("500"), **gift)
        actions.record_gift(fund="县慈善总会", item="大米", is_money=False, yuan=None, quantity="2 袋", **gift)

        rows = queries.received_once(household=town.home.pk, people=[town.person.pk])

        assert queries.totals_by_fund(rows) == [("乡镇备用金", 100), ("县慈善总会", 500)]
        assert {(one.item, one.quantity, one.yuan) for one in rows} >= {("大米", "2 袋", None)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"fund": " "},
        {"is_money": True, "yuan": None},
        {"is_money": False, "yuan": None, "quantity": ""},
        {"yuan": Decimal("0")},
    ],
)
def test_a_gift_without_giver_amount_or_quantity_is_not_recorded(town, wrong):
    said = {"fund": "县慈善总会", "item": "助困金", "is_money": True, "yuan": Decimal("5"), "quantity": ""} | wrong
    with town.at_desk(town.window), pytest.raises(actions.NotRecorded):
        actions.record_gift(household=town.home.pk, area_path=town.village.path, given_on=DAY, by=town.window, at=NOON, **said)


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_two_who_spend_at_the_same_moment_never_spend_the_same_money(town):
    fund(town, "100")
    together, done, refused = threading.Barrier(2), [], []

    def one():
        try:
            together.wait(10)
            done.append(spend(town, "60").balance_fen)
        except actions.NotBooked as problem:
            refused.append(str(problem))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (done, len(refused)) == ([4000], 1)
    with scope(town.county, "测试"):
        assert Reserve.objects.get().balance_fen == 4000
        assert ReserveEntry.objects.filter(kind="spent").count() == 1


def test_the_database_itself_keeps_every_entry(town):
    fund(town, "1000")
    guard(connection, *ACCOUNTS)
    try:
        for spoil in (ReserveEntry.objects.update, ReserveEntry.objects.all):
            with scope(town.county, "测试"), pytest.raises(DatabaseError, match="只能增加"), transaction.atomic():
                spoil(words="改") if spoil.__name__ == "update" else spoil()._raw_delete("default")
        assert spend(town, "300").balance_fen == 70_000
    finally:
        unguard(connection, *ACCOUNTS)


def test_what_was_given_once_today_was_received_and_is_not_being_received(town):
    with scope(town.window, "测试"):
        same = {"household": town.home, "amount_fen": 50_000, "recorded_at": NOON, "area_path": town.home.area_path}
        Grant.objects.create(policy="small_emergency_aid", starts_on=DAY, ends_on=DAY, **same)
        Grant.objects.create(policy="subsistence_allowance", starts_on=DAY, **same)

        running = queries.receipts_of(household_id=town.home.pk, people=[], on=DAY)
        assert [one.policy for one in running] == ["subsistence_allowance"]
        received = queries.received_once(household=town.home.pk, people=[])
        assert [(one.policy, one.yuan) for one in received] == [("small_emergency_aid", 500)]


def test_what_a_household_was_given_is_added_up_by_item_and_fund_and_by_months(town):
    fund(town, "1000")
    case = uuid.uuid4()
    spend(town, "100", case=case)
    spend(town, "60.50")
    with town.at_desk(town.window):
        first = ReserveEntry.objects.get(case_key=case)
        actions.return_to_reserve(entry=first.pk, yuan=Decimal("40"), words="没用完", by=town.window, at=NOON)
        rows = queries.received_once(household=town.home.pk, people=[town.person.pk])

        assert queries.totals_by_item(rows) == [("乡镇备用金", "small_emergency_aid", "", 2, Decimal("120.50"))]
        about = {"household": town.home, "policy": "subsistence_allowance", "recorded_at": NOON, "area_path": town.home.area_path}
        Grant.objects.create(**about, amount_fen=30_000, starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30))
        Grant.objects.create(**about, amount_fen=40_000, starts_on=date(2026, 7, 1))
        granted = queries.granted_by_the_month(household_id=town.home.pk, people=[])

        assert [one.ends_on for one in granted] == [date(2026, 6, 30), None]
        # Six months of 300 元, and July to November of 400 元.
        assert queries.due_by_policy(granted, on=DAY) == [queries.Due("subsistence_allowance", 11, Decimal(3800))]


def test_what_one_household_receives_is_what_is_counted_for_all(town):
    """The days of one household are chosen in Python, those of all in the database: they say the same at every border."""
    day, near = timedelta(days=1), (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1))
    with scope(town.window, "测试"):
        for number, (starts_on, ends_on) in enumerate(product(near, (*near, None))):
            if ends_on is None or ends_on >= starts_on:
                Grant.objects.create(
                    policy=f"policy_{number}",
                    household=town.home,
                    area_path=town.home.area_path,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    recorded_at=NOON,
                )
        for on in (DAY - 2 * day, *near, DAY + 2 * day):
            one = {receipt.grant_id for receipt in queries.receipts_of(household_id=town.home.pk, people=[], on=on)}
            assert one == set(queries.grants_on(on).values_list("pk", flat=True))
