"""Train a scorer of lines on a labelled table, or make such a table from the first calls of every card.

A table stands by itself, so training takes no office; features come from a centre's own records.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from chainbreak.app.bootstrap import Office

MOST_CALLS = 1_000


def train_model(
    tables: Sequence[Path], label: str, out: Path, *, ident: str = "", drop: Sequence[str] = (),
    ratios: Path | None = None, lifetime: Sequence[str] | None = None, with_lifetime: bool = True,
    budget: float = 0.001, seed: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Learn from `tables`, write the model's folder `out`; returns its card. `lifetime` None: the usual list.

    Raises:
        InputError: the tables, the label or the folder will not do (CB-MO-002 to -014).
        UsageError: no such column (CB-MO-003), a budget that is no share (CB-MO-015).
        SetupError: the extra `ml` is not installed (CB-MO-001).
    """
    from chainbreak.find.models.page import page_of
    from chainbreak.find.models.ratios import read_ratios
    from chainbreak.find.models.table import LIFETIME, labelled, read_tables
    from chainbreak.find.models.train import train

    globs = LIFETIME if lifetime is None else tuple(lifetime)
    data = labelled(read_tables(tables), label, ident, drop)
    if not with_lifetime:
        data = data.without(globs, "says how long a line lived")
    scorer = train(data, ratios=read_ratios(ratios), budget=budget, seed=seed, lifetime=globs)
    scorer.save(out, page_of(scorer))
    return {"model": str(out), "cut_bits": scorer.cut_bits, "budget": budget, **scorer.card}


def make_line_features(office: Office, out: Path, first_calls: int, truth: Path | None = None) -> dict[str, Any]:
    """Write `out`, one row a card with at least so many calls: `sim` (written token), its features, and where `truth`
    (of a simulated city) is given `fraud` (0 or 1) and `class`. Features never see the truth; order is by token.

    The log says that it was written (leaf `model.features`): a row a card leaves the lake, as tokens.

    Raises:
        UsageError: the number of calls is out of range (CB-MO-015), or no truth there (CB-FI-005).
        InputError: `out` is there already (CB-MO-013), or no card has that many calls (CB-MO-016).
    """
    import pyarrow.parquet as pq

    from chainbreak.audit.log import Entry, append
    from chainbreak.base.files import replace_atomic
    from chainbreak.find.models.line_features import line_features
    from chainbreak.records.actor import SERVICE

    if not 2 <= first_calls <= MOST_CALLS:
        raise UsageError("CB-MO-015", "the number of calls is out of range", given=str(first_calls), allowed="2..1000")
    if out.exists() or not out.parent.is_dir():
        raise InputError(
            "CB-MO-013", "cannot write there", given=out.name, allowed="a new file in a folder that is there"
        )
    known = _truth(office, truth) if truth else None
    session = office.engine()
    try:
        features = session.run(line_features(session.table("call"), first_calls)).sort_by("sim")
    finally:
        session.close()
    if not features.num_rows:
        raise InputError("CB-MO-016", "no card has that many calls", given=str(first_calls))
    table = _labelled(features, known)
    replace_atomic(out, lambda temporary: pq.write_table(table, temporary))
    with office.desk.begin() as conn:
        payload = {"rows": str(table.num_rows), "first_calls": str(first_calls), "labelled": str(known is not None)}
        append(conn, Entry.by(SERVICE, office.clock.now_us(), "model.features", out.name, payload=payload))
    return {"table": str(out), "rows": table.num_rows, "first_calls": first_calls,
            "fraud": sum(table["fraud"].to_pylist()) if known else None}  # fmt: skip


def _labelled(features: pa.Table, known: dict[int, tuple[bool, str]] | None) -> pa.Table:
    import pyarrow as pa

    from chainbreak.records.finding import write_token

    tokens = features["sim"].to_pylist()
    table = features.set_column(0, "sim", pa.array([write_token("imsi", t) for t in tokens]))
    if known is None:
        return table
    told = [known.get(t, (False, "unknown")) for t in tokens]
    return table.append_column("fraud", pa.array([int(t[0]) for t in told], pa.int8())).append_column(
        "class", pa.array([t[1] for t in told])
    )


def _truth(office: Office, folder: Path) -> dict[int, tuple[bool, str]]:
    """Card -> whether a gang used it, and the level of its box, or else what kind of line it is."""
    import pyarrow.parquet as pq

    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place
    from chainbreak.records.kind import Identifier

    tables = {}
    for name in ("sims", "devices"):
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise UsageError("CB-FI-005", "no truth here", given=str(path), allowed="the truth/ folder of a city")
        tables[name] = pq.read_table(path)
    settings = office.centre.settings
    place = Place(settings.country, settings.area_code)

    def tokens(table: pa.Table) -> list[int]:
        cards = tokenise(Identifier.IMSI, table["imsi"].combine_chunks(), office.keys, place)
        return list(cards["token"].to_pylist())

    known = {t: (False, c) for t, c in zip(tokens(tables["sims"]), tables["sims"]["class"].to_pylist(), strict=True)}
    devices = tables["devices"]
    rows = zip(tokens(devices), devices["gang"].to_pylist(), devices["level"].to_pylist(), strict=True)
    return known | {t: (True, level) for t, gang, level in rows if gang is not None}
