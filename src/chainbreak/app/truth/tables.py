"""Tables of a city's truth, and identifiers as a centre writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.detector import Detector


def truth_table(folder: Path, name: str) -> Any:
    """One Arrow table of the truth.

    Raises:
        UsageError: it is not there (CB-FI-005).
    """
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise UsageError("CB-FI-005", "no truth here", given=str(path), allowed="the truth/ folder of a city",
                         next_step="chainbreak city build OUT, then --truth OUT/truth")  # fmt: skip
    return pq.read_table(path)


def unit_tokens(office: Office, detector: Detector, values: Any) -> list[str]:
    """Written tokens of a column of raw identifiers of the detector's unit, in order."""
    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place
    from chainbreak.records.kind import Identifier

    settings = office.centre.settings
    place = Place(settings.country, settings.area_code)
    tokens = tokenise(Identifier(detector.unit), values.combine_chunks(), office.keys, place)
    return [written(detector, t) for t in tokens["token"].to_pylist()]


def written(detector: Detector, token: int | str) -> str:
    """A unit as it is written: tokens with their kind, domains in clear."""
    from chainbreak.records.finding import write_token

    return token if isinstance(token, str) else write_token(detector.unit, token)
