"""What is found out in a case: papers, authorisations, kinship, visits, settled differences, random checks."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.models.matter import Case, Decision
from yimen.cases.words import PaperState
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class Paper(Scoped):
    """
    One paper a case needs (材料): proved by data, brought, missing or promised until a day (容缺受理).

    `scan` is its picture, `more_scans` are the pages after the first.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="papers")
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=PaperState)
    proved_by = models.CharField(max_length=60, blank=True)
    policies = models.JSONField(default=list)
    promised_until = models.DateField(null=True)
    scan = models.UUIDField(null=True)
    more_scans = models.JSONField(default=list)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="paper_once_per_case")]

    @property
    def pages(self) -> list[uuid.UUID]:
        """Return the keys of its pictures, in order."""
        return [*([self.scan] if self.scan else []), *(uuid.UUID(one) for one in self.more_scans)]


class Consent(Scoped):
    """
    An authorisation to compare data (核对授权), by an adult member, a guardian or an obligor, or its refusal.

    Source: 社会救助法第41条; 民发〔2021〕57号第9条. `until` is a local parameter: no national text gives a term.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consents")
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="consents")
    obligor = models.ForeignKey("registry.Obligor", null=True, on_delete=models.PROTECT, related_name="consents")
    given = models.BooleanField()
    guardian_name = EncryptedField(null=True)
    signed_on = models.DateField()
    until = models.DateField(null=True)
    scan = models.UUIDField(null=True)
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "person"], name="consent_once_per_person"),
            models.CheckConstraint(
                name="consent_of_one",
                condition=Q(person=None, obligor__isnull=False) | Q(person__isnull=False, obligor=None),
            ),
        ]


class Kinship(Scoped):
    """A member related to staff or to a village committee member (近亲属备案): the county itself must visit (57号第11、20条)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="kinships")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    relative_name = EncryptedField(null=True)
    relation = models.CharField(max_length=20)
    recorded_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Visit(Scoped):
    """
    A home visit (入户调查): two people of ours, both signing, what they saw and photos (民发〔2021〕57号第16条).

    What was seen (`said`) becomes statements of evidence when the second has signed, not before: two people vouch for it.
    `by_county` marks the county's own visit, which is told from the posts of whoever made it; `unsigned_why` says why the
    household did not sign the form.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField()
    first = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    second_signed_at = models.DateTimeField(null=True)
    household_signed = models.BooleanField(default=False)
    unsigned_why = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=12, default="入户")
    by_county = models.BooleanField(default=False)
    seen = models.TextField(blank=True)
    photos = models.JSONField(default=list)
    said = models.JSONField(default=list)
    statements = models.JSONField(default=list)
    sent_back = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.CheckConstraint(name="visit_by_two_people", condition=~Q(first=F("second")))]


class VisitDraft(Scoped):
    """A visit half typed (草稿), kept on the server and nowhere else; it ends when the visit is recorded."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="visit_drafts")
    staff = models.ForeignKey(STAFF, on_delete=models.CASCADE, related_name="+")
    turn = models.PositiveBigIntegerField(default=0)
    content = models.JSONField(default=dict)
    photos = models.JSONField(default=list)
    saved_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["case", "staff"], name="one_visit_draft_each")]


class Settlement(Scoped):
    """A difference settled by a person with a reason (核定): what every source said, what counts from now on, and why."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="settlements")
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="+")
    fact = models.CharField(max_length=40)
    value = models.JSONField()
    heard = models.JSONField(default=list)
    reason = models.CharField(max_length=300)
    statement = models.UUIDField()
    settled_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField()


class Draw(Scoped):
    """A random check (随机抽查, 民发〔2021〕43号第16条): seed and share from which anybody can draw again and find the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    policy = models.CharField(max_length=40)
    seed = models.CharField(max_length=32)
    percent = models.PositiveSmallIntegerField()
    drawn_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()


class DrawEntry(Scoped):
    """One decision that stood in a draw, and whether it was drawn. It stands in one draw only: nobody draws until it suits."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="entries")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="draw_entry")
    drawn = models.BooleanField()
