"""Who of the people that were warned lost money, and when: from reports, by the lines that belong to their victims.

A report counts when it tells a loss and was not deleted. Its victim's lines are those that a person marked as the
victim's own in it, and those that the operators' register holds for the victim; other reports cannot be joined, and how
many these are is told. Nothing is opened in the vault for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_DAY
from chainbreak.records import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LAG_WINDOW_US = 90 * US_PER_DAY
LEAST_LAGS = 20
"""Reports with a known time of loss from which on their own lag is used, not the one assumed."""
ASSUMED_LAG_US = 7 * US_PER_DAY
_VICTIM = "victim"


@dataclass(frozen=True)
class Loss:
    """One confirmed loss of one line; times UTC µs, `fen` as reported or corrected."""

    recipient: str
    at_us: int
    reported_at_us: int
    fen: int
    report_id: str


@dataclass(frozen=True)
class Losses:
    """What reports say. `lag_us`: by when 95 of 100 losses have been reported; `measured`: from this centre's own
    reports, else assumed. `reports` tell a loss, of which `joined` have a line.
    """

    rows: tuple[Loss, ...]
    reports: int
    joined: int
    lag_us: int
    measured: bool

    def within(self, recipient_at: Iterable[tuple[str, int]], span_us: int) -> list[bool]:
        """For each (recipient, moment): whether he lost money within `span_us` after it."""
        by_line = self.by_line()
        return [any(at < loss <= at + span_us for loss in by_line.get(who, ())) for who, at in recipient_at]

    def by_line(self) -> dict[str, list[int]]:
        """Recipient -> when he lost money, in order."""
        found: dict[str, list[int]] = {}
        for loss in sorted(self.rows, key=lambda one: one.at_us):
            found.setdefault(loss.recipient, []).append(loss.at_us)
        return found


def losses_of(office: Office, recipients: Collection[str], since_us: int, until_us: int) -> Losses:
    """Losses of `recipients` (written tokens, as the desk wrote them down) of reports made within [since, until)."""
    from chainbreak.app.current_keys import current_keys

    told = [row for row in _reports(office, min(since_us, until_us - LAG_WINDOW_US), until_us) if row["loss_fen"]]
    lags = sorted(row["reported_at_us"] - row["occurred_at_us"] for row in told if row["occurred_at_us"] is not None)
    counted = [row for row in told if row["reported_at_us"] >= since_us]
    written = current_keys(office, recipients)
    then: dict[str, list[str]] = {}
    for was, now in written.items():
        then.setdefault(now, []).append(was)
    rows = [
        Loss(was, row["reported_at_us"] if row["occurred_at_us"] is None else row["occurred_at_us"],
             row["reported_at_us"], row["loss_fen"], row["report_id"])
        for row in counted for line in sorted(row["lines"]) for was in then.get(line, ())
    ]  # fmt: skip
    measured = len(lags) >= LEAST_LAGS
    lag = max(lags[int(0.95 * (len(lags) - 1))], 0) if measured else ASSUMED_LAG_US
    return Losses(tuple(rows), len(counted), sum(bool(row["lines"]) for row in counted), lag, measured)


def _reports(office: Office, since_us: int, until_us: int) -> list[dict[str, Any]]:
    """Reports made within [since, until), as people corrected them, each with the `lines` of its victim."""
    from chainbreak.app.current_keys import current_keys
    from chainbreak.records.finding import write_token
    from chainbreak.store.desk import warning_measures as desk

    engine = office.engine()
    try:
        report, line = engine.table("report"), engine.table("line")
        columns = ("record_ref", "report_id", "reported_at_us", "occurred_at_us", "loss_fen", "victim")
        made = report.filter((report.reported_at_us >= since_us) & (report.reported_at_us < until_us)).select(*columns)
        rows = engine.run(made).to_pylist()
        owners = made.filter(made.victim.notnull()).select("victim").distinct()
        owned = engine.run(line.semi_join(owners, line.holder == owners.victim).select("holder", "msisdn").distinct())
    finally:
        engine.close()
    lines: dict[int, set[str]] = {}
    for row in owned.to_pylist():
        lines.setdefault(row["holder"], set()).add(write_token(Identifier.LINE, row["msisdn"]))
    with office.desk.read() as conn:
        filed, marked = desk.filed_reports(conn, since_us, until_us), desk.marked_victims(conn, since_us, until_us)
    said = {report_id: _own_lines(text) for report_id, text in marked.items()}
    now = current_keys(office, {key for keys in said.values() for key in keys})
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: one["record_ref"]):
        file = filed.get(row["report_id"])
        if file is not None and (file["state"] != "open" or file["record_ref"] != row["record_ref"]):
            continue  # deleted, or another record of it counts
        own = {now[key] for key in said.get(row["report_id"], ())} | lines.get(row["victim"], set())
        found[row["report_id"]] = row | (file or {}) | {"lines": own}
    return list(found.values())


def _own_lines(said: str) -> list[str]:
    return [
        key for key, role in json.loads(said).items() if role == _VICTIM and key.startswith(f"{Identifier.LINE}:")
    ]  # fmt: skip
