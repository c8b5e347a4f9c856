"""Score a table of lines with a kept model: a table of bits and reasons, for an analyst to sort, never an order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainbreak.base.errors import InputError


def score_lines(tables: Sequence[Path], model: Path, out: Path, ident: str) -> dict[str, Any]:
    """Write `out` (Parquet), one row a row of the tables in their order: the id, `probability`, `bits`, `flagged`, and
    `reasons`, the five features that moved it furthest with their bits.

    Raises:
        InputError: the tables or the model will not do (CB-MO-002, -006, -007, -010, -011), `out` is there (CB-MO-013).
        UsageError: no such column (CB-MO-003).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from chainbreak.base.files import replace_atomic
    from chainbreak.find.models.score import load
    from chainbreak.find.models.table import column, read_tables

    if out.exists() or not out.parent.is_dir():
        raise InputError(
            "CB-MO-013", "cannot write there", given=out.name, allowed="a new file in a folder that is there"
        )
    scorer, table = load(model), read_tables(tables)
    names = column(table, ident)
    scored = scorer.score(table)
    made = pa.table({
        ident: names, "probability": scored.probability, "bits": scored.bits, "flagged": scored.flagged,
        "reasons": [scored.reasons(row) for row in range(len(scored.bits))],
    })  # fmt: skip
    replace_atomic(out, lambda temporary: pq.write_table(made, temporary))
    return {"table": str(out), "rows": made.num_rows, "flagged": int(scored.flagged.sum()), "cut_bits": scorer.cut_bits}
