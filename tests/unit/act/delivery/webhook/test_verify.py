"""What the receiving side runs: it takes what we signed just now, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.delivery.webhook.client import signature
from chainbreak.act.delivery.webhook.verify import OLDEST_S, is_genuine

NOW = 1_795_132_800


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=64), st.integers(-OLDEST_S, OLDEST_S))
def test_what_we_sign_is_taken_within_five_minutes(body: bytes, key: bytes, apart: int) -> None:
    assert is_genuine(signature(key, NOW, body), body, key, NOW + apart)
    assert not is_genuine(signature(key, NOW, body), body, key, NOW + OLDEST_S + 1)
    assert not is_genuine(signature(key, NOW, body), body + b" ", key, NOW)
    assert not is_genuine(signature(key, NOW, body), body, key + b"x", NOW)


@given(st.text(max_size=120))
def test_no_other_header_is_taken_and_none_breaks_it(header: str) -> None:
    assert not is_genuine(header, b"{}", b"key", NOW)


@pytest.mark.parametrize("moved", ["t={t}1,v1={v}", "v1={v}", "t={t}", "t={t},v1={v}0", "t=-{t},v1={v}", "t=²,v1={v}"])
def test_a_header_that_was_changed_is_not_taken(moved: str) -> None:
    _, _, right = signature(b"key", NOW, b"{}").partition(",v1=")
    assert not is_genuine(moved.format(t=NOW, v=right), b"{}", b"key", NOW)
