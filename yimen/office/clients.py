"""
Clients (接入程序): programs that come in by the API with a token of their own, such as the provincial portal.

Each has an account like a member of staff, so that scope, permissions and audit are the same as for people; it has no
password, and its token opens the API alone. A token is shown once, when it is made; the database keeps its hash.
"""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yimen.office import audit
from yimen.office.access import NotAllowed, require
from yimen.office.models import ApiClient, Area, Department, Post, Staff
from yimen.office.permissions import POST_WORDS

CLIENT_POSTS = ("portal",)
PREFIX = "yimen_"


@transaction.atomic
def add_client(*, username: str, name: str, area: Area, post: str, by: Staff | None, at: datetime) -> tuple[ApiClient, str]:
    """
    Add a client with a post in an area and return it with its token, which is told only now.

    Raises NotAllowed for a post that is made for people, for a user name that is taken, or without the permission.
    """
    require("staff.manage")
    refuse_taken(username)
    if post not in CLIENT_POSTS:
        allowed = "、".join(f"{one}（{POST_WORDS[one]}）" for one in CLIENT_POSTS)
        raise NotAllowed(f"程序只能任这些岗：{allowed}。别的岗位要由人来担任。")
    department = Department.objects.get(code="mz")
    staff = Staff(username=username, name=name, department=department)
    staff.set_unusable_password()
    staff.save()
    Post.objects.create(staff=staff, kind=post, area=area, starts_on=timezone.localdate(at))
    token = PREFIX + secrets.token_urlsafe(32)
    client = ApiClient.objects.create(staff=staff, token_hash=_hash(token), made_at=at)
    audit.write(action="client.add", at=at, username=username, post=post, area=area.code)
    return client, token


@transaction.atomic
def renew_token(*, client: ApiClient, by: Staff | None, at: datetime) -> str:
    """Give a client another token and return it; the old one opens nothing from now on. Raises NotAllowed once revoked."""
    require("staff.manage")
    if client.revoked_at is not None:
        raise NotAllowed("这个接入程序已经停用，不能换令牌。要再接入，请另加一个。")
    token = PREFIX + secrets.token_urlsafe(32)
    client.token_hash = _hash(token)
    client.save(update_fields=["token_hash"])
    audit.write(action="client.renew", at=at, username=client.staff.username)
    return token


@transaction.atomic
def revoke_client(*, client: ApiClient, by: Staff | None, at: datetime) -> ApiClient:
    """Shut a client out from the next call on; what it did stays under its name."""
    require("staff.manage")
    client.revoked_at = client.revoked_at or at
    client.save(update_fields=["revoked_at"])
    client.staff.is_active = False
    client.staff.save(update_fields=["is_active"])
    audit.write(action="client.revoke", at=at, username=client.staff.username)
    return client


def refuse_taken(username: str) -> None:
    """Raise NotAllowed for a user name that somebody has, however it is written."""
    if Staff.objects.filter(username__iexact=username.strip()).exists():
        raise NotAllowed(f"已经有用户名“{username}”（不分大小写），请换一个。")


def is_client(staff: Staff) -> bool:
    """Say whether an account is a program's."""
    return ApiClient.objects.filter(staff=staff).exists()


def client_of(token: str) -> Staff | None:
    """Return the account of the client that holds this token, or None for one that opens nothing."""
    # Tokens hold 256 bits of chance, so a plain hash cannot be guessed and the look-up tells nothing by its time.
    held = ApiClient.objects.filter(token_hash=_hash(token), revoked_at=None, staff__is_active=True).select_related("staff")
    client = held.first()
    return client.staff if client else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
