"""People's reactions to warnings: nothing before its time, nothing without a source, the same inputs the same bytes."""

from __future__ import annotations

import copy
import csv
import hashlib
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, parse_moment
from chainbreak.base.errors import InputError
from chainbreak.city.build import build
from chainbreak.city.daily import Known, Produced, one_day
from chainbreak.city.mix import load_mix
from chainbreak.city.neighbours import posts_and_sites
from chainbreak.city.reactions import CHANNELS, Try, assumed, heard, stops, table
from chainbreak.city.sites import honest_domains
from chainbreak.city.state import State
from chainbreak.city.step import step
from chainbreak.city.world import ZONE, World, make_world

START = date(2026, 11, 2)
TIMES = {"call": "at_us", "transfer": "booked_at_us", "lookup": "at_us", "message": "at_us", "registration": "at_us",
         "hotlist": "at_us"}  # fmt: skip
SURE = dict.fromkeys(("answers_call", "answers_at_night", "opens_door", "reads_text", "sees_push"), 1.0)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny city after its first two days, with cases under way."""
    out = tmp_path_factory.mktemp("begun") / "city"
    build(out, "tiny", 7, START, until=2)
    return out


@pytest.fixture(scope="module")
def world() -> World:
    """The same city's world."""
    return make_world(load_mix("tiny", None), 7, START)


