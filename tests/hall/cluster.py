"""A PostgreSQL of our own in a folder that vanishes, which may be stopped in the middle of everything."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
NEEDED = "no PostgreSQL here (Debian: apt install postgresql)"


class Cluster:
    """One cluster with its defaults, on a port of its own; as root it runs as the user postgres."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yimen-test-postgresql-"))
        if not os.getuid():
            shutil.chown(self.folder, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.run(f"initdb -D {self.folder}/data -U postgres -A trust --locale=C.UTF-8 -E UTF8")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.run(f"pg_ctl -D {self.folder}/data -w -o '{options}' -l {self.folder}/log start")

    def stop(self, how: str = "immediate") -> None:
        """Stop; at once means that nothing is written any more, as if the power were cut from the database alone."""
        self.run(f"pg_ctl -D {self.folder}/data -m {how} stop")

    def close(self) -> None:
        self.stop("fast")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: str) -> None:
        whole = f"{PROGRAMS[-1]}/{command}"
        asked = ["sh", "-c", whole] if os.getuid() else ["su", "postgres", "-c", whole]
        subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, cwd=self.folder.parent)
