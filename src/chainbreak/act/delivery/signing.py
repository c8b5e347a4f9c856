"""Ed25519 signatures beside every artefact, under a key used for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chainbreak.base.files import write_atomic

KEY_FILE, PUBLIC_FILE = "delivery.key", "delivery.pub"


class Signer:
    """The delivery key in `keys`; made when first needed, its public half published in `out`."""

    def __init__(self, keys: Path, out: Path) -> None:
        path = keys / KEY_FILE
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes_raw()
            write_atomic(path, made, mode=0o600)
        self._key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        public = out / PUBLIC_FILE
        if not public.exists():
            out.mkdir(parents=True, exist_ok=True)
            write_atomic(public, self._public_pem())

    def _public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def seal(self, name: str, content: bytes, serial: int, made_at: str) -> bytes:
        """The file that stands beside an artefact: its SHA-256, serial, time, and a signature under all of them."""
        head = {"file": name, "made_at": made_at, "serial": serial, "sha256": hashlib.sha256(content).hexdigest()}
        signature = self._key.sign(_signed_bytes(head))
        return (json.dumps({**head, "ed25519": base64.b64encode(signature).decode()}, indent=1) + "\n").encode()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What partners check with."""
        return self._key.public_key()


def is_genuine(content: bytes, seal: bytes, public_key: Ed25519PublicKey) -> bool:
    """Whether `seal` is a signature under exactly this content."""
    try:
        body: dict[str, Any] = json.loads(seal)
        signature = base64.b64decode(body.pop("ed25519"))
        public_key.verify(signature, _signed_bytes(body))
    except (ValueError, KeyError, AttributeError, TypeError, InvalidSignature):
        return False
    return bool(body.get("sha256") == hashlib.sha256(content).hexdigest())


def _signed_bytes(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
