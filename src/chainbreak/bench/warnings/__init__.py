"""Warnings measured: contacts taken in, a million open warnings planned, and from the contact to the message sent.

`chainbreak bench warnings` prints speeds; `--loop` plays the simulated city over seeds instead (`loop`).
"""

from __future__ import annotations

from chainbreak.bench import BenchRow

NAMES = ("intake", "plan", "send", "path", "visits")


def run(scale: str) -> list[BenchRow]:
    """The table: each part in turn.

    Raises:
        SetupError: a part's extra is not installed.
    """
    from importlib import import_module

    return [row for name in NAMES for row in import_module(f"chainbreak.bench.warnings.{name}").run(scale)]
