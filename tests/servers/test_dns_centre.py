"""A centre with a DNS partner, from signature to resolver and back; what moves at night; what ends by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chainbreak.act.delivery.dns import compact as compacting
from chainbreak.act.delivery.dns.changes import barring, clearing
from chainbreak.act.delivery.dns.point import DnsPoint
from chainbreak.act.delivery.dns.records import MOVED, Bar
from chainbreak.act.delivery.lane import opened
from chainbreak.act.orders.model import Order
from chainbreak.app.add_person import add_person
from chainbreak.app.allow_list import allowed_names
from chainbreak.app.change_exclusions import add_exclusion, retire_exclusion
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.compact_zones import compact_zones
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_outbox import list_outbox
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.send_due import means_of, reconcile, send_due
from chainbreak.app.write_zones import write_zones
from chainbreak.base.clock import SystemClock
from chainbreak.base.errors import RefusedError, SetupError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.dns_servers import Site, running
from chainbreak.bench.delivery.trial import ADMIN, DRAFTER, SIGNER, Trial

pytestmark = pytest.mark.server
SWEEPER = Path(__file__).resolve().parents[2] / "tools" / "sweep_dns.py"
MAKES = ("bind", "unbound")
PATIENCE_S = 60


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    try:
        with running(MAKES) as found:
            yield found
    except SetupError as e:
        if e.code != "CB-DL-106":
            raise
        pytest.skip(str(e))


@pytest.fixture
def trial(site: Site, tmp_path: Path) -> Iterator[Trial]:
    office = init_centre(tmp_path / "centre", Settings(name="test"), SystemClock())
    for name, roles in (("bench", ["admin"]), ("li", ["analyst"]), ("wang", ["approver"])):
        add_person(office, ADMIN, name, roles, name)
    for partner_id in ("dns", "carriers", "banks"):
        change_partner(office, ADMIN, partner_id, active=False)
    add_partner(office, ADMIN, "zones", "dns", ["domain.sinkhole"], address=site.address,
                settings=site.settings.model_dump(mode="json"))  # fmt: skip
    set_secret(office, ADMIN, "zones", "tsig", site.secret.encode())
    reconcile(office)  # nothing is left of the test before
    yield Trial(office, "domain", "host_sinkhole")
    office.desk.close()


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def seen(site: Site, *values: str) -> set[str | None]:
    return {where for make in MAKES for where in site.seen(make, values)}


def signed(trial: Trial, *values: str) -> list[Order]:
    orders = trial.prepare(values)
    for order in orders:
        trial.sign(order)
    assert send_due(trial.office)["verified"] == len(values)
    return orders


def states(trial: Trial) -> set[str]:
    return {row["state"] for row in list_outbox(trial.office, every=True)}


def zone(site: Site, name: str) -> dict[str, str]:
    primary = site.primary()
    rows = {owner: str(data) for owner, _, data in primary.transfer(name)}
    primary.close()
    return rows


def barred_in(site: Site, name: str) -> set[str]:
    """Names barred in a zone, without the one that a move made up."""
    found = {owner.removeprefix("*.") for owner in zone(site, name)}
    return {value for value in found if not MOVED.fullmatch(value)}


def test_signed_is_barred_released_is_free_and_the_outbox_saw_it(trial: Trial, site: Site) -> None:
    [order] = signed(trial, "shop.bad.example")
    assert seen(site, "shop.bad.example") == {"."}
    trial.release(order)
    send_due(trial.office)
    assert seen(site, "shop.bad.example") == {None}
    assert states(trial) == {"verified"}
    [row] = reconcile(trial.office, ["zones"])
    assert (row["missing"], row["extra"], row["error"], row["failed"]) == (0, 0, "", False)


def test_a_wrong_key_keeps_orders_waiting_and_says_why(trial: Trial, site: Site) -> None:
    set_secret(trial.office, ADMIN, "zones", "tsig", b"d3JvbmcgYnV0IGxvbmcgZW5vdWdo")
    [order] = trial.prepare(["waits.example"])
    trial.sign(order)
    send_due(trial.office)
    [row] = list_outbox(trial.office)
    assert row["state"] == "sent"
    assert "CB-DL-101" in row["detail"]
    [row] = reconcile(trial.office, ["zones"])
    assert "CB-DL-101" in row["error"]
    set_secret(trial.office, ADMIN, "zones", "tsig", site.secret.encode())
    send_due(trial.office)
    assert seen(site, "waits.example") == {"."}
    assert states(trial) == {"verified"}


def test_drift_is_mended_both_ways_and_a_foreign_record_stays(trial: Trial, site: Site) -> None:
    signed(trial, "ours.example")
    with opened(means_of(trial.office), "zones") as lane:
        point = lane.point()
        assert isinstance(point, DnsPoint)
        point.put([Bar("stale.example", ".", "O-STALE", 1_795_737_600_000_000)])
        point.primary.update(site.settings.hot, barring([Bar("theirs.example", ".", "", 0)], 5))
        point.primary.update(site.settings.hot, clearing([Bar("ours.example", ".", "", 0)]))
        [row] = reconcile(trial.office, ["zones"])
        assert (row["missing"], row["extra"], row["error"]) == (1, 1, "")
        hot = zone(site, site.settings.hot)
        assert {"ours.example", "*.ours.example", "theirs.example"} <= hot.keys()
        assert "stale.example" not in hot
        point.put([Bar("theirs.example", ".", "", 0)])
        point.drop(["theirs.example"])


def test_excluded_names_pass_whatever_bars_them(trial: Trial, site: Site) -> None:
    signed(trial, "a.bank.example")
    office = trial.office
    assert "bank.example" not in allowed_names(office)
    add_exclusion(office, SIGNER, "domain", "bank.example", "a bank of this city")
    reconcile(office, ["zones"])
    until(lambda: seen(site, "a.bank.example") == {None})
    retire_exclusion(office, SIGNER, "domain:suffix:bank.example", "closed down")
    reconcile(office, ["zones"])
    until(lambda: seen(site, "a.bank.example") == {"."})
    assert not [owner for owner in zone(site, site.settings.allow) if "bank.example" in owner]


def test_names_move_to_the_cold_zone_and_are_never_free(
    trial: Trial, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "AT_ONCE", 10)
    values = [f"n{i}.example" for i in range(25)]
    orders = signed(trial, *values)
    assert compact_zones(trial.office, ADMIN, "zones")["moved"] == 25
    assert zone(site, site.settings.hot) == {}
    assert barred_in(site, site.settings.cold) == set(values)
    assert seen(site, *values[:20]) == {"."}
    assert compact_zones(trial.office, ADMIN, "zones")["moved"] == 0
    [row] = reconcile(trial.office, ["zones"])
    assert (row["missing"], row["extra"]) == (0, 0)
    serial = site.serial(site.settings.cold)
    trial.release(orders[0])
    send_due(trial.office)
    assert seen(site, values[0]) == {None}
    assert site.serial(site.settings.cold) == serial, "a change of a large zone would hold resolvers up"
    [row] = reconcile(trial.office, ["zones"])
    assert (row["missing"], row["extra"]) == (0, 0)
    compact_zones(trial.office, ADMIN, "zones")
    assert barred_in(site, site.settings.cold) == set(values[1:])
    assert zone(site, site.settings.hot) == {}
    assert seen(site, values[0]) == {None}
    with pytest.raises(RefusedError, match="CB-OR-005"):
        compact_zones(trial.office, DRAFTER, "zones")
    with pytest.raises(UsageError, match="CB-DL-108"):
        compact_zones(trial.office, ADMIN, "carriers")


def test_a_move_broken_off_bars_on_and_goes_on_later(trial: Trial, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the two steps; and a name released meanwhile does not come back."""
    orders = signed(trial, "kept.example", "freed.example")

    def die(*_: object) -> float:
        raise SetupError("CB-DL-104", "broken off")

    with monkeypatch.context() as m:
        m.setattr(compacting, "_wait", die)
        with pytest.raises(SetupError, match="CB-DL-104"):
            compact_zones(trial.office, ADMIN, "zones")
    for name in (site.settings.hot, site.settings.cold):
        assert {"kept.example", "freed.example"} <= barred_in(site, name)

    def release_meanwhile(*_: object) -> float:
        trial.release(orders[1])
        send_due(trial.office)
        return 0.0

    with monkeypatch.context() as m:
        m.setattr(compacting, "_wait", release_meanwhile)
        assert compact_zones(trial.office, ADMIN, "zones")["moved"] == 1
    for _ in range(2):
        # The wait that was left out here is what keeps resolvers from a moment without the name.
        until(lambda: seen(site, "kept.example") == {"."})
        until(lambda: seen(site, "freed.example") == {None})
        compact_zones(trial.office, ADMIN, "zones")
    assert barred_in(site, site.settings.cold) == {"kept.example"}
    assert zone(site, site.settings.hot) == {}


