"""camt.029: how a bank answers a camt.056: the payment comes back, it does not and why, or it is being looked into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainbreak.act.delivery.bank.codes import Reason, reason, resolution
from chainbreak.act.delivery.bank.recall import fen
from chainbreak.act.delivery.bank.xml import kind_of, parse, validate
from chainbreak.base.errors import InputError

_KIND = re.compile(r"camt\.029\.001\.\d{2}", re.ASCII)
_PAYMENT = "RsltnOfInvstgtn/CxlDtls/TxInfAndSts"
_CASE = re.compile(r"O-[0-9A-Z-]{4,22}-[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True)
class Resolved:
    """One answer about one case. `code`: CNCL, RJCR, PDCR. `reason`: why, "" for none. `returned_fen`: what the bank
    says it gives back, None when it does not say.
    """

    case_id: str
    code: str
    reason: str
    text: str
    returned_fen: int | None

    @property
    def outcome(self) -> str:
        """full: the payment comes back; rejected; "" while it is being looked into."""
        return resolution(self.code).outcome

    @property
    def meaning(self) -> Reason:
        """What it means and what to do next: of the reason, where there is one that says more than the code."""
        return reason(self.reason) if self.reason else resolution(self.code)


def read(content: bytes, schemas: Path | None = None) -> Resolved:
    """A camt.029 from outside.

    Raises:
        InputError: not XML that we read (CB-DL-144), not after its schema (CB-DL-142), an unknown code (CB-DL-143), an
            amount that is no yuan (CB-DL-147).
        SetupError: lxml or the schema is missing (CB-DL-140, CB-DL-141).
    """
    root = parse(content)
    if not _KIND.fullmatch(kind_of(root)):
        raise InputError("CB-DL-144", "not a camt.029", given=kind_of(root)[:40] or "another document")
    validate(root, schemas)
    if len(_all(root, _PAYMENT)) > 1:
        raise InputError("CB-DL-144", "an answer about several payments", allowed="one, as was asked")
    status, why = _text(root, "RsltnOfInvstgtn/Sts/Conf"), _text(root, f"{_PAYMENT}/CxlStsRsnInf/Rsn/Cd")
    outcome = resolution(status).outcome
    if why:
        reason(why)
    elif outcome == "rejected":
        raise InputError("CB-DL-144", "a refusal without a reason", given=status)
    amount = _find(root, f"{_PAYMENT}/RsltnRltdInf/IntrBkSttlmAmt")
    returned = None if amount is None else fen(amount.text or "", amount.get("Ccy", ""))
    told = " ".join(line.text or "" for line in _all(root, f"{_PAYMENT}/CxlStsRsnInf/AddtlInf"))
    return Resolved(_case(root), status, why, told[:400], returned)


def _case(root: Any) -> str:
    # Some banks answer under the case of the whole, some under that of the payment.
    found = _text(root, f"{_PAYMENT}/RslvdCase/Id") or _text(root, "RsltnOfInvstgtn/RslvdCase/Id")
    if not _CASE.fullmatch(found):
        raise InputError("CB-DL-144", "it does not say which case it answers", allowed="RslvdCase/Id as in Case/Id")
    return found


def _all(root: Any, path: str) -> list[Any]:
    space = root.tag.partition("}")[0] + "}"
    found: list[Any] = root.findall("/".join(space + step for step in path.split("/")))
    return found


def _find(root: Any, path: str) -> Any:
    return next(iter(_all(root, path)), None)


def _text(root: Any, path: str) -> str:
    found = _find(root, path)
    return "" if found is None else (found.text or "").strip()
