"""Signed notes: a text and signatures under it, in the format of C2SP signed-note, with Ed25519.

Any tool that reads transparency-log checkpoints (Go's sumdb, Sigstore, the omniwitness) reads these. A public key is
written `name+hash+base64`, and its file is handed to whoever shall verify. C2SP: signed-note.md, tlog-cosignature.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chainbreak.base.errors import InputError, SetupError, UsageError

LOG_KEY, WITNESS_KEY = 0x01, 0x04
"""Signature types of C2SP signed-note: plain Ed25519, and a timestamped cosignature."""

_NAME = re.compile(r"[^\s+]{1,200}")
_MARK = "— "


@dataclass(frozen=True)
class PublicKey:
    """The public half of a signer: its name, signature type and 32 bytes."""

    name: str
    kind: int
    raw: bytes

    @property
    def hash(self) -> bytes:
        """The four bytes by which a signature line points at its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        """The key as it is published: name+hash+base64."""
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"

    @staticmethod
    def parse(text: str) -> PublicKey:
        """The key that `text` writes.

        Raises:
            InputError: malformed, or its hash does not match (CB-AU-005).
        """
        try:
            name, digest, body = text.strip().split("+", 2)
            raw = base64.b64decode(body, validate=True)
            key = PublicKey(name, raw[0], raw[1:])
        except (ValueError, IndexError):
            raise _malformed("a public key") from None
        if len(key.raw) != 32 or key.kind not in (LOG_KEY, WITNESS_KEY) or key.hash.hex() != digest:
            raise _malformed("a public key")
        return key


@dataclass(frozen=True)
class Note:
    """A text, ending in a newline, and (signer's name, key hash, signature) under it."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...] = ()

    def __str__(self) -> str:
        """The note as it is published."""
        lines = (f"{_MARK}{name} {base64.b64encode(mark + sig).decode()}\n" for name, mark, sig in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    @staticmethod
    def parse(document: str) -> Note:
        """The note that `document` writes.

        Raises:
            InputError: not a signed note (CB-AU-005).
        """
        text, gap, below = document.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise _malformed("a signed note")
        signatures = []
        for line in below.removesuffix("\n").split("\n"):
            try:
                name, body = line.removeprefix(_MARK).split(" ")
                raw = base64.b64decode(body, validate=True)
            except (ValueError, binascii.Error):
                raise _malformed("a signed note") from None
            if not line.startswith(_MARK) or len(raw) < 5:
                raise _malformed("a signed note")
            signatures.append((name, raw[:4], raw[4:]))
        return Note(text + "\n", tuple(signatures))

    def signed_by(self, key: PublicKey) -> bool:
        """Whether `key` signed this text."""
        return self.signing_time_s(key) is not None

    def signing_time_s(self, key: PublicKey) -> int | None:
        """Unix seconds at which witness `key` signed (0 for a log's key, which states none); None: it did not."""
        for name, mark, signature in self.signatures:
            if (name, mark) != (key.name, key.hash):
                continue
            at_s = int.from_bytes(signature[:8], "big") if key.kind == WITNESS_KEY else 0
            plain = signature[8:] if key.kind == WITNESS_KEY else signature
            try:
                Ed25519PublicKey.from_public_bytes(key.raw).verify(plain, _message(key.kind, self.text, at_s))
            except InvalidSignature:
                continue
            return at_s
        return None


class SigningKey:
    """The private half; lives in a file that its owner alone can read, and signs nothing but notes of one kind."""

    def __init__(self, public: PublicKey, private: Ed25519PrivateKey) -> None:
        self.public, self._private = public, private

    @staticmethod
    def create(path: Path, name: str, kind: int = LOG_KEY) -> SigningKey:
        """A new key in a new file at `path`.

        Raises:
            UsageError: the name is empty or holds spaces or a plus (CB-AU-006).
            SetupError: the file exists (CB-AU-007).
        """
        if not _NAME.fullmatch(name):
            raise UsageError("CB-AU-006", "not a signer's name", given=name, allowed="no spaces, no plus")
        private = Ed25519PrivateKey.generate()
        public = PublicKey(name, kind, private.public_key().public_bytes_raw())
        body = base64.b64encode(bytes([kind]) + private.private_bytes_raw()).decode()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise SetupError("CB-AU-007", "the key's file exists already", given=path.name) from None
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"PRIVATE+KEY+{name}+{public.hash.hex()}+{body}\n")
            file.flush()
            os.fsync(file.fileno())
        return SigningKey(public, private)

    @staticmethod
    def load(path: Path) -> SigningKey:
        """The key in the file at `path`.

        Raises:
            SetupError: no such file, or not a key (CB-AU-007).
        """
        try:
            head, word, name, _, body = path.read_text(encoding="utf-8").strip().split("+", 4)
            raw = base64.b64decode(body, validate=True)
            private = Ed25519PrivateKey.from_private_bytes(raw[1:])
        except (OSError, ValueError) as e:
            raise SetupError("CB-AU-007", "the signing key cannot be read", given=f"{path.name}: {type(e).__name__}",
                             next_step="chainbreak doctor") from None  # fmt: skip
        if (head, word) != ("PRIVATE", "KEY"):
            raise SetupError("CB-AU-007", "the file holds no signing key", given=path.name)
        return SigningKey(PublicKey(name, raw[0], private.public_key().public_bytes_raw()), private)

    def sign(self, note: Note, at_s: int = 0) -> Note:
        """`note` with this key's signature added; a witness's key states the Unix seconds `at_s` with it."""
        signature = self._private.sign(_message(self.public.kind, note.text, at_s))
        if self.public.kind == WITNESS_KEY:
            signature = at_s.to_bytes(8, "big") + signature
        return Note(note.text, (*note.signatures, (self.public.name, self.public.hash, signature)))


def read_note(path: Path) -> Note:
    """The signed note in the file at `path`.

    Raises:
        InputError: not a signed note (CB-AU-005).
    """
    try:
        return Note.parse(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        raise _malformed("a signed note") from None


def _message(kind: int, text: str, at_s: int) -> bytes:
    # C2SP tlog-cosignature v1 prefixes the text; a log's own key signs it as it is.
    return (f"cosignature/v1\ntime {at_s}\n{text}" if kind == WITNESS_KEY else text).encode()


def _malformed(what: str) -> InputError:
    return InputError("CB-AU-005", f"not {what}", next_step="compare it with the copy first handed out")
