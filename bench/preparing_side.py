"""Makes an empty home ready (备好空的一套): keys, tables, the packed divisions with the fictional county."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from yimen.jobs.serving import prepare  # noqa: E402
from yimen.office.actions import load_areas, load_departments  # noqa: E402

if __name__ == "__main__":
    prepare()
    load_areas(fictional=True)
    load_departments()
    print("true")
