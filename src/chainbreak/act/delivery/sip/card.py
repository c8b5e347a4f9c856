"""The card that a rejected call points to: whom a wrongly blocked caller contacts (RFC 8688, 3.2 to 3.4).

A jCard (RFC 7095) inside a JWT, signed with ES256; `x5u` leads to the certificate. Its key is used for nothing else:
`keys/card.key`, made when first needed with a certificate that it signs itself. Callers' operators trust what an
authority they know has signed: `keys/card.crt` may be replaced by such a certificate for the same key.
"""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from chainbreak.base.clock import US_PER_S, from_us
from chainbreak.base.errors import SetupError
from chainbreak.base.files import write_atomic
from chainbreak.base.settings import Settings
from chainbreak.base.wording import LANGS, word

KEY_FILE, CERTIFICATE_FILE = "card.key", "card.crt"
MEDIA_TYPE = "application/jose"
"""Of a compact JWS (RFC 7515, 9.2.1)."""
CERTIFICATE_TYPE = "application/pem-certificate-chain"
LASTS = datetime.timedelta(days=3650)
"""A self-signed certificate proves no more than that cards come from one place; it need not be renewed often."""
_HALF = 32


class CardKey:
    """The centre's key of cards and its certificate, in `keys`."""

    def __init__(self, keys: Path, name: str, now_us: int) -> None:
        path = keys / KEY_FILE
        if not path.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            form = serialization.PrivateFormat.PKCS8
            write_atomic(path, made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
                         mode=0o600)  # fmt: skip
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except ValueError:
            key = None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SetupError("CB-DL-125", "the key of cards cannot be used", given=KEY_FILE, allowed="P-256, PEM")
        self._key = key
        self._certificate = keys / CERTIFICATE_FILE
        if not self._certificate.exists():
            write_atomic(self._certificate, _self_signed(key, name, now_us))

    @property
    def certificate(self) -> bytes:
        """What `x5u` leads to: a chain, PEM."""
        return self._certificate.read_bytes()

    def sign(self, settings: Settings, base_url: str, now_us: int) -> str:
        """The card of this centre as a compact JWS; `base_url`: where its pages are reached from outside."""
        head = {"alg": "ES256", "typ": "vcard+json", "x5u": f"{base_url}/card.crt"}
        body = {"iat": now_us // US_PER_S, "jcard": jcard(settings, base_url)}
        signed = f"{_base64(_json(head))}.{_base64(_json(body))}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_base64(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"


def jcard(settings: Settings, base_url: str) -> list[Any]:
    """Who this centre is, its telephone, its page of appeals, and what to do, in both languages.

    >>> card = jcard(Settings(name="A", hotline="96110"), "https://a.example")
    >>> [p[3] for p in card[1] if p[0] in ("fn", "tel", "url")]
    ['A', 'tel:96110;phone-context=+86', 'https://a.example/status']
    """
    from phonenumbers import country_code_for_region

    hotline = settings.hotline.replace(" ", "")
    # A number without + has a meaning in its country alone (RFC 3966, 5.1.5).
    tel = (
        hotline if hotline.startswith("+") else f"{hotline};phone-context=+{country_code_for_region(settings.country)}"
    )
    page = f"{base_url}/status"
    notes = [["note", {"language": lang}, "text", word("sip.card.note", lang, hotline=settings.hotline, page=page)]
             for lang in LANGS]  # fmt: skip
    return ["vcard", [
        ["version", {}, "text", "4.0"], ["fn", {}, "text", settings.name], ["kind", {}, "text", "org"],
        ["tel", {"type": "voice"}, "uri", f"tel:{tel}"], ["url", {}, "uri", page], *notes,
    ]]  # fmt: skip


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str, now_us: int) -> bytes:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.encode()[:64].decode("utf-8", "ignore"))])
    now = from_us(now_us)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
