"""Sharing over the wire: our collection read by OASIS's client, and somebody else's TAXII server written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from desk_world import SETUP, make_world
from live import serving
from sharing import NOW_US, VALUES, entry, parcel, setup
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Collection, Server

from chainbreak.act.delivery.sharing import taxii
from chainbreak.act.delivery.sharing.carrier import Carrier
from chainbreak.act.delivery.sharing.hosted import Hosted
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.partner_secrets import secret_path, set_secret
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.sharing_servers import Taxii, medallion

SAID = {"publisher": "测试市反诈中心", "hosted": True}
TAXII = {"accept": taxii.MEDIA_TYPE}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = make_world(tmp_path_factory.mktemp("sharing") / "centre", FixedClock(NOW_US), findings=1)
    for name in ("bank", "carrier"):
        add_partner(made, SETUP, name, "taxii", ["number.block"], settings=SAID)
        set_secret(made, SETUP, name, "token", None)
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


def token(office: Office, name: str) -> str:
    return secret_path(office, name, "token").read_text()


def our(office: Office, name: str) -> Carrier:
    made = setup(office.centre.root / "scratch", SAID, clock=FixedClock(NOW_US))
    settings = taxii.Settings(**SAID)
    form = Stix(settings, name)
    return Carrier(form, Hosted(office.centre.out / name, form, made.clock), made.clock, made.wrong)


def signed_in(office: Office, address: str, name: str) -> Collection:
    server = Server(f"{address}/taxii2/", user=name, password=token(office, name))
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
    theirs = signed_in(office, address, "bank")
    found = all_of(theirs, limit=2)
    assert len([one for one in found if one["type"] == "indicator"]) == len(orders)
    for one in found:
        assert validate_instance(one, ValidationOptions(version="2.1")).is_valid
    other = signed_in(office, address, "carrier")
    assert theirs.id != other.id
    strange = Collection(theirs.url, user="carrier", password=token(office, "carrier"))
    with pytest.raises(requests.HTTPError, match="404"):
        strange.get_objects()
    for one in (theirs, other, strange):
        one.close()


def test_a_withdrawal_reaches_who_remembers_where_they_stopped(office: Office, address: str) -> None:
    order = entry("O-261120-WTHD2222")
    point = our(office, "carrier")
    point.carry([parcel(order, order)])
    theirs = signed_in(office, address, "carrier")
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
    theirs = signed_in(office, address, "bank")
    key = point.form.key(order.order_id, 0)
    assert all_of(theirs, id=key) == []
    point.carry([parcel(order, None)])
    assert [one["revoked"] for one in all_of(theirs, id=key)] == [True]
    theirs.close()


def test_the_server_speaks_taxii_also_when_it_refuses(office: Office, address: str) -> None:
    login = ("bank", token(office, "bank"))
    stranger = httpx.get(f"{address}/taxii2/", headers=TAXII)
    assert (stranger.status_code, stranger.headers["content-type"]) == (401, taxii.MEDIA_TYPE)
    assert "basic" in stranger.headers["www-authenticate"].lower()
    for wrong in (("bank", "x"), ("nobody", login[1]), ("dns", login[1]), ("carrier", login[1])):
        assert httpx.get(f"{address}/taxii2/", headers=TAXII, auth=wrong).status_code == 401
    assert httpx.get(f"{address}/taxii2/", headers={"accept": "text/html"}, auth=login).status_code == 406
    collection = signed_in(office, address, "bank")
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
