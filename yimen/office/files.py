"""
Files (存档文件): deliveries, rejected rows, photos, signatures. Encrypted in chunks, under a random name, in YIMEN_HOME/files.

The row is written after the file is safely on the disk; a file without a row is an orphan of a crash and is swept.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from yimen.office.access import covers
from yimen.office.audit import reading, saw
from yimen.office.keys import is_up_to_date, key_number, seal_chunks, unseal_chunks
from yimen.office.models import StoredFile

CHUNK = 2**20
ORPHAN_AFTER = timedelta(hours=24)


# The files written since a step began; the step takes them away again if it is refused.
_written: ContextVar[list[uuid.UUID] | None] = ContextVar("written", default=None)


class NoSuchFile(Exception):
    """There is no such file, or it lies outside the open scope."""


def put(
    content: bytes | Path, *, kind: str, name: str, area_path: str, at: datetime, retain_until: date | None = None
) -> uuid.UUID:
    """Store a file and return its key. `name` is what it is called when given back; it must name nobody."""
    key = uuid.uuid4()
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = _write(path, seal_chunks(_chunks(content), place=_place(key)))
    if (written := _written.get()) is not None:
        written.append(key)
    StoredFile.objects.create(
        id=key, kind=kind, name=name, size=size, area_path=area_path, stored_at=at, retain_until=retain_until
    )
    return key


@contextmanager
def gone_if_refused() -> Iterator[None]:
    """
    Take away again what was stored within, if it ends in an exception: the row is rolled back, the file would stay.

    To be opened around the transaction. A process that is killed within leaves a file without a row, which is swept.
    """
    outer, mine = _written.get(), list[uuid.UUID]()
    token = _written.set(mine)
    try:
        yield
    except BaseException:
        for key in mine:
            _path(key).unlink(missing_ok=True)
        raise
    finally:
        _written.reset(token)
    if outer is not None:
        # A step within a step: the outer one may still be refused.
        outer += mine


def open_file(file_id: uuid.UUID, *, purpose: str) -> tuple[str, Iterator[bytes]]:
    """
    Return the name and the content of a file below the open scope; the reading is audited before anything leaves.

    Raises NoSuchFile, the same for a foreign file as for one that never was.
    """
    held = StoredFile.objects.filter(pk=file_id).first()
    if held is None or not covers(held.area_path):
        raise NoSuchFile("没有这个文件，或不在您的辖区。")
    with reading(purpose, kind=held.kind):
        saw(held.pk)
    return held.name, _content(held.pk)


def discard(file_id: uuid.UUID, *, on: date) -> None:
    """Let a file go that became part of nothing (a photo taken back); the next sweep removes it."""
    held = StoredFile.objects.filter(pk=file_id).first()
    if held is None or not covers(held.area_path):
        raise NoSuchFile("没有这个文件，或不在您的辖区。")
    held.retain_until = on - timedelta(days=1)
    held.save(update_fields=["retain_until"])


def keep(file_id: uuid.UUID) -> None:
    """Keep a file for good that was stored for some days only, now that it belongs to something."""
    held = StoredFile.objects.filter(pk=file_id).first()
    if held is None or not covers(held.area_path):
        raise NoSuchFile("没有这个文件，或不在您的辖区。")
    held.retain_until = None
    held.save(update_fields=["retain_until"])


def sweep_orphans() -> int:
    """Remove what a crash left (open uploads and folders, files without a row) and files past their retention; how many."""
    removed = 0
    for folder in (Path(settings.YIMEN_HOME) / "working").glob("*"):
        if _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    # An upload cut off by a crash lies there open.
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"):
        if _is_old(path):
            path.unlink(missing_ok=True)
            removed += 1
    for path in _root().glob("*/*"):
        if _is_old(path) and (path.suffix or not StoredFile.objects.filter(pk=path.name).exists()):
            path.unlink()
            removed += 1
    for held in StoredFile.objects.filter(retain_until__lt=timezone.localdate()):
        held.delete()
        _path(held.pk).unlink(missing_ok=True)
        removed += 1
    return removed


@contextmanager
def working_folder() -> Iterator[Path]:
    """Yield a folder for files that are open for a moment; it lies with all other state, not where others look."""
    root = Path(settings.YIMEN_HOME) / "working"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        yield Path(folder)


def keys_in_use() -> Iterator[tuple[uuid.UUID, int]]:
    """Yield every stored file with the number of the key that sealed it."""
    for key in StoredFile.objects.values_list("pk", flat=True):
        with _path(key).open("rb") as file:
            yield key, key_number(file.read(4))


def reseal() -> int:
    """Seal every file again that is not sealed with the present key and algorithm; a file is replaced whole or not at all."""
    done = 0
    for key in StoredFile.objects.values_list("pk", flat=True):
        with _path(key).open("rb") as file:
            stale = not is_up_to_date(file.read(4))
        if stale:
            beside = _path(key).with_suffix(".new")
            beside.unlink(missing_ok=True)
            _write(beside, seal_chunks(_content(key), place=_place(key)))
            beside.replace(_path(key))
            done += 1
    return done


def _write(path: Path, sealed: Iterable[bytes]) -> int:
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in sealed:
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def _is_old(path: Path) -> bool:
    return timezone.now().timestamp() - path.stat().st_mtime > ORPHAN_AFTER.total_seconds()


def _root() -> Path:
    return Path(settings.YIMEN_HOME) / "files"


def _path(key: uuid.UUID) -> Path:
    return _root() / key.hex[:2] / key.hex


def _place(key: uuid.UUID) -> str:
    return f"office_storedfile.content.{key}"


def _content(key: uuid.UUID) -> Iterator[bytes]:
    with _path(key).open("rb") as file:
        yield from unseal_chunks(file, place=_place(key))


def _chunks(content: bytes | Path) -> Iterable[bytes]:
    if isinstance(content, bytes):
        yield from (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
        return
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
