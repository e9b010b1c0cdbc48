"""Accounts of staff: nobody signs up, and five failures lock the door for half an hour."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff are entered by an administrator; there is no sign-up page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *_: Any, **__: Any) -> HttpResponse:
    """Say that the account is locked; the answer is the same for known and unknown users."""
    return render(request, "account/locked.html", status=429)
