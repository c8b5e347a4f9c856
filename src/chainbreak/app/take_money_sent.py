"""Money was sent: a report is taken at once from what the call brought, and the fund desk sees it as an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.base.units import format_fen
from chainbreak.base.wording import word
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_TAKE = frozenset({Role.FUND_DESK})


def take_money_sent(office: Office, actor: Actor, warning_id: str) -> str:
    """Take the report of a warning's alert unless it has one; its number. Again, it is the same report.

    Raises:
        InputError: ingest rejects it (CB-RT-003); the alert stands without a report until this is done again.
    """
    from chainbreak.app.take_report import Draft, take_report
    from chainbreak.store.desk import warning_calls as calls

    with office.desk.read() as conn:
        alert, row = calls.alert_of(conn, warning_id), calls.row_of(conn, warning_id)
        last = calls.attempts_of(conn, warning_id)[-1:]
    if alert is None or row is None or alert["report_id"]:
        return alert["report_id"] if alert else ""
    story = _story(office, row, alert, last[0] if last else {})
    draft = Draft(
        story, alert["at_us"], report_id=f"H-{warning_id.removeprefix('W-')}", type=row["fraud"] or None,
        district=row["district"], loss_fen=alert["stake_fen"],
    )  # fmt: skip
    report_id = str(take_report(office, actor, draft)["report_id"])
    with office.desk.begin() as conn:
        calls.set_alert(conn, warning_id, report_id=report_id)
    return report_id


def list_alerts(office: Office, actor: Actor, limit: int = 50) -> list[dict[str, Any]]:
    """Alerts that nobody at the fund desk has taken, the oldest first: warning_id, recipient, district, stake_fen,
    report_id, raised_by, at_us; none for who is neither there nor at the hotline.
    """
    from chainbreak.store.desk import warning_calls as calls

    if not actor.has(*MAY_TAKE, Role.HOTLINE, Role.COMMANDER):
        return []
    with office.desk.read() as conn:
        return list(calls.open_alerts(conn, limit))


def take_alert(office: Office, actor: Actor, warning_id: str) -> str:
    """Take an alert over; the number of its report, "" if there is none yet.

    Raises:
        UsageError: no such alert is open (CB-WA-147).
        RefusedError: not the fund desk (CB-WA-149).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls

    if not actor.has(*MAY_TAKE):
        raise RefusedError("CB-WA-149", "alerts are the fund desk's", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_TAKE)))  # fmt: skip
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        alert = calls.alert_of(conn, warning_id)
        if alert is None or alert["state"] != calls.ALERT_OPEN:
            raise UsageError("CB-WA-147", "no such alert is open", given=warning_id[:40],
                             next_step="chainbreak warn alerts")  # fmt: skip
        calls.set_alert(conn, warning_id, state=calls.TAKEN, taken_by=actor.name, taken_at_us=now)
        append(conn, Entry.by(actor, now, "warning.alert", f"warning:{warning_id}", purpose="warn"))
    return str(alert["report_id"])


def _story(office: Office, row: Mapping[str, Any], alert: Mapping[str, Any], call: Mapping[str, Any]) -> str:
    """The report's words, in the centre's language: what the operator heard."""
    lang = office.centre.settings.language
    amount = format_fen(alert["stake_fen"]) if alert["stake_fen"] else word("warnings_hotline.amount_unknown", lang)
    told = word("warnings_hotline.story", lang, recipient=f"[{row['recipient']}]", amount=amount,
                warning=row["warning_id"])  # fmt: skip
    return f"{told}\n{call['note']}" if call.get("note") else told
