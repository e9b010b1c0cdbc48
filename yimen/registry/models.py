"""Tables of the registry. Names and numbers are sealed; every row is scoped by its area path."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.office.access import Scoped
from yimen.office.models import PathField
from yimen.office.vault import EncryptedField, blind_index

STANDINGS = {
    "subsistence_allowance": "低保对象",
    "extreme_poverty_support": "特困人员",
    "borderline_household": "低保边缘家庭成员",
    "rigid_expenditure_household": "刚性支出困难家庭成员",
    "poverty_return_monitoring": "防返贫监测对象",
    "orphan_allowance": "孤儿",
    "unattended_child_allowance": "事实无人抚养儿童",
}
# A household or, of the extremely poor, a person is one of these at a time (社会救助法第13条).
ONE_OF = ("subsistence_allowance", "extreme_poverty_support", "borderline_household", "rigid_expenditure_household")
HOUSEHOLD_STANDINGS = {
    "subsistence_allowance": "低保家庭",
    "extreme_poverty_support": "特困家庭",
    "borderline_household": "低保边缘家庭",
    "rigid_expenditure_household": "刚性支出困难家庭",
    "poverty_return_monitoring": "防返贫监测户",
}


class Household(Scoped):
    """
    People who live together and share a budget (家庭); 城/农 is a decision (保障类别), not the kind of 户口.

    `told_on` is the last day on which a roster, or somebody at the window, told anything new of it or of who lives in it.
    `missing_members`: so many people whom a roster lists in it could not be taken; until they are, nobody knows how many it has.
    """

    class Category(models.TextChoices):
        URBAN = "城", "城市"
        RURAL = "农", "农村"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=40)
    area = models.ForeignKey("office.Area", on_delete=models.PROTECT)
    group = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=1, choices=Category, null=True)
    address = EncryptedField(null=True)
    content_key = models.CharField(max_length=32, blank=True)
    told_on = models.DateField(null=True)
    missing_members = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(db_index=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["area", "number"], name="household_number_once_per_area")]


class Person(Scoped):
    """One person (人员), known by a random key; the ID number is found only through its blind index."""

    class Sex(models.TextChoices):
        MALE = "男", "男"
        FEMALE = "女", "女"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = EncryptedField()
    id_number = EncryptedField()
    phone = EncryptedField(null=True)
    id_index = models.CharField(max_length=32, unique=True)
    born_on = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex)
    died_on = models.DateField(null=True)
    registered_here = models.BooleanField(null=True)
    content_key = models.CharField(max_length=32, blank=True)
    changed_at = models.DateTimeField(db_index=True)


class NameKey(Scoped):
    """A truncated keyed index of a person's name, pinyin, initials or last four digits, ambiguous on purpose (查找键)."""

    area_path = PathField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="name_keys", db_index=False)
    key = models.PositiveIntegerField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["key", "person"], name="name_key_once")]


class Membership(Scoped):
    """Who lived in which household, as whom, from when until when (家庭成员); `told_on`: the day the roster told it so."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    relation = models.CharField(max_length=10)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    told_on = models.DateField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(ends_on=None), name="person_in_one_household"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="membership_ends_after_start"
            ),
        ]


class Standing(Scoped):
    """What the county has decided a household or person to be (对象类别): from, until, by whom, next review."""

    household = models.ForeignKey(Household, null=True, on_delete=models.CASCADE, related_name="standings")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="standings")
    kind = models.CharField(max_length=30, choices=STANDINGS)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    decided_by = models.CharField(max_length=40)
    next_review_on = models.DateField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
                name="standing_of_one_subject",
            ),
            models.UniqueConstraint(fields=["household", "kind"], condition=Q(ends_on=None), name="household_standing_once"),
            models.UniqueConstraint(fields=["person", "kind"], condition=Q(ends_on=None), name="person_standing_once"),
        ]


class Obligor(Scoped):
    """
    Somebody outside the household who owes support by law (法定义务人), to whom and as what.

    Source: 民法典 第1058, 1059, 1067, 1074, 1075条.
    `identity_key` is a keyed hash of the ID number, or of name and relation where no number is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="obligors")
    name = EncryptedField()
    id_number = EncryptedField(null=True)
    relation = models.CharField(max_length=10)
    identity_key = models.CharField(max_length=32)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "identity_key"], name="obligor_once_per_person")]


def obligor_key(id_number: str) -> str:
    """Return what an obligor is known again by: a keyed hash of the ID number."""
    return blind_index("obligor", id_number)


class Guardianship(Scoped):
    """
    Who acts for somebody who may not act alone (监护): a minor whose guardian the roster does not tell, or an adult without
    full capacity (无、限制民事行为能力), by which paper and why.

    It counts for nothing until another than who entered it has seen the paper. Source: 社会救助法第41条 (a guardian signs).
    `identity_key` is a keyed hash of the guardian's ID number.
    """

    class Capacity(models.TextChoices):
        MINOR = "minor", "未成年人"
        LIMITED = "limited", "限制民事行为能力"
        NONE = "none", "无民事行为能力"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ward = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="guardianships")
    capacity = models.CharField(max_length=8, choices=Capacity)
    guardian = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="wards")
    name = EncryptedField()
    id_number = EncryptedField()
    identity_key = models.CharField(max_length=32)
    relation = models.CharField(max_length=20)
    paper = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)
    scan = models.UUIDField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("office.Staff", on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    ended_words = models.CharField(max_length=200, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ward", "identity_key"], condition=Q(ended_at=None), name="guardian_once_per_ward"),
            models.CheckConstraint(
                name="guardian_confirmed_by_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("recorded_by")),
            ),
            models.CheckConstraint(name="guardian_ended_says_why", condition=Q(ended_at=None) | ~Q(ended_words="")),
        ]
