"""
The county of the benchmark (基准县): a fictional county of 291,900 people in a database, made by the demonstration's own
generator and loaders, on SQLite and on PostgreSQL. Built once and kept in bench/data (ignored by git); building takes minutes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import DATA, YIMEN_PYTHON, answer_of, say, timed

PEOPLE = 291_900
COUNTY_CODE = "990101"
PORT = 54_327
COPY = "yimen_copy"


@dataclass(frozen=True)
class Home:
    """Where a county lives: the state folder and the database, as environment variables of the program."""

    name: str
    env: dict[str, str]


def sqlite() -> Home:
    """Return the county on SQLite, built if it is not there yet."""
    return _built(Home("SQLite", _environment(DATA / f"county-sqlite-{PEOPLE}", "")))


@contextmanager
def postgresql() -> Iterator[Home | None]:
    """Start a PostgreSQL of our own, yield the county on it, stop it; None where PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        yield None
        return
    cluster = _Cluster(programs[-1].parent, _cluster_folder())
    cluster.start()
    try:
        url = f"postgresql://yimen:yimen@127.0.0.1:{PORT}/yimen"
        yield _built(Home("PostgreSQL", _environment(DATA / f"county-postgresql-{PEOPLE}", url)))
    finally:
        cluster.stop()


def empty() -> tuple[Home, Path]:
    """Return a new home on SQLite with nothing in it, and the roster of the county that is built already."""
    files = Path(sqlite().env["YIMEN_HOME"]) / "demo" / "files"
    folder = Path(tempfile.mkdtemp(prefix="yimen-bench-"))
    return Home("SQLite", _environment(folder, "")), next(files.glob("*花名册*"))


def copy_of(home: Home, folder: Path) -> Home:
    """Return a copy of a county that may be written in, so that the county itself stays as it was built."""
    url = home.env["YIMEN_DATABASE_URL"]
    if url:
        # The copy has no files and no snapshots: nothing that is measured on it needs them.
        shutil.copytree(Path(home.env["YIMEN_HOME"]) / "keys", folder / "keys")
        steps = f"DROP DATABASE IF EXISTS {COPY}", f"CREATE DATABASE {COPY} TEMPLATE yimen OWNER yimen"
        ask = f"psql -h 127.0.0.1 -p {PORT} " + " ".join(f"-c '{step}'" for step in steps)
        _Cluster(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent, _cluster_folder()).run(f"{ask} postgres")
        return Home(home.name, _environment(folder, url.rpartition("/")[0] + f"/{COPY}"))
    shutil.copytree(Path(home.env["YIMEN_HOME"]) / "keys", folder / "keys")
    for path in Path(home.env["YIMEN_HOME"]).glob("yimen.sqlite3*"):
        shutil.copy(path, folder)
    return Home(home.name, _environment(folder, ""))


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {"YIMEN_HOME": str(folder), "YIMEN_DATABASE_URL": url, "YIMEN_DEMO": "1", "DJANGO_SETTINGS_MODULE": "yimen.settings"}


def _built(home: Home) -> Home:
    mark = Path(home.env["YIMEN_HOME"]) / "built"
    if not mark.exists():
        say(f"建 {PEOPLE:,} 人的县（{home.name}），约需几分钟 …")
        timed(["demo", "--people", str(PEOPLE), "--no-serve"], home.env)
        mark.write_text("", encoding="utf-8")
    # Built perhaps by an earlier state of the program: its tables are brought to today's.
    answer_of(YIMEN_PYTHON, "bench.preparing_side", env=home.env)
    return home


def _cluster_folder() -> Path:
    """PostgreSQL refuses to run as root; its folder must then lie where its own user may go."""
    return DATA / "postgresql" if os.getuid() else Path(tempfile.gettempdir()) / f"yimen-bench-postgresql-{PEOPLE}"


@dataclass
class _Cluster:
    """A PostgreSQL cluster with its defaults, which are those of a county that installs the package."""

    programs: Path
    folder: Path

    def start(self) -> None:
        fresh = not (self.folder / "data").exists()
        if fresh:
            # Without its cluster the county's folder holds keys of nothing.
            shutil.rmtree(DATA / f"county-postgresql-{PEOPLE}", ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            if not os.getuid():
                shutil.chown(self.folder, "postgres")
            self.run(f"initdb -D {self.folder}/data -A trust --locale=C.UTF-8 -E UTF8")
        options = f"-p {PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.run(f"pg_ctl -D {self.folder}/data -w -o '{options}' -l {self.folder}/log start")
        if fresh:
            self.run(f"psql -h 127.0.0.1 -p {PORT} -c 'CREATE ROLE yimen LOGIN' -c 'CREATE DATABASE yimen OWNER yimen' postgres")

    def stop(self) -> None:
        self.run(f"pg_ctl -D {self.folder}/data -m fast stop")

    def run(self, command: str) -> None:
        """Run one of its programs as the user it may run as."""
        whole = f"{self.programs}/{command}"
        asked = ["sh", "-c", whole] if os.getuid() else ["su", "postgres", "-c", whole]
        subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir())
