"""A look-up for tests and bench: `chainbreak lookup serve` in the foreground, on a loopback port, within a block."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.dns_servers import Server, free_port

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

READY_S = 300.0


@dataclass
class Running:
    """A look-up that answers at `address`."""

    address: str
    server: Server

    def age_ms(self) -> int:
        """How old its snapshot is, in ms.

        Raises:
            httpx.HTTPError: it does not answer.
        """
        return int(httpx.get(f"{self.address}/v1/age", timeout=2, trust_env=False).json()["age_ms"])


@contextmanager
def running(office: Office, port: int = 0, prefix: Sequence[str] = (), workers: int = 1) -> Iterator[Running]:
    """A look-up over a centre, ready. `port` 0: a free one; `prefix`: what starts it, as `taskset -c 0`.

    Raises:
        SetupError: it did not answer in time (CB-DL-192); why stands in `log` in the centre's scratch folder.
    """
    at = port or free_port()
    command = [*prefix, sys.executable, "-m", "chainbreak", "lookup", "serve", "--centre", str(office.centre.root),
               "--port", str(at), "--workers", str(workers)]  # fmt: skip
    made = Running(f"http://127.0.0.1:{at}", Server(command, office.centre.scratch))
    made.server.start()
    try:
        _until_ready(made)
        yield made
    finally:
        made.server.stop()


def _until_ready(made: Running) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        try:
            made.age_ms()
        except httpx.HTTPError:
            if made.server.process is None or made.server.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
    raise SetupError("CB-DL-192", "the look-up was not ready in time", given=f"{READY_S:.0f} s")
