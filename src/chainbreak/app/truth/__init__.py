"""The truth of a simulated city in a centre's own tokens: one file a detector. Only measurement and fitting read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector
    from chainbreak.find.contract.evaluate import Truth


def read_truth(office: Office, detector: Detector, folder: Path) -> Truth:
    """What really is, for the units the detector counts.

    Raises:
        UsageError: no truth is kept for the detector, or the folder lacks a table that is needed (CB-FI-005).
    """
    from chainbreak.app.truth.boxes import truth_of_boxes
    from chainbreak.app.truth.mules import truth_of_mules
    from chainbreak.app.truth.sites import truth_of_sites

    readers = {"goip": truth_of_boxes, "mules": truth_of_mules, "sites": truth_of_sites}
    if detector.name not in readers:
        raise UsageError(
            "CB-FI-005", "no truth is kept for this detector", given=detector.name, allowed=", ".join(readers)
        )
    return readers[detector.name](office, detector, folder)
