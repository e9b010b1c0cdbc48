"""Forgets findings and runs of a county (忘掉线索), so that the next screening finds and writes everything anew."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from yimen.office.access import System, scope  # noqa: E402
from yimen.screening.models import Finding, ScreeningRun  # noqa: E402

if __name__ == "__main__":
    call_command("migrate", verbosity=0, interactive=False)
    with scope(System("bench"), "基准"):
        number = Finding.objects.count()
        Finding.objects.all().delete()
        ScreeningRun.objects.all().delete()
    print(number)
