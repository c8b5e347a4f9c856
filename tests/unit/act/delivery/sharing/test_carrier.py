"""Sharing as an enforcement point: whatever happens on the way, the place ends up saying what the desk wants."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing import NOW_US, VALUES, entry, parcel, setup

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing import misp, taxii
from chainbreak.act.delivery.sharing.carrier import Carrier
from chainbreak.act.delivery.sharing.misp_form import event_uuid
from chainbreak.base.clock import US_PER_DAY, FixedClock
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.misp_stand_in import Misp, misp_stand_in

PLACES = ("collection", "feed", "server")


@pytest.fixture
def server() -> Iterator[Misp]:
    with misp_stand_in() as state:
        yield state


Opens = Callable[..., Carrier]


@pytest.fixture
def opens(tmp_path: Path, server: Misp) -> Iterator[Opens]:
    """place, clock, wrong -> an open point there; closed after the test."""
    opened: list[Carrier] = []

    def opens(place: str, clock: FixedClock | None = None, wrong: tuple[str, ...] = ()) -> Carrier:
        opened.append(open_at(place, tmp_path, clock or FixedClock(NOW_US), server, wrong))
        return opened[-1]

    yield opens
    for point in opened:
        point.close()


def open_at(place: str, folder: Path, clock: FixedClock, server: Misp, wrong: tuple[str, ...] = ()) -> Carrier:
    if place == "collection":
        return taxii.open_point(setup(folder, {"hosted": True}, clock=clock, wrong=wrong))
    if place == "feed":
        return misp.open_point(setup(folder, {"feed": True}, clock=clock, wrong=wrong))
    return misp.open_point(setup(folder, {}, address=server.address, secret=server.key, clock=clock, wrong=wrong))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", VALUES)
def test_an_order_is_said_seen_and_taken_back(place: str, kind: str, opens: Opens) -> None:
    clock = FixedClock(NOW_US)
    point = opens(place, clock)
    order = entry(kind=kind)
    assert point.look([parcel(order, order)]) == [False]
    [answer] = point.carry([parcel(order, order)])
    assert (answer.outcome, len(answer.digest)) == ("full", 64)
    assert point.look([parcel(order, order)]) == [True]
    assert list(point.held()) == [order.mark]
    point.carry([parcel(order, None, action="withdraw")])
    assert point.look([parcel(order, None)]) == [True]
    assert list(point.held()) == []


@settings(max_examples=15)
@given(st.data())
@pytest.mark.parametrize("place", ["collection", "feed"])
def test_repeats_and_old_messages_in_any_order_end_in_the_same_state(place: str, data: st.DataObject) -> None:
    orders = [entry(f"O-261120-AAAA222{i}", kind, value=value) for i, (kind, value) in enumerate(
        (("number.block", "+8613800138000"), ("number.block", "+8613800138000"), ("domain.sinkhole", "a.example"))
    )]  # fmt: skip
    final = {order.order_id: data.draw(st.booleans(), label=order.order_id) for order in orders}
    with tempfile.TemporaryDirectory() as name:
        point = open_at(place, Path(name), FixedClock(NOW_US), Misp())
        for _ in range(data.draw(st.integers(1, 8))):
            some = data.draw(st.lists(st.sampled_from(orders), min_size=1, max_size=3))
            point.carry([parcel(order, order if data.draw(st.booleans()) else None) for order in some])
        for order in data.draw(st.permutations(orders * 2)):
            point.carry([parcel(order, order if final[order.order_id] else None)])
        wanted = {order.mark for order in orders if final[order.order_id]}
        assert set(point.held()) == wanted
        before = list(point.place.ours())
        point.carry([parcel(order, order if final[order.order_id] else None) for order in orders])
        assert list(point.place.ours()) == before


@pytest.mark.parametrize("place", PLACES)
def test_of_two_orders_about_one_value_letting_go_of_one_keeps_the_other(place: str, opens: Opens) -> None:
    point = opens(place)
    short, long = entry("O-261120-SHRT2222"), entry("O-261120-LONG2222", ends_at_us=NOW_US + 9 * US_PER_DAY)
    point.carry([parcel(short, short), parcel(long, long)])
    assert set(point.held()) == {short.mark, long.mark}
    point.carry([parcel(long, None)])
    assert set(point.held()) == {short.mark}
    point.carry([parcel(long, long)])
    assert set(point.held()) == {short.mark, long.mark}, "taken up again after it had been taken back"


@pytest.mark.parametrize("place", PLACES)
def test_an_extension_changes_the_end_of_the_same_object(place: str, opens: Opens) -> None:
    clock = FixedClock(NOW_US)
    point = opens(place, clock)
    order = entry()
    longer = entry(revision=2, ends_at_us=NOW_US + 14 * US_PER_DAY)
    point.carry([parcel(order, order)])
    [first] = point.place.ours()
    point.carry([parcel(longer, longer)])
    [second] = point.place.ours()
    assert point.form.key_of(first) == point.form.key_of(second)
    assert list(point.held()) == [longer.mark]


@pytest.mark.parametrize("place", PLACES)
def test_mending_puts_what_is_missing_and_takes_back_what_has_no_right(place: str, opens: Opens) -> None:
    extra, missing = entry("O-261120-XTRA2222"), entry("O-261120-MISS2222", "domain.sinkhole")
    point = opens(place, wrong=("O-261120-XTRA2222",))
    point.carry([parcel(extra, extra)])
    point.mend([missing], [extra.mark])
    assert list(point.held()) == [missing.mark]


@pytest.mark.parametrize(
    ("said", "kind"), [({"action": "correct"}, "1"), ({"end_reason": "wrong_object"}, "1"),
                       ({"end_reason": "not_needed"}, "2"), ({}, "2")],
)  # fmt: skip
def test_misp_is_told_why_an_attribute_is_over(said: dict[str, Any], kind: str, opens: Opens, server: Misp) -> None:
    point = opens("server")
    order = entry()
    point.carry([parcel(order, order)])
    point.carry([parcel(order, None, **({"action": "withdraw"} | said))])
    [attribute] = server.attributes.values()
    assert (attribute["to_ids"], attribute["deleted"]) == (False, True)
    assert [one["type"] for one in attribute["Sighting"]] == [kind]
    assert server.published[-1] == attribute["Event"]["uuid"], "who synchronises with that MISP gets the withdrawal"


def test_stix_says_that_a_withdrawn_indicator_was_wrong(opens: Opens) -> None:
    point = opens("collection")
    order = entry()
    point.carry([parcel(order, order)])
    point.carry([parcel(order, None, action="correct")])
    [said] = point.place.ours()
    assert said["revoked"] is True
    assert "false-positive" in said["labels"]
    assert said["modified"] > said["created"]


def test_what_ended_by_itself_is_not_held(opens: Opens) -> None:
    clock = FixedClock(NOW_US)
    point = opens("collection", clock)
    order = entry()
    point.carry([parcel(order, order)])
    clock.advance(8 * 86_400)
    assert list(point.held()) == []


def test_a_wrong_key_and_a_dead_server_are_said_and_nothing_is_lost(tmp_path: Path, opens: Opens, server: Misp) -> None:
    order = entry()
    stranger = misp.open_point(setup(tmp_path, {}, address=server.address, secret="wrong"))
    with closing(stranger), pytest.raises(PointDownError, match="403"):
        stranger.carry([parcel(order, order)])
    point = opens("server")
    server.down = True
    with pytest.raises(PointDownError, match="503") as caught:
        point.carry([parcel(order, order)])
    assert order.value not in str(caught.value)
    server.down = False
    point.carry([parcel(order, order)])
    assert list(point.held()) == [order.mark]


def test_a_misp_that_refuses_one_thing_is_not_down(opens: Opens, server: Misp) -> None:
    point = opens("server")
    mine, other = entry(), entry("O-261120-ELSE2222")
    server.events[
        event_uuid(point.form.key(mine.order_id, 0))
    ] = {}  # somebody deleted the attribute, the event is there
    answers = point.carry([parcel(mine, mine), parcel(other, other)])
    assert [(a.outcome, a.meaning) for a in answers] == [("rejected", "HTTP 403"), ("full", "")]


def test_a_crash_before_the_publication_is_made_good_by_the_repeat(opens: Opens, server: Misp) -> None:
    point = opens("server")
    order = entry()
    for own in (order, None):
        point.carry([parcel(order, own)])
        server.published.clear()
        point.carry([parcel(order, own)])
        assert server.published == [event_uuid(point.form.key(order.order_id, 0))]


@pytest.mark.parametrize("place", ["collection", "feed"])
def test_a_disk_that_refuses_is_a_place_not_reached(place: str, opens: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "partner"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    order, point = entry(), opens(place)
    with pytest.raises(PointDownError):
        point.carry([parcel(order, order)])
    folder.unlink()
    point.carry([parcel(order, order)])
    assert list(point.held()) == [order.mark]


def test_what_cannot_be_said_fails_alone(opens: Opens) -> None:
    point = opens("server")
    good, bad = entry(), entry("O-261120-CHAT2222", "takedown.request", value="@name")
    many = entry("O-261120-MANY2222", value="+861380013****")
    answers = point.carry([parcel(order, order) for order in (bad, many, good)])
    assert [(a.outcome, a.code) for a in answers] == [("failed", "CB-DL-160"), ("failed", "CB-DL-160"), ("full", "")]
    assert point.look([parcel(many, many)]) == [False]


@pytest.mark.parametrize("room", [misp, taxii])
def test_a_partner_without_an_address_is_refused(room: Any, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="CB-DL-161"):
        room.open_point(setup(tmp_path, {}))
    with pytest.raises(SetupError, match="CB-DL-162"):
        room.open_point(setup(tmp_path, {"collection": "c"} if room is taxii else {}, address="ftp://x"))


@pytest.mark.parametrize(("room", "part"), [(misp, "pymisp"), (taxii, "stix2")])
def test_without_its_library_a_room_says_how_to_get_it(
    room: Any, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SetupError, match=rf"CB-DL-170 .*{part}.*chainbreak\[share\]"):
        room.open_point(setup(tmp_path, {"feed": True} if room is misp else {"hosted": True}))


def test_a_feed_counts_only_what_its_manifest_names(tmp_path: Path, opens: Opens) -> None:
    point = opens("feed")
    order = entry()
    point.carry([parcel(order, order)])
    manifest = tmp_path / "out" / "partner" / "feed" / "manifest.json"
    manifest.write_text(json.dumps({}))
    assert point.look([parcel(order, order)]) == [False], "a crash between the event and the manifest"
    point.carry([parcel(order, order)])
    assert point.look([parcel(order, order)]) == [True]
