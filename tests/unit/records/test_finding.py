"""A finding is the same bytes for the same contents, and survives being written and read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.records.finding import Action, Evidence, Finding, Level, Member, read_token, write_token

FINDING = Finding(
    detector="goip", version="1", subject_kind="device", subject="imei:00000000000000ff",
    members=(Member("imsi", write_token("imsi", -7), 0.93),), score=0.91, level=Level.HIGH,
    first_evidence_us=1_700_000_000_000_000, found_at_us=1_700_000_100_000_000,
    evidence=(Evidence("shared_imei", 8.0, 3.0, "SIM", "device", 5.2, ("ab" * 16,)),), counter_evidence=(),
    proposed_action=Action.VERIFY, params_hash="p" * 16, snapshot={"call": 3},
)  # fmt: skip


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_token_reads_back_what_was_written(token: int) -> None:
    assert read_token(write_token("line", token)) == ("line", token)


@pytest.mark.parametrize("text", ["line", "line:12", "line:zz00000000000000", "line:00000000000000000"])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_token(text)


def test_a_finding_survives_writing_and_reading() -> None:
    back = Finding.from_dict(json.loads(FINDING.as_bytes()))
    assert back == FINDING
    assert back.as_bytes() == FINDING.as_bytes()


def test_times_beyond_what_javascript_counts_exactly_are_text() -> None:
    assert json.loads(FINDING.as_bytes())["found_at_us"] == "1700000100000000"


def test_the_id_changes_with_what_was_judged_and_not_with_the_verdict_of_it() -> None:
    assert replace(FINDING, snapshot={"call": 4}).finding_id != FINDING.finding_id
    assert replace(FINDING, version="2").finding_id != FINDING.finding_id
    assert replace(FINDING, score=0.5).finding_id == FINDING.finding_id
