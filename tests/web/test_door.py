import re
import time
from base64 import b64decode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, generate_totp_secret
from django.test import Client

from tests.make import make_staff
from tests.web.conftest import PASSWORD, code_of

pytestmark = pytest.mark.django_db


def password_only(staff):
    client = Client()
    client.post("/login/", {"login": staff.username, "password": PASSWORD})
    return client


def test_a_stranger_is_sent_to_the_door_whatever_the_address():
    for path in ("/", "/findings/", "/nothing-here/", "/people/"):
        answer = Client().get(path)

        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


def test_password_and_code_open_the_first_page(enter):
    page = enter().get("/")

    assert page.status_code == 200
    assert "演示员" in page.content.decode()


def test_without_a_second_factor_every_page_leads_to_setting_one_up():
    client = password_only(make_staff())

    for path in ("/", "/findings/", "/people/", "/nothing-here/"):
        assert client.get(path)["Location"] == "/login/second-factor/"
    page = client.get("/login/second-factor/")
    assert page.status_code == 200
    assert "data:image/svg+xml" in page.content.decode()


def test_setting_up_the_second_factor_opens_the_pages():
    client = password_only(make_staff())
    client.get("/login/second-factor/")
    secret = client.session[SECRET_SESSION_KEY]

    answer = client.post("/login/second-factor/", {"code": code_of(secret)})

    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_the_secret_of_the_second_factor_lies_sealed():
    secret = generate_totp_secret()
    TOTP.activate(make_staff(), secret)

    assert secret not in str(Authenticator.objects.get().data)


def test_the_password_alone_opens_nothing_where_a_second_factor_is_set_up():
    staff = make_staff()
    TOTP.activate(staff, generate_totp_secret())
    client = password_only(staff)

    assert client.get("/")["Location"].startswith("/login/")
    assert client.post("/login/code/", {"code": "000000"}).status_code == 200
    assert client.get("/")["Location"].startswith("/login/")


def test_a_session_opened_before_somebody_else_set_up_the_factor_ends():
    staff = make_staff()
    thief, owner = password_only(staff), password_only(staff)
    owner.get("/login/second-factor/")
    owner.post("/login/second-factor/", {"code": code_of(owner.session[SECRET_SESSION_KEY])})

    assert thief.get("/")["Location"] == "/login/?ended=factor"
    assert owner.get("/").status_code == 200


def test_five_wrong_passwords_lock_even_the_right_one_out():
    staff = make_staff()
    client = Client()
    for _ in range(5):
        answer = client.post("/login/", {"login": staff.username, "password": "wrong"})

    assert answer.status_code == 429
    assert "30 分钟后可以再试" in answer.content.decode()
    assert client.post("/login/", {"login": staff.username, "password": PASSWORD}).status_code == 429


def test_five_wrong_codes_lock_too():
    staff = make_staff()
    secret = generate_totp_secret()
    TOTP.activate(staff, secret)
    client = password_only(staff)
    for _ in range(5):
        answer = client.post("/login/code/", {"code": "000000"})

    assert answer.status_code == 429
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 429
    assert client.get("/")["Location"].startswith("/login/")


def test_thirty_idle_minutes_end_the_session_and_say_so(enter):
    client = enter()
    client.get("/")
    session = client.session
    session["seen_at"] = int(time.time()) - 30 * 60 - 1
    session.save()

    answer = client.get("/")

    assert answer["Location"] == "/login/?ended=idle"
    assert "离开超过 30 分钟" in client.get(answer["Location"]).content.decode()


def test_twelve_hours_end_the_busiest_session(enter):
    client = enter()
    client.get("/")
    session = client.session
    session["began_at"] = int(time.time()) - 12 * 3600 - 1
    session.save()

    assert client.get("/")["Location"] == "/login/?ended=day"


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(enter):
    client = enter()
    client.get("/")
    session = client.session
    session["seen_at"] = seen = int(time.time()) - 600
    session.save()

    client.get("/", headers={"X-Polling": "1"})

    assert client.session["seen_at"] == seen


def test_the_session_of_somebody_deactivated_ends_at_once(enter):
    client = enter()
    assert client.get("/").status_code == 200
    client.staff.is_active = False
    client.staff.save()

    assert client.get("/")["Location"] == "/login/"


def test_logging_out_needs_a_post(enter):
    client = enter()

    assert client.get("/logout/").status_code == 200
    assert client.get("/").status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get("/")["Location"] == "/login/"


def test_an_exchanged_part_of_a_page_leads_the_whole_page_to_the_door():
    answer = Client().get("/findings/", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/login/")


def test_no_page_allows_script_or_style_of_its_own(enter):
    answer = enter().get("/")

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "<style" not in answer.content.decode()
    assert " style=" not in answer.content.decode()


def test_one_s_own_password_is_changed_behind_the_second_factor(enter):
    client = enter()

    wrong = client.post("/password/", {"oldpassword": "no", "password1": "another-long-one", "password2": "another-long-one"})
    right = client.post("/password/", {"oldpassword": PASSWORD, "password1": "another-long-one", "password2": "another-long-one"})

    assert wrong.status_code == 200
    assert right["Location"] == "/"
    assert client.get("/").status_code == 200
    client.staff.refresh_from_db()
    assert client.staff.check_password("another-long-one")
    half_way = password_only(make_staff(username="other"))
    assert half_way.get("/password/")["Location"] == "/login/second-factor/"


def test_the_picture_of_the_second_factor_can_be_drawn():
    client = password_only(make_staff())

    page = client.get("/login/second-factor/").content.decode()

    picture = b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', page)[1]).decode()
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture
