"""Keeping the leased roster fresh (名册常新): where a hall runs by itself, the web process has it before it is needed."""

import logging
import threading

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from yimen.hall.queries import alone

EVERY_SECONDS = 60.0
log = logging.getLogger(__name__)


def keep_fresh() -> None:
    """Fetch roster and key at the start and anew when they age, beside the pages; at the centre do nothing."""
    if settings.YIMEN_VENUE and settings.YIMEN_CENTRE:
        threading.Thread(target=_go_on, name="roster", daemon=True).start()


def _go_on() -> None:
    pause = threading.Event()
    while True:
        held = alone(settings.YIMEN_VENUE)
        try:
            if held is not None:
                held.keep_fresh(at=timezone.now())
        except Exception:
            # It must not end: without it the roster would age until somebody restarts the machine.
            log.exception("the roster could not be kept fresh")
        finally:
            close_old_connections()
        pause.wait(EVERY_SECONDS)
