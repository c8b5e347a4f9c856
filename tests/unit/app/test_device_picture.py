"""What a device's page draws follows from its records, and from nothing else."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.app import device_picture as picture
from chainbreak.app.device_picture import IDLE_US, Lane, Session
from chainbreak.app.device_records import Leg

MIN = 60_000_000
MONDAY = date(2026, 11, 16)


def leg(
    sim: str, minute: int, kind: str = "mo_call", *, imei: str | None = "imei:1", s: int = 0, **more: object
) -> Leg:
    row = {
        "ref": f"{sim}{minute}{kind}", "at_us": minute * MIN, "end_us": minute * MIN + s * 1_000_000, "kind": kind,
        "sim": sim, "imei": imei, "tac": "86123456", "peer": f"line:{minute}", "cell": "C1", "answered": s > 0,
        "day": MONDAY, "hour": minute // 60,
    }  # fmt: skip
    return Leg(**(row | more))  # type: ignore[arg-type]


def test_a_stay_ends_with_a_detach_another_handset_or_long_silence() -> None:
    legs = [
        leg("a", 0, "attach"), leg("a", 5), leg("a", 9, "detach"), leg("a", 30, imei="imei:2"),
        leg("a", 35, imei="imei:3"), leg("a", 40 + IDLE_US // MIN, imei="imei:3"),
    ]  # fmt: skip
    stays = picture.sessions(legs)
    assert [(s.from_us // MIN, s.imei) for s in stays] == [
        (0, "imei:1"), (30, "imei:2"), (35, "imei:3"), (40 + IDLE_US // MIN, "imei:3"),
    ]  # fmt: skip
    assert [len(s.calls) for s in stays] == [1, 1, 1, 1]


def test_fixed_imeis_are_ports_and_swaps_are_counted_in_them() -> None:
    legs = [leg(sim, at, imei=f"imei:{port}") for port in "12" for at, sim in ((0, f"a{port}"), (300, f"b{port}"))]
    lanes = picture.lanes_of_ports(picture.sessions(legs))
    assert {lane.name: lane.swaps for lane in lanes} == {"imei:1": 1, "imei:2": 1}


def test_rewritten_imeis_leave_the_fewest_ports_that_hold_all_stays() -> None:
    legs = [leg(f"s{n}", at, imei=f"imei:{n}{at}", s=600) for n in range(3) for at in (20 * n, 20 * n + 90)]
    stays = picture.sessions(legs)
    assert not picture.tells_ports(stays)
    lanes = picture.lanes_of_ports(stays)
    assert len(lanes) == 1
    assert lanes[0].name == ""


stay = st.builds(
    lambda sim, start, span: Session(f"s{sim}", f"imei:{sim}{start}", start, start + span, ()),
    st.integers(0, 9), st.integers(0, 500), st.integers(1, 200),
)  # fmt: skip


@given(st.lists(stay, min_size=1, max_size=40))
def test_inferred_ports_are_exclusive_in_time_and_as_few_as_can_be(stays: list[Session]) -> None:
    ordered = sorted(stays, key=lambda s: (s.from_us, s.sim))
    lanes: list[Lane] = picture.lanes_of_ports(ordered)
    if picture.tells_ports(ordered):
        return
    assert sum(len(lane.sessions) for lane in lanes) == len(ordered)
    for lane in lanes:
        for a, b in zip(lane.sessions, lane.sessions[1:], strict=False):
            assert a.to_us <= b.from_us
    moments = {s.from_us for s in ordered}
    assert len(lanes) == max(sum(s.from_us <= at < s.to_us for s in ordered) for at in moments)


def test_hours_of_the_week_are_means_over_the_days_seen() -> None:
    days = [MONDAY, date(2026, 11, 17), date(2026, 11, 23)]
    calls = [leg("a", 61, day=MONDAY), leg("a", 62, day=MONDAY), leg("a", 63, day=date(2026, 11, 17))]
    heat = picture.hours_of_week(calls, days)
    assert (heat[0][1], heat[1][1], heat[2][1]) == (1.0, 1.0, 0.0)


def test_numbers_called_answered_reached_and_calling_back() -> None:
    legs = [
        leg("a", 1, peer="line:x", s=90), leg("a", 2, peer="line:x"), leg("a", 3, peer="line:y", s=60), leg("a", 4),
        leg("a", 5, "mt_call", peer="line:y"), leg("a", 6, "mt_call", peer="line:stranger"),
    ]  # fmt: skip
    told = picture.callees_of(legs)
    assert (told["numbers"], told["answered"], told["over_60_s"], told["called_back"]) == (3, 2, 1, 1)
    assert told["rows"][0] == {"token": "line:x", "calls": 2, "answered": 1, "longest_s": 90, "first_us": MIN,
                               "ref": "a1mo_call"}  # fmt: skip


def test_the_most_calls_at_once_is_the_least_number_of_ports() -> None:
    legs = [leg("a", 0, s=120), leg("b", 1, s=120, imei="imei:2"), leg("c", 2, s=60, imei="imei:3")]
    assert picture.at_once(picture.sessions(legs)) == 2


def test_a_cell_is_as_long_as_the_clock_hours_in_which_somebody_was_there() -> None:
    legs = [leg("a", 0), leg("b", 30), leg("a", 70), leg("a", 80, cell="C2"), leg("a", 90, cell=None)]
    register = [{"cell_id": "C1", "district": "南屏区", "lat": 31.0, "lon": 121.0}]
    first, second = picture.cells_of(legs, register)
    assert (first["cell_id"], first["hours"], first["share"], first["district"]) == ("C1", 2, 0.75, "南屏区")
    assert (second["cell_id"], second["district"], second["lat"]) == ("C2", "", None)
