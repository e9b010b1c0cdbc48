"""
The log (日志): what failed and where in the program, never whom it was about.

The text of an error may hold a value ("Failing row contains …", "could not convert …"), so it is left out; its type and the
places it came through are enough to find the fault.
"""

import logging
import traceback
from types import TracebackType


class PlacesOnly(logging.Formatter):
    """Writes one line for a message, whatever stands in it, and for an error its type and places without its text."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Keep a message on its line, so that nobody can forge another."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def formatException(  # noqa: N802
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Name the places and the type, and those of what caused it."""
        problem, told = ei[1], []
        while problem is not None:
            told += [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(problem.__traceback__)]
            told.append(f"= {type(problem).__name__}")
            problem = problem.__cause__ or problem.__context__
        return "\n".join(f"  {line}" for line in told)
