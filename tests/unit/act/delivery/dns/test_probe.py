"""What a resolver's answer says: barred by us, or merely not there; and a resolver that keeps silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset
import pytest

from chainbreak.act.delivery.dns.probe import Asker
from chainbreak.act.delivery.point import PointDownError

ZONES = ("hot.rpz", "cold.rpz")
SOA = "localhost. hostmaster.localhost. 7 60 30 86400 5"
Fill = Callable[[dns.message.Message], None]


@contextmanager
def resolver(
    fill: Callable[[str, dns.message.Message], None], silent_first: int = 0, silent_about: str = "nothing"
) -> Iterator[str]:
    """A resolver that answers as told, after leaving some questions unanswered, and never about one name."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            left = silent_first
            while not over.is_set():
                try:
                    wire, client = sock.recvfrom(4_096)
                except TimeoutError:
                    continue
                if left > 0:
                    left -= 1
                    continue
                question = dns.message.from_wire(wire)
                if silent_about in str(question.question[0].name):
                    continue
                answer = dns.message.make_response(question)
                fill(str(question.question[0].name), answer)
                sock.sendto(b"noise", client)
                sock.sendto(answer.to_wire(), client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def nothing(zone: str) -> Callable[[str, dns.message.Message], None]:
    """The name does not exist, as `zone` says ("": nobody says)."""

    def fill(_: str, answer: dns.message.Message) -> None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
        if zone:
            answer.authority.append(dns.rrset.from_text(zone, 5, "IN", "SOA", SOA))

    return fill


def alias(target: str) -> Callable[[str, dns.message.Message], None]:
    def fill(name: str, answer: dns.message.Message) -> None:
        answer.answer.append(dns.rrset.from_text(name, 5, "IN", "CNAME", target))

    return fill


def address(name: str, answer: dns.message.Message) -> None:
    answer.answer.append(dns.rrset.from_text(name, 5, "IN", "A", "192.0.2.1"))


def refused(_: str, answer: dns.message.Message) -> None:
    answer.set_rcode(dns.rcode.SERVFAIL)


@pytest.mark.parametrize(
    ("fill", "where"),
    [
        (nothing(""), "."), (nothing("hot.rpz."), "."), (nothing("cold.rpz."), "."),
        (nothing("example."), None), (nothing("."), None),
        (alias("warn.example."), "warn.example."), (alias("cdn.example."), None),
        (address, None), (refused, None),
    ],
)  # fmt: skip
def test_our_answer_is_told_from_the_worlds(fill: Callable[[str, dns.message.Message], None], where: str) -> None:
    with resolver(fill) as at:
        assert Asker(at, 1).leads_to(["bad.example"], ZONES, "warn.example") == [where]


def test_a_name_is_barred_only_with_all_below_it() -> None:
    def only_the_apex(name: str, answer: dns.message.Message) -> None:
        (nothing("hot.rpz.") if name == "bad.example." else address)(name, answer)

    with resolver(only_the_apex) as at:
        assert Asker(at, 1).leads_to(["bad.example"], ZONES, "") == [None]


def test_many_are_asked_at_once_and_lost_ones_again() -> None:
    def odd_are_barred(name: str, answer: dns.message.Message) -> None:
        (nothing("hot.rpz.") if int(name.split(".")[-3][1:]) % 2 else address)(name, answer)

    with resolver(odd_are_barred, silent_first=30) as at:
        found = Asker(at, 0.3).leads_to([f"n{i}.example" for i in range(120)], ZONES, "")
    assert found == [None, "."] * 60


def test_a_resolver_that_keeps_silent_is_down_by_name() -> None:
    with resolver(address, silent_first=1_000) as at, pytest.raises(PointDownError, match=at):
        Asker(at, 0.05).leads_to(["bad.example"], ZONES, "")
    with pytest.raises(PointDownError):
        Asker(at, 0.05).leads_to(["bad.example"], ZONES, "")


def test_a_name_whose_own_servers_are_gone_is_not_barred_and_its_resolver_not_down() -> None:
    with resolver(nothing("hot.rpz."), silent_about="dead.example") as at:
        found = Asker(at, 0.05).leads_to(["dead.example", "bad.example"], ZONES, "")
        assert found == [None, "."]
        with pytest.raises(PointDownError):  # who needs an answer to each question is told that one is missing
            Asker(at, 0.05).ask(["dead.example"])


def test_a_resolver_that_no_way_leads_to_is_down_and_no_fault_of_ours() -> None:
    with pytest.raises(PointDownError, match="no way to resolver"):
        Asker("255.255.255.255:53", 0.1).ask(["a.example"])
