"""Cards in the ports of gangs' boxes by device, and the class of every other line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.app.truth.tables import truth_table, unit_tokens

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth

UNUSED = "box"
"""Class of cards bought for a box; those that were never in a port are neither guilty nor honest."""
COMPANY = "corporate_gateway"


def truth_of_boxes(office: Office, detector: Detector, folder: Path) -> Truth:
    """Devices of gangs with their stays; a company's gateway (no gang) is a class of lines, whatever they are named."""
    from chainbreak.find.contract.evaluate import Stay, Truth

    sims, devices = truth_table(folder, "sims"), truth_table(folder, "devices")
    device, level, company, stays = {}, {}, set[str](), []
    for unit, row in zip(unit_tokens(office, detector, devices["imsi"]), devices.to_pylist(), strict=True):
        if row["gang"] is None:
            company.add(unit)
            continue
        device[unit], level[row["device_id"]] = row["device_id"], row["level"]
        stays.append(Stay(row["device_id"], unit, row.get("gateway") or 0, row["cell_id"], row["lat"], row["lon"],
                          row["from_us"], row["to_us"]))  # fmt: skip
    units = unit_tokens(office, detector, sims["imsi"])
    kinds = zip(units, sims["class"].to_pylist(), strict=True)
    kind = {unit: name for unit, name in kinds if unit not in device and name != UNUSED}
    kind |= dict.fromkeys(company, COMPANY)
    protected = frozenset(u for u, yes in zip(units, sims["protected"].to_pylist(), strict=True) if yes)
    return Truth(device, level, kind, tuple(stays), protected)
