"""What tests of pages share: a browser without a screen, logged in through the door, never around it."""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from tests.make import make_staff

PASSWORD = "a-long-password"


def code_of(secret: str) -> str:
    """Return the present one-time code of a secret."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture(autouse=True)
def _fresh_codes():
    cache.clear()


@pytest.fixture
def enter(db):
    """Log a member of staff in: password, then code."""

    def log_in(staff=None, **wanted):
        staff = staff or make_staff(**wanted)
        secret = generate_totp_secret()
        TOTP.activate(staff, secret)
        client = Client()
        client.post("/login/", {"login": staff.username, "password": PASSWORD})
        answer = client.post("/login/code/", {"code": code_of(secret)})
        assert answer.status_code == 302
        client.staff, client.secret = staff, secret
        return client

    return log_in
