"""The signed card for whoever was wrongly blocked, and the certificate it is checked with; both are public."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainbreak.act.delivery.sip.card import CardKey
    from chainbreak.app.bootstrap import Office


def caller_card(office: Office, seen_at: str) -> str:
    """The card as a compact JWS, signed now; `seen_at`: where the pages are when the centre has no public address.

    Raises:
        SetupError: the key of cards cannot be used (CB-DL-125).
    """
    base = (office.centre.settings.public_url or seen_at).rstrip("/")
    return _key(office).sign(office.centre.settings, base, office.clock.now_us())


def card_certificate(office: Office) -> bytes:
    """The certificate of the cards, PEM.

    Raises:
        SetupError: as above.
    """
    return _key(office).certificate


def _key(office: Office) -> CardKey:
    from chainbreak.act.delivery.sip.card import CardKey

    return CardKey(office.centre.keys, office.centre.settings.name, office.clock.now_us())
