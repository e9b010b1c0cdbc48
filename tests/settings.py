"""The program's own settings, with all state in a folder of its own that vanishes."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="yimen-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["YIMEN_HOME"] = _home
os.environ.pop("YIMEN_KEYS", None)
os.environ["YIMEN_DATABASE_URL"] = os.environ.get("YIMEN_TEST_DATABASE_URL", "")

from yimen.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Snapshots and workers open the database from outside, so it is a file; its safety against power cuts is not tested here.
    DATABASES["default"]["TEST"] = {"NAME": f"{_home}/test.sqlite3"}
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
YIMEN_DEMO = True
