"""Sharing over the wire: our collection read by OASIS's client, and somebody else's TAXII server written to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from desk_world import SETUP, make_world
from live import serving
from pymisp import MISPEvent
from sharing import NOW_US, VALUES, entry, parcel, setup
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Collection, Server

from chainbreak.act.delivery.points import room_of
from chainbreak.act.delivery.sharing import misp, taxii
from chainbreak.act.delivery.sharing.carrier import Carrier
from chainbreak.act.delivery.sharing.feed import Feed
from chainbreak.act.delivery.sharing.hosted import Hosted
from chainbreak.act.delivery.sharing.misp_form import Misp
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.init_centre import init_centre
from chainbreak.app.issue_receipt_token import issue_receipt_token
from chainbreak.app.list_indicators import list_indicators
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.share_pull import share_pull
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery import misp as misp_bench
from chainbreak.bench.delivery import trial
from chainbreak.bench.delivery.sharing_servers import Taxii, medallion
from chainbreak.records.actor import Actor, Role

SAID = {"publisher": "测试市反诈中心", "hosted": True}
TAXII = {"accept": taxii.MEDIA_TYPE}
LIAISON = Actor("zhou", frozenset({Role.LIAISON}))
TOKENS: dict[str, str] = {}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = make_world(tmp_path_factory.mktemp("sharing") / "centre", FixedClock(NOW_US), findings=1)
    add_partner(made, SETUP, "feed", "misp", ["number.block"], settings={"publisher": "测试市反诈中心", "feed": True})
    TOKENS["feed"] = issue_receipt_token(made, LIAISON, "feed")
    for name in ("bank", "carrier"):
        add_partner(made, SETUP, name, "taxii", ["number.block"], settings=SAID)
        TOKENS[name] = issue_receipt_token(made, LIAISON, name)
    return made


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with serving(office) as address:
        yield address


@pytest.fixture(scope="module")
def partner_server() -> Iterator[Taxii]:
    try:
        with medallion() as server:
            yield server
    except SetupError as e:
        pytest.skip(str(e))


def our(office: Office, name: str) -> Carrier:
    made = setup(office.centre.root / "scratch", SAID, clock=FixedClock(NOW_US))
    settings = taxii.Settings(**SAID)
    form = Stix(settings, name)
    return Carrier(form, Hosted(office.centre.out / name, form, made.clock), made.clock, made.wrong)


def signed_in(address: str, name: str) -> Collection:
    server = Server(f"{address}/taxii2/", user=name, password=TOKENS[name])
    [root] = server.api_roots
    [collection] = root.collections
    return collection


def all_of(collection: Collection, **how: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = collection.get_objects(**how)
        found += page.get("objects", [])
        if not page.get("more"):
            return found
        how["next"] = page["next"]


def test_oasis_client_reads_each_partners_own_collection_and_no_other(office: Office, address: str) -> None:
    bank, carrier = our(office, "bank"), our(office, "carrier")
    orders = [entry(f"O-261120-AAAA22{i:02}", kind) for i, kind in enumerate(VALUES)]
    bank.carry([parcel(order, order) for order in orders])
    carrier.carry([parcel(orders[0], orders[0])])
    theirs = signed_in(address, "bank")
    found = all_of(theirs, limit=2)
    assert len([one for one in found if one["type"] == "indicator"]) == len(orders)
    for one in found:
        assert validate_instance(one, ValidationOptions(version="2.1")).is_valid
    other = signed_in(address, "carrier")
    assert theirs.id != other.id
    strange = Collection(theirs.url, user="carrier", password=TOKENS["carrier"])
    with pytest.raises(requests.HTTPError, match="404"):
        strange.get_objects()
    for one in (theirs, other, strange):
        one.close()


def test_a_withdrawal_reaches_who_remembers_where_they_stopped(office: Office, address: str) -> None:
    order = entry("O-261120-WTHD2222")
    point = our(office, "carrier")
    point.carry([parcel(order, order)])
    theirs = signed_in(address, "carrier")
    stopped = theirs.get_manifest()["objects"][-1]["date_added"]
    assert all_of(theirs, added_after=stopped) == []
    point.carry([parcel(order, None)])
    [taken_back] = all_of(theirs, added_after=stopped)
    assert taken_back["revoked"] is True
    seen = theirs.object_versions(taken_back["id"])["versions"]
    assert seen == sorted(seen)
    assert len(seen) == 2
    [first] = all_of(theirs, id=taken_back["id"], version="first")
    assert "revoked" not in first
    [same] = theirs.get_object(taken_back["id"])["objects"]
    assert same == taken_back
    theirs.close()


def test_what_has_ended_is_not_given_out_as_valid(office: Office, address: str) -> None:
    order = entry("O-261120-ENDS2222", starts_at_us=NOW_US - 10_000_000, ends_at_us=NOW_US - 1)
    point = our(office, "bank")
    point.carry([parcel(order, order)])
    theirs = signed_in(address, "bank")
    key = point.form.key(order.order_id, 0)
    assert all_of(theirs, id=key) == []
    point.carry([parcel(order, None)])
    assert [one["revoked"] for one in all_of(theirs, id=key)] == [True]
    theirs.close()


def test_the_server_speaks_taxii_also_when_it_refuses(office: Office, address: str) -> None:
    login = ("bank", TOKENS["bank"])
    stranger = httpx.get(f"{address}/taxii2/", headers=TAXII)
    assert (stranger.status_code, stranger.headers["content-type"]) == (401, taxii.MEDIA_TYPE)
    assert "basic" in stranger.headers["www-authenticate"].lower()
    for wrong in (("bank", "x"), ("nobody", login[1]), ("dns", login[1]), ("carrier", login[1])):
        assert httpx.get(f"{address}/taxii2/", headers=TAXII, auth=wrong).status_code == 401
    assert httpx.get(f"{address}/taxii2/", headers={"accept": "text/html"}, auth=login).status_code == 406
    collection = signed_in(address, "bank")
    bad = httpx.get(f"{collection.url}objects/?added_after=yesterday", headers=TAXII, auth=login)
    assert (bad.status_code, bad.json()["http_status"]) == (400, "400")
    assert httpx.get(f"{collection.url}objects/?match[spec_version]=2.0", headers=TAXII, auth=login).json() == {}
    none = httpx.get(f"{collection.url}objects/indicator--none/", headers=TAXII, auth=login)
    assert (none.status_code, none.json()["error_code"]) == (404, "CB-DL-169")
    collection.close()


def test_every_kind_is_posted_to_a_partners_server_seen_there_and_revoked(
    partner_server: Taxii, tmp_path: Path
) -> None:
    said = {"collection": partner_server.collection, "user": partner_server.user, "definitions": False}
    clock = FixedClock(NOW_US)
    made = setup(tmp_path, said, address=partner_server.address, secret=partner_server.password, clock=clock)
    with closing(taxii.open_point(made)) as point:
        orders = [entry(f"O-261120-PUSH22{i:02}", kind) for i, kind in enumerate(VALUES)]
        parcels = [parcel(order, order) for order in orders]
        assert [a.outcome for a in point.carry(parcels)] == ["full"] * len(orders)
        assert point.look(parcels) == [True] * len(orders)
        assert [a.outcome for a in point.carry(parcels)] == ["full"] * len(orders)
        assert set(point.held()) == {order.mark for order in orders}
        point.carry([parcel(order, None) for order in orders[1:]])
        assert list(point.held()) == [orders[0].mark]
        point.mend([orders[1]], [orders[0].mark])
        assert list(point.held()) == [orders[1].mark]
    url = f"{partner_server.address}collections/{partner_server.collection}/"
    with closing(Collection(url, user=partner_server.user, password=partner_server.password)) as theirs:
        found = theirs.get_objects(version="all")["objects"]
    assert {one["type"] for one in found} == {"indicator", "identity", "marking-definition"}
    for one in found:
        assert validate_instance(one, ValidationOptions(version="2.1")).is_valid


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory, address: str) -> Office:
    """Another centre, to which ours is a source: its collection over TAXII, and its MISP feed."""
    made = init_centre(tmp_path_factory.mktemp("neighbour") / "centre", Settings(name="邻市"), FixedClock(NOW_US))
    collection = signed_in(address, "bank")
    said = {"publisher": "邻市", "collection": collection.id, "user": "bank"}
    collection.close()
    add_partner(made, SETUP, "city", "taxii", [], address=f"{address}/taxii2/shared/", settings=said)
    set_secret(made, SETUP, "city", "password", TOKENS["bank"].encode())
    return made


def test_what_one_centre_shares_another_reads_also_the_withdrawal(
    office: Office, address: str, neighbour: Office
) -> None:
    order = entry("O-261120-NEXT2222", "domain.sinkhole", value="next.example")
    point = our(office, "bank")
    point.carry([parcel(order, order)])
    assert share_pull(neighbour, LIAISON, "city")["error"] == ""
    assert [row["valid_until_us"] for row in list_indicators(neighbour, source="city")
            if row["object"] == "next.example"] == [order.ends_at_us]  # fmt: skip
    assert share_pull(neighbour, LIAISON, "city") == {
        "new": 0, "changed": 0, "sightings": 0, "refused": 0, "ignored": 0, "error": "",
    }, "since the last time there is nothing"  # fmt: skip
    point.carry([parcel(order, None)])
    assert share_pull(neighbour, LIAISON, "city")["changed"] == 1
    assert "next.example" not in {row["object"] for row in list_indicators(neighbour)}


def test_a_feed_is_fetched_by_its_partner_alone(office: Office, address: str, tmp_path: Path) -> None:
    login = ("feed", TOKENS["feed"])
    assert httpx.get(f"{address}/feeds/feed/manifest.json", auth=login).json() == {}
    settings = misp.Settings(publisher="测试市反诈中心", feed=True)
    form = Misp(settings, "feed")
    made = setup(tmp_path, {}, clock=FixedClock(NOW_US))
    point = Carrier(form, Feed(office.centre.out / "feed", form), made.clock, made.wrong)
    order = entry()
    point.carry([parcel(order, order)])
    [uuid] = httpx.get(f"{address}/feeds/feed/manifest.json", auth=login).json()
    event = MISPEvent()
    event.load(httpx.get(f"{address}/feeds/feed/{uuid}.json", auth=login).json())
    assert [one.value for one in event.attributes] == [order.value]
    assert uuid in httpx.get(f"{address}/feeds/feed/hashes.csv", auth=login).text
    for name, who in (("manifest.json", None), ("manifest.json", ("bank", TOKENS["bank"])),
                      ("manifest.json", ("feed", TOKENS["bank"])), ("..%2fcollection.db", login),
                      (".lock", login)):  # fmt: skip
        assert httpx.get(f"{address}/feeds/feed/{name}", auth=who).status_code in (401, 404)


def test_orders_take_effect_at_a_partners_misp_and_are_gone_again(tmp_path: Path) -> None:
    with misp_bench.paths("small") as stack, trial.centre(tmp_path, stack, "line", rung="block") as made:
        took = trial.both_ways(made, stack, ["+8613800138000", "+8613800138001"])
    assert {way: [s is not None for s in all_s] for way, all_s in took.items()} == {
        "block misp (stand-in)": [True, True], "withdraw misp (stand-in)": [True, True],
    }  # fmt: skip


@pytest.mark.parametrize(("format_", "said"), [("taxii", {"hosted": True}), ("misp", {"feed": True})])
def test_orders_take_effect_in_what_partners_fetch_from_us(format_: str, said: dict[str, Any], tmp_path: Path) -> None:
    room = room_of(format_)
    kept = setup(tmp_path / "reader", said | {"publisher": "bench"})
    reader = room.open_point(
        dataclasses.replace(kept, partner_id="point", folder=tmp_path / "centre" / "out" / "point")
    )

    def is_shared(value: str) -> bool:
        return value in {mark.value for mark in reader.held()}

    stack = trial.Stack(format_, "", said | {"publisher": "bench"}, {"own": is_shared})
    with trial.centre(tmp_path, stack, "domain", rung="host_sinkhole") as made:
        took = trial.both_ways(made, stack, ["b1.example"])
    assert {way: [s is not None for s in all_s] for way, all_s in took.items()} == {
        "block own": [True], "withdraw own": [True],
    }  # fmt: skip
