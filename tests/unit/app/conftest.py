"""A centre with records of each sort that holds tokens, made once and copied for each test that changes it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import Actor, Role

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
ENGINEER = Actor("qian", frozenset({Role.ENGINEER}))

FILES = {
    "call": "at_us,duration_s,kind,msisdn,imsi,imei,peer,cell_id,answered\n"
    + "".join(
        f"{NOON_US + i},30,mo_call,138000{i:05d},46000{i:010d},3520990017{i:04d},0571-8812{i:04d},c1,true\n"
        for i in range(50)
    )
    + f"{NOON_US + 99},5,mo_call,13800000001,,,,c1,true\n",
    "transfer": "transfer_id,booked_at_us,seq,payer,payee,amount_fen\n"
    f"t1,{NOON_US},1,4111111111111111,C-1001,500\nt2,{NOON_US},2,C-1001,CASH,500\n",
    "report": "report_id,reported_at_us,narrative,victim,identifiers\n"
    f"r1,{NOON_US},接到13800000001来电后向4111111111111111转账，对方微信abc_123，"
    "又用13800000002打来，见[line:0123456789abcdef],张三,13800000003;bad.example.com\n",
}


@pytest.fixture
def ingest_all() -> Callable[[Office, Path], None]:
    """Writes the files into a folder and ingests them."""

    def ingest(office: Office, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for kind, text in FILES.items():
            path = folder / f"{kind}.csv"
            path.write_text(text, encoding="utf-8")
            for run in ingest_files(office, ENGINEER, kind, [path]):
                assert run.error == "", run

    return ingest


@pytest.fixture(scope="session")
def empty_centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new centre that no test changes."""
    return init_centre(
        tmp_path_factory.mktemp("template") / "centre", Settings(area_code="571"), FixedClock(NOON_US)
    ).centre.root


@pytest.fixture
def new_office(empty_centre: Path, tmp_path: Path) -> Office:
    """An office of a new centre."""
    shutil.copytree(empty_centre, tmp_path / "new-centre")
    return open_office(tmp_path / "new-centre", FixedClock(NOON_US))


@pytest.fixture
def office_with_records(empty_centre: Path, tmp_path: Path, ingest_all: Callable[[Office, Path], None]) -> Office:
    """An office whose lake and vault hold the records of `FILES`."""
    shutil.copytree(empty_centre, tmp_path / "centre")
    office = open_office(tmp_path / "centre", FixedClock(NOON_US))
    ingest_all(office, tmp_path / "files")
    return office
