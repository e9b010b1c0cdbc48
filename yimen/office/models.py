"""Tables of the office. None of them holds a citizen: they are unscoped and say so."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.timezone import localdate

from yimen.office.permissions import EXCLUSIVE, POST_WORDS

# The one post of a firm's people; it is held only while the firm's contract runs.
THIRD_PARTY = "third_party"


class PathField(models.CharField):  # type: ignore[type-arg]
    """An area path like "37.3717.371702."; compared byte by byte on every database, so that ranges are right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 48)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        parameters["collation"] = "C" if connection.vendor == "postgresql" else None
        return parameters


class Area(models.Model):
    """An administrative division (行政区划), from province (1) to village (5). Unscoped."""

    code = models.CharField(primary_key=True, max_length=12)
    name = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = PathField(unique=True)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """
    A department that owns policies or states facts (部门): 民政 残联 医保 …; or a firm that verifies for us. Unscoped.

    A firm (第三方机构) has a contract with a first and a last day.
    """

    class Kind(models.TextChoices):
        GOVERNMENT = "government", "部门"
        THIRD_PARTY = "third_party", "第三方机构"

    code = models.CharField(primary_key=True, max_length=20)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.GOVERNMENT)
    contract = models.CharField(max_length=60, blank=True)
    contract_from = models.DateField(null=True)
    contract_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="firm_has_a_contract",
                condition=Q(kind="government", contract_from=None, contract_until=None)
                | Q(
                    kind="third_party",
                    contract_from__isnull=False,
                    contract_until__isnull=False,
                    contract_until__gte=F("contract_from"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_engaged(self) -> bool:
        """Say whether a firm's contract runs today."""
        first, last = self.contract_from, self.contract_until
        return first is not None and last is not None and first <= timezone.localdate() <= last


class ServicePoint(models.Model):
    """A place where people are served (服务点), of three levels and several owners. Unscoped."""

    class Owner(models.TextChoices):
        GOVERNMENT = "government", "政务大厅"
        TOWNSHIP = "township", "便民服务中心"
        VILLAGE = "village", "村级站点"
        BANK = "bank", "银行网点"
        HOSPITAL = "hospital", "医院"

    name = models.CharField(max_length=60)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="service_points")
    owner = models.CharField(max_length=12, choices=Owner)
    address = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, blank=True)
    hours = models.CharField(max_length=80, default="周一至周五 8:30–12:00，14:00–17:30")
    departments = models.ManyToManyField(Department, related_name="service_points")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "name"], name="service_point_once_per_area")]

    def __str__(self) -> str:
        return self.name


class StaffManager(BaseUserManager["Staff"]):
    """Makes staff; there is no sign-up."""

    def create_user(self, username: str, password: str, *, name: str, **extra: Any) -> "Staff":
        staff = self.model(username=username, name=name, **extra)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """One of us (工作人员). Unscoped: what a member of staff may see follows from the posts."""

    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_demonstration = models.BooleanField(default=False)
    department = models.ForeignKey(Department, null=True, on_delete=models.PROTECT, related_name="staff")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    is_staff = is_superuser = False

    objects = StaffManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="username_once_however_written")]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Answer Django's own question: nobody has framework permissions; see `access.require`."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Post(models.Model):
    """
    A post held by a member of staff in an area (岗位); a one-person township combines several. Unscoped.

    Held from `starts_on` up to the day before `ends_on`, so that who is relieved today sees nothing from the next click on.
    """

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="posts")
    kind = models.CharField(max_length=20, choices=POST_WORDS)
    area = models.ForeignKey(Area, on_delete=models.PROTECT)
    service_point = models.ForeignKey(ServicePoint, null=True, on_delete=models.PROTECT)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "kind", "area"], condition=Q(ends_on=None), name="post_held_once"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="post_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}（{self.area}）"

    @property
    def is_held(self) -> bool:
        """Say whether the post is held today; access changes with the day, not with a nightly job."""
        today = timezone.localdate()
        if self.kind == THIRD_PARTY and (self.staff.department is None or not self.staff.department.is_engaged):
            return False
        return self.starts_on <= today and (self.ends_on is None or today < self.ends_on)

    @property
    def is_exclusive(self) -> bool:
        return self.kind in EXCLUSIVE


