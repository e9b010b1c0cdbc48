"""Long work started from the pages and by the demonstration: loading a file that came in, building the fictional county."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

from django.core.management import call_command
from django.utils import timezone

from yimen.cases.actions import recompute_dues, sweep_online
from yimen.jobs.demo.building import build_county
from yimen.jobs.loading import WrongCall, load_file, report_of
from yimen.office import work
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file, sweep_orphans, working_folder
from yimen.office.models import Area, Delivery, Staff
from yimen.office.once import sweep_submissions
from yimen.office.tables import TableProblem


@work.job("delivery.load")
def load(arguments: work.Arguments, context: work.Context) -> work.Result:
    """
    Load a stored file: `kind`, `file`, `name`, `area`, `corrected`, `source`, `policy`, `on`, `complete`.

    `kind` is roster, obligors, facts, recipients or applications. It runs within the scope of whoever sent the file.
    """
    staff = context.job.made_by
    if staff is None:
        raise work.GivesUp("不知道是谁上传的文件，没有装载。")
    with scope(staff, "装载数据"), working_folder() as folder:
        _, content = open_file(UUID(arguments["file"]), purpose="装载数据")
        path = folder / "arrived"
        with path.open("wb") as file:
            file.writelines(content)
        try:
            delivery = _load(arguments, path, lambda done, whole: context.progress("装载", done, whole), staff)
        except (NotAllowed, TableProblem, WrongCall) as problem:
            raise work.GivesUp(str(problem)) from None
    return report_of(delivery)


def _load(arguments: work.Arguments, path: Path, progress: Callable[[int, int], None], staff: Staff) -> Delivery:
    return load_file(
        arguments["kind"],
        path=path,
        name=arguments["name"],
        area=Area.objects.get(code=arguments["area"]),
        by=staff,
        at=timezone.now(),
        on=date.fromisoformat(arguments["on"]) if arguments.get("on") else timezone.localdate(),
        source=arguments.get("source") or "",
        policy=arguments.get("policy") or "",
        complete=bool(arguments.get("complete")),
        corrected={int(place): field for place, field in (arguments.get("corrected") or {}).items()},
        progress=progress,
    )


@work.job("cases.recompute_dues")
def recompute(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Reckon every date anew: a notice of days off holds for everybody the program serves; only a number comes back."""
    with scope(System("calendar"), "录入放假安排"):
        return {"changed": recompute_dues(at=timezone.now(), progress=context.progress)}


@work.job("demo.build")
def demo(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Build the fictional county and screen it."""
    return build_county(people=int(arguments["people"]), seed=int(arguments["seed"]), progress=context.progress)


@work.job("office.sweep")
def sweep(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Remove what crashes left and what is past its time: files, old submissions, forgotten drafts, sessions; once a night."""
    submissions = sweep_submissions(at=timezone.now())
    call_command("clearsessions")
    with scope(System("sweep"), "清理"):
        drafts = sweep_online(at=timezone.now())
    return {"removed": sweep_orphans(), "submissions": submissions, "drafts": drafts}
