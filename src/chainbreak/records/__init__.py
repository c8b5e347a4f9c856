"""The nouns. One file a kind; every column has a unit and a meaning; nothing here reads or writes anything."""

from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.records.account import ACCOUNT
from chainbreak.records.call import CALL
from chainbreak.records.cell import CELL
from chainbreak.records.domain import DOMAIN
from chainbreak.records.hotlist import HOTLIST
from chainbreak.records.kind import Column, Identifier, Kind, Type
from chainbreak.records.line import LINE
from chainbreak.records.lookup import LOOKUP
from chainbreak.records.message import MESSAGE
from chainbreak.records.outlet import OUTLET
from chainbreak.records.places import INCIDENT, INSPECTION, POST, SITE
from chainbreak.records.registration import REGISTRATION
from chainbreak.records.report import REPORT
from chainbreak.records.transfer import TRANSFER

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        CALL, LINE, CELL, HOTLIST, TRANSFER, ACCOUNT, REGISTRATION, MESSAGE, LOOKUP, DOMAIN, REPORT, OUTLET,
        INCIDENT, POST, SITE, INSPECTION,
    )
}  # fmt: skip


def kind_named(name: str) -> Kind:
    """The record kind called `name`.

    >>> kind_named("call").time
    'at_us'

    Raises:
        UsageError: no such kind (CB-US-001), naming the nearest.
    """
    if name not in KINDS:
        raise UsageError("CB-US-001", "unknown record kind", given=name, allowed=did_you_mean(name, KINDS))
    return KINDS[name]


__all__ = ["KINDS", "Column", "Identifier", "Kind", "Type", "kind_named"]
