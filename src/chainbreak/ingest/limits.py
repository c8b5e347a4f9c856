"""Bounds on what a file may do to this machine. A file within them costs the same memory whatever its size."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bytes unless said. The defaults hold 10**8 calls in 2 GiB; tests take smaller ones."""

    block: int = 48 * MIB
    """Text read and parsed at once; one block is one chunk of work and one commit."""
    line: int = 1 * MIB
    """A line up to this long is always read; one above twice this length is refused and its neighbours go on."""
    ratio: int = 250
    """How many times its size a compressed file may expand. Real call records reach 5-40; DEFLATE's end is 1,032."""
    ratio_from: int = 256 * MIB
    """The ratio is judged once this much came out: small files of equal rows are no bombs."""
    total: int = 1 << 40
    """What one file may expand to at all."""
    workbook: int = 512 * MIB
    """What a workbook may expand to: it is read whole, and one sheet holds at most 1,048,576 rows."""
    batch_rows: int = 500_000
    """Rows of one chunk of a Parquet file or workbook."""
