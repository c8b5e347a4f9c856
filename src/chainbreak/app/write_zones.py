"""Zone files with everything in force, for a DNS primary that starts anew: a million names load in a minute, where
sending them one message after another would take several.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.lane import opened
from chainbreak.act.delivery.point import PointDownError
from chainbreak.app.change_partners import changing, partner_row
from chainbreak.app.send_due import means_of
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import UsageError
from chainbreak.base.files import replace_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chainbreak.act.delivery.dns.point import DnsPoint
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def write_zones(office: Office, actor: Actor, partner_id: str, out: Path) -> dict[str, Any]:
    """Write the four zone files into the folder `out`. Returns partner, names (in force, that can stand in a zone).

    What changes at the desk between this and the primary's start is mended by the next comparison.

    Raises:
        UsageError: no such partner (CB-OR-080), or not one of format dns (CB-DL-108).
        SetupError: a secret is missing (CB-DL-021).
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.act.delivery.dns.point import DnsPoint
    from chainbreak.act.delivery.dns.serving import zones

    row = partner_row(office, partner_id)
    if row["format"] != "dns":
        raise UsageError("CB-DL-108", "this partner is not reached over DNS", given=row["format"], allowed="dns")
    with opened(means_of(office), partner_id) as lane:
        point = lane.point()
        assert isinstance(point, DnsPoint)
        bars = list(point.fitting(lane.wanted()))
        settings, serial = point.settings, _serial(point, office.clock.now_us())
    out.mkdir(parents=True, exist_ok=True)
    with changing(office, actor, "partner.zones", partner_id, {"names": len(bars)}):
        for name, lines in zones(settings, serial, bars).items():
            replace_atomic(out / name, lambda path, lines=lines: _write(path, lines), mode=0o640)  # type: ignore[misc]
    return {"partner": partner_id, "names": len(bars)}


def _serial(point: DnsPoint, now_us: int) -> int:
    """Larger than any that resolvers can have seen: seconds since 1970, or past the primary's own where it answers."""
    newest = now_us // US_PER_S
    for zone in point.settings.policy:
        with suppress(PointDownError):
            newest = max(newest, int(point.primary.ask(zone, ["@"], "SOA")["@"].serial) + 1)
    return newest


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="ascii") as out:
        out.writelines(lines)
