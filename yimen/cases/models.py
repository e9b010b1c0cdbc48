"""Tables of cases. Every row of people is scoped by its area path; what was done is only ever added."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.words import Cause, Channel, DecisionState, Effect, Kind, Lane, PaperState, State, TaskKind, Way
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class CaseCounter(models.Model):
    """The last case number given out in a county in a year (办件号). Unscoped."""

    county = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "year"], name="case_counter_once")]


class Case(Scoped):
    """
    One matter of one household (办件), from the first word to delivery; `first_assignee` (首派责任人) is exactly one.

    `received_on` is the true day of receipt, which a case entered after a power cut keeps; `said` holds what was declared
    and is not yet a statement, `asked` what is asked for and is not yet a decision; `version` counts the changes, so that the
    second of two clerks is told and overwrites nothing. `reference` is the provincial portal's own number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=24, unique=True, null=True)
    receipt_code = models.CharField(max_length=16, unique=True)
    reference = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="cases")
    applicant = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="cases")
    helper_name = EncryptedField(null=True)
    helper_relation = models.CharField(max_length=20, blank=True)
    matter = models.CharField(max_length=200, blank=True)
    said = models.JSONField(default=list)
    asked = models.JSONField(default=list)
    service_point = models.ForeignKey("office.ServicePoint", null=True, on_delete=models.PROTECT)
    first_assignee = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="cases_answered_for")
    finding = models.ForeignKey("screening.Finding", null=True, on_delete=models.PROTECT, related_name="cases")
    way = models.CharField(max_length=12, choices=Way, blank=True)
    received_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    papers_told_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    due_is_provisional = models.BooleanField(default=False)
    concluded_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                # Not every policy has a limit: where no text gives one, there is none.
                name="case_has_a_number_once_accepted",
                condition=Q(accepted_at__isnull=True, due_on__isnull=True) | Q(accepted_at__isnull=False, number__isnull=False),
            ),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="portal_reference_once"),
            models.UniqueConstraint(
                fields=["finding"], condition=Q(state__in=("draft", "submitted", "accepted")), name="finding_in_one_open_case"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "area_path"], name="case_list"),
            models.Index(fields=["changed_at"], condition=~Q(reference=""), name="portal_changes"),
        ]

    def __str__(self) -> str:
        return self.number or "未编号"


class CaseEvent(Scoped):
    """One thing that happened to a case (经过): the step, the day it counts from, who, when, in which words. Only added."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    decision = models.ForeignKey("Decision", null=True, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=24)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, blank=True)
    words = models.CharField(max_length=500, blank=True)
    cause = models.CharField(max_length=80, blank=True)
    article = models.CharField(max_length=120, blank=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["case", "at"], name="case_event_trail")]


class Decision(Scoped):
    """
    One department's decision on one policy in a case (决定), by its own authority and from its own fund.

    Identity (低保 特困 边缘 刚性) is decided first, the others in parallel. `facts` are frozen when it is proposed; nobody
    proposes and confirms the same decision (收办分离), which the database keeps too. One with the effect END or ADJUST
    ends or changes the running `grant` it names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=80)
    department = models.CharField(max_length=20)
    fund = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="decisions")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="decisions")
    is_identity = models.BooleanField()
    effect = models.CharField(max_length=6, choices=Effect, default=Effect.GIVE)
    state = models.CharField(max_length=10, choices=DecisionState)
    agrees = models.BooleanField(null=True)
    opinion = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=500, blank=True)
    article = models.CharField(max_length=200, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=10, blank=True)
    facts = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    facts_hash = models.CharField(max_length=32, blank=True)
    due_on = models.DateField(null=True)
    due_is_provisional = models.BooleanField(default=False)
    grant = models.ForeignKey("benefits.Grant", null=True, on_delete=models.PROTECT, related_name="decisions")

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "policy", "person"], name="decision_once_per_person"),
            models.UniqueConstraint(
                fields=["case", "policy"], condition=Q(person__isnull=True), name="decision_once_per_household"
            ),
            models.CheckConstraint(
                name="decision_about_one_subject",
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
            ),
            models.CheckConstraint(
                name="nobody_proposes_and_confirms",
                condition=Q(decided_by=None) | Q(proposed_by=None) | ~Q(proposed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="decision_names_who_decided",
                condition=~Q(state__in=("confirmed", "refused")) | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "department", "area_path"], name="decision_list")]


