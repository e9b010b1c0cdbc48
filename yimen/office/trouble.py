"""
Trouble (写不进去): the database is away, or the disk is full; what that means for whoever waits, in a sentence.

Neither leaves anything half done: what was not answered was not kept, and sent again under the same key it happens once.
"""

import errno
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Of PostgreSQL: disk_full. SQLite says it with SQLITE_FULL, or where a quota is reached with an error while writing.
NO_ROOM_STATE = "53100"
NO_ROOM_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE)


@dataclass(frozen=True)
class Trouble:
    """What is so, why, and what to do, with the status of the answer (503 try again, 507 no room) and after how many seconds."""

    status: int
    title: str
    why: str
    next: str
    again_in: int

    @property
    def sentence(self) -> str:
        """Return all of it in one line, for machines and for the bar below a page."""
        return f"{self.title}：{self.why}{self.next}"


AWAY = Trouble(
    503,
    "数据库暂时连不上，这次没有办成",
    "数据库正在重新启动，或者太忙。没有留下一半。",
    "请过几秒再按一次，同一次提交只算一次；两分钟还不行，请告诉系统管理员。",
    5,
)
FULL = Trouble(
    507,
    "服务器的磁盘满了，这次没有记下",
    "没有留下一半，以前记下的都在，不涉及个人资料的页面还能看。",
    "请马上告诉系统管理员腾出空间；腾出来以后再按一次，同一次提交只算一次。",
    60,
)


def trouble_of(problem: BaseException | None) -> Trouble | None:
    """Return which trouble lies behind an error, or None for any other error: that is a fault of the program."""
    for one in _behind(problem):
        if _is_full(one):
            return FULL
    return AWAY if any(isinstance(one, OperationalError | InterfaceError) for one in _behind(problem)) else None


def is_full(problem: BaseException) -> bool:
    """Say whether an error means that nothing can be written any more."""
    return trouble_of(problem) is FULL


def _behind(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def _is_full(one: BaseException) -> bool:
    if isinstance(one, OSError) and not isinstance(one, DatabaseError):
        return one.errno in NO_ROOM
    return getattr(one, "sqlstate", None) == NO_ROOM_STATE or getattr(one, "sqlite_errorcode", None) in NO_ROOM_SQLITE
