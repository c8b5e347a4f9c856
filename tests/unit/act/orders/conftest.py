"""An order to attack: complete, about one line, resting on one finding."""

from __future__ import annotations

from typing import Any

import pytest

from chainbreak.act.orders.model import Content
from chainbreak.act.orders.rules import Rules, load_rules

T0 = 1_795_132_800_000_000
HOUR = 3_600_000_000


@pytest.fixture(scope="session")
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def complete() -> dict[str, Any]:
    """Fields of a hold on an account that nothing stands against; one signature is enough."""
    return {
        "kind": "funds.hold", "rung": "hold_amount", "object": "account:00000000000000aa",
        "scope": {"object": "account:00000000000000aa", "functions": ["outgoing"], "direction": "both"},
        "legal_basis": ("cfl-20",), "case_ref": "A-1", "purpose": "keep the victim's money",
        "evidence": ({"ref": "finding:f1", "digest": "d1", "found_at_us": T0, "detector": "mules@1"},),
        "ladder_reason": "a warning would not stop the transfer", "starts_at_us": T0, "expires_at_us": T0 + 48 * HOUR,
        "partners": ("banks",), "notice": {"zh": "告知", "en": "notice", "channel": "letter", "deferral": None},
        "remedy": {"channel": ["96110"], "materials": ["identity"], "deadline_days": {"accept": 1, "decide": 3},
                   "receipt_code": "AAAA-BBBB-CCCC"},
        "amount_fen": 10_000, "traced_fen": 10_000,
    }  # fmt: skip


@pytest.fixture
def content(complete: dict[str, Any]) -> Content:
    return Content(**complete)
