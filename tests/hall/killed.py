"""
A hall whose server can be killed at any moment: a process that forks a server at each line it reads, everything imported.

Run as `python -m tests.hall.killed PORT` with a home of its own. It makes two halls, says in one line of JSON what their machines
come in with, and then starts the server as `yimen serve` does, and says its process group. What is served, is served by granian
from the program's own command; only the seconds of importing are saved. "serve 20" is a server whose database has room for 20
pages more, as on a disk that is nearly full.
"""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "yimen.settings"
django.setup()

from django.db import connection, connections  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from granian.cli import entrypoint  # noqa: E402

from tests.hall.house import make_house  # noqa: E402
from tests.make import make_staff, make_village  # noqa: E402
from yimen.asgi import application  # noqa: E402, F401
from yimen.hall import actions  # noqa: E402
from yimen.hall.models import Profile, ProfileLine, Series, Venue, Window  # noqa: E402
from yimen.hall.words import DeviceKind, WindowState  # noqa: E402
from yimen.jobs.serving import prepare, web_command  # noqa: E402
from yimen.office.access import System, scope  # noqa: E402
from yimen.office.models import ServicePoint  # noqa: E402

WINDOWS = 2


def tell(word: object) -> None:
    """Say a line at once and whole."""
    os.write(1, f"{word}\n".encode())


def build() -> list[dict]:
    """Make the tables and two halls with their machines; return what these come in with."""
    prepare()
    house = make_house(windows=WINDOWS)
    return [_machines(house.venue, house.windows), _machines(*_second_hall())]


def _second_hall() -> tuple[Venue, list[Window]]:
    """A township's hall of one line, with clerks of its own."""
    point = ServicePoint.objects.create(
        name="另一个大厅", area=make_village(2), owner="government", address="演示路 2 号（虚构）"
    )
    venue = Venue.objects.create(service_point=point, code="other", level="township")
    line = Series.objects.create(venue=venue, letter="A", name="综合")
    profile = Profile.objects.create(venue=venue, name="综合窗口")
    ProfileLine.objects.create(profile=profile, series=line)
    windows = []
    for place in range(WINDOWS):
        clerk = make_staff(kind="town_clerk", area=make_village(2), username=f"other{place}")
        window = Window.objects.create(venue=venue, number=place + 1, profile=profile)
        with scope(clerk, "开窗"):
            windows.append(actions.set_window(window_id=window.pk, state=WindowState.OPEN, by=clerk, at=timezone.now()))
    return venue, windows


def _machines(venue: Venue, windows: list[Window]) -> dict:
    def add(kind: DeviceKind, name: str, **more) -> tuple[str, str]:
        device, token = actions.add_device(venue=venue, kind=kind, name=name, by=None, at=timezone.now(), **more)
        return token, actions.pairing_code(device_id=device.pk, at=timezone.now())

    with scope(System("test"), "测试"):
        kiosk, _ = add(DeviceKind.KIOSK, "厂家的取号机")
        _, code = add(DeviceKind.KIOSK, "浏览器取号机")
        boxes = [add(DeviceKind.WINDOW, f"{window}的呼叫器", window=window)[0] for window in windows]
    return {"venue": venue.code, "kiosk": kiosk, "code": code, "boxes": boxes}


def warm(halls: list[dict]) -> None:
    """Ask for what imports and compiles the pages, so that each server need not."""
    token = {"Authorization": f"Bearer {halls[0]['kiosk']}"}
    for path in ("/api/hall/venue", "/api/hall/window"):
        Client(SERVER_NAME="127.0.0.1").get(path, headers=token)
    Client(SERVER_NAME="127.0.0.1").get("/venues/demo/kiosk/")


def narrow(pages: int) -> None:
    """Leave the database room for so many pages more, whoever opens it."""
    with connection.cursor() as cursor:
        limit = cursor.execute("PRAGMA page_count").fetchone()[0] + pages
    connections.close_all()

    def limited(connection, **_: object) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={limit}")

    connection_created.connect(limited, weak=False)


def serve(port: int, pages: int) -> None:
    """Become the server, in a process group of its own."""
    os.setsid()
    # What the server itself says must not fill the line on which we are asked.
    os.dup2(2, 1)
    if pages:
        narrow(pages)
    sys.argv = ["granian", *web_command("127.0.0.1", port)[3:]]
    entrypoint()


def main() -> None:
    """Fork a server for each line read, and say when it is dead."""
    halls, port = build(), int(sys.argv[1])
    warm(halls)
    connections.close_all()
    tell(json.dumps(halls))
    for line in sys.stdin:
        server = os.fork()
        if not server:
            serve(port, int(line.split()[1]))
            os._exit(0)
        tell(server)
        os.waitpid(server, 0)
        tell("dead")


if __name__ == "__main__":
    main()
