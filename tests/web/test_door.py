import os
import re
import subprocess
import sys
import time
from base64 import b64decode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, generate_totp_secret
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from tests.make import NOON, make_staff
from tests.web.conftest import PASSWORD, code_of
from yimen.office.access import scope
from yimen.office.actions import end_post, reset_password
from yimen.office.models import AuditEntry

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


def test_writing_the_same_name_otherwise_gives_no_further_tries():
    make_staff()
    client = Client()
    for name in ("clerk", "Clerk", "CLERK", " clerk", "ｃｌｅｒｋ"):
        answer = client.post("/login/", {"login": name, "password": "wrong"})

    assert answer.status_code == 429
    assert client.post("/login/", {"login": "cLeRk", "password": PASSWORD}).status_code == 429


def test_an_address_that_the_browser_made_up_gives_no_further_tries():
    make_staff()
    client = Client()
    for number in range(5):
        told = {"X-Forwarded-For": f"10.0.0.{number}"}
        answer = client.post("/login/", {"login": "clerk", "password": "wrong"}, headers=told)

    assert answer.status_code == 429


def test_behind_the_proxy_the_lock_falls_on_the_address_that_the_proxy_saw(settings):
    settings.YIMEN_HTTPS = True
    make_staff()
    client = Client()
    for number in range(5):
        told = {"X-Forwarded-For": f"10.9.9.{number}, 10.0.0.7"}
        answer = client.post("/login/", {"login": "clerk", "password": "wrong"}, headers=told)
    elsewhere = client.post("/login/", {"login": "clerk", "password": PASSWORD}, headers={"X-Forwarded-For": "10.0.0.8"})

    assert answer.status_code == 429
    assert elsewhere.status_code == 302
    assert AuditEntry.objects.get(action="login.locked").address == "10.0.0.7"


def test_giving_the_password_again_gives_no_further_codes():
    staff = make_staff()
    TOTP.activate(staff, generate_totp_secret())
    for _ in range(5):
        client = password_only(staff)
        answer = client.post("/login/code/", {"code": "000000"})

    assert answer.status_code == 429


def test_a_code_opens_once(enter):
    client = enter()

    second = password_only(client.staff)

    assert second.post("/login/code/", {"code": code_of(client.secret)}).status_code == 200
    assert second.get("/")["Location"].startswith("/login/")


def test_a_lock_says_the_same_for_a_name_that_nobody_has():
    make_staff()
    bodies = []
    for name in ("clerk", "nobody"):
        client = Client()
        tries = [client.post("/login/", {"login": name, "password": "wrong"}) for _ in range(5)]
        bodies.append([(one.status_code, re.sub(r'value="[^"]*"', "", one.content.decode())) for one in tries])

    assert bodies[0] == bodies[1]


def test_who_came_in_and_who_was_locked_out_is_written_down(enter):
    enter()
    client = Client()
    for name in ["clerk"] * 5 + ["320101199001011234"] * 5:
        client.post("/login/", {"login": name, "password": "wrong"})

    came, locked = AuditEntry.objects.get(action="login"), AuditEntry.objects.get(action="login.locked")
    assert (came.actor, came.address) == ("clerk", "127.0.0.1")
    assert (locked.detail, locked.refused) == ({"username": "clerk"}, True)


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


def test_a_session_gets_a_new_name_at_log_in():
    staff = make_staff()
    secret = generate_totp_secret()
    TOTP.activate(staff, secret)
    client = password_only(staff)
    planted = client.session.session_key

    client.post("/login/code/", {"code": code_of(secret)})

    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/")["Location"].startswith("/login/")


def test_a_password_given_anew_ends_the_session_that_the_old_one_opened(enter):
    client = enter()
    assert client.get("/").status_code == 200

    with scope(make_staff(kind="security_admin", username="security"), "重置密码"):
        with pytest.raises(ValidationError):
            reset_password(staff=client.staff, password="12345", by=None, at=NOON)
        reset_password(staff=client.staff, password="a-new-long-password", by=None, at=NOON)

    assert client.get("/")["Location"] == "/login/"


def test_a_post_ended_today_is_lost_at_the_next_click(enter):
    client = enter(kind="town_clerk")
    assert client.get("/people/").status_code == 200

    with scope(make_staff(kind="security_admin", username="security"), "免岗"):
        end_post(post=client.staff.posts.get(), ends_on=timezone.localdate(), by=None, at=NOON)

    assert client.get("/people/").status_code == 403


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


def test_no_page_is_kept_by_a_browser_or_shown_inside_another(enter):
    client = enter()

    for path in ("/", "/findings/", "/nothing-here/", "/people/", "/login/", "/findings/export/"):
        answer = client.get(path)

        assert "no-store" in answer["Cache-Control"], path
        assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff"), path
        assert (answer["Referrer-Policy"], answer["Cross-Origin-Opener-Policy"]) == ("same-origin", "same-origin"), path
    assert "no-store" in Client().get("/people/")["Cache-Control"]


def test_behind_an_https_proxy_a_form_is_taken_and_cookies_never_travel_open():
    script = (
        "import django; django.setup()\n"
        "from django.middleware.csrf import CsrfViewMiddleware\n"
        "from django.middleware.security import SecurityMiddleware\n"
        "from django.http import HttpResponse\n"
        "from django.conf import settings\n"
        "from django.test import RequestFactory\n"
        "asked = RequestFactory().post('/login/', headers={'host': 'localhost', 'origin': 'https://localhost',"
        " 'x-forwarded-proto': 'https'})\n"
        "answer = SecurityMiddleware(lambda _: HttpResponse())(asked)\n"
        "print(CsrfViewMiddleware(lambda _: None)._origin_verified(asked), answer['Strict-Transport-Security'],\n"
        "      settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_NAME)\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "yimen.settings", "YIMEN_HTTPS": "1"}
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["True", "max-age=31536000", "True", "__Host-sessionid"]


def test_the_password_asked_for_again_is_asked_for_on_a_page_and_guessing_it_locks(enter):
    client = enter()
    assert client.get("/login/again/").status_code == 200
    for _ in range(5):
        answer = client.post("/login/again/", {"password": "wrong"})

    assert answer.status_code == 429


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
