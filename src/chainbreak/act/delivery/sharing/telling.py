"""Telling a source what became of its indicators: our records met them, or they are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainbreak.act.delivery.sharing import misp, taxii
from chainbreak.act.delivery.sharing.hosted import Hosted
from chainbreak.act.delivery.sharing.misp_form import FALSE_POSITIVE, SEEN
from chainbreak.act.delivery.sharing.reported import FALSE
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Setup
    from chainbreak.act.delivery.sharing.reported import Told


def tell(setup: Setup, told: Sequence[Told]) -> set[str]:
    """Tell the partner; returns the ids of those that it did not take.

    Raises:
        UsageError: the partner has no ear: no sharing format, or a feed (CB-DL-166).
        SetupError: address, collection or secret are missing.
        PointDownError: not reached; some may have been told, and telling them again adds nothing to a TAXII server.
    """
    if setup.format == "taxii":
        return _tell_taxii(setup, told)
    if setup.format == "misp" and not (settings := misp.Settings.model_validate(setup.settings)).feed:
        return _tell_misp(setup, settings, told)
    raise UsageError("CB-DL-166", "this partner cannot be told", given=f"{setup.partner_id} {setup.format}",
                     allowed="a TAXII collection, a MISP server")  # fmt: skip


def _tell_taxii(setup: Setup, told: Sequence[Told]) -> set[str]:
    settings = taxii.Settings.model_validate(setup.settings)
    form = Stix(settings, setup.partner_id, definitions=settings.definitions)
    place = (
        Hosted(setup.folder, form, setup.clock) if settings.hosted
        else taxii.Remote(taxii.collection_of(setup, settings, settings.collection), form)
    )  # fmt: skip
    said = {one.shared_id: form.sighting(one, setup.clock.now_us()) for one in told}
    try:
        refused, _ = place.add(list(said.values()))
    finally:
        place.close()
    return {shared_id for shared_id, one in said.items() if one["id"] in refused}


def _tell_misp(setup: Setup, settings: misp.Settings, told: Sequence[Told]) -> set[str]:
    web, refused = misp.server_of(setup, settings), set()
    try:
        for one in told:
            body = {"type": FALSE_POSITIVE if one.says == FALSE else SEEN, "source": settings.publisher,
                    "timestamp": one.last_us // US_PER_S}  # fmt: skip
            if web.post(f"sightings/add/{one.shared_id}", body).status >= 400:
                refused.add(one.shared_id)
    finally:
        web.close()
    return refused
