"""Keys are secret, distinct per kind and epoch, and a rotation survives being killed at any of its steps."""

from __future__ import annotations

import fcntl
import stat
from pathlib import Path

import pytest

from chainbreak.base.errors import SetupError
from chainbreak.identity.keys import Keyring
from chainbreak.records import Identifier


def test_every_key_is_distinct_random_and_for_the_owner_alone(keys: Keyring) -> None:
    all_keys = [keys.ref_key, keys.seal_key, *(keys.token_key(kind) for kind in Identifier)]
    assert {len(key) for key in all_keys} == {32}
    assert len(set(all_keys)) == len(all_keys)
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in keys.folder.glob("*.key")} == {0o600}


def test_loading_gives_the_same_keys_and_printing_gives_none(keys: Keyring) -> None:
    again = Keyring.load(keys.folder)
    assert again.token_key(Identifier.LINE) == keys.token_key(Identifier.LINE)
    assert keys.ref_key.hex() not in repr(again) + str(vars(again))


@pytest.mark.parametrize(("name", "mode"), [("line-0001.key", 0o640), ("seal.key", 0o604), ("", 0o755)])
def test_keys_that_others_may_read_are_refused(keys: Keyring, name: str, mode: int) -> None:
    (keys.folder / name).chmod(mode)
    with pytest.raises(SetupError, match="CB-ID-003"):
        Keyring.load(keys.folder)


def test_keys_are_never_overwritten_and_a_half_made_ring_is_made_again(keys: Keyring) -> None:
    with pytest.raises(SetupError, match="CB-ID-001"):
        Keyring.create(keys.folder)
    (keys.folder / "epochs.json").unlink()  # what a kill before the last write leaves
    with pytest.raises(SetupError, match="CB-ID-002"):
        Keyring.load(keys.folder)
    assert Keyring.create(keys.folder).epochs["line"] == 1


def test_a_key_cut_short_is_named(keys: Keyring) -> None:
    (keys.folder / "ref.key").write_bytes(b"short")
    with pytest.raises(SetupError, match=r"CB-ID-002 .*ref\.key"):
        _ = Keyring.load(keys.folder).ref_key


def test_a_rotation_puts_a_new_key_in_force_and_destroys_the_old(keys: Keyring) -> None:
    old, other = keys.token_key(Identifier.LINE), keys.token_key(Identifier.IMSI)
    with keys.rotating([Identifier.LINE]):
        assert keys.token_key(Identifier.LINE) == old
        new = keys.token_key(Identifier.LINE, keys.coming["line"])
        keys.finish_rotation()
    assert keys.token_key(Identifier.LINE) == new != old
    assert keys.token_key(Identifier.IMSI) == other
    assert old not in [path.read_bytes() for path in keys.folder.glob("*.key")]


def test_an_unfinished_rotation_stops_makers_of_tokens_and_resumes_with_its_own_kinds(keys: Keyring) -> None:
    with keys.rotating([Identifier.LINE]):
        new = keys.token_key(Identifier.LINE, 2)
    with pytest.raises(SetupError, match="CB-ID-004"), keys.in_use():
        pass
    resumed = Keyring.load(keys.folder)
    with resumed.rotating([Identifier.IMEI]):
        assert resumed.coming == {"line": 2}
        assert resumed.token_key(Identifier.LINE, 2) == new
        resumed.finish_rotation()
    with keys.in_use():  # a long-running process notices
        assert keys.token_key(Identifier.LINE) == new


def test_a_rotation_killed_while_finishing_finishes(keys: Keyring, tmp_path: Path) -> None:
    with keys.rotating([Identifier.LINE]):
        before = (keys.folder / "rotation.json").read_bytes()
        keys.finish_rotation()
    (keys.folder / "rotation.json").write_bytes(before)  # the kill came before the last unlink
    again = Keyring.load(keys.folder)
    with again.rotating([Identifier.LINE]):
        assert again.epochs["line"] == again.coming["line"] == 2
        again.finish_rotation()
    assert Keyring.load(keys.folder).coming == {}


def test_a_rotation_waits_for_whoever_makes_tokens(keys: Keyring) -> None:
    with keys.in_use(), keys.in_use(), (keys.folder / ".lock").open() as other:  # makers do not wait for one another
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
