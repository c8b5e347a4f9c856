"""CSV to lake, with tokens, record refs and de-duplication, beside DuckDB turning the same CSV into Parquet.

The file is made here: calls of a week in order of time, 2 million distinct numbers in 5 million rows at full scale (a
quarter of a million own subscribers, the rest other parties). Ours is measured as the command a person types.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chainbreak.bench import BenchRow, Cost, run_child

ROWS = {"small": 500_000, "full": 5_000_000}
_PEER = """
import duckdb, sys
connection = duckdb.connect(config={"threads": 2})
connection.read_csv(sys.argv[1]).write_parquet(sys.argv[2])
"""
_CALLS = """
COPY (SELECT
    1795132800000000 + i * (7 * 86400000000 // $rows) + (hash(i) % 1000) AS at_us,
    (hash(i + 1) % 600)::INT AS duration_s,
    ['mo_call', 'mt_call', 'mo_sms', 'mt_sms'][1 + (hash(i + 2) % 4)::INT] AS kind,
    '1380' || lpad((hash(i + 3) % $own)::VARCHAR, 7, '0') AS msisdn,
    '46000' || lpad((hash(i + 3) % $own)::VARCHAR, 10, '0') AS imsi,
    '86123456' || lpad((hash(i + 3) % $own)::VARCHAR, 6, '0') AS imei,
    '139' || lpad((hash(i + 4) % $others)::VARCHAR, 8, '0') AS peer, 'C' || (hash(i + 5) % 5000) AS cell_id,
    hash(i + 6) % 3 <> 0 AS answered, (hash(i + 7) % 64)::INT AS ta,
    round((hash(i + 8) % 100000) / 100.0, 1) AS auth_ms, false AS roaming
FROM range($rows) t(i)) TO '$file' (HEADER)
"""


def run(scale: str) -> list[BenchRow]:
    """Ours with its ratio to the peer in CPU seconds, the same file once more (nothing is new), and the peer."""
    rows = ROWS[scale]
    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as name:
        folder = Path(name)
        _make_calls(folder / "call.csv", rows)
        centre = str(folder / "centre")
        run_child([sys.executable, "-m", "chainbreak", "init", centre])
        command = [sys.executable, "-m", "chainbreak", "ingest", "call", str(folder / "call.csv"), "--centre", centre]
        peer = run_child([sys.executable, "-c", _PEER, str(folder / "call.csv"), str(folder / "peer.parquet")])
        ours, again = run_child(command), run_child(command)
    return [
        _row("CSV -> lake: tokens, refs, de-duplication", rows, ours, peer),
        _row("the same file again: nothing is new", rows, again, peer),
        _row("CSV -> Parquet by DuckDB", rows, peer, None),
    ]


def _row(what: str, rows: int, cost: Cost, peer: Cost | None) -> BenchRow:
    row = BenchRow(what, rows, cost.seconds, cost.cpu_s, rows / cost.seconds, cost.peak_mib)
    if peer:
        row.peer, row.ratio = "DuckDB CSV -> Parquet", cost.cpu_s / peer.cpu_s
    return row


def _make_calls(file: Path, rows: int) -> None:
    own = rows // 20
    values = {"rows": rows, "own": own, "others": rows * 2 // 5 - own, "file": file}
    text = _CALLS
    for key, value in values.items():
        text = text.replace(f"${key}", str(value))
    maker = "import duckdb, sys; duckdb.execute(sys.argv[1])"
    run_child([sys.executable, "-c", maker, text])
