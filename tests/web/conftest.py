"""What tests of pages share: a browser without a screen, logged in through the door, never around it."""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from tests.journeys.planted import plant
from tests.make import make_staff

PASSWORD = "a-long-password"


def code_of(secret: str) -> str:
    """Return the present one-time code of a secret; one that is about to change is waited out."""
    left = 30 - time.time() % 30
    if left < 1:
        time.sleep(left)
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


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    """The planted county, loaded and screened once for a module; its rows are committed, because a screening reads the file."""
    with django_db_blocker.unblock():
        yield plant(tmp_path_factory.mktemp("county"))
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def enter_as(county, db):
    """Log in somebody of the planted county by user name."""

    def log_in(username):
        client = Client()
        client.post("/login/", {"login": username, "password": PASSWORD})
        answer = client.post("/login/code/", {"code": code_of(county.secrets[username])})
        assert answer.status_code == 302
        return client

    return log_in
