"""The zone of look-ups on real servers: told within a message, gone as fast, mended both ways, rebuilt from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from act_world import World

from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import reconcile, send_due
from chainbreak.base.clock import SystemClock
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery import dnsbl_servers
from chainbreak.bench.delivery.dnsbl_servers import Site

pytestmark = pytest.mark.server
NUMBER, SPELT = "+8613800138000", "0.0.0.8.3.1.0.0.8.3.1.6.8.tel"


@pytest.fixture
def site() -> Iterator[Site]:
    try:
        with dnsbl_servers.running(ready_s=30) as made:
            yield made
    except SetupError as e:
        pytest.skip(str(e))


@pytest.fixture
def world(tmp_path: Path, site: Site) -> Iterator[Any]:
    from chainbreak.app.init_centre import init_centre
    from chainbreak.base.settings import Settings

    clock = SystemClock()
    made = World(init_centre(tmp_path / "centre", Settings(), clock), clock)  # type: ignore[arg-type]
    for partner in ("carriers", "dns", "banks"):
        change_partner(made.office, made.sun, partner, active=False)
    add_partner(made.office, made.sun, "list", "dnsbl", ["number.block", "domain.sinkhole"], address=site.address,
                settings=site.settings.model_dump(mode="json"))  # fmt: skip
    set_secret(made.office, made.sun, "list", "tsig", site.secret.encode())
    yield made
    made.office.desk.close()


def drift(world: Any) -> tuple[int, int]:
    [row] = [row for row in reconcile(world.office) if row["partner"] == "list"]
    return row["missing"], row["extra"]


def test_numbers_and_domains_are_told_and_gone(world: Any, site: Site) -> None:
    number = world.approved(world.line(NUMBER))
    domain = world.approved(world.finding("evil.example"), rung="host_sinkhole")
    assert send_due(world.office)["verified"] == 2
    until = site.ask(SPELT)[0].split('" "')[1]
    assert site.ask(SPELT) == [f'"{number.order_id}" "{until}" "number.block.{number.content.rung}"']
    assert site.ask(SPELT, "A") == ["127.0.0.14" if number.content.rung == "restrict_outgoing" else "127.0.0.11"]
    for name in ("evil.example.dom", "deep.below.evil.example.dom"):
        assert site.ask(name, "A") == ["127.0.0.22"]
        assert domain.order_id in site.ask(name)[0]
    assert site.ask("example.dom") == site.ask("invalid.dom") == site.ask("1.0.0.127") == []
    assert site.ask("0.0.0.0.0.0.0.9.9.9.tel", "A") == ["127.0.0.2"]
    age = site.ask("age")
    assert age[0].startswith('"20')
    for order in (number, domain):
        release_order(world.office, world.zhao, order.order_id, "wrong_object")
    assert send_due(world.office)["verified"] == 2
    assert site.ask(SPELT, "A") == site.ask("evil.example.dom") == site.ask("x.evil.example.dom") == []
    assert site.ask("age") > age


def test_what_differs_is_mended_both_ways(world: Any, site: Site) -> None:
    order = world.sent(world.line(NUMBER))
    world.sent(world.finding("evil.example"), rung="host_sinkhole")
    assert drift(world) == (0, 0)
    primary = site.primary()
    primary.update(site.settings.zone, lambda message: message.delete(SPELT))
    primary.update(site.settings.zone, lambda message: message.delete("*.evil.example.dom"))
    stray = '"O-STRAY" "2030-01-01T00:00:00Z" "number.block.label"'
    primary.update(site.settings.zone, lambda message: message.add("8.8.5.5.9.short", 5, "TXT", stray))
    primary.update(site.settings.zone, lambda message: message.add("note", 5, "TXT", '"not ours"'))
    assert drift(world) == (2, 1)
    assert drift(world) == (0, 0)
    assert order.order_id in primary.ask(site.settings.zone, [SPELT], "TXT")[SPELT].to_text()
    assert list(primary.ask(site.settings.zone, ["note", "8.8.5.5.9.short"], "TXT")) == ["note"]
    primary.close()


def test_a_primary_that_is_away_holds_nothing_up_for_good(world: Any, site: Site) -> None:
    site.servers["primary"].stop(at_once=True)
    world.approved(world.line(NUMBER))
    assert send_due(world.office)["verified"] == 0
    assert site.ask("test", "A") == ["127.0.0.2"]  # partners are answered all the while
    site.servers["primary"].start()
    for _ in range(100):
        try:
            if drift(world) == (1, 0):
                break
        except SetupError:
            continue
    assert drift(world) == (0, 0)
