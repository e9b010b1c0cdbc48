"""The long work of the hall: cards for everybody on the list, and by night the rosters for venues without the network."""

from django.utils import timezone

from yimen.hall.bringing import CHECK
from yimen.hall.cards import NotIssued, issue_batch
from yimen.hall.checking import check_listed
from yimen.hall.leasing import issue_all
from yimen.hall.models import Node
from yimen.hall.quota import sweep_inquiries
from yimen.hall.words import Ground
from yimen.office import work
from yimen.office.access import NotAllowed, scope


@work.job("hall.cards")
def cards(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Issue cards to everybody on the list of `grounds` who has none, within the scope of whoever asked."""
    staff = context.job.made_by
    if staff is None:
        raise work.GivesUp("不知道是谁要发的卡，没有发。")
    with scope(staff, "批量发卡"):
        try:
            issued = issue_batch(
                grounds=[Ground(one) for one in arguments["grounds"]],
                by=staff,
                at=timezone.now(),
                progress=lambda done, whole: context.progress("发卡", done, whole),
            )
        except (NotIssued, NotAllowed) as problem:
            raise work.GivesUp(str(problem)) from None
    return {"issued": issued}


@work.job("hall.leases")
def leases(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Issue tonight's rosters, and forget how often machines asked long ago."""
    sweep_inquiries(at=timezone.now())
    return {"issued": issue_all(at=timezone.now())}


@work.job(CHECK)
def listed(arguments: work.Arguments, context: work.Context) -> work.Result:
    """Look up whoever a hall that runs by itself recognised by its leased roster: whether they were still on the list."""
    node = Node.objects.select_related("venue__service_point__area").get(pk=arguments["node"])
    return {"unlisted": check_listed(node=node, at=timezone.now())}
