"""Whether a finding says anything that the one kept of the same subject does not.

A watch judges every subject at every step. Were each finding kept, a box that calls all day would leave thousands that
say the same; were none, its evidence would stay that of its first hour. So:

1. what differs in nothing but snapshot and time found is not news;
2. what differs in members, level, action, or in a reason's weight, is;
3. what differs in less (a count that grew inside its bin of weight) is news once an hour of records has passed.
"""

from __future__ import annotations

from dataclasses import replace

from chainbreak.base.clock import US_PER_HOUR
from chainbreak.records.finding import Finding

REFRESH_US = US_PER_HOUR
"""Records' time after which grown figures are worth a new finding; a convention of this project: at most 24 a day."""


def is_news(found: Finding, kept: Finding | None) -> bool:
    """Whether `found` is to be kept beside `kept`, the newest of its detector and subject (None: there is none)."""
    if kept is None or _judgement(found) != _judgement(kept):
        return True
    as_kept = replace(found, snapshot=kept.snapshot, found_at_us=kept.found_at_us)
    return as_kept != kept and found.found_at_us >= kept.found_at_us + REFRESH_US


def _judgement(finding: Finding) -> tuple[object, ...]:
    """What a person would decide upon. Weights to a whole bit: less is no difference to a decision."""
    reasons = [(e.rule, round(e.bits)) for e in (*finding.evidence, *finding.counter_evidence)]
    members = [(m.kind, m.token) for m in finding.members]
    return (finding.version, finding.params_hash, finding.level, finding.proposed_action, members, reasons)
