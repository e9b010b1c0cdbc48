"""The long work of screening: a run, asked for by a person or by the night."""

from datetime import date

from django.utils import timezone

from yimen.office import work
from yimen.office.access import System, scope
from yimen.office.models import Area
from yimen.screening.actions import Shrunk, run_report, run_screening
from yimen.screening.queries import counts_by_kind


@work.job("screening.run")
def run(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Screen the area of `area` (a code; empty is everybody) on the day `on` (ISO; empty is today)."""
    on = date.fromisoformat(arguments["on"]) if arguments.get("on") else timezone.localdate()
    area = Area.objects.filter(code=arguments["area"]).first() if arguments.get("area") else None
    with scope(System("screening.run", area.path if area else ""), "全员筛查"):
        try:
            done = run_screening(
                on=on,
                at=timezone.now(),
                area=area,
                full=bool(arguments.get("full")),
                by=context.job.made_by,
                progress=context.progress,
            )
        except Shrunk as problem:
            # Trying again changes nothing: a person has to look why there is less than before.
            raise work.GivesUp(str(problem)) from None
        return run_report(done, counts_by_kind()) | {"full": done.full, "looked_at": done.people}
