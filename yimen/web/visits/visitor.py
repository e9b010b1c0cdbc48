"""Who is at the phone or desk (谁在办)."""

from django.http import Http404

from yimen.office.access import current
from yimen.office.queries import Staff


def visitor() -> Staff:
    """Return the member of staff who acts; the program itself visits nobody."""
    staff = current().staff
    if staff is None:
        raise Http404
    return staff
