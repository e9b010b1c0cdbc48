"""Long work started from the pages and by the demonstration: loading a file that came in, building the fictional county."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from yimen.benefits.actions import load_recipients
from yimen.evidence.actions import load_facts
from yimen.jobs.demo.building import build_county
from yimen.office import work
from yimen.office.access import scope
from yimen.office.files import open_file, sweep_orphans, working_folder
from yimen.office.models import Area, Delivery
from yimen.office.tables import TableProblem
from yimen.registry.actions import load_obligors, load_roster
from yimen.screening.queries import current_rules


@work.job("delivery.load")
def load(arguments: work.Arguments, context: work.Context) -> work.Result:
    """
    Load a stored file: `kind`, `file`, `name`, `area`, `corrected`, `source`, `policy`, `on`, `complete`.

    `kind` is roster, obligors, facts or recipients. It runs within the scope of whoever sent the file.
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
        except TableProblem as problem:
            raise work.GivesUp(str(problem)) from None
    return {
        "delivery": str(delivery.pk),
        "rows": delivery.rows,
        "loaded": delivery.loaded,
        "unchanged": delivery.unchanged,
        "rejected": delivery.rejected,
        "skipped": delivery.skipped,
        "rejects_file": str(delivery.rejects_file) if delivery.rejects_file else None,
    }


def _load(arguments: work.Arguments, path: Path, progress: Callable[[int, int], None], staff: Any) -> Delivery:
    on = date.fromisoformat(arguments["on"]) if arguments.get("on") else timezone.localdate()
    same: dict[str, Any] = {
        "path": path,
        "name": arguments["name"],
        "area": Area.objects.get(code=arguments["area"]),
        "by": staff,
        "at": timezone.now(),
        "on": on,
        "corrected": {int(place): field for place, field in (arguments.get("corrected") or {}).items()},
        "progress": progress,
    }
    if arguments["kind"] == "roster":
        return load_roster(**same)
    if arguments["kind"] == "obligors":
        same.pop("on")
        return load_obligors(**same)
    rules = current_rules()
    if arguments["kind"] == "facts":
        return load_facts(source=arguments["source"], catalogue=rules.catalogue, **same)
    policy = rules.policy(arguments["policy"])
    if policy is None:
        raise work.GivesUp(f"没有编号为“{arguments['policy']}”的政策。")
    return load_recipients(policy=policy, ends_missing=bool(arguments.get("complete")), **same)


@work.job("demo.build")
def demo(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Build the fictional county and screen it."""
    return build_county(people=int(arguments["people"]), seed=int(arguments["seed"]), progress=context.progress)


@work.job("office.sweep")
def sweep(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Remove what crashes left behind and what is past its retention, once a night."""
    return {"removed": sweep_orphans()}
