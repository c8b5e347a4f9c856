"""Gangs' sites that anybody looked up, and the class of every other name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.app.truth.tables import truth_table

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth


def truth_of_sites(office: Office, detector: Detector, folder: Path) -> Truth:
    """Each site is its own device; honest names by class: those that opened in the city's days by what they are, all
    others `young` or `older` by the register (a month before their first look-up)."""
    from chainbreak.find.contract.evaluate import Truth

    opened = truth_table(folder, "openings").to_pylist()
    kind = {row["domain"]: f"new {row['class']}" for row in opened}
    session = office.engine()
    try:
        tables = {name: session.table(name) for name in ("lookup", "domain")}
        young = {row["token"] for expr in detector.baselines(tables).values() for row in session.run(expr).to_pylist()}
        seen = session.run(tables["lookup"].select("domain").distinct())["domain"].to_pylist()
    finally:
        session.close()
    scam = set(truth_table(folder, "domains")["domain"].to_pylist()) & set(seen)
    kinds = {name: kind.get(name, "young" if name in young else "older") for name in seen if name not in scam}
    return Truth({name: name for name in scam}, dict.fromkeys(scam, "site"), kinds)
