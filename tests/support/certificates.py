"""Certificates for servers of tests on 127.0.0.1."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def signed(name: str, by: Pair | None = None) -> Pair:
    """A certificate for 127.0.0.1, of an authority when nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(by[0].subject if by else who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((by or (None, key))[1].public_key()),
                       critical=False)
        .add_extension(_usage(is_authority=by is None), critical=True)
    )  # fmt: skip
    return made.sign(by[1] if by else key, hashes.SHA256()), key


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def pem(pair: Pair) -> tuple[str, str]:
    form = serialization.PrivateFormat.PKCS8
    key = pair[1].private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return pair[0].public_bytes(serialization.Encoding.PEM).decode(), key.decode()
