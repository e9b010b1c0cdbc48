"""Tables of benefits: who receives what, how much, since when, until when, under which policy version."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from yimen.office.access import Scoped


class Grant(Scoped):
    """
    What one person or household receives under one policy (给付), in fen per unit of the policy (usually 元/月).

    Loaded from a department's list or made by a decision; `facts` are those it was decided on, frozen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.CASCADE, related_name="grants")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.CASCADE, related_name="grants")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=80, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=40, default="元/月")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    next_review_on = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    delivery = models.ForeignKey("office.Delivery", null=True, on_delete=models.PROTECT)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
                name="grant_to_one_subject",
            ),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="grant_ends_after_start"),
            models.UniqueConstraint(
                fields=["policy", "person"], condition=Q(ends_on=None, person__isnull=False), name="person_grant_once"
            ),
            models.UniqueConstraint(
                fields=["policy", "household"], condition=Q(ends_on=None, household__isnull=False), name="household_grant_once"
            ),
        ]


class NeverChanged(Exception):
    """A row that is only ever added was to be changed or removed."""


class Added(Scoped):
    """A table that is only added to: a mistake gets a row of its own."""

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **options: Any) -> None:
        """Save a new row. Raises NeverChanged for one that is there."""
        if not self._state.adding:
            raise NeverChanged("这一笔已经记账，不能改；记错了另记一笔。")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise NeverChanged("这一笔已经记账，不能删；记错了另记一笔。")


class Reserve(Scoped):
    """
    A township's reserve for urgent aid (乡镇备用金): advanced by the county, spent at once, accounted for every month.

    `balance_fen` is the sum of the entries; the database keeps it from falling below nothing.
    """

    area = models.OneToOneField("office.Area", on_delete=models.PROTECT, related_name="reserve")
    balance_fen = models.BigIntegerField(default=0)
    entries_made = models.PositiveIntegerField(default=0)

    class Meta(Scoped.Meta):
        constraints = [models.CheckConstraint(condition=Q(balance_fen__gte=0), name="reserve_never_below_nothing")]


class ReserveEntry(Added):
    """
    One movement of a reserve (备用金流水): money in is positive, money out negative. Only ever added.

    What was spent names the household, the person and the case; the receipt is a stored file (photo, fingerprint).
    """

    class Kind(models.TextChoices):
        FUNDED = "funded", "县级拨付"
        SPENT = "spent", "救助支出"
        RETURNED = "returned", "退回备用金"
        HANDED_BACK = "handed_back", "缴回县级"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    reserve = models.ForeignKey(Reserve, on_delete=models.PROTECT, related_name="entries")
    nth = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    fen = models.BigIntegerField()
    balance_fen = models.BigIntegerField()
    on = models.DateField(db_index=True)
    words = models.CharField(max_length=200, blank=True)
    policy = models.CharField(max_length=40, blank=True)
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="reserve_entries")
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="reserve_entries")
    case_key = models.UUIDField(null=True, db_index=True)
    by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Added.Meta):
        constraints = [
            models.UniqueConstraint(fields=["reserve", "nth"], name="reserve_entry_in_order"),
            models.CheckConstraint(condition=Q(balance_fen__gte=0), name="reserve_entry_leaves_no_debt"),
            models.CheckConstraint(
                condition=Q(kind__in=("funded", "returned"), fen__gt=0) | Q(kind__in=("spent", "handed_back"), fen__lt=0),
                name="reserve_entry_has_its_sign",
            ),
            models.CheckConstraint(
                condition=~Q(kind="spent") | Q(household__isnull=False, person__isnull=False, case_key__isnull=False),
                name="reserve_spent_on_a_case",
            ),
        ]
        indexes = [models.Index(fields=["reserve", "on"], name="reserve_account")]


class ReserveReceipt(Added):
    """The receipt of money spent from a reserve (收据): a photo or a fingerprint, as a stored file. Only added."""

    class Kind(models.TextChoices):
        SIGNED = "signed", "本人签字"
        FINGERPRINT = "fingerprint", "本人按指印"
        PHOTO = "photo", "领款照片"

    entry = models.ForeignKey(ReserveEntry, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=12, choices=Kind)
    file = models.UUIDField()
    by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class CharityGift(Added):
    """Money or goods of a charity for a household or one of its people (慈善款物), recorded beside public money, never mixed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="charity_gifts")
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="charity_gifts")
    fund = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    is_money = models.BooleanField()
    fen = models.BigIntegerField(null=True)
    quantity = models.CharField(max_length=40, blank=True)
    given_on = models.DateField()
    case_key = models.UUIDField(null=True)
    by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Added.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(is_money=True, fen__gt=0) | Q(Q(fen=None) | Q(fen__gt=0), is_money=False),
                name="charity_money_has_an_amount",
            ),
        ]