class Handover(Scoped):
    """The offer to take a case over, or a supervisor's reassignment (移交): from whom, to whom, why, and the answer."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    giver = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="handovers_offered")
    reason = models.CharField(max_length=200)
    offered_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answered_at=None), name="one_open_handover_per_case"),
            models.CheckConstraint(name="handover_to_another", condition=~Q(giver=F("taker"))),
        ]


class Task(Scoped):
    """
    One thing to be done by one person by a day (任务): a visit, an errand, a call; `outreach` and the hall make them too.

    `facts` names what a third party has to verify ([person or "", fact]); it is shown nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="tasks")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=12, choices=TaskKind)
    words = models.CharField(max_length=300)
    owner = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="tasks")
    due_on = models.DateField(null=True)
    made_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=list)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["owner", "done_at", "due_on"], name="task_list")]


class Visit(Scoped):
    """
    A home visit (入户调查): two people of ours, both signing, what they saw and photos (民发〔2021〕57号第16条).

    What was seen (`said`) becomes statements of evidence when the second has signed, not before: two people vouch for it.
    `by_county` marks the county's own visit, which is told from the posts of whoever made it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField()
    first = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    second_signed_at = models.DateTimeField(null=True)
    household_signed = models.BooleanField(default=False)
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


class Paper(Scoped):
    """One paper a case needs (材料): proved by data, brought, missing or promised until a day (容缺受理)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="papers")
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=PaperState)
    proved_by = models.CharField(max_length=60, blank=True)
    policies = models.JSONField(default=list)
    promised_until = models.DateField(null=True)
    scan = models.UUIDField(null=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="paper_once_per_case")]


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


class Report(Scoped):
    """
    What was reported (主动发现) or complained of (投诉举报): who and where are compulsory, the rest is words, also spoken ones.

    Whom it is about may be in no roster yet; once they are found it becomes a case. It has one owner and, where a local text
    gives a limit, a day. The answer goes to whoever reported, or to whoever shows its code; who that was lies apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    code = models.CharField(max_length=16, unique=True)
    about = EncryptedField()
    area = models.ForeignKey("office.Area", on_delete=models.PROTECT)
    place = EncryptedField(null=True)
    words = EncryptedField(null=True)
    voice = models.UUIDField(null=True)
    photo = models.UUIDField(null=True)
    consents = models.BooleanField(null=True)
    owner = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="reports")
    due_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    case = models.OneToOneField(Case, null=True, on_delete=models.PROTECT, related_name="report")
    ended_at = models.DateTimeField(null=True)
    ending_words = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                name="report_without_consent_has_no_photo", condition=Q(photo=None) | Q(consents=True, photo__isnull=False)
            ),
            models.CheckConstraint(name="report_is_no_application", condition=Q(kind__in=("report", "complaint"))),
        ]
        indexes = [models.Index(fields=["ended_at", "due_on", "area_path"], name="report_list")]


class Informant(Scoped):
    """Who complained, if they gave their name (举报人): sealed, apart from report and case; opened only by its own permission."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="informant")
    name = EncryptedField()
    phone = EncryptedField(null=True)


class UrgentAid(Scoped):
    """
    Temporary aid given in an emergency (急难救助): what happened where, what was given first, by when papers must follow.

    `given_fen` went out before any decision (社会救助法第50条); the decision follows it, by a second person.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="urgent")
    lane = models.CharField(max_length=8, choices=Lane)
    cause = models.CharField(max_length=12, choices=Cause)
    words = models.CharField(max_length=200, blank=True)
    given_on = models.DateField()
    given_fen = models.BigIntegerField()
    from_reserve = models.BooleanField()
    papers_by = models.DateField(null=True)
    given_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [models.CheckConstraint(name="urgent_aid_is_an_amount", condition=Q(given_fen__gt=0))]


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
