"""What goes out of a case: postings and the board, results handed over, ratings, archived papers, blank forms."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.models.matter import Case, Decision
from yimen.cases.words import Channel
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class Posting(Scoped):
    """
    A public posting (公示: before the decision, some days) or publication (公布: while it is paid) on the village board.

    Source: 民发〔2021〕57号第19条、第24条. The cadre photographs the sheet on the first and on the last day.
    """

    class Kind(models.TextChoices):
        BEFORE = "before", "公示"
        WHILE_PAID = "while_paid", "公布"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="postings")
    kind = models.CharField(max_length=10, choices=Kind)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    place = models.CharField(max_length=60)
    first_photo = models.UUIDField(null=True)
    last_photo = models.UUIDField(null=True)
    objection = models.CharField(max_length=500, blank=True)
    objected_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["decision", "kind"], condition=Q(closed_at=None), name="one_open_posting"),
        ]


class BoardPhoto(Scoped):
    """
    A photo of what a village's board shows of its recipients (公布栏照片); `shows` is the keyed hash of the list that hung there.

    Only added: a later photo stands beside an earlier one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    area = models.ForeignKey("office.Area", on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=60)
    photo = models.UUIDField()
    shows = models.CharField(max_length=64)
    lines = models.PositiveSmallIntegerField()
    taken_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["area", "at"], name="board_photo_newest")]


class Handing(Scoped):
    """How a result reached the person (送达): window, home, post or message, to whom, when, with which receipt."""

    class Way(models.TextChoices):
        WINDOW = "window", "回到受理窗口"
        HOME = "home", "送到家里"
        POST = "post", "邮寄"
        MESSAGE = "message", "短信"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handings")
    way = models.CharField(max_length=8, choices=Way)
    handed_on = models.DateField()
    said_aloud = models.BooleanField(default=False)
    receipt = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Confidant(Scoped):
    """Who is told, beside the applicant, that there is a result (结果也告诉谁): a child or other of the person's own choice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="confidant")
    name = EncryptedField()
    relation = models.CharField(max_length=20)
    phone = EncryptedField()
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Rating(Scoped):
    """One opinion on how a matter was handled (评价): five grades; a later opinion is added, never laid over an earlier one."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="ratings")
    channel = models.CharField(max_length=10, choices=Channel)
    grade = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300, blank=True)
    first = models.BooleanField(default=True)
    given_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(first=True), name="one_first_rating_per_case"),
            models.CheckConstraint(name="rating_of_five_grades", condition=Q(grade__gte=1, grade__lte=5)),
        ]


class ArchivedPaper(Scoped):
    """
    An official paper as it was printed (归档文书): its number in the case, and the file given back when printed again.

    `key` says what it was made from, so that the same paper is archived once. Only added, never changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="archived")
    kind = models.CharField(max_length=16)
    title = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    pages = models.PositiveSmallIntegerField()
    file = models.UUIDField()
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "key"], name="paper_archived_once"),
            models.UniqueConstraint(fields=["case", "number"], name="archived_number_once_per_case"),
        ]


class BlankPad(models.Model):
    """
    A pad of blank numbered forms for a power cut (空白编号登记表): which numbers an area has printed, by whom.

    Unscoped: numbers only; entered later, a form's case keeps the true day of receipt.
    """

    area = models.ForeignKey("office.Area", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "year", "first"], name="blank_pad_once"),
            models.CheckConstraint(name="blank_pad_has_forms", condition=Q(last__gte=F("first"), first__gte=1)),
        ]

    @property
    def numbers(self) -> list[str]:
        """Return the numbers of its forms (“990101001-2026-停0001”)."""
        return [f"{self.area_id}-{self.year}-停{number:04d}" for number in range(self.first, self.last + 1)]
