"""Applying from home and for another: invitations (申请码), online applications (网上申请), authorities (委托书)."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.models.matter import Case
from yimen.cases.words import OnlineState, Proof
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class Invitation(Scoped):
    """
    A code handed to a person whose ID card an officer has seen (申请码), with which one application is filled in at home.

    Only a keyed hash of the code is kept. It opens together with the end of the person's own ID number, until `expires_at`,
    and not after `wrong` has reached its limit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code_index = models.CharField(max_length=32, unique=True)
    person = models.ForeignKey("registry.Person", on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(used_at=None, revoked_at=None), name="one_open_invitation_per_person"
            )
        ]


class OnlineApplication(Scoped):
    """
    An application as its person fills it in at home (网上申请), before it is a case; `content` is sealed as a whole.

    It becomes a case when it is submitted by somebody whose identity is proven, else when an officer has proven it. Nothing
    known about anybody is laid beside it until then. `resume_index` is the keyed hash of the code to go on with. Of what has
    ended `content` is emptied after its time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    resume_index = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=12, choices=OnlineState, default=OnlineState.DRAFT)
    proof = models.CharField(max_length=10, choices=Proof, default=Proof.NONE)
    area = models.ForeignKey("office.Area", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="+")
    invitation = models.OneToOneField(Invitation, null=True, on_delete=models.PROTECT, related_name="application")
    content = EncryptedField(null=True)
    receipt_code = models.CharField(max_length=16, unique=True, null=True)
    case = models.OneToOneField(Case, null=True, on_delete=models.PROTECT, related_name="online")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)
    proved_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    ending_words = models.CharField(max_length=300, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                name="online_has_a_receipt_once_submitted",
                condition=Q(state="draft", submitted_at=None, receipt_code=None)
                | Q(~Q(state="draft"), submitted_at__isnull=False, receipt_code__isnull=False),
            ),
            models.CheckConstraint(
                name="online_is_a_case_once_taken",
                condition=Q(state="taken", case__isnull=False) | Q(~Q(state="taken"), case=None),
            ),
            models.CheckConstraint(
                name="online_taken_has_proof",
                condition=~Q(state="taken") | ~Q(proof="none"),
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at", "area_path"], name="online_list")]


class Authority(Scoped):
    """
    An authority by which somebody acts for a household (委托书): the signed paper, for which matters, from when until when.

    `agent` is the helping agent (帮办代办员) with a desk of their own; a relative has none. What they entered themselves opens
    nothing until a window or the village has seen the paper (`confirmed_at`). It can be taken back any day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="authorities")
    principal = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    agent_name = EncryptedField()
    agent_number = EncryptedField()
    relation = models.CharField(max_length=20)
    matters = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField()
    scan = models.UUIDField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_words = models.CharField(max_length=200, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(name="authority_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(
                name="authority_confirmed_by_another",
                condition=Q(confirmed_by=None) | Q(agent=None) | ~Q(confirmed_by=F("agent")),
            ),
            models.CheckConstraint(
                name="authority_taken_back_says_why",
                condition=Q(revoked_at=None) | ~Q(revoked_words=""),
            ),
        ]
        indexes = [models.Index(fields=["agent", "ends_on"], name="authority_of_agent")]
