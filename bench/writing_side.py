"""
Somebody at work during a screening (写入者): states a fact through the program's own action, again and again.

Run as `python -m bench.writing_side FILE` with the environment of a county; writes until FILE disappears and prints the
milliseconds of every write as JSON. A write is what a page does: the statement and its audit row, committed.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from yimen.evidence.actions import state_facts  # noqa: E402
from yimen.office.access import System, scope  # noqa: E402
from yimen.registry.models import Person  # noqa: E402
from yimen.screening.queries import current_rules  # noqa: E402

PAUSE_SECONDS = 0.02


def main() -> None:
    """Write until told to stop; say "ready" in the file when the first write is through."""
    mark, waits = Path(sys.argv[1]), []
    with scope(System("bench"), "基准"):
        rules = current_rules()
        people = list(Person.objects.order_by("pk").values_list("pk", "area_path")[:200])
        while mark.exists():
            person, path = people[len(waits) % len(people)]
            before = time.perf_counter()
            state_facts(
                catalogue=rules.catalogue,
                facts={"灵活务工收入": "350.00"},
                source="申报",
                stated_on=timezone.localdate(),
                by=None,
                at=timezone.now(),
                person=person,
                area_path=path,
            )
            waits.append((time.perf_counter() - before) * 1000)
            if len(waits) == 1:
                mark.write_text("ready", encoding="utf-8")
            time.sleep(PAUSE_SECONDS)
    sys.stdout.write(json.dumps(waits) + "\n")


if __name__ == "__main__":
    main()
