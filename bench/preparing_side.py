"""
Makes a home ready (备好一套): keys and tables of today's program; with `areas`, the packed divisions with the fictional county.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from yimen.jobs.serving import prepare  # noqa: E402
from yimen.office.actions import load_areas, load_departments  # noqa: E402

if __name__ == "__main__":
    prepare()
    if "areas" in sys.argv[1:]:
        load_areas(fictional=True)
        load_departments()
    print("true")