def test_a_primary_set_up_anew_starts_with_what_is_in_force(trial: Trial, site: Site) -> None:
    """Its serial is larger than any before, so that resolvers take it over."""
    [order] = signed(trial, "kept.example")
    folder = site.servers["primary"].folder
    serial = site.serial(site.settings.cold)
    site.servers["primary"].stop()
    for old in folder.glob("*.jnl"):
        old.unlink()
    assert write_zones(trial.office, ADMIN, "zones", folder) == {"partner": "zones", "names": 1}
    site.servers["primary"].start()
    until(site.up)
    assert site.serial(site.settings.cold) > serial
    until(lambda: zone(site, site.settings.hot) == {} and seen(site, "kept.example") == {"."})
    [row] = reconcile(trial.office, ["zones"])
    assert (row["missing"], row["extra"], row["error"]) == (0, 0, "")
    trial.release(order)
    send_due(trial.office)
    until(lambda: seen(site, "kept.example") == {None})


def test_what_has_ended_goes_while_the_sender_is_dead(trial: Trial, site: Site, tmp_path: Path) -> None:
    now = trial.office.clock.now_us()
    over, running_on = (Bar(f"{n}.example", ".", f"O-{n}", now + us) for n, us in (("over", -1), ("on", 3_600_000_000)))
    with opened(means_of(trial.office), "zones") as lane:
        point = lane.point()
        assert isinstance(point, DnsPoint)
        point.put([over, running_on])
        theirs = [Bar("theirs.example", ".", "", 0)]
        point.primary.update(site.settings.hot, barring(theirs, 5))
        key = tmp_path / "key"
        key.write_text(site.secret)
        said = sweep(site, key, "--grace", "0", "--dry-run")
        assert (said["marked"], said["ended"], said["swept"]) == (2, 1, 0)
        assert sweep(site, key, "--grace", "0")["swept"] == 1
        until(lambda: seen(site, "over.example") == {None})
        assert {m.value for m in point.held()} == {"on.example"}
        assert "theirs.example" in zone(site, site.settings.hot)
        assert sweep(site, key, "--grace", "0")["ended"] == 0
        point.put([replace(over, value="far.example")], site.settings.cold)
        serial = site.serial(site.settings.cold)
        until(lambda: seen(site, "far.example") == {"."})
        assert sweep(site, key, "--grace", "0")["swept"] == 1
        until(lambda: seen(site, "far.example") == {None})
        assert site.serial(site.settings.cold) == serial, "a change of a large zone would hold resolvers up"
        assert sweep(site, key, "--grace", "0")["ended"] == 0
        assert {m.value for m in point.held()} == {"on.example"}
        point.put([replace(over, value="shop.on.example")], site.settings.cold)
        assert sweep(site, key, "--grace", "0")["swept"] == 1
        until(lambda: "shop.on.example" not in {**zone(site, site.settings.hot), **zone(site, site.settings.cold)})
        point.put(theirs)
        point.drop(["theirs.example"])


def sweep(site: Site, key: Path, *more: str) -> dict[str, int]:
    where = site.address.removeprefix("dns://")
    command = [sys.executable, str(SWEEPER), where, "--key-name", site.settings.key_name, "--key-file", str(key), *more]
    found: dict[str, int] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return found
