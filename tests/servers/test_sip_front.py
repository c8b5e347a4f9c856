"""Commands to a proxy on another machine: through nginx, which lets in the centre's certificate and nobody else's."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from certificates import Pair, pem, signed

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sip import config
from chainbreak.act.delivery.sip.rpc import Rpc
from chainbreak.base.errors import SetupError
from chainbreak.bench.delivery.sip_servers import Proxy, running

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    if shutil.which("nginx") is None or shutil.which("kamailio") is None:
        pytest.skip("nginx or Kamailio is not installed")
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def authority() -> Pair:
    return signed("test authority")


@pytest.fixture(scope="module")
def address(proxy: Proxy, authority: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where nginx listens, with the file that `partner config` writes."""
    folder = tmp_path_factory.mktemp("front")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        where = f"https://127.0.0.1:{free.getsockname()[1]}/RPC"
    behind = proxy.settings.model_copy(update={"command_port": int(proxy.address.split(":")[2].split("/")[0])})
    (folder / "front.conf").write_text(str(config(behind, where, "carrier")["front.conf"]))
    certificate, key = pem(signed("the front", authority))
    for name, content in (("front.pem", certificate), ("front.key", key), ("centre-ca.pem", pem(authority)[0])):
        (folder / name).write_text(content)
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log {folder}/log; events {{}} http {{ include front.conf; }}"
    )
    command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;", "-e", str(folder / "log")]
    with subprocess.Popen(command) as process:
        try:
            wait_for(int(where.split(":")[2].split("/")[0]))
            yield where
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(500):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("nginx did not start")


def rpc(address: str, client: Pair, authority: Pair) -> Rpc:
    secrets = {"client": "".join(pem(client)), "ca": pem(authority)[0]}
    return Rpc(address, secrets.__getitem__, 3.0)


def test_the_centre_gives_commands_and_they_take_effect(proxy: Proxy, address: str, authority: Pair) -> None:
    ours = rpc(address, signed("the centre", authority), authority)
    for _ in range(3):
        ours.call("htable.sets", proxy.settings.table, "8613800138000", "2145916800:reject:reject:0:O-1:+:block:both")
        assert proxy.rejects("+8613800138000")
        ours.call("htable.delete", proxy.settings.table, "8613800138000")
        assert not proxy.rejects("+8613800138000")
    assert ours.get("/held", 5) == b""
    ours.close()


def test_nobody_else_does(proxy: Proxy, address: str, authority: Pair) -> None:
    stranger = signed("another authority")
    with pytest.raises(PointDownError):
        rpc(address, signed("not the centre", stranger), authority).call("htable.stats")
    with pytest.raises(PointDownError):
        rpc(address, signed("the centre", authority), stranger).call("htable.stats")
    bare = ssl.create_default_context(cadata=pem(authority)[0])
    port = int(address.split(":")[2].split("/")[0])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        bare.wrap_socket(plain, server_hostname="127.0.0.1") as s,
    ):
        s.sendall(b"POST /RPC HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        assert b" 400 " in s.recv(100)


def test_a_certificate_that_cannot_be_read_is_said_before_anything_is_sent(authority: Pair) -> None:
    for client, ca in (("nonsense", pem(authority)[0]), (pem(authority)[0], pem(authority)[0])):
        with pytest.raises(SetupError, match="CB-DL-122"):
            Rpc("https://127.0.0.1:1/RPC", {"client": client, "ca": ca}.__getitem__, 1)
    with pytest.raises(SetupError, match="CB-DL-122"):
        Rpc("https://127.0.0.1:1/RPC", {"client": "".join(pem(authority)), "ca": "nonsense"}.__getitem__, 1)


def test_the_key_lies_on_no_disk(authority: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Rpc("https://127.0.0.1:1/RPC", {"client": "".join(pem(authority)), "ca": pem(authority)[0]}.__getitem__, 1)
    assert list(tmp_path.iterdir()) == []
