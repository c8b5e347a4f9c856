"""Format `misp`: a partner's MISP server over REST, or a MISP feed that we keep in a folder (`feed`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.delivery.sharing.carrier import Carrier
from chainbreak.act.delivery.sharing.feed import Feed
from chainbreak.act.delivery.sharing.misp_form import Misp
from chainbreak.act.delivery.sharing.misp_form import MispSettings as Settings
from chainbreak.act.delivery.sharing.misp_server import MispServer
from chainbreak.act.delivery.sharing.terms import must_have
from chainbreak.act.delivery.sharing.web import Web
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Setup

__all__ = ["NEEDS", "Settings", "open_point", "server_of"]
NEEDS = ("key",)
"""The automation key of our user at the partner's MISP; a feed needs none."""


def open_point(setup: Setup) -> Carrier:
    """The MISP or the feed that this partner reads.

    Raises:
        SetupError: address or secret are missing (CB-DL-161, CB-DL-162), or a library (CB-DL-170).
    """
    must_have("pymisp")
    settings = Settings.model_validate(setup.settings)
    form = Misp(settings, setup.partner_id)
    place = Feed(setup.folder, form) if settings.feed else MispServer(server_of(setup, settings), form)
    return Carrier(form, place, setup.clock, setup.wrong)


def server_of(setup: Setup, settings: Settings) -> Web:
    """The web of the partner's MISP, or of its feed.

    Raises:
        SetupError: no address (CB-DL-161), unusable (CB-DL-162), no secret.
    """
    if not setup.address:
        raise SetupError("CB-DL-161", "the partner's settings do not say where to share", given=setup.partner_id,
                         allowed="an address, or feed = true")  # fmt: skip
    headers = {"accept": "application/json"} | ({} if settings.feed else {"authorization": setup.secret("key")})
    return Web(setup.address, headers, ca=settings.ca)
