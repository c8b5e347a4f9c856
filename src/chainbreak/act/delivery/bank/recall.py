"""camt.056: asking back a payment that a victim made, from the victim's bank to the bank that got it.

It is a request between banks and no freeze: the hold of the amount goes beside it. Only the victim's own payment is
asked back (the first hop); further on there is no payment of the victim's to recall.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.bank.codes import recall_reason
from chainbreak.act.delivery.bank.messages import message_id
from chainbreak.act.delivery.bank.settings import BIC, Settings
from chainbreak.act.delivery.bank.xml import NAMESPACE, lxml, validate
from chainbreak.act.orders.guards.money import claims_of
from chainbreak.base.clock import local_day, rfc3339
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Order

LONGEST_ID = 35
"""Max35Text."""
NO_ID = "NOTPROVIDED"
"""What banks write where an identifier is asked for and there is none [C]."""
UETR = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")
"""UUIDv4Identifier."""


@dataclass(frozen=True)
class Seed:
    """One payment by which a victim's money came to the account of an order: the payment to be asked back.

    `fen`: the whole payment. `claim_fen`: what is claimed of it. `bank`: of the victim, "" when ledgers do not say.
    """

    order_id: str
    transfer_id: str
    fen: int
    claim_fen: int
    booked_at_us: int
    bank: str

    @property
    def case_id(self) -> str:
        """The case under which the bank answers: the order, and eight letters for the payment."""
        return f"{self.order_id}-{hashlib.sha256(self.transfer_id.encode()).hexdigest()[:8]}"


def order_of_case(case_id: str) -> str:
    """The order that a case is about.

    >>> order_of_case("O-261121-7KQ2MZ4B-0f3a9c1d")
    'O-261121-7KQ2MZ4B'
    """
    return case_id.rpartition("-")[0]


def seeds_of(order: Order) -> list[Seed]:
    """The victims' own payments into the account of `order` that it holds money for, each once, in order of claims."""
    found = {seed.transfer_id: seed for seed in _seeds(order)}
    return list(found.values())


def _seeds(order: Order) -> Iterator[Seed]:
    for item in claims_of(order.content).values():
        first = next((step for step in item["path"] if step["transfer_id"] == item["transfer_id"]), None)
        if first is not None and item["share_fen"] and first["payee"] == order.content.object:
            yield Seed(order.order_id, first["transfer_id"], first["fen"], item["claim_fen"], first["booked_at_us"],
                       first.get("payer_bank", ""))  # fmt: skip


def yuan(fen: int) -> str:
    """Fen as ISO 20022 writes an amount.

    >>> yuan(1234567), yuan(5)
    ('12345.67', '0.05')
    """
    if fen <= 0:
        raise InputError("CB-DL-147", "an amount that is not above zero", given=str(fen))
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: str, currency: str) -> int:
    """An amount as ISO 20022 writes it, in fen, exactly.

    >>> fen("12345.67", "CNY"), fen("0.05000", "CNY")
    (1234567, 5)

    Raises:
        InputError: another currency, or finer than a fen (CB-DL-147).
    """
    whole, _, part = text.partition(".")
    fine = part.rstrip("0")
    if (
        currency != "CNY"
        or not whole.isdecimal()
        or len(whole) > 14
        or len(fine) > 2
        or (fine and not fine.isdecimal())
    ):
        raise InputError("CB-DL-147", "not an amount in yuan and whole fen", given=currency[:3], allowed="CNY")
    return int(whole) * 100 + int(fine.ljust(2, "0") or 0)


def build(seed: Seed, settings: Settings, created_at_us: int) -> bytes:
    """The camt.056 for one payment; the same payment, settings and time give the same bytes.

    Raises:
        InputError: an unknown reason (CB-DL-143), no amount (CB-DL-147), or not after its schema (CB-DL-142).
        SetupError: lxml or the schema is missing (CB-DL-140, CB-DL-141).
    """
    etree = lxml()
    recall_reason(settings.recall_reason)
    kind = f"camt.056.001.{settings.recall_version}"
    root = etree.Element(f"{{{NAMESPACE}{kind}}}Document", nsmap={None: NAMESPACE + kind})
    request = _put(root, "FIToFIPmtCxlReq")
    assignment = _put(request, "Assgnmt")
    _put(assignment, "Id", message_id(seed.case_id, settings.agent).hex)
    victims = settings.agents.get(seed.bank, "")
    assigner = _put(assignment, "Assgnr")
    _agent(_put(assigner, "Agt"), victims) if victims else _party(assigner, settings.centre)
    _agent(_put(_put(assignment, "Assgne"), "Agt"), settings.agent)
    _put(assignment, "CreDtTm", rfc3339(created_at_us))
    case = _put(request, "Case")
    _put(case, "Id", seed.case_id)
    _party(_put(case, "Cretr"), settings.centre)
    _put(_put(request, "CtrlData"), "NbOfTxs", "1")
    _payment(_put(_put(request, "Undrlyg"), "TxInf"), seed, settings)
    validate(root, settings.schemas)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _payment(info: Any, seed: Seed, settings: Settings) -> None:
    short = len(seed.transfer_id) <= LONGEST_ID
    _put(info, "CxlId", seed.case_id)
    _put(info, "OrgnlTxId", seed.transfer_id if short else NO_ID)
    if UETR.fullmatch(seed.transfer_id):
        # A UETR names a payment from end to end: the payment's own is passed on, none is made up.
        _put(info, "OrgnlUETR", seed.transfer_id)
    _put(info, "OrgnlIntrBkSttlmAmt", yuan(seed.fen)).set("Ccy", "CNY")
    _put(info, "OrgnlIntrBkSttlmDt", local_day(seed.booked_at_us, settings.zone).isoformat())
    why = _put(info, "CxlRsnInf")
    _put(_put(why, "Rsn"), "Cd", settings.recall_reason)
    _put(why, "AddtlInf", f"CLAIMED CNY {yuan(seed.claim_fen)} / {seed.case_id}")
    if not short:
        _put(why, "AddtlInf", f"PAYMENT {seed.transfer_id}"[:105])


def _agent(place: Any, agent: str) -> None:
    institution = _put(place, "FinInstnId")
    if BIC.fullmatch(agent):
        _put(institution, "BICFI", agent)
        return
    member = _put(institution, "ClrSysMmbId")
    _put(_put(member, "ClrSysId"), "Cd", "CNAPS")
    _put(member, "MmbId", agent)


def _party(place: Any, name: str) -> None:
    _put(_put(_put(_put(_put(place, "Pty"), "Id"), "OrgId"), "Othr"), "Id", name)


def _put(place: Any, name: str, text: str | None = None) -> Any:
    made = place.makeelement(f"{place.tag.partition('}')[0]}}}{name}")
    if text is not None:
        try:
            made.text = text
        except ValueError:
            raise InputError("CB-DL-142", "a text that XML cannot carry", given=name) from None
    place.append(made)
    return made