class ApiClient(models.Model):
    """
    A program that sends and asks for us (接入程序), such as the provincial portal. Unscoped.

    What it may do and where follows from the posts of its own account, as for everybody; nobody can log in as it. Of its
    token only the hash is kept.
    """

    staff = models.OneToOneField(Staff, on_delete=models.PROTECT, related_name="client")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.staff.name


class AuditEntry(models.Model):
    """One read or change (审计记录), subjects under pseudonyms. The database refuses change and deletion. Unscoped."""

    at = models.DateTimeField(db_index=True)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT)
    actor = models.CharField(max_length=60)
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=40)
    purpose = models.CharField(max_length=80)
    subjects = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    refused = models.BooleanField(default=False)
    detail = models.JSONField(default=dict)


class KeyCheck(models.Model):
    """What recognises the index key or one data key of this database (密钥校验值). Unscoped."""

    value = models.CharField(max_length=64)


class CalendarDay(models.Model):
    """A day off or a make-up workday that an administrator entered from the yearly notice (放假安排). Unscoped."""

    day = models.DateField(unique=True)
    is_workday = models.BooleanField()
    name = models.CharField(max_length=20)


class CalendarYear(models.Model):
    """A year whose notice has been entered, with its document (放假通知). Unscoped."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    document = models.CharField(max_length=60)
    entered_at = models.DateTimeField()


class Delivery(models.Model):
    """
    A file that came in (来文件): roster, facts or recipients; its hash, mapping, counts and rejected rows.

    The rejected rows and the reason for each lie encrypted in `office.files`; the same file a second time changes nothing.
    Unscoped: counts only; `queries.deliveries_seen` shows those of the desk's own areas.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=12)
    origin = models.CharField(max_length=40)
    name_of_file = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    area = models.ForeignKey(Area, on_delete=models.PROTECT)
    mapping = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    loaded = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT)
    finished_at = models.DateTimeField(null=True)
    rejects_file = models.UUIDField(null=True)

    # The headings that were used for nothing: told to whoever loads the file, not kept.
    left_out: tuple[str, ...] = ()

    @property
    def rejects_until(self) -> date | None:
        """Return the last day on which the rejected rows can be fetched; they may be of people we know nothing of."""
        if self.rejects_file is None or self.finished_at is None:
            return None
        return localdate(self.finished_at) + timedelta(days=settings.YIMEN_REJECTS_DAYS)

    @property
    def has_rejects(self) -> bool:
        """Say whether there are rejected rows that can still be fetched."""
        return self.rejects_until is not None and localdate() <= self.rejects_until


class StoredFile(models.Model):
    """
    A file that lies encrypted under a random name (存档文件), with its area and how long it is kept.

    Unscoped as a table: it is opened only through `office.files`, which checks the area and writes the audit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    area_path = PathField()
    stored_at = models.DateTimeField()
    retain_until = models.DateField(null=True)


class Job(models.Model):
    """One piece of long work (后台任务): leased by a worker, taken again when the lease runs out. Unscoped."""

    class State(models.TextChoices):
        READY = "ready", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "未完成"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    run_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_by = models.CharField(max_length=60, blank=True)
    leased_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    doing = models.CharField(max_length=80, blank=True)
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_all = models.PositiveBigIntegerField(default=0)
    problem = models.TextField(blank=True)
    result = models.JSONField(null=True)
    made_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["run_after"], condition=Q(state="ready"), name="job_ready")]


class Submission(models.Model):
    """
    What a client sent under a key of its own (提交编号), and what it was answered, so that it happens once.

    Unscoped: the answer holds keys and numbers only, and is given back to the same actor alone.
    """

    key = models.CharField(max_length=64)
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "actor"], name="submission_once")]
