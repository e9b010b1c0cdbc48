"""What a co-organizer begins with somebody (一起填表、请他评价): the application at the window's own pages, and the rating."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.actions import open_case, open_visit
from yimen.cases.models import Case, HallVisit
from yimen.cases.queries import Channel, least_busy
from yimen.cases.words import State
from yimen.hall.accompanying import accompanying
from yimen.hall.handling import NotHandled, link_case, note_step, take
from yimen.hall.models import AttendanceCase, Handling, HandlingStep
from yimen.hall.words import Help
from yimen.office.models import Staff


@transaction.atomic
def begin_form(*, handling: uuid.UUID, by: Staff, at: datetime) -> Case:
    """
    Fill in the form together (一起填表): go on with the draft of this household, or open one; a window answers for it.

    It is linked to the attendance. Needs an open reading. Raises NotHandled if it is not known who it is or no window could
    answer for it, NotAccepted, NotAllowed.
    """
    take(handling, by)
    with accompanying(staff=by, on=localdate(at), handling=handling) as one:
        if one.household_id is None or one.person_id is None:
            raise NotHandled("还不知道他是谁，或名册里没有他家。请导办台先认人，或请窗口先登记家庭。")
        if one.handling.accepted_at is None:
            raise NotHandled("请先按“我来了”。")
        case = Case.objects.filter(household_id=one.household_id, state=State.DRAFT).order_by("-opened_at").first()
        case = case or _opened(one.household_id, one.person_id, one.area_path, one.handling, by, at)
        link_case(attendance=one.handling.attendance, case=case.pk, by=by, at=at)
        if not HandlingStep.objects.filter(handling=handling, help=Help.FORM, case=case).exists():
            note_step(handling=handling, help_=Help.FORM, case=case, by=by, at=at)
    return case


def _opened(household: uuid.UUID, person: uuid.UUID, area_path: str, handling: Handling, by: Staff, at: datetime) -> Case:
    assignee = least_busy(permission="case.accept", area_path=area_path)
    if assignee is None:
        raise NotHandled("这一带现在没有能受理的窗口人员，请联系乡镇或县里。没有登记申请。")
    return open_case(
        household=household,
        channel=Channel.WINDOW,
        by=by,
        at=at,
        assignee=assignee,
        applicant=person,
        service_point=handling.attendance.venue.service_point,
    )


@transaction.atomic
def ask_rating(*, handling: uuid.UUID, by: Staff, at: datetime) -> HallVisit:
    """
    Ask for a rating of one's service (请他评价), one a day, also when it was given. Raises NotRated, NotHandled, NotAllowed.
    """
    held = take(handling, by)
    asked = HandlingStep.objects.filter(handling=held, help=Help.RATING, at__date=localdate(at)).select_related("visit").first()
    if asked is not None and asked.visit is not None:
        given: HallVisit = asked.visit
        return given
    link = AttendanceCase.objects.filter(attendance=held.attendance).order_by("at").first()
    with accompanying(staff=by, on=localdate(at), handling=handling) as one:
        visit = open_visit(by=by, at=at, household=one.household_id, point=held.attendance.venue.service_point)
    note_step(handling=handling, help_=Help.RATING, visit=visit, case=link.case if link else None, by=by, at=at)
    return visit


def cases_linked(handling: Handling) -> list[uuid.UUID]:
    """Return the cases somebody's stay in the hall was about, in the order they were linked."""
    return list(AttendanceCase.objects.filter(attendance=handling.attendance_id).order_by("at").values_list("case", flat=True))


def steps_of(handling: Handling) -> list[HandlingStep]:
    """Return what was done for somebody, the newest first."""
    return list(HandlingStep.objects.filter(handling=handling).select_related("by", "case").order_by("-at", "-pk"))
