"""Mules that money of a case reached, and the class of every other account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.app.truth.tables import truth_table, unit_tokens, written

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth


def truth_of_mules(office: Office, detector: Detector, folder: Path) -> Truth:
    """Each mule is its own device, its layer the level."""
    from chainbreak.find.contract.evaluate import Truth

    accounts, cases = truth_table(folder, "accounts"), set(truth_table(folder, "transfers")["transfer_id"].to_pylist())
    reached = set()
    session = office.engine()
    try:
        transfer = session.table("transfer")
        for row in session.run(transfer.select("transfer_id", "payee")).to_pylist():
            if row["transfer_id"] in cases:
                reached.add(written(detector, row["payee"]))
    finally:
        session.close()
    device, level, kind = {}, {}, {}
    columns = (accounts["class"].to_pylist(), accounts["layer"].to_pylist())
    for unit, of_class, layer in zip(unit_tokens(office, detector, accounts["account"]), *columns, strict=True):
        if of_class != "mule":
            kind[unit] = of_class
        elif unit in reached:
            device[unit], level[unit] = unit, layer
    return Truth(device, level, kind)
