"""A TAXII server of somebody else (medallion, in a process of its own) for tests and bench, on a free loopback port."""

from __future__ import annotations

import importlib.util
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chainbreak.act.delivery.sharing.taxii import MEDIA_TYPE
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.dns_servers import free_port

COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
READY_S = 20.0


@dataclass(frozen=True)
class Taxii:
    """A running server: the address of its API root, the one collection in it, who may sign in."""

    address: str
    user: str
    password: str
    collection: str = COLLECTION


@contextmanager
def medallion() -> Iterator[Taxii]:
    """A medallion with one empty collection.

    Raises:
        SetupError: it is not installed, or does not answer (CB-DL-162).
    """
    if importlib.util.find_spec("medallion") is None:
        raise SetupError("CB-DL-162", "medallion is not installed", next_step="pip install medallion")
    port, password = free_port(), secrets.token_hex(16)
    server = Taxii(f"http://127.0.0.1:{port}/shared/", "chainbreak", password)
    with tempfile.TemporaryDirectory(prefix="chainbreak-taxii-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(_data(server)))
        (folder / "medallion.json").write_text(json.dumps({
            "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
                        "filename": str(folder / "data.json")},
            "users": {server.user: password}, "taxii": {"max_page_size": 1000},
        }))  # fmt: skip
        command = [sys.executable, "-m", "medallion.scripts.run", "--host", "127.0.0.1", "--port", str(port),
                   str(folder / "medallion.json")]  # fmt: skip
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=name) as process:
            try:
                _wait_for(server, process)
                yield server
            finally:
                process.terminate()
                process.wait()


def _data(server: Taxii) -> dict[str, object]:
    """Discovery and one API root, as medallion's memory backend reads them."""
    collection = {"id": COLLECTION, "title": "shared", "can_read": True, "can_write": True,
                  "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": []}  # fmt: skip
    information = {"title": "shared", "versions": [MEDIA_TYPE], "max_content_length": 100 << 20}
    return {
        "/discovery": {"title": "trial", "default": server.address, "api_roots": [server.address]},
        "shared": {"information": information, "status": [], "collections": [collection]},
    }


def _wait_for(server: Taxii, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(server.address, headers={"accept": MEDIA_TYPE}, auth=(server.user, server.password))
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise SetupError("CB-DL-162", "medallion does not answer", given=f"exit {process.poll()}")
