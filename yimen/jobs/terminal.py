"""What every command shows in the terminal: one bar with rows, rate and time left, and none where nobody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

Report = Callable[[str, int, int], None]


class _Rate(ProgressColumn):
    """Rows a second, once that can be told."""

    def render(self, task: Task) -> Text:
        """Return the rate in words."""
        return Text(f"{task.speed:,.0f} 行/秒" if task.speed else "")


def _columns() -> tuple[ProgressColumn, ...]:
    what = TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=16))
    return (what, BarColumn(bar_width=24), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(compact=True))


@contextmanager
def bar(words: str) -> Iterator[Report]:
    """Yield how to say what is being done, how many rows are done, and of how many (0 where that is unknown)."""
    with Progress(*_columns(), console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:
        task, doing = shown.add_task(words, total=None), words

        def report(what: str, done: int, whole: int) -> None:
            nonlocal task, doing
            if what != doing:
                # Another step has another rate.
                shown.remove_task(task)
                task, doing = shown.add_task(what, total=whole or None), what
            shown.update(task, completed=done, total=whole or None)

        yield report
