"""The stages of urgent aid (急难型分期) as a decision meets them: what went out first, what is still to be paid, and when."""

from datetime import datetime

from yimen.cases.models import Decision, Task, UrgentStage
from yimen.cases.words import TaskKind
from yimen.office.models import Staff


def paid_at_first(decision: Decision) -> int | None:
    """Return the fen that a confirmation grants: of aid in stages what has gone out, of everything else the amount."""
    out = UrgentStage.objects.filter(aid__case_id=decision.case_id, person_id=decision.person_id, paid_on__isnull=False)
    fens = list(out.values_list("fen", flat=True)) if decision.person_id else []
    return sum(fens) if fens else decision.amount_fen


def ask_for_stages(decision: Decision, *, by: Staff, at: datetime) -> None:
    """Make a task for each stage that is now to be paid; two people of one stage are paid in one."""
    waiting = UrgentStage.objects.filter(
        aid__case_id=decision.case_id, person_id=decision.person_id, paid_on=None, stopped_on=None
    )
    for one in waiting.order_by("nth"):
        Task.objects.get_or_create(
            case=decision.case,
            kind=TaskKind.URGENT,
            words=stage_words(one.nth),
            defaults={
                "household_id": decision.case.household_id,
                "owner": decision.case.first_assignee,
                "due_on": one.planned_on,
                "made_by": by,
                "made_at": at,
                "area_path": decision.area_path,
            },
        )


def stage_words(nth: int) -> str:
    """Return what the task of a stage says; it names nobody."""
    return f"急难型第 {nth} 期救助，到日子给；急难已经解除的，停给并写明"
