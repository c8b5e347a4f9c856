"""The demo's last steps: the town's reports linked into series and held against the truth, and leads on their way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

Who = Callable[[str], "Actor"]
DISPATCHED = 3
"""Leads that the demo takes to a unit; the rest wait for whoever opens the console."""


def link_town(office: Office, who: Who, truth: Path) -> str:
    """Link every report, and say how the series compare with the gangs that really were at work."""
    from chainbreak.app.link_reports import link_reports

    told = link_reports(office, who("lin"))
    if not told["reports"]:
        return "no reports"
    measured = _against(office, truth)
    return (
        f"{told['reports']} reports, {told['series']} series; against the town's gangs B³ precision "
        f"{measured['b3_precision']:.2f}, recall {measured['b3_recall']:.2f}, F1 {measured['b3_f1']:.2f}"
    )


def _against(office: Office, truth: Path) -> dict[str, float]:
    """The measures of the recorded series on the reports of the truth."""
    import pyarrow.parquet as pq

    from chainbreak.find.linkage.measures import partition_measures
    from chainbreak.store.desk.series import series_of

    rows = [row for row in pq.read_table(truth).select(["report_id", "gang"]).to_pylist() if row["report_id"]]
    with office.desk.read() as conn:
        found = series_of(conn, [row["report_id"] for row in rows])
    names = [found.get(row["report_id"]) or row["report_id"] for row in rows]
    return partition_measures([row["gang"] for row in rows], [sorted(set(names)).index(name) for name in names])


def lead_town(office: Office, who: Who) -> str:
    """Draft what is worth a lead, and take the first few through a second person to a unit."""
    from chainbreak.app.dispatch_lead import dispatch_lead
    from chainbreak.app.draft_leads import draft_leads
    from chainbreak.app.review_lead import review_lead

    drafted = [row for row in draft_leads(office, who("lin")) if row["why"] == "drafted"]
    sent = [row for row in drafted if row["unit"]][:DISPATCHED]
    for row in sent:
        review_lead(office, who("qian"), row["lead_id"])
        dispatch_lead(office, who("chen"), row["lead_id"])
    return (
        f"{len(drafted)} leads drafted, {len(sent)} reviewed by a second person and dispatched, the rest wait for you"
    )
