"""Progress for people at a terminal: a bar on stderr, or nothing when stderr is not a terminal.

Long work takes a `Progress` and calls it; what it shows is the caller's business, so library code never prints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float], None]


def silent(_amount: float) -> None:
    """An `Advance` that shows nothing."""


@contextmanager
def progress_bar(title: str, total: float | None) -> Iterator[Advance]:
    """A bar titled `title` that runs to `total` (None: unknown length); yields a function that advances it."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    share = TextColumn("{task.percentage:>3.0f}%")
    columns = (TextColumn("{task.description}"), BarColumn(), share, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda amount: bar.advance(task, amount)