@pytest.fixture(scope="module")
def unwarned(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its third day without warnings."""
    return stepped(begun, tmp_path_factory.mktemp("unwarned") / "city", None)


def stepped(begun: Path, to: Path, warnings: list[tuple[str, int, str]] | None) -> Path:
    """A copy of a city taken one day further with these warnings (number, at_us, channel)."""
    shutil.copytree(begun, to)
    if warnings is None:
        step(to)
        return to
    file = to.with_suffix(".csv")
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["number", "at_us", "channel", "tier"])
        rows.writerows([*row, "high"] for row in warnings)
    step(to, warnings=file)
    return to


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under `folder`."""
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*")) if file.is_file()}  # fmt: skip


def everybody(city: Path, at_us: int, channel: str) -> list[tuple[str, int, str]]:
    """A warning on one channel to every victim at one moment."""
    numbers = sorted(set(pq.read_table(city / "truth" / "victims.parquet")["msisdn"].to_pylist()))
    return [(number, at_us, channel) for number in numbers]


@pytest.fixture(scope="module")
def third(world: World) -> State:
    """The state of the same city before its third day, in memory."""
    state = State.initial(world)
    for _ in range(2):
        one_day(world, state, known(world))
    return state


def known(world: World) -> Known:
    """The registers that days refer to."""
    return Known(honest_domains(world)["domain"].combine_chunks(), posts_and_sites(world)[1])


def day_three(world: World, third: State, tries: list[Try], **changed: float) -> Produced:
    """The third day with these warnings, everybody being at home; tables as lists."""
    made = one_day(world, copy.deepcopy(third), known(world), tries, assumed(**SURE, relapses=0.0, **changed))
    made.tables = {kind: list(tables) for kind, tables in made.tables.items()}
    return made


def whole(made: Produced, kind: str) -> pa.Table:
    """A day's records of a kind."""
    return pa.concat_tables(made.tables[kind])


def victims(third: State, made: Produced) -> list[int]:
    """Everybody whose case is under way on the day."""
    return sorted({case["victim"] for case in [*third.cases, *made.opened]})


def paid(made: Produced) -> int:
    """Payments of victims on the day."""
    return int(((made.moved.case > 0) & (made.moved.hop == 0)).sum())


def noon(day: int) -> int:
    """Local noon of a day, µs UTC."""
    return parse_moment(START.isoformat(), ZONE) + (day - 1) * US_PER_DAY + 12 * US_PER_HOUR


def paid_on(city: Path, day: int) -> pa.Table:
    """What victims paid on a day: rows of the day's transfers."""
    own = pq.read_table(city / "truth" / "transfers.parquet")
    own = own.filter(pc.equal(own["hop"], 0))
    rows = pq.read_table(city / "records" / f"transfer-{day:02d}.parquet")
    return rows.filter(pc.is_in(rows["transfer_id"], own["transfer_id"]))


def test_a_file_without_warnings_changes_no_byte(begun: Path, unwarned: Path, tmp_path: Path) -> None:
    assert digests(stepped(begun, tmp_path / "city", [])) == digests(unwarned)


def test_the_same_warnings_give_the_same_bytes(begun: Path, tmp_path: Path) -> None:
    warnings = everybody(begun, noon(3), "call")
    one, two = (stepped(begun, tmp_path / name, warnings) for name in ("one", "two"))
    assert digests(one) == digests(two)


@pytest.mark.parametrize("hour", [8, 13, 18])
def test_nothing_differs_before_the_first_warning(world: World, third: State, hour: int) -> None:
    plain, at_us = day_three(world, third, []), noon(3) + (hour - 12) * US_PER_HOUR
    warned = day_three(world, third, [Try(line, at_us, "visit") for line in victims(third, plain)], believes_visit=1.0)
    for kind, time in TIMES.items():
        before, after = (whole(made, kind) for made in (plain, warned))
        assert before.filter(pc.less(before[time], at_us)).equals(after.filter(pc.less(after[time], at_us))), kind
    assert warned.spared
    assert paid(plain) == paid(warned) + len(warned.spared), "the warnings did nothing at all"


def test_what_is_prevented_is_told_in_the_truth(begun: Path, unwarned: Path, tmp_path: Path) -> None:
    warned = stepped(begun, tmp_path / "city", everybody(unwarned, noon(3) - 4 * US_PER_HOUR, "visit"))
    rows = pq.read_table(warned / "truth" / "warned.parquet").to_pylist()
    spared = pq.read_table(warned / "truth" / "spared.parquet").to_pylist()
    assert len(rows) == len(everybody(unwarned, 0, "visit"))
    assert all(row["reached"] for row in rows if row["believed"])
    believed = {row["case"]: row["heard_us"] for row in rows if row["believed"] and row["case"]}
    assert spared
    for row in spared:
        assert row["pay_us"] >= believed[row["case"]]
    fewer = paid_on(unwarned, 3).num_rows - paid_on(warned, 3).num_rows
    assert fewer == len(spared)


def test_who_was_warned_before_the_contact_may_not_fall_for_it(world: World, third: State) -> None:
    dawn, plain = noon(3) - 11 * US_PER_HOUR, day_three(world, third, [])
    tries = [Try(case["victim"], dawn, "visit") for case in plain.opened]
    sure = {"believes_visit": 1.0, "forewarned": 1.0, "believes_less_romance": 1.0, "believes_less_police": 1.0}
    warned = day_three(world, third, tries, **sure)
    assert {row["case"] for row in warned.spared}
    assert not any(case["loss_fen"] for case in warned.opened)
    assert not day_three(world, third, tries, **sure | {"forewarned": 0.0}).spared


def test_warnings_of_people_who_are_no_victims_change_no_record(begun: Path, unwarned: Path, tmp_path: Path) -> None:
    victims = {row[0] for row in everybody(unwarned, 0, "call")}
    lines = pq.read_table(begun / "records" / "line.parquet")["msisdn"].to_pylist()
    others = [(number, noon(3), "call") for number in lines if number not in victims][:50]
    warned = stepped(begun, tmp_path / "city", others)
    one, two = digests(warned / "records"), digests(unwarned / "records")
    assert one == two
    rows = pq.read_table(warned / "truth" / "warned.parquet")
    assert rows["case"].null_count == rows.num_rows == 50


def test_nobody_is_reached_while_the_fraudster_talks_to_him(world: World) -> None:
    at_us = world.day_us(2) + 10 * US_PER_HOUR
    numbers = assumed(**SURE)
    talk = [(at_us - US_PER_MIN, at_us + US_PER_MIN)]
    assert not heard(world, numbers, Try(3, at_us, "call"), 0, talk).reached
    assert heard(world, numbers, Try(3, at_us, "call"), 0).reached
    assert heard(world, numbers, Try(3, at_us + US_PER_MIN, "call"), 0, talk).reached
    assert heard(world, numbers, Try(3, at_us, "visit"), 0, talk).reached


def case_of(world: World, number: int) -> dict[str, object]:
    """A case as far as reactions look at it."""
    return {"case": number, "victim": number, "fraud": "loan", "contact_us": world.day_us(2)}


def test_who_believes_one_channel_believes_any_stronger_one(world: World) -> None:
    numbers, at_us = assumed(relapses=0.0), world.day_us(2) + US_PER_HOUR
    believed = {channel: {n for n in range(400) if stops(world, numbers, case_of(world, n), [(at_us, channel)])}
                for channel in CHANNELS}  # fmt: skip
    assert believed["sms"] < believed["call"] < believed["visit"]
    assert 0.4 < len(believed["call"]) / 400 < 0.6


def test_forewarning_fades(world: World) -> None:
    numbers = assumed(relapses=0.0)
    days = {days: sum(bool(stops(world, numbers, case_of(world, n), [(world.day_us(2) - days * US_PER_DAY, "visit")]))
                      for n in range(200)) for days in (1, 15)}  # fmt: skip
    assert 40 < days[1] < 100
    assert days[15] == 0


def test_who_is_talked_round_pays_again(world: World) -> None:
    numbers, at_us = assumed(relapses=1.0, believes_visit=1.0), world.day_us(2) + US_PER_HOUR
    ((begin, end),) = stops(world, numbers, case_of(world, 1), [(at_us, "visit")])
    assert begin == at_us < end
    assert stops(world, numbers, case_of(world, 1), [(at_us, "visit"), (end, "visit")])[1] == [end, None]


def test_every_number_has_its_source() -> None:
    for name, row in table().items():
        assert set(row) == {"value", "source"}, name
        assert len(row["source"]) > 10, name


def test_the_documented_table_is_the_one_in_use() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/reference/city.md").read_text(encoding="utf-8")
    for name, row in table().items():
        assert f"| `{name}` | {row['value']:g} | {row['source']} |" in text, name


@pytest.mark.parametrize("row", [("x", "soon", "call"), ("x", "1", "fax"), ("x", "", "call"), ("x", "-1", "sms")])
def test_a_bad_row_is_refused_with_its_line(begun: Path, tmp_path: Path, row: tuple[str, str, str]) -> None:
    file = tmp_path / "warnings.csv"
    file.write_text("number,at_us,channel\n" + ",".join(row) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2") as refused:
        step(begun, warnings=file)
    assert refused.value.code == "CB-CI-020"


def test_a_warning_after_the_days_stepped_is_refused_and_nothing_is_done(begun: Path, tmp_path: Path) -> None:
    before = digests(begun)
    file = tmp_path / "warnings.csv"
    file.write_text(f"number,at_us,channel\n1,{noon(5)},call\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        step(begun, warnings=file)
    assert refused.value.code == "CB-CI-021"
    assert digests(begun) == before
