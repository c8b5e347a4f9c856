"""Kamailio's JSON-RPC over HTTP: one kept connection, loopback or mutual TLS only."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError
from chainbreak.base.hosts import is_loopback

CLIENT, CA = "client", "ca"
"""Secrets of a partner reached over TLS: our certificate with its key, and the authority that signed the proxy's."""

_CLOSED = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class RpcRefusal(Exception):
    """Kamailio answered with an error: `code` as in HTTP, and its own words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class Rpc:
    """One proxy. Opens a connection when first used, and anew when the proxy has closed it."""

    def __init__(self, address: str, secret: Callable[[str], str], timeout_s: float) -> None:
        parts = urlsplit(address)
        self._host, self._port, self._timeout_s = parts.hostname or "", parts.port or 443, timeout_s
        self._context = _mutual_tls(secret) if parts.scheme == "https" and parts.hostname else None
        if self._context is None and not (parts.scheme == "http" and parts.port and is_loopback(self._host)):
            raise SetupError(
                "CB-DL-120", "commands to a proxy travel on this machine or under mutual TLS only",
                given=f"{parts.scheme}://{self._host}", allowed="http://127.0.0.1:PORT/RPC or https://HOST:PORT/RPC",
            )  # fmt: skip
        self._path = parts.path or "/RPC"
        self._open: http.client.HTTPConnection | None = None

    def call(self, method: str, *params: str | int, timeout_s: float | None = None) -> tuple[Any, bytes]:
        """The result of a command, and the raw answer.

        Raises:
            PointDownError: no connection or no usable answer.
            RpcRefusal: the proxy says no.
        """
        asked = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).encode()
        raw = self._send("POST", self._path, asked, timeout_s)
        try:
            answer = json.loads(raw)
            if "error" in answer:
                raise RpcRefusal(int(answer["error"]["code"]), str(answer["error"]["message"]))
            return answer["result"], raw
        except (ValueError, KeyError, TypeError):
            raise PointDownError("the proxy's answer is not JSON-RPC") from None

    def get(self, path: str, timeout_s: float) -> bytes:
        """A page of the proxy's own.

        Raises:
            PointDownError: no connection, or not answered with 200.
        """
        return self._send("GET", path, None, timeout_s)

    def _send(self, verb: str, path: str, body: bytes | None, timeout_s: float | None) -> bytes:
        for again in (True, False):
            try:
                return self._once(verb, path, body, timeout_s)
            except (OSError, http.client.HTTPException) as e:
                self.close()
                # An idle connection may have been closed meanwhile; every command may be repeated.
                if not again or not isinstance(e, _CLOSED):
                    raise PointDownError(f"the proxy does not answer: {type(e).__name__}") from None
        raise AssertionError("the second time returns or raises")

    def _connect(self) -> http.client.HTTPConnection:
        made: http.client.HTTPConnection
        if self._context is not None:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._context)
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        made.connect()
        return made

    def _once(self, verb: str, path: str, body: bytes | None, timeout_s: float | None) -> bytes:
        if self._open is None:
            self._open = self._connect()
        connection = self._open
        connection.sock.settimeout(timeout_s or self._timeout_s)
        connection.request(verb, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if connection.sock is None:  # the proxy closes after this answer
            self.close()
        if response.status != 200 and not content.startswith(b"{"):
            raise http.client.HTTPException(f"status {response.status}")
        return content

    def close(self) -> None:
        """Close the connection; the next command opens another."""
        if self._open is not None:
            self._open.close()
        self._open = None


def _mutual_tls(secret: Callable[[str], str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=secret(CA))
    except (ssl.SSLError, ValueError):
        raise SetupError("CB-DL-122", "who signed the proxy's certificate cannot be read", given=CA) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # OpenSSL reads a key from a file only; one in memory leaves no copy on a disk.
    handle = os.memfd_create("client")
    try:
        with os.fdopen(os.dup(handle), "w") as file:
            file.write(secret(CLIENT))
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    except (ssl.SSLError, ValueError):
        raise SetupError("CB-DL-122", "our certificate or its key for the proxy cannot be read", given=CLIENT) from None
    finally:
        os.close(handle)
    return context
