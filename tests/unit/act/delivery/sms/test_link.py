"""The link against a peer that tears messages, talks nonsense or falls silent; receipts in all their spellings."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from chainbreak.act.delivery.sms import Settings
from chainbreak.act.delivery.sms.link import HEAD, Answered, Event, Link, LinkDownError, Told
from chainbreak.act.delivery.sms.receipts import Receipt, receipt_of
from chainbreak.act.delivery.sms.segments import segments

Peer = Callable[[socket.socket], None]


class Numbers:
    sequence = 0

    def next_sequence(self) -> int:
        return 0


def pdu(command: str, sequence: int, **fields: object) -> bytes:
    made = smpp.make_pdu(command, client=Numbers(), **fields)
    made.sequence = sequence
    return bytes(made.generate())


def read(peer: socket.socket) -> tuple[str, int]:
    """The next message a peer gets: command and sequence."""
    head = peer.recv(4, socket.MSG_WAITALL)
    rest = peer.recv(HEAD.unpack(head + bytes(12))[0] - 4, socket.MSG_WAITALL)
    got = smpp.parse_pdu(head + rest, client=Numbers(), allow_unknown_opt_params=True)
    return got.command, got.sequence


def heard(link: Link) -> list[Event]:
    """The first events that come."""
    while True:
        if events := link.poll(0.02):
            return events


@pytest.fixture
def link_to() -> Iterator[Callable[[Peer], Link]]:
    """A bound link to a peer that does as it is told after the bind."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended: list[threading.Thread] = []

        def begin(act: Peer) -> Link:
            def serve() -> None:
                peer, _ = server.accept()
                with peer:
                    _, sequence = read(peer)
                    peer.sendall(pdu("bind_transceiver_resp", sequence, system_id="x"))
                    act(peer)

            ended.append(threading.Thread(target=serve, daemon=True))
            ended[0].start()
            settings = Settings(system_id="cb", sender="96110", response_s=0.3, enquire_s=0.05)
            link = Link(f"smpp://127.0.0.1:{server.getsockname()[1]}", settings, "secret")
            link.open()
            return link

        yield begin
        ended[0].join(10)


def test_an_answer_in_single_bytes_is_one_answer(link_to: Callable[[Peer], Link]) -> None:
    def act(peer: socket.socket) -> None:
        _, sequence = read(peer)
        for byte in pdu("submit_sm_resp", sequence, message_id="a1"):
            peer.sendall(bytes([byte]))
        peer.recv(1)

    link = link_to(act)
    sequence = link.submit("8613800138000", segments("text", 0)[0], 1, 60)
    assert heard(link) == [Answered(sequence, 0, "a1")]
    link.close()


def test_what_nobody_understands_is_refused_and_the_rest_is_heard(link_to: Callable[[Peer], Link]) -> None:
    said: list[tuple[str, int]] = []

    def act(peer: socket.socket) -> None:
        unknown = HEAD.pack(20, 0x0000_0099, 0, 7) + b"what"
        peer.sendall(unknown + pdu("enquire_link", 8) + pdu("deliver_sm", 9, esm_class=0, short_message=b"hello"))
        said.extend(read(peer) for _ in range(3))

    link = link_to(act)
    assert heard(link) == [Told(9, None)]
    link.confirm(9)
    link.close()
    assert said == [("generic_nack", 7), ("enquire_link_resp", 8), ("deliver_sm_resp", 9)]


@pytest.mark.parametrize(
    "nonsense", [HEAD.pack(0xFFFF_FFFF, 4, 0, 1), HEAD.pack(3, 4, 0, 1), b"HTTP/1.1 400 Bad\r\n\r\n"]
)
def test_what_is_not_the_protocol_ends_the_link(link_to: Callable[[Peer], Link], nonsense: bytes) -> None:
    with pytest.raises(LinkDownError, match=r"not SMPP|hung up|lost"):
        heard(link_to(lambda peer: peer.sendall(nonsense)))


def test_a_silent_peer_is_asked_and_then_given_up(link_to: Callable[[Peer], Link]) -> None:
    asked: list[str] = []

    def act(peer: socket.socket) -> None:
        asked.append(read(peer)[0])
        while peer.recv(1_000):
            pass

    link = link_to(act)
    with pytest.raises(LinkDownError, match="silent"):
        heard(link)
    assert asked == ["enquire_link"]


def told(text: bytes, **more: object) -> Receipt | None:
    said = {"esm_class": 4, "short_message": text, "source_addr": b"8613800138000", **more}
    return receipt_of(SimpleNamespace(**said))


def test_receipts_in_the_ways_centres_write_them() -> None:
    usual = (
        b"id:0a1 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:UNDELIV err:021 text:stat:DELIVRD"
    )
    assert told(usual) == Receipt("0a1", "UNDELIV", "021", "8613800138000")
    assert told(b"ID:9 Stat:delivrd ERR:000") == Receipt("9", "DELIVRD", "000", "8613800138000")
    # The optional parameters win over the text.
    assert told(usual, receipted_message_id=b"ff", message_state=2, user_message_reference=7) == Receipt(
        "ff", "DELIVRD", "021", "8613800138000", 7
    )
    assert told(usual, esm_class=0) is None  # a person's answer
    assert told(b"id:1 stat:NONSENSE") is None


@given(st.binary(max_size=300), st.one_of(st.none(), st.integers(0, 255)), st.one_of(st.none(), st.binary(max_size=80)))
def test_no_receipt_is_too_strange_to_read(text: bytes, state: int | None, name: bytes | None) -> None:
    got = told(text, message_state=state, receipted_message_id=name)
    assert got is None or (0 < len(got.message_id) <= 64 and len(got.stat) <= 8 and len(got.err) <= 8)
