"""Whoever has the lake but no key finds nobody in it by hashing all numbers there are (spec/orders.md, section 9)."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from chainbreak.identity.batch import tokenise
from chainbreak.identity.keys import Keyring
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import digests
from chainbreak.records import Identifier

CANDIDATES = 10_000_000  # a whole 4-digit range of mobile numbers: 138-0000-0000 to 138-0999-9999
STEP = 250_000


@pytest.mark.slow
def test_ten_million_candidates_hashed_without_the_key_find_nothing(keys: Keyring) -> None:
    known = pa.array([f"138{i:08d}" for i in range(0, CANDIDATES, 5_000)])
    tokens = np.sort(tokenise(Identifier.LINE, known, keys, Place())["token"].to_numpy())
    sha = hashlib.sha256

    def hits(hashes: bytes) -> int:
        return int(np.isin(np.frombuffer(hashes, dtype=">i8").astype(np.int64), tokens).sum())

    plain = keyed_wrongly = with_the_key = 0
    for start in range(0, CANDIDATES, STEP):
        candidates = [b"+86138%08d" % i for i in range(start, start + STEP)]
        plain += hits(b"".join([sha(value).digest()[:8] for value in candidates]))
        keyed_wrongly += hits(b"".join([sha(b"chainbreak" + value).digest()[:8] for value in candidates]))
        if start == 0:  # the search itself works: with the key it finds everybody
            with_the_key = int(np.isin(digests(keys.token_key(Identifier.LINE), candidates)[:, 0], tokens).sum())
    assert with_the_key == STEP // 5_000
    assert (plain, keyed_wrongly) == (0, 0)
