"""Proofs: the published vectors of certificate transparency, a naive oracle, and a verifier written apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from chainbreak.audit import proofs, tables, tree

# The eight inputs, roots and proofs of the certificate-transparency reference implementation (merkle_tree_test).
INPUTS = [bytes.fromhex(h) for h in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
             "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
             "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
    (5, 8): ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
             "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
             "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"],
    (0, 1): [],
}  # fmt: skip
CONSISTENCY = {
    (1, 1): [],
    (1, 8): ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
             "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
             "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
    (6, 8): ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
    (2, 5): ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
             "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"],
    (6, 7): ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
             "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
}  # fmt: skip


@pytest.fixture(scope="module")
def forest() -> tuple[Connection, list[bytes]]:
    """A stored tree of 600 leaves, grown in steps of uneven size."""
    engine = create_engine("sqlite://")
    conn = engine.connect()
    tables.metadata.create_all(conn)
    leaves: list[bytes] = []
    for step in (1, 2, 5, 64, 1, 127, 300, 100):
        new = [tree.leaf_hash(str(len(leaves) + i).encode()) for i in range(step)]
        tree.append_leaves(conn, len(leaves), new)
        leaves += new
    return conn, leaves


def test_published_vectors(conn: Connection) -> None:
    leaves = [tree.leaf_hash(entry) for entry in INPUTS]
    tree.append_leaves(conn, 0, leaves)
    assert [tree.root_at(conn, n).hex() for n in range(9)] == ROOTS
    for (index, size), expected in INCLUSION.items():
        proof = proofs.inclusion_proof(conn, index, size)
        assert [h.hex() for h in proof] == expected
        assert proofs.includes(leaves[index], index, size, proof, bytes.fromhex(ROOTS[size]))
    for (old, new), expected in CONSISTENCY.items():
        proof = proofs.consistency_proof(conn, old, new)
        assert [h.hex() for h in proof] == expected
        assert proofs.extends(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), proof)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_proofs_equal_the_naive_oracle(
    forest: tuple[Connection, list[bytes]], naive: ModuleType, data: st.DataObject
) -> None:
    conn, leaves = forest
    new = data.draw(st.integers(1, len(leaves)))
    old, index = data.draw(st.integers(1, new)), data.draw(st.integers(0, new - 1))
    assert tree.root_at(conn, new) == naive.mth(leaves[:new])
    assert proofs.inclusion_proof(conn, index, new) == naive.path(index, leaves[:new])
    assert proofs.consistency_proof(conn, old, new) == naive.proof(old, leaves[:new])


def test_stand_alone_verifier_agrees_on_ten_thousand_proofs_and_rejects_each_mutation(
    forest: tuple[Connection, list[bytes]], standalone: ModuleType
) -> None:
    conn, leaves = forest
    draw = random.Random(20261121)
    roots = [tree.root_at(conn, n) for n in range(len(leaves) + 1)]
    for _ in range(5_000):
        size = draw.randint(1, len(leaves))
        index, old = draw.randrange(size), draw.randint(1, size)
        inclusion = proofs.inclusion_proof(conn, index, size)
        for proof in (inclusion, mutated(inclusion, draw)):
            ours = proofs.includes(leaves[index], index, size, proof, roots[size])
            theirs = accepts(standalone, standalone.climb, leaves[index], index, size, proof) == roots[size]
            assert ours == theirs == (proof == inclusion)
        consistency = proofs.consistency_proof(conn, old, size)
        for proof in (consistency, mutated(consistency, draw)):
            ours = proofs.extends(old, roots[old], size, roots[size], proof)
            theirs = accepts(standalone, standalone.check_growth, old, roots[old], size, roots[size], proof) is None
            assert ours == theirs == (proof == consistency)


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_no_proof_of_what_is_not_there(conn: Connection, index: int, size: int) -> None:
    with pytest.raises(Exception, match="CB-AU-004"):
        proofs.inclusion_proof(conn, index, size)


def test_a_proof_beyond_the_log_says_so(conn: Connection) -> None:
    with pytest.raises(Exception, match="CB-AU-003"):
        proofs.inclusion_proof(conn, 3, 8)


def accepts(standalone: ModuleType, check: Callable[..., bytes | None], *args: object) -> bytes | bool | None:
    """What the stand-alone check returns; False when it refuses."""
    try:
        return check(*args)
    except standalone.Wrong:
        return False


def mutated(proof: list[bytes], draw: random.Random) -> list[bytes]:
    """The proof with one bit flipped, one hash dropped, added, or two neighbours swapped."""
    ways = ["add"] + (["flip", "drop"] if proof else []) + (["swap"] if len(proof) > 1 else [])
    out = list(proof)
    at = draw.randrange(len(proof)) if proof else 0
    match draw.choice(ways):
        case "flip":
            bit = draw.randrange(256)
            out[at] = bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(out[at]))
        case "drop":
            del out[at]
        case "add":
            out.insert(draw.randint(0, len(proof)), draw.randbytes(32))
        case "swap":
            at = draw.randrange(len(proof) - 1)
            out[at], out[at + 1] = out[at + 1], out[at]
    return out
