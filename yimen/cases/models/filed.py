"""What becomes of a household's file (一户一档): lent out and brought back, handed over to the archives. Only added to."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.office.access import Scoped

STAFF = "office.Staff"


class Lending(Scoped):
    """A household's file lent out (借阅): to whom, why, until when, and when it came back; one at a time is out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="lendings")
    borrower = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)
    lent_on = models.DateField()
    due_on = models.DateField(null=True)
    lent_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    lent_at = models.DateTimeField()
    returned_on = models.DateField(null=True)
    returned_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    remark = models.CharField(max_length=200, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["household"], condition=Q(returned_on=None), name="one_file_is_out_once"),
            models.CheckConstraint(
                name="file_comes_back_after_it_went_out", condition=Q(returned_on=None) | Q(returned_on__gte=F("lent_on"))
            ),
        ]
        indexes = [models.Index(fields=["returned_on", "due_on", "area_path"], name="lending_list")]


class FileTransfer(Scoped):
    """A household's file handed over to the archives (移交): to which, under which number, what it held then, who took it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="transfers")
    archive = models.CharField(max_length=60)
    number = models.CharField(max_length=60)
    receiver = models.CharField(max_length=40)
    leaves = models.PositiveSmallIntegerField()
    handed_on = models.DateField()
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class OldPaper(Scoped):
    """A paper from before the program, scanned into a household's file (旧档补扫); `scans` are its pages, in order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="old_papers")
    title = models.CharField(max_length=60)
    dated_on = models.DateField(null=True)
    scans = models.JSONField(default=list)
    remark = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    @property
    def pages(self) -> list[uuid.UUID]:
        """Return the keys of its pictures, in order."""
        return [uuid.UUID(one) for one in self.scans]
