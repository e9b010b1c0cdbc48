"""
Once (只办一次): what is sent twice happens once. The client makes a key; the same key with the same content gets the same answer.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from yimen.office import files
from yimen.office.access import current
from yimen.office.models import Submission
from yimen.office.vault import blind_index


class OtherContent(Exception):
    """The key was used before for something else; nothing was done."""


class NoKey(OtherContent):
    """There is no key: sent twice it would happen twice."""


def once(
    *, key: str, action: str, content: Mapping[str, Any], at: datetime, do: Callable[[], Mapping[str, Any]]
) -> dict[str, Any]:
    """
    Do something under a client's key, or return what it answered the first time; both are one transaction.

    Two requests at the same moment: the second waits for the first and gets its answer. Raises OtherContent, NoKey.
    """
    if not key.strip():
        raise NoKey("这次提交没有带编号，没有办。请刷新页面后重新提交。")
    actor, digest = current().actor, _digest(action, content)
    try:
        with files.gone_if_refused(), transaction.atomic():
            row = Submission.objects.create(key=key, actor=actor, action=action, digest=digest, at=at, answer={})
            row.answer = dict(do())
            row.save(update_fields=["answer"])
            return dict(row.answer)
    except IntegrityError:
        held = Submission.objects.filter(key=key, actor=actor).first()
        if held is None:
            raise
    if held.digest != digest:
        raise OtherContent("这个提交编号以前用过，内容却不一样。没有再办一次；请刷新页面后重新提交。")
    return dict(held.answer)


def sweep_submissions(*, at: datetime) -> int:
    """Forget what was sent so long ago that nobody sends it again (YIMEN_SUBMISSION_DAYS); return how many."""
    old = Submission.objects.filter(at__lt=at - timedelta(days=settings.YIMEN_SUBMISSION_DAYS))
    return old.delete()[0]


def _digest(action: str, content: Mapping[str, Any]) -> str:
    # With our key: what was sent may hold an ID number, and a plain hash of it could be guessed by trying them all.
    return blind_index("submission", json.dumps([action, content], sort_keys=True, ensure_ascii=False, default=str))
