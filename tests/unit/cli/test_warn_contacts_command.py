"""`chainbreak warn` on contacts as people type it: collect, aside, report, take-events, retract, corrections."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import US_PER_MIN, rfc3339
from chainbreak.base.settings import Settings
from chainbreak.cli.root import run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from contact_world import FRAUD, SITE, VICTIM, bring, confirm, found, line, people

from chainbreak.store.desk.tables_warnings import warning_call


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A centre under the machine's own clock, as commands have it."""
    office = init_centre(tmp_path / "centre", Settings(language="en"))
    people(office)
    for name in (line(office, FRAUD), SITE):
        confirm(office, found(office, name))
    return office


@pytest.fixture
def warn(office: Office, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a command and gives its exit code and the rows it printed."""

    def warn(*words: str) -> tuple[int, list[dict[str, Any]]]:
        with pytest.raises(SystemExit) as ended:
            run(["warn", *words, "--centre", str(office.centre.root), "--json"])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return int(ended.value.code or 0), [json.loads(row) for row in told.out.splitlines()]

    return warn


def test_records_are_collected_once_and_what_reached_nobody_is_listed(office: Office, warn: Any) -> None:
    at = office.clock.now_us() - 5 * US_PER_MIN
    bring(office, "call", [{"at_us": at, "duration_s": 200, "kind": "mt_call", "msisdn": VICTIM, "peer": FRAUD,
                            "answered": "true"}])  # fmt: skip
    code, (done,) = warn("collect")
    assert (code, done["new"], done["opened"], done["refused"]) == (0, 1, 1, {})
    code, (done,) = warn("watch", "--once")
    assert (code, done["repeated"], done["failed"]) == (0, 1, "")
    assert warn("watch", "--once") == (0, [])
    assert warn("aside") == (0, [])
    assert warn("aside", "--reason", "somewhere")[0] == 2
    assert warn("collect", "--as-of", "soon")[0] == 2


def test_a_report_warns_and_taking_it_back_leads_to_a_call(office: Office, warn: Any) -> None:
    told = ("report", VICTIM, "--kind", "report.third_party", "--told-by", "family", "--urgency", "top",
            "--words", "她在汇款", "--stake", "3万5")  # fmt: skip
    assert warn(*told, "--as", "chen")[0] == 4
    assert warn("report", "12", *told[2:], "--as", "gu")[0] == 3
    code, (taken,) = warn(*told, "--as", "gu")
    assert (code, taken["tier"]) == (0, "urgent")
    with office.desk.begin() as conn:
        conn.execute(insert(warning_call).values(
            warning_id=taken["warning_id"], attempt=1, operator="gu", began_at_us=1, ended_at_us=2, outcome="refused",
            script="", verified="", note="",
        ))  # fmt: skip
    what = f"statement:{taken['statement_id']}"
    assert warn("retract", what, "--reason", "", "--as", "chen")[0] == 2
    code, (done,) = warn("retract", what, "--reason", "家人误会", "--as", "chen")
    assert (code, done["warnings"], done["calls"]) == (0, 1, 1)
    assert [row["warning_id"] for row in warn("corrections")[1]] == [taken["warning_id"]]
    assert warn("corrected", taken["warning_id"], "--as", "gu")[0] == 0
    assert warn("corrections") == (0, [])
    assert warn("corrected", taken["warning_id"], "--as", "gu")[0] == 2


def test_a_partners_file_tells_its_bad_rows(office: Office, warn: Any, tmp_path: Path) -> None:
    row = {"kind": "visit.scam_domain", "number": VICTIM, "indicator": SITE, "ref": "v1",
           "at": rfc3339(office.clock.now_us() - US_PER_MIN)}  # fmt: skip
    path = tmp_path / "events.ndjson"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"indicator": "honest.example"}) + "\n", encoding="utf-8")
    code, (done,) = warn("take-events", str(path), "--source", "browser-c", "--as", "gu")
    assert (code, done["new"], done["bad"]) == (1, 1, 1)
    assert [(fault["row"], fault["code"]) for fault in done["faults"]] == [(2, "CB-WA-107")]
    assert warn("take-events", str(tmp_path / "none.csv"), "--source", "browser-c", "--as", "gu")[0] == 3
