"""Accounts of staff: nobody signs up, a second factor is a must, and five failures lock the door for half an hour."""

import base64
import io
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.views import PasswordChangeView
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from yimen.office import audit
from yimen.office.access import System, scope
from yimen.office.queries import staff_called
from yimen.office.rotation import SECOND_FACTOR
from yimen.office.vault import seal, unseal

RECENTLY = 300


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff are entered by an administrator; there is no sign-up page, and no message after log-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for the password again only where it was given more than five minutes ago."""
        records = get_authentication_records(context.request, context.request.user)
        return not any(time.time() - record["at"] < RECENTLY for record in records)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer the password only: the second factor has just been asked for at the door."""
        return [{"id": "reauthenticate", "description": "密码", "url": reverse("account_reauthenticate")}]

    def login(self, request: HttpRequest, user: Any) -> None:
        """Open the session, and write down who came in and from where."""
        super().login(request, user)
        with scope(user, "登录", address=address_of(request)):
            audit.write(action="login", at=timezone.now())

    def add_message(self, *_: Any, **__: Any) -> None:
        """Say nothing: the page one sees says enough."""


class StaffSecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """The secret of the one-time codes (动态口令) lies sealed; its QR picture is drawn here, on the page."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text, place=SECOND_FACTOR)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), place=SECOND_FACTOR)

    def build_totp_svg(self, url: str) -> str:
        # A picture of its own, not a part of the page: without its namespace no browser draws it.
        out = io.BytesIO()
        drawn = segno.make(url, error="m")
        drawn.save(out, kind="svg", border=4, scale=4, dark="#1b2521", light="#ffffff", xmldecl=False, svgns=True)
        return out.getvalue().decode("utf-8")


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """Asks for the code; a wrong one counts as a failed log-in, so that guessing locks the door too."""

    def clean_code(self) -> str:
        request, credentials = context.request, {"username": self.user.username}
        if not AxesProxyHandler.is_allowed(request, credentials):
            request.axes_locked_out, request.axes_credentials = True, credentials
            raise ValidationError("登录已暂时锁定。")
        try:
            return str(super().clean_code())
        except ValidationError:
            user_login_failed.send(sender=__name__, credentials=credentials, request=request)
            raise


class Enrolment(ActivateTOTPView):  # type: ignore[misc]
    """Set up the second factor at the first log-in; the session that did it counts as passed."""

    did_generate_recovery_codes = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_authenticated:
            return HttpResponseRedirect(reverse("account_login"))
        if has_second_factor(request):
            return HttpResponseRedirect(reverse("home"))
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return reverse("home")

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        made = Authenticator.objects.get(user_id=self.request.user.pk, type=Authenticator.Type.TOTP)
        record_authentication(self.request, self.request.user, "mfa", id=made.pk, type=made.type)
        return response


class NewPassword(PasswordChangeView):  # type: ignore[misc]
    """Change one's own password; behind the second factor, so that a stolen password alone cannot."""

    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        audit.write(action="password.change", at=timezone.now())
        messages.success(self.request, "密码已经改好，下次登录用新密码。")
        return response


def second_factors(request: HttpRequest) -> set[int]:
    """Return the keys of the second factors this person has set up."""
    rows = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP)
    return set(rows.values_list("pk", flat=True))


def has_second_factor(request: HttpRequest) -> bool:
    """Say whether this person has set up a second factor at all."""
    return bool(second_factors(request))


def passed_second_factor(request: HttpRequest, held: set[int]) -> bool:
    """Say whether this very session passed one of the factors that are still held; a reset factor no longer counts."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" and record.get("id") in held for record in records)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from: behind the proxy, what the proxy wrote last; the rest anybody may have written."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.YIMEN_HTTPS else ""
    with suppress(ValueError):
        return str(ip_address(told))
    return direct


def name_that_is_counted(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the user name under which failures are counted: Clerk, CLERK and ｃｌｅｒｋ open the same account."""
    typed = (credentials or {}).get("username") or request.POST.get("login", "")
    return unicodedata.normalize("NFKC", str(typed)).strip().casefold()


def locked_out(request: HttpRequest, _: object = None, credentials: Mapping[str, Any] | None = None) -> HttpResponse:
    """Say that the account is locked; the answer is the same for known and unknown users. Written down for known ones."""
    staff = staff_called(name_that_is_counted(request, credentials))
    if staff is not None:
        with scope(System("door"), "登录", address=address_of(request)):
            audit.write(action="login.locked", at=timezone.now(), refused=True, username=staff.username)
    return render(request, "account/locked.html", status=429)
