"""Every night what is past its time is forgotten, and a secret is made once however many start at once."""

import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from yimen import settings as program
from yimen.jobs.work import sweep
from yimen.office.models import Submission


@pytest.mark.django_db
def test_sessions_and_submissions_past_their_time_are_forgotten_every_night():
    for key, days in (("old", -1), ("fresh", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    for days in (1, 91):
        at = timezone.now() - timedelta(days=days)
        Submission.objects.create(key=str(days), actor="x", action="x", digest="x", at=at)

    sweep({}, None)

    assert [one.session_key for one in Session.objects.all()] == ["fresh"]
    assert [one.key for one in Submission.objects.all()] == ["1"]


def test_of_many_first_starts_all_read_the_same_secret_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "YIMEN_KEYS", tmp_path / "keys")
    read, start = [], threading.Barrier(8)

    def run():
        start.wait()
        read.append(program._secret("django"))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(read) == 8
    assert len(set(read)) == 1
    assert len(read[0]) == 64
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["django"]
