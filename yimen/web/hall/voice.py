"""
The clips a screen joins where its browser has no Mandarin of its own (播报音): those of the program, or the hall's recordings.

A hall lays its recordings into YIMEN_HOME/voice/, named as in `CLIPS`; each takes the place of the program's own.
"""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control

CLIPS = (
    *("please", "number", "to", "ten", "window"),
    *(f"digit-{digit}" for digit in range(10)),
    *(f"letter-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
)
KINDS = {".ogg": "audio/ogg", ".mp3": "audio/mpeg", ".wav": "audio/wav"}


def clips() -> dict[str, str]:
    """Return where each clip is fetched."""
    return {name: reverse("hall_voice", args=[name]) if _recorded(name) else static(f"yimen/voice/{name}.ogg") for name in CLIPS}


@cache_control(max_age=60)
def play(request: HttpRequest, clip: str) -> HttpResponseBase:
    """Play a recording of the hall's own."""
    path = _recorded(clip) if clip in CLIPS else None
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type=KINDS[path.suffix])


def _recorded(name: str) -> Path | None:
    folder = Path(settings.YIMEN_HOME) / "voice"
    return next((path for kind in KINDS if (path := folder / f"{name}{kind}").is_file()), None)
