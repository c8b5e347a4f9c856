"""A series as a file for a case: its reports, evidence, decisions and the sentences that explain them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.read_series import admit_series
from chainbreak.app.reveal_identifier import MAY_REVEAL, known_values
from chainbreak.app.show_series import show_series
from chainbreak.app.word_link import Saying, word_series
from chainbreak.base.clock import from_us
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.base.files import write_atomic
from chainbreak.base.wording import LANGS
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

FORMS = ("json", "csv")
PURPOSE = "export a series"
COLUMNS = ("series_id", "report_id", "reported_at", "district", "type", "loss_yuan", "bits")
KINDS = tuple(kind for kind in Identifier if kind is not Identifier.PERSON)
"""Persons are never revealed in bulk."""


def export_series(
    office: Office, actor: Actor, series_id: str, out: Path, *, lang: str = "", reveal: bool = False,
    purpose: str = "", case: str = "",
) -> int:  # fmt: skip
    """Write the series to `out` and return how many reports it has. The ending of the name says which form.

    json: what `show_series` gives, `story` in sentences, and with `reveal` `values`: written token -> identifier in
    clear, of the kinds the actor may see and the vault knows. csv: a row a report, identifiers left out.

    Raises:
        UsageError: no such series (CB-SE-001), a name that ends in neither .json nor .csv (CB-US-001).
        RefusedError: a role that reads no series (CB-SE-012); a reveal without purpose, case or the role for it, or
            into a table (CB-SE-014).
    """
    form = out.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise UsageError("CB-US-001", "no such form", given=out.name, allowed=did_you_mean(form, FORMS))
    kinds = [kind for kind in KINDS if actor.has(*MAY_REVEAL[kind])]
    if reveal and not (purpose.strip() and case.strip() and kinds and form == "json"):
        raise RefusedError("CB-SE-014", "a reveal needs a purpose, a case, a role that may, and a .json file",
                           given=actor.name)  # fmt: skip
    action = "series.export_revealed" if reveal else "series.export"
    admit_series(office, actor, action, f"series:{series_id}", purpose=purpose or PURPOSE, case=case)
    shown = show_series(office, series_id)
    if form == "csv":
        content = _table(shown, office.centre.settings.zone)
    else:
        written = {str(row["key"]) for row in (*shown["identifiers"], *shown["suppressed"])}
        values = known_values(office, written, kinds) if reveal else {}
        story = word_series(shown, saying_of(office, lang, values))
        content = json.dumps(shown | {"story": story} | ({"values": values} if reveal else {}), ensure_ascii=False)
    write_atomic(out, (content + "\n").encode(), mode=0o600 if reveal else 0o640)
    return len(shown["members"])


def saying_of(office: Office, lang: str = "", values: Mapping[str, str] | None = None) -> Saying:
    """How this centre says things: its zone and its names of types of fraud; `lang` "" is its own language.

    Raises:
        UsageError: no such language (CB-US-001).
    """
    from chainbreak.app.report_texts import type_names

    settings = office.centre.settings
    chosen = lang or settings.language
    for known in LANGS:
        if known == chosen:
            return Saying(known, settings.zone, type_names(office), values or {})
    raise UsageError("CB-US-001", "no such language", given=chosen, allowed=did_you_mean(chosen, LANGS))


def _table(shown: Mapping[str, Any], zone: str) -> str:
    out = io.StringIO()
    # The mark tells the spreadsheets of our offices that the text is UTF-8.
    out.write("\ufeff")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for member in shown["members"]:
        loss = "" if member["loss_fen"] is None else f"{member['loss_fen'] // 100}.{member['loss_fen'] % 100:02d}"
        at = from_us(member["reported_at_us"], zone).isoformat(timespec="seconds")
        rows.writerow(map(_inert, (shown["series_id"], member["report_id"], at, member["district"], member["type"],
                                   loss, f"{member['bits']:.3f}")))  # fmt: skip
    return out.getvalue().removesuffix("\n")


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> _inert("=1+1"), _inert("-3.500"), _inert("东区")
    ("'=1+1", '-3.500', '东区')
    """
    is_number = cell.startswith("-") and cell[1:].replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_number else cell
