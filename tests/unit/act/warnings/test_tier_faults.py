"""Every fault of a file of tiers is named with its line; the presets have none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.tier_faults import LARGEST, faults, notes
from chainbreak.act.warnings.tiers import PRESETS, preset, preset_text


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_have_neither_faults_nor_notes(name: str) -> None:
    assert faults(preset_text(name)) == []
    assert notes(preset(name)) == []


def test_all_faults_are_named_at_once_each_with_its_line() -> None:
    text = (
        preset_text("four").replace("app.installed", "app.instaled").replace("duration_s: {above", "duration_s: {over")
        .replace("contact_min: 10", "contact_min: 0").replace("quiet_hours:", "quiet_hour:")
    )  # fmt: skip
    wrong = faults(text)
    lines = text.splitlines()
    said = [(lines[fault.line - 1].strip()[:20], fault.where.rpartition(".")[2], fault.what) for fault in wrong]
    assert [(where, what) for _, where, what in said] == [
        ("", "quiet_hours is missing"),
        ("kind", "no kind of event 'app.instaled'; did you mean app.installed?"),
        ("duration_s", "wants a value, a list of values, or a bound of from, up_to, above, below"),
        ("over", "Extra inputs are not permitted"),
        ("contact_min", "Input should be greater than or equal to 1"),
        ("quiet_hour", "Extra inputs are not permitted"),
    ]
    assert [start for start, where, _ in said if where in ("kind", "contact_min", "quiet_hour")] == [
        "- {kind: app.instale", "contact_min: 0", "quiet_hour: {from: 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "expected the node content"), ("", "valid dictionary"), ("- 1", "valid dictionary"),
        ("x: &a [1]\ny: *a", "may refer"), ("? [1]\n: 2", "unhashable"), ("# " + "x" * LARGEST, "longer than"),
    ],
)  # fmt: skip
def test_what_is_no_policy_at_all_is_told_in_one_line(text: str, what: str) -> None:
    assert what in faults(text)[0].what


@given(st.text(alphabet="abt:-[]{}&* \n\"'!|>%@1", max_size=80))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    assert faults(text) != []


def test_what_is_seldom_meant_is_noted() -> None:
    four = preset("four")
    high = four.tiers[1]
    twice = four.model_copy(update={"tiers": [
        four.tiers[0], high, four.tiers[2].model_copy(update={"when": [*high.when], "contact_min": 5}),
    ]})  # fmt: skip
    assert notes(twice) == [
        "tier medium: 'kind app.installed' never fires here, high takes it first",
        "tier medium: 'kind call.fraud_line, running yes' never fires here, high takes it first",
        "tier medium: 'duration_s above 600, kind call.fraud_line' never fires here, high takes it first",
        "tier medium: 'kind report.third_party, urgency high' never fires here, high takes it first",
        "tier medium is less urgent than high, but due sooner",
        "no tier takes sms.template",
        "no tier takes visit.scam_domain",
    ]
