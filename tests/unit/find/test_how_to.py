"""The how-to for detectors is run as it stands, and its detector obeys the rules the kit checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from chainbreak.find.contract.portable import refused_operations

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "write-a-detector.md"


def test_the_page_runs_from_top_to_bottom() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    said: dict[str, Any] = {"__name__": "how_to"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), said)
    detector, found = said["OneRing"](), said["found"]
    assert {e.rule for f in found for e in (*f.evidence, *f.counter_evidence)} <= set(detector.weights.rules)
    assert refused_operations(said["busy_days"](_unbound(), detector.params)) == []


def _unbound() -> Any:
    import ibis

    return ibis.table({"kind": "string", "msisdn": "int64", "peer": "int64", "local_day": "date"}, name="call")
