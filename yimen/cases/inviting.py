"""
Application codes (申请码): identity proven in person, the application filled in at home.

An officer sees the ID card and hands over a code. With it and the end of the own ID number one application is opened; the
code is kept as a keyed hash, ends after some days (YIMEN_INVITATION_DAYS) and after a few wrong tries.
"""

import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from django.utils.timezone import localdate

from yimen.cases.applying import NotAccepted
from yimen.cases.models import Invitation
from yimen.cases.numbers import CODE_LENGTH, LETTERS, new_receipt_code
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.office.vault import blind_index
from yimen.registry.models import Person
from yimen.registry.queries import household_of

MOST_WRONG = 5
TAIL = 6


@transaction.atomic
def invite(*, person: uuid.UUID, card_seen: bool, by: Staff, at: datetime) -> tuple[Invitation, str]:
    """
    Make a code for somebody whose ID card was seen, and return it; it is told this once. An earlier one of theirs ends.

    Raises NotAccepted if the card was not seen or the person is in no household today, NotAllowed, Person.DoesNotExist
    outside the open scope.
    """
    path = Person.objects.values_list("area_path", flat=True).get(pk=person)
    require("case.open", area_path=path)
    if not card_seen:
        raise NotAccepted("先当面看身份证原件，确认是本人，再发申请码。")
    if household_of(person_id=person, on=localdate(at)) is None:
        raise NotAccepted("这个人今天不属于任何一户，请先登记家庭。")
    Invitation.objects.filter(person_id=person, used_at=None, revoked_at=None).update(revoked_at=at)
    code = new_receipt_code()
    made = Invitation.objects.create(
        code_index=_index(code),
        person_id=person,
        made_at=at,
        made_by=by,
        expires_at=at + timedelta(days=settings.YIMEN_INVITATION_DAYS),
        area_path=path,
    )
    audit.write(action="invitation.make", at=at, subjects={str(person)}, invitation=made.pk.hex)
    return made, code


def redeem(*, code: str, tail: str, at: datetime) -> Invitation | None:
    """
    Return the invitation of a code, if the last six of the ID number are those of its person; else None, always the same.

    A wrong number counts against the code, also when another code was tried before it. Needs an open reading.
    """
    with transaction.atomic():
        rows = Invitation.objects.select_for_update()
        held: Invitation | None = rows.filter(code_index=_index(code), used_at=None, revoked_at=None).first()
        if held is None or held.expires_at <= at or held.wrong >= MOST_WRONG:
            # As long as for a code that exists, so that the time it takes tells nothing.
            constant_time_compare(_index(tail), _index(secrets.choice(LETTERS) * CODE_LENGTH))
            return None
        number = Person.objects.get(pk=held.person_id).id_number
        if constant_time_compare(tail.strip().upper(), number[-TAIL:].upper()):
            return held
        Invitation.objects.filter(pk=held.pk).update(wrong=F("wrong") + 1)
        audit.write(action="invitation.wrong", at=at, refused=True, invitation=held.pk.hex)
    return None


def _index(code: str) -> str:
    return blind_index("invitation", code)
