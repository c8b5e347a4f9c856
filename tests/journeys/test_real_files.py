"""Two published sets from their files to a delivered, logged order, by the commands that the demo shows."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chainbreak.cli.root import run

PEOPLE = (
    ("boss", "admin"), ("lin", "analyst"), ("wu", "fund_desk"), ("chen", "approver"), ("zhao", "liaison"),
)  # fmt: skip
CALLS, DISTINCT_CALLS = 333, 332
"""Rows of cdr_sample; two of them are alike but for the export's own row number, which no record carries."""
ACCOUNTS, TRANSFERS = 20_000, 120_558


@dataclass(frozen=True)
class Terminal:
    """A centre worked by commands alone."""

    centre: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *args: object) -> list[dict[str, Any]]:
        """The rows a command prints with `--json`; it must end with 0."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([*map(str, args), "--centre", str(self.centre), "--json"])
        said = self.capsys.readouterr()
        assert not ended.value.code, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def one(self, *args: object) -> dict[str, Any]:
        """The only row it prints."""
        (row,) = self(*args)
        return row

    def issue(self, finding: str, drafter: str, *wish: object) -> str:
        """Draft, submit, and sign by a second person; the order's number."""
        order = self.one("order", "draft", "--finding", finding, "--as", drafter, "--purpose", "try-out", *wish)
        number = order["order_id"]
        submitted = self.one("order", "submit", number, "--as", drafter)
        approved = self.one("order", "approve", number, "--as", "chen", "--digest", submitted["digest"])
        assert approved["state"] == "approved"
        return str(number)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A new centre with its people."""
    with pytest.raises(SystemExit):
        run(["init", str(tmp_path / "centre")])
    terminal = Terminal(tmp_path / "centre", capsys)
    for name, role in PEOPLE:
        terminal("user", "add", name, "--role", role, *([] if role == "admin" else ["--as", "boss"]))
    return terminal


def delivered(path: Path, order: str) -> dict[str, str]:
    """The one entry of an order in a file that a partner fetches."""
    with path.open(encoding="utf-8", newline="") as file:
        (entry,) = [row for row in csv.DictReader(file) if row["order_ref"] == order]
    return entry


def test_published_calls_and_transfers_reach_partners(terminal: Terminal, shared: Path) -> None:
    data = shared / "data"
    counts = [
        terminal.one("ingest", kind, data / file, "--map", mapping)
        for kind, file, mapping in (
            ("call", "cdr_sample/TEST_DATASET.CSV", "cdr_sample"),
            ("account", "amlsim20k/nodes.parquet", "amlsim_nodes"),
            ("transfer", "amlsim20k/transactions.parquet", "amlsim_transactions"),
        )
    ]
    assert [(c["rows_read"], c["accepted"], c["quarantined"]) for c in counts] == [
        (CALLS, DISTINCT_CALLS, 0), (ACCOUNTS, ACCOUNTS, 0), (TRANSFERS, TRANSFERS, 0),
    ]  # fmt: skip

    found = terminal("detect", "run")
    # Seven subscribers who call a few people each give no reason to look at any of them.
    assert {f["detector"] for f in found} == {"mules@2"}
    account = found[0]
    told = terminal.one("detect", "explain", account["finding_id"])
    assert told["same_bytes"]
    assert told["reasons"]
    assert {f["finding_id"] for f in terminal("finding", "list")} == {f["finding_id"] for f in found}

    hold = terminal.issue(account["finding_id"], "wu", "--kind", "funds.hold", "--case", "C-2")
    assert terminal.one("order", "send") | {"ended": 0} == {
        "ended": 0, "sent": 1, "verified": 1, "waiting": 0, "failed": 0,
    }  # fmt: skip
    out = terminal.centre / "out"
    assert int(delivered(out / "banks" / "holds.csv", hold)["amount_fen"]) == account["facts"]["in_fen"]
    assert {o["order_id"] for o in terminal("order", "list") if o["standing"] == "in_force"} == {hold}

    terminal("audit", "checkpoint")
    log = terminal.one("audit", "verify")
    assert log["sound"]
    assert log["uncovered"] == 0
    assert terminal.one("audit", "verify", terminal.centre / "log")["sound"]
