"""A step that is refused keeps no file, and one that is killed leaves none for longer than a day."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.make import NOON, make_staff
from yimen.office import files
from yimen.office.access import scope
from yimen.office.models import StoredFile
from yimen.office.once import once

KILLED = """
import os, signal, django
os.environ["DJANGO_SETTINGS_MODULE"] = "yimen.settings"
django.setup()
from yimen.jobs.serving import prepare
prepare()
from tests.make import NOON, make_staff, make_village
from yimen.office import files
from yimen.office.access import scope
from yimen.office.once import once
staff = make_staff()
def do():
    files.put(b"a sheet on a board", kind="posting", name="x.png", area_path=make_village().path, at=NOON)
    os.kill(os.getpid(), signal.SIGKILL)
with scope(staff, "测试"):
    once(key="k", action="post", content={}, at=NOON, do=do)
"""
SWEPT = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "yimen.settings"
django.setup()
from yimen.office import files
from yimen.office.models import StoredFile, Submission
print(files.sweep_orphans(), StoredFile.objects.count(), Submission.objects.count())
"""


def stored(home) -> list[Path]:
    return [path for path in (Path(home) / "files").glob("*/*") if path.is_file()]


class Refused(Exception):
    """What a door says no with."""


@pytest.mark.django_db
def test_a_refused_step_takes_its_photo_away_again(settings):
    staff = make_staff()
    before = set(stored(settings.YIMEN_HOME))
    area_path = staff.posts.get().area.path

    def put(kind):
        return files.put(b"a photo", kind=kind, name="x.png", area_path=area_path, at=NOON)

    def refused():
        put("posting")
        raise Refused

    with scope(staff, "测试"):
        with pytest.raises(Refused):
            once(key="1", action="post", content={}, at=NOON, do=refused)
        assert (set(stored(settings.YIMEN_HOME)), StoredFile.objects.count()) == (before, 0)

        kept = once(key="2", action="post", content={}, at=NOON, do=lambda: {"file": put("kept").hex})
    assert [path.name for path in set(stored(settings.YIMEN_HOME)) - before] == [kept["file"]]


@pytest.mark.django_db
def test_what_an_inner_step_kept_goes_with_the_outer_one(settings):
    staff = make_staff()
    before = set(stored(settings.YIMEN_HOME))
    area_path = staff.posts.get().area.path

    def outer():
        once(
            key="inner",
            action="inner",
            content={},
            at=NOON,
            do=lambda: {"file": files.put(b"x", kind="x", name="x.png", area_path=area_path, at=NOON).hex},
        )
        raise Refused

    with scope(staff, "测试"), pytest.raises(Refused):
        once(key="outer", action="outer", content={}, at=NOON, do=outer)
    assert set(stored(settings.YIMEN_HOME)) == before


def test_killed_between_the_photo_and_the_step_nothing_happened_and_the_photo_is_swept(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN", "DJANGO"))}
    environment |= {"YIMEN_HOME": str(tmp_path), "YIMEN_DEMO": "1"}
    dead = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr.decode()
    (left,) = stored(tmp_path)
    a_day_ago = left.stat().st_mtime - 25 * 3600
    os.utime(left, (a_day_ago, a_day_ago))

    swept = subprocess.run([sys.executable, "-c", SWEPT], env=environment, capture_output=True, text=True, check=True)

    assert (swept.stdout.split(), stored(tmp_path)) == (["1", "0", "0"], [])
