"""`chainbreak partner` and `outbox`: added, set, checked, sent, released; wrong input is one sentence and a code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import open_office
from chainbreak.app.draft_order import draft_order
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.send_due import send_due
from chainbreak.app.submit_order import submit_order
from chainbreak.cli import root
from chainbreak.store.desk.findings import Filter

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world

SECRET = "c2VjcmV0LXRoYXQtbXVzdC1ub3QtbGVhay0wMTIzNDU="
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    make_world(tmp_path / "centre", findings=2).desk.close()
    return tmp_path / "centre"


@pytest.fixture
def written(centre: Path) -> list[str]:
    """Everything that commands wrote for people or programs."""
    return []


@pytest.fixture
def run(centre: Path, written: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command; its exit code, and the objects it wrote as JSON, or the error."""

    def run(*args: str, who: str = "zhou") -> tuple[int, Any]:
        acts = ("--as", who) if who else ()
        argv = [*args, *acts, "--centre", str(centre), "--json"]
        monkeypatch.setattr("sys.argv", ["chainbreak", *argv])
        with pytest.raises(SystemExit) as ended:
            root.run(argv)
        out, err = capsys.readouterr()
        written.extend((out, err))
        code = int(ended.value.code or 0)
        return code, [json.loads(line) for line in (out or err).splitlines() if line.startswith("{")]

    return run


@pytest.fixture
def order_id(centre: Path) -> str:
    """A number that the carriers block."""
    office = open_office(centre)
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")
    wish = Wish("C-1", "阻断", kind="number.block", rung="label")
    order = draft_order(office, find_actor(office, "chen"), found["finding_id"], wish)
    order = submit_order(office, find_actor(office, "chen"), order.order_id)
    approve_order(office, find_actor(office, "lin"), order.order_id, order.digest)
    send_due(office)
    office.desk.close()
    return order.order_id


def test_a_partner_is_added_with_its_secret_which_is_told_to_nobody(
    run: Run, centre: Path, tmp_path: Path, written: list[str]
) -> None:
    file = tmp_path / "tsig"
    file.write_text(SECRET + "\n")
    dns = ("--format", "dns", "--kind", "domain.sinkhole", "--address", "dns://127.0.0.1:15301")
    code, error = run("partner", "add", "hidden", *dns, "--set", "hott=x.rpz")
    assert (code, error[0]["error"]["code"]) == (2, "CB-DL-224")
    code, error = run("partner", "add", "hidden", *dns, "--secret", f"tsgi={file}")
    assert (code, error[0]["error"]["code"]) == (2, "CB-DL-221")
    assert run("partner", "list", who="")[1][-1]["partner_id"] != "hidden", "nothing is added by halves"
    code, _ = run("partner", "add", "hidden", *dns, "--set", "hot=h.rpz", "--secret", f"tsig={file}")
    assert code == 0
    [shown] = run("partner", "show", "hidden")[1]
    assert (shown["settings"], shown["secrets"][0]["is_set"]) == ({"hot": "h.rpz"}, True)
    code, rows = run("partner", "check", "hidden", who="")
    assert (code, [row["ok"] for row in rows]) == (1, [True, True, False])
    run("partner", "change", "hidden", "--set", "cold=c.rpz", "--unset", "hot")
    assert run("partner", "show", "hidden")[1][0]["settings"] == {"cold": "c.rpz"}
    assert run("partner", "secret", "hidden", "tsig")[0] == 2
    code, files = run("partner", "config", "hidden", str(tmp_path / "conf"))
    assert code == 0
    assert any(SECRET in Path(row["file"]).read_text() for row in files)
    file.unlink()
    assert not any(SECRET in text for text in written)
    kept = [p for p in centre.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    assert kept == [centre / "keys" / "partners" / "hidden" / "tsig"]


def test_an_order_is_followed_asked_back_released_and_gone(run: Run, order_id: str) -> None:
    assert run("outbox", "list", who="")[1] == []
    [row] = run("outbox", "list", "--all", "--partner", "carriers", who="")[1]
    assert (row["order_id"], row["state"]) == (order_id, "verified")
    assert run("outbox", "list", "--partner", "carrier", who="")[0] == 2, "a name that nobody bears is no empty outbox"
    [shown] = run("outbox", "show", order_id, who="")[1]
    assert shown["partners"][0]["holds"] == "yes"
    assert run("outbox", "withdraw", order_id, who="chen")[0] == 4
    assert run("outbox", "withdraw", order_id, "--reason", "wrong_object")[1] == [
        {"order_id": order_id, "outcome": "asked"}
    ]
    assert run("outbox", "tasks", who="")[1][0]["kind"] == "release_asked"
    assert run("outbox", "withdraw", order_id, "--reason", "wrong_object", who="lin")[1][0]["outcome"] == "released"
    assert run("outbox", "reconcile", "--partner", "carriers", who="")[0] == 0
    assert run("order", "send", who="")[0] == 0
    [shown] = run("outbox", "show", order_id, who="")[1]
    assert (shown["partners"][0]["holds"], shown["partners"][0]["gone_by"]) == ("no", "probe")
    [measured] = [row for row in run("partner", "show")[1] if row["partner_id"] == "carriers"]
    assert (measured["block_n"], measured["withdraw_n"], measured["withdraw_p95_ms"]) == (1, 1, None)


def test_a_comparison_that_failed_ends_with_1_and_one_that_cannot_be_made_does_not(run: Run) -> None:
    said = ("--kind", "funds.hold", "--set", "agent=CCBKCNBJXXX", "--set", "centre=FZ")
    assert run("partner", "add", "bank-a", "--format", "bank", *said)[0] == 0
    code, [row] = run("outbox", "reconcile", "--partner", "bank-a", who="")
    assert (code, row["error"], row["failed"]) == (0, "this bank does not list what it holds", False)
    assert run("partner", "add", "keyless", "--format", "dns", "--address", "dns://127.0.0.1:1")[0] == 0
    code, rows = run("outbox", "reconcile", who="")
    assert (code, [row["partner"] for row in rows if row["failed"]]) == (1, ["keyless"])


def test_who_may_not_is_told_and_nothing_is_retried(run: Run) -> None:
    code, error = run("partner", "show", who="chen")
    assert (code, error[0]["error"]["code"]) == (4, "CB-DL-220")
    assert run("outbox", "retry", "--partner", "dns")[1] == [{"queued": 0}]
    assert run("outbox", "retry", who="lin")[0] == 4
    code, error = run("partner", "show", "dsn")
    assert (code, error[0]["error"]["code"]) == (2, "CB-OR-080")
    assert "dns" in error[0]["error"]["allowed"]
