"""After a rotation the lake is what an ingest under the new keys would have made, wherever it was killed on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.reveal_identifier import reveal_identifier
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
ANALYST = Actor("li", frozenset({Role.ANALYST}))
ENGINEER = Actor("qian", frozenset({Role.ENGINEER}))

Ingest = Callable[[Office, Path], None]


@pytest.fixture
def office(office_with_records: Office) -> Office:
    return office_with_records


@pytest.fixture
def ingested_under_the_keys_of(new_office: Office, ingest_all: Ingest, tmp_path: Path) -> Callable[[Office], Office]:
    """Another centre with the same keys, into which the same files are ingested."""

    def make(office: Office) -> Office:
        shutil.rmtree(new_office.centre.keys)
        shutil.copytree(office.centre.keys, new_office.centre.keys)
        ingest_all(new_office, tmp_path / "files")
        return new_office

    return make


def contents(office: Office) -> dict[str, list[dict[str, object]]]:
    return {
        table: office.lake.open(table).to_pyarrow_table().sort_by("record_ref").to_pylist()
        for table in office.lake.tables()
    }


def test_the_lake_equals_an_ingest_under_the_new_keys(
    office: Office, ingested_under_the_keys_of: Callable[[Office], Office]
) -> None:
    before = contents(office)
    done = rotate_keys(office, ENGINEER)
    assert done["tables"] == ["call", "report", "transfer"]
    after = contents(office)
    assert after == contents(ingested_under_the_keys_of(office))
    assert [row["record_ref"] for row in after["call"]] == [row["record_ref"] for row in before["call"]]
    old, new = ({row["msisdn"] for row in side["call"]} for side in (before, after))
    assert len(old) == len(new)
    assert not old & new
    assert "[line:0123456789abcdef]" in after["report"][0]["narrative"]  # the victim's own words, nobody's token


def test_only_the_kinds_named_change(office: Office) -> None:
    before = contents(office)
    rotate_keys(office, ENGINEER, [Identifier.IMEI])
    after = contents(office)
    assert after["transfer"] == before["transfer"]
    assert all(a["imei"] is None or a["imei"] != b["imei"] for a, b in zip(after["call"], before["call"], strict=True))
    assert [a["msisdn"] for a in after["call"]] == [b["msisdn"] for b in before["call"]]


def test_ingest_goes_on_under_the_new_keys_and_sees_what_is_there(
    office: Office, ingest_all: Ingest, tmp_path: Path
) -> None:
    rotate_keys(office, ENGINEER)
    rows = contents(office)
    ingest_all(office, tmp_path / "files")
    assert contents(office) == rows  # the same files again add nothing


def test_tokens_of_every_earlier_epoch_still_reveal_and_their_keys_are_gone(office: Office) -> None:
    first = next(row["msisdn"] for row in contents(office)["call"] if row["imei"] is None)
    key = office.keys.token_key(Identifier.LINE)
    for _ in range(2):
        rotate_keys(office, ENGINEER, [Identifier.LINE])
    token = write_token(Identifier.LINE, first)
    assert reveal_identifier(office, ANALYST, token, purpose="call", case="A-7").value == "+8613800000001"
    assert key not in [path.read_bytes() for path in office.centre.keys.glob("*.key")]
    assert not (office.centre.vault / "line-0001").exists()


def test_a_process_that_ran_all_along_notices(office: Office) -> None:
    server = open_office(office.centre.root)
    token = server.lake.open("call").to_pyarrow_table()["msisdn"][0].as_py()
    value = server.vault.value(Identifier.LINE, token)
    rotate_keys(office, ENGINEER)
    assert server.vault.value(Identifier.LINE, token) == value
    with server.keys.in_use():
        assert server.keys.epochs == office.keys.epochs


def test_tokens_the_vault_does_not_know_stop_it_and_nothing_else_may_make_tokens(office: Office) -> None:
    stray = office.lake.open("transfer").to_pyarrow_table()
    stray = stray.set_column(stray.schema.get_field_index("payer"), "payer", [[1, 2]])
    office.lake.replace("transfer", stray, ["local_day"])
    with pytest.raises(SetupError, match=r"CB-ID-031 .*2 of kind account in transfer"):
        rotate_keys(office, ENGINEER, [Identifier.ACCOUNT])
    assert office.lake.open("transfer").to_pyarrow_table()["payer"].to_pylist() == [1, 2]
    with pytest.raises(SetupError, match="CB-ID-004"), open_office(office.centre.root).keys.in_use():
        pass


def test_only_those_who_run_the_machine_rotate(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-ID-033"):
        rotate_keys(office, ANALYST)


ROTATE = """
import os, signal, sys
from chainbreak.app.bootstrap import open_office
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.base import files
from chainbreak.base.clock import FixedClock
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.store.lake import Lake

kill_at, steps = int(sys.argv[2]), 0

def step():
    global steps
    steps += 1
    if steps == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

def before_and_after(real):
    def counted(*args, **kwargs):
        step()
        try:
            return real(*args, **kwargs)
        finally:
            step()
    return counted

files._sync = before_and_after(files._sync)
Lake.replace = before_and_after(Lake.replace)
os.unlink = before_and_after(os.unlink)
office = open_office(sys.argv[1], FixedClock(1795147200000000))
rotate_keys(office, Actor("qian", frozenset({Role.ENGINEER})), [Identifier.LINE, Identifier.ACCOUNT])
"""


def test_killed_again_and_again_it_continues_and_ends_as_if_never_killed(
    office: Office, ingested_under_the_keys_of: Callable[[Office], Office]
) -> None:
    kills, kill_at = 0, 7
    while True:
        call = [sys.executable, "-c", ROTATE, str(office.centre.root), str(kill_at)]
        ended = subprocess.run(call, capture_output=True, text=True)
        if ended.returncode == 0:
            break
        assert ended.returncode == -9, ended.stderr
        kills, kill_at = kills + 1, kill_at + 4
    assert kills >= 5
    now = open_office(office.centre.root, FixedClock(NOON_US))
    assert now.keys.epochs["line"] == now.keys.epochs["account"] == 2
    assert contents(now) == contents(ingested_under_the_keys_of(now))
    for rows in contents(now).values():
        tokens = [row["msisdn"] for row in rows if "msisdn" in row]
        assert now.vault.values(Identifier.LINE, tokens).keys() == set(tokens)
