"""The verbs of detection on a real centre: run, run again, explain, why not, cards, and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.explain_finding import explain_finding, sentences
from chainbreak.app.list_detectors import list_detectors, write_cards
from chainbreak.app.run_detectors import run_detectors
from chainbreak.app.show_lead import show_lead
from chainbreak.app.why_not import why_not
from chainbreak.base.errors import DeclinedError, RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Finding, write_token
from chainbreak.store.desk.findings import save_findings

ROOT = Path(__file__).resolve().parents[3]


def test_a_run_is_kept_and_logged_and_a_second_adds_nothing(office: Office) -> None:
    from sqlalchemy import select

    from chainbreak.audit.tables import entries

    both = ["goip", "mules"]
    first = run_detectors(office, both)
    assert [o.detector for o in first] == ["goip@2", "mules@2"]
    assert all(o.new == len(o.findings) > 0 for o in first)
    assert [o.new for o in run_detectors(office, both)] == [0, 0]
    with office.desk.read() as conn:
        leaves = [json.loads(row.entry) for row in conn.execute(select(entries))]
    assert [leaf["object"] for leaf in leaves if leaf["action"] == "detect.run"] == ["goip@2,mules@2"] * 2


def test_one_detector_declines_and_the_other_runs(office: Office) -> None:
    from shutil import rmtree

    rmtree(office.lake.path("call"))
    goip, mules = run_detectors(office, ["goip", "mules"])
    assert goip.declined.startswith("CB-FI-001")
    assert not goip.findings
    assert mules.findings


def test_an_explanation_adds_up_and_comes_out_the_same(office: Office) -> None:
    for outcome in run_detectors(office):
        for found in outcome.findings:
            told = explain_finding(office, found.finding_id)
            assert told.same_bytes
            assert told.score == found.score
            assert told.bits == pytest.approx(sum(r["bits"] for r in told.as_dict()["reasons"]), abs=1e-6)
            for lang in ("zh", "en"):
                assert len(sentences(told, lang)) >= 4


def test_an_explanation_still_holds_after_new_records(office: Office) -> None:
    from small_world import small_world

    found = run_detectors(office, ["goip"])[0].findings[0]
    calls = small_world()["call"]
    later = calls.slice(0, 50)
    at = later.schema.get_field_index("record_ref")
    fresh = later.set_column(at, later.schema.field(at), [[f"{n:032x}" for n in range(later.num_rows)]])
    office.lake.append("call", fresh, ["local_day"])
    assert explain_finding(office, found.finding_id).same_bytes


def made_otherwise(office: Office) -> Finding:
    """A kept finding of goip@2 whose weights had a rule that today's have not."""
    now = run_detectors(office, ["goip"])[0].findings[0]
    gone = replace(now.evidence[0], rule="a_rule_that_is_gone")
    then = replace(now, params_hash="0" * 16, evidence=(*now.evidence, gone))
    with office.desk.begin() as conn:
        save_findings(conn, [then])
    return then


def test_a_finding_under_other_weights_is_refused_by_code_and_stays_readable(office: Office) -> None:
    then = made_otherwise(office)
    with pytest.raises(DeclinedError, match="CB-FI-022") as refused:
        explain_finding(office, then.finding_id)
    assert f"finding show {then.finding_id}" in refused.value.next_step
    lead = show_lead(office, Actor("chen", frozenset({Role.ANALYST})), then.finding_id)
    assert lead["turns"] == []
    assert "a_rule_that_is_gone" in {e["rule"] for e in lead["found"]["evidence"]}
    called = [sys.executable, "-m", "chainbreak", "detect", "explain", then.finding_id, "--json",
              "--centre", str(office.centre.root)]  # fmt: skip
    said = subprocess.run(called, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert json.loads(said.stderr.splitlines()[-1])["error"]["code"] == "CB-FI-022"


def test_a_finding_of_a_version_that_is_gone_is_refused_by_the_same_code(office: Office) -> None:
    then = replace(made_otherwise(office), version="1")
    with office.desk.begin() as conn:
        save_findings(conn, [then])
    with pytest.raises(DeclinedError, match="CB-FI-022"):
        explain_finding(office, then.finding_id)


def test_why_not_says_by_how_much(office: Office) -> None:
    from small_world import token

    resident = why_not(office, write_token("line", token("line", 3)))[0]
    assert resident.stage in ("screen", "measured")
    courier = why_not(office, write_token("line", token("line", "courier")))[0]
    assert courier.stage == "measured"
    assert courier.bits is not None
    assert courier.needed_bits is not None
    assert courier.bits < courier.needed_bits
    boxed = why_not(office, write_token("imsi", token("imsi", "sim2")))[0]
    assert boxed.stage == "reported"
    shop = why_not(office, write_token("account", token("account", 9)))[0]
    assert shop.stage == "screen"
    assert any(reason["short"] > 0 for reason in shop.reasons)
    assert why_not(office, write_token("line", 5))[0].stage == "unseen"


def test_nothing_is_said_of_a_person(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-FI-020"):
        why_not(office, write_token("person", 1))
    with pytest.raises(UsageError, match="CB-FI-021"):
        why_not(office, "13800138000")
    with pytest.raises(UsageError, match="did you mean goip"):
        run_detectors(office, ["goipp"])


def test_the_call_centre_is_watched_not_reported(office: Office) -> None:
    goip = run_detectors(office, ["goip"])[0]
    kept = [f for f in goip.findings if f.facts.get("protected_class") == "call_centre"]
    assert all(f.proposed_action is Action.WATCH for f in kept)


def test_cards_are_not_stale(tmp_path: Path) -> None:
    for path in write_cards(tmp_path):
        kept = ROOT / "docs" / "reference" / "detectors" / path.name
        assert kept.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), "run: chainbreak detect cards"
    assert {"goip@2", "mules@2"} <= {row["detector"] for row in list_detectors()}


def test_the_command_line_gives_json_and_exit_codes(office: Office) -> None:
    def detect(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chainbreak", "detect", *args, "--centre", str(office.centre.root)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    run = detect("run", "goip", "--json")
    assert run.returncode == 0, run.stderr
    first = json.loads(run.stdout.splitlines()[0])
    assert detect("explain", first["finding_id"]).returncode == 0
    assert detect("why-not", "person:0000000000000001").returncode == 4
    bad = detect("run", "--as-of", "yesterday", "--json")
    assert bad.returncode == 2
    assert json.loads(bad.stderr.splitlines()[-1])["error"]["code"] == "CB-FI-004"
