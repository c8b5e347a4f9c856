"""Say what one text mentions: a text that is given, or the masked story of a report. Keeps nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.text.mention import Mention

ZONE = "Asia/Shanghai"
"""The zone of texts that are read outside any centre."""


def extract_text(text: str, at: str = "", office: Office | None = None) -> list[dict[str, Any]]:
    """The mentions of `text` in order, each with the fields of `text.mention.Mention`, and `domain` of hosts and URLs.

    `at`: when the report was made (ISO 8601; without an offset, in the zone of the centre), to which relative times
    belong; without it they have no bounds. `office`: whose zone and area code count.

    Raises:
        UsageError: `at` is no time (CB-US-001).
    """
    from chainbreak.identity.numbers import Place
    from chainbreak.text.extract import extract

    zone = office.centre.settings.zone if office else ZONE
    place = Place(office.centre.settings.country, office.centre.settings.area_code) if office else Place()
    return [as_row(m) for m in extract(text, place, _moment(at, zone), zone)]


def extract_report(office: Office, actor: Actor, report_id: str) -> list[dict[str, Any]]:
    """The mentions of a report's masked story: tokens stand where identifiers stood. The look is in the log.

    Raises:
        UsageError: no such report (CB-RT-001).
        RefusedError: a role whose work does not rest on reports (CB-RT-002).
    """
    from chainbreak.app.show_report import show_report
    from chainbreak.identity.numbers import Place
    from chainbreak.text.extract import extract

    settings = office.centre.settings
    told = show_report(office, actor, report_id)
    place = Place(settings.country, settings.area_code)
    return [as_row(m) for m in extract(told["narrative"], place, told["reported_at_us"], settings.zone, marks=True)]


def as_row(mention: Mention) -> dict[str, Any]:
    """A mention as a row for people and programs."""
    from chainbreak.text.mention import domain_of

    row = asdict(mention)
    domain = domain_of(mention)
    return row | {"normalisation": list(mention.normalisation)} | ({"domain": domain} if domain else {})


def _moment(at: str, zone: str) -> int | None:
    from zoneinfo import ZoneInfo

    from chainbreak.base.clock import to_us

    if not at:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise UsageError("CB-US-001", "not a time", given=at[:40], allowed="ISO 8601: 2026-11-20T18:30") from None
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
