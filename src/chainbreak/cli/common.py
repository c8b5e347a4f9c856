"""What every noun's file uses: the shared options, output as table or JSON, and errors as one message.

A verb looks like this:

    @app.command()
    def show(ident: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
        office = open_office(centre)
        emit(app_show(office, ident), as_json, columns=("finding_id", "score"))
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.base.errors import ChainbreakError

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 500
FIGURE = re.compile(r"[-<]?¥?[\d,]*\d([./]\d+)?%?|-|")
"""Cells of a column of figures: yuan, counts, shares, exact fractions, and nothing."""
A_YEAR_US = 366 * 86_400_000_000
"""What is shorter is a span; what is longer a moment since 1970."""
UTC_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""A time as `base.clock.rfc3339` writes it."""
GAP, HEADING = 2, 6
"""Between columns; and of a heading over figures, so wide it stays when the screen is narrow."""

CentreOption = Annotated[
    Path | None, typer.Option("--centre", envvar="CHAINBREAK_CENTRE", help="Directory of the centre")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout, one object or JSON Lines")]
AsOption = Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Who acts: a name from `user list`")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many rows")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing")]


def emit(result: Any, as_json: bool, columns: Sequence[str] | None = None, title: str = "") -> None:
    """Print a result: a mapping as one object, an iterable of mappings as a table or as JSON Lines.

    In JSON, integers beyond 2**53 are written as strings so that no reader loses bits.
    """
    if as_json:
        for row in [result] if isinstance(result, Mapping) else result:
            sys.stdout.write(json.dumps(_safe(row), ensure_ascii=False, default=str) + "\n")
        return
    if isinstance(result, Mapping):
        _print_pairs(result, title)
    else:
        _print_table(list(result), columns, title)


def complain(error: ChainbreakError) -> int:
    """Write `error` to stderr (as JSON when --json was asked for) and return its exit code."""
    if "--json" in sys.argv:
        sys.stderr.write(json.dumps({"ok": False, "error": error.as_dict()}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(plain(error.sentence()) + "\n")
    return error.exit_code


def say(text: str) -> None:
    """A line for the person at the terminal, on stderr, so that stdout stays machine-readable."""
    sys.stderr.write(text + "\n")


def plain(text: str) -> str:
    """Text without what steers a terminal (escape sequences, bells, reversed writing): reports and files hold anything.

    >>> plain("a\\x1b[31mb\\u202ec\\tx\\n")
    'a[31mbc\\tx\\n'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))


def _safe(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _safe(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_safe(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value


def moment(at_us: int, zone: str) -> str:
    """A time as tables show it: local, with its date, to the second.

    >>> moment(1795276777000000, "Asia/Shanghai")
    '2026-11-21 23:59:37'
    """
    from chainbreak.base.clock import from_us

    return from_us(at_us, zone).strftime("%Y-%m-%d %H:%M:%S")


def readable(value: Any, zone: str) -> Any:
    """For a person: times (`…_us`, or in RFC 3339) local with their date, spans in hours, money (`…_fen`) in yuan, at
    any depth.

    >>> readable({"fen": 5, "paid_fen": 123456, "at_us": 1795276777000000, "horizon_us": 172800000000}, "Asia/Shanghai")
    {'fen': '¥0.05', 'paid': '¥1,234.56', 'at': '2026-11-21 23:59:37', 'horizon': '48 h'}
    >>> readable({"due_us": None}, "Asia/Shanghai")
    {'due': None}
    >>> readable({"ends_at": "2026-11-21T15:59:37Z"}, "Asia/Shanghai")
    {'ends_at': '2026-11-21 23:59:37'}
    """
    if isinstance(value, Mapping):
        named = (_readable_pair(str(key), one, zone) for key, one in value.items())
        return dict(named)
    if isinstance(value, str) and UTC_MOMENT.fullmatch(value):
        from chainbreak.base.clock import parse_moment

        return moment(parse_moment(value, zone), zone)
    return [readable(one, zone) for one in value] if isinstance(value, (list, tuple)) else value


def _readable_pair(key: str, value: Any, zone: str) -> tuple[str, Any]:
    from chainbreak.base.clock import US_PER_HOUR
    from chainbreak.base.units import format_fen

    if isinstance(value, int) and not isinstance(value, bool):
        if key == "fen" or key.endswith("_fen"):
            return key.removesuffix("_fen"), format_fen(value)
        if key.endswith("_us"):
            return key.removesuffix("_us"), moment(value, zone) if value > A_YEAR_US else f"{value / US_PER_HOUR:g} h"
    if value is None:  # named as where it is known: the first row names a table's columns
        return key.removesuffix("_us").removesuffix("_fen"), None
    return key, readable(value, zone)


def _print_pairs(result: Mapping[str, Any], title: str) -> None:
    from rich.table import Table

    table = Table(title=title or None, show_header=False, box=None, pad_edge=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    nested = {key: value for key, value in result.items() if isinstance(value, (dict, list, tuple)) and value}
    for key, value in result.items():
        if key not in nested:
            table.add_row(str(key), "" if value in ((), [], {}) else _cell(value))
    _screen().print(table)
    if nested:
        import yaml

        # Lists and objects as indented blocks: a person reads them, a program asks for --json.
        text = yaml.safe_dump(_safe(nested), allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)
        sys.stdout.write(text)


def _print_table(rows: list[Mapping[str, Any]], columns: Iterable[str] | None, title: str) -> None:
    from rich.cells import cell_len
    from rich.table import Table

    names = list(columns) if columns else list(rows[0]) if rows else []
    screen = _screen()
    if title:  # by itself: a table's own title is folded at the table's width
        screen.print(title, soft_wrap=True)
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    columns_of = [[line[at] for line in cells] for at in range(len(names))]
    needed = sum(max(map(cell_len, [name, *column])) + GAP for name, column in zip(names, columns_of, strict=True))
    tight = needed - GAP > screen.width
    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, (name, column) in enumerate(zip(names, columns_of, strict=True)):
        figures = any(column) and all(map(FIGURE.fullmatch, column))
        # Figures are never broken, their headings are. The first column is the one that is copied into the next
        # command: never cut or broken.
        table.add_column(
            name, no_wrap=at == 0, overflow="fold", justify="right" if figures else "left",
            width=max(min(len(name), HEADING), *map(len, column)) if figures and tight else None,
        )  # fmt: skip
    for line in cells:
        table.add_row(*line)
    screen.print(table)


def _screen() -> Console:
    from rich.console import Console

    # Into a pipe or a file there is no edge to fold at. What was brought in is shown as it is: `[line:…]` is no markup.
    return Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(_safe(value), ensure_ascii=False, default=str)
    return plain(str(value))
