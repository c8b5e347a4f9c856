"""Whole calls through a proxy at a steady rate, each timed from its INVITE to the answer, by a clock of nanoseconds.

Caller and callee are processes of their own, so that neither waits for the other's turn in one interpreter. SIPp's
clock ticks every 4 ms, more than what is measured here.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

TAIL_S = 2.0
"""How long the last calls are waited for."""


@contextmanager
def callee() -> Iterator[str]:
    """A telephone that rings and is answered at once, in a process of its own; yields its address."""
    with closing(_udp("127.0.0.1")) as listening:
        process = multiprocessing.get_context("fork").Process(target=_answer_all, args=(listening,), daemon=True)
        process.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()


def load(proxy: tuple[str, int], source: str, callers: Sequence[str], rate: float) -> list[float | None]:
    """One call from each caller, `rate` a second; seconds from INVITE to 200, None where no answer came."""
    with closing(_udp(source)) as line, selectors.DefaultSelector() as waiting:
        line.connect(proxy)
        waiting.register(line, selectors.EVENT_READ)
        ours = "{}:{}".format(*line.getsockname())
        sent: list[float] = []
        took: list[float | None] = [None] * len(callers)
        begun = time.perf_counter()
        while (now := time.perf_counter()) < begun + len(callers) / rate + TAIL_S:
            if len(sent) < len(callers) and now >= begun + len(sent) / rate:
                line.send(_invite(len(sent), callers[len(sent)], ours))
                sent.append(time.perf_counter())
                continue
            due = begun + len(sent) / rate if len(sent) < len(callers) else now + 0.01
            if waiting.select(max(0.0, due - now)):
                _take(line, ours, sent, took)
            if len(sent) == len(callers) and all(took):
                break
        return took


def _take(line: socket.socket, ours: str, sent: Sequence[float], took: list[float | None]) -> None:
    while True:
        try:
            text = line.recv(65_535).decode("ascii", "replace")
        except BlockingIOError:
            return
        now = time.perf_counter()
        headers = {k.lower(): v for k, _, v in (row.partition(": ") for row in text.split("\r\n")[1:])}
        at = int(headers["call-id"].partition("@")[0])
        if not text.startswith("SIP/2.0 200") or not headers["cseq"].endswith("INVITE") or took[at] is not None:
            continue
        took[at] = now - sent[at]
        for method, cseq in (("ACK", 1), ("BYE", 2)):
            line.send(_request(method, at, cseq, headers["contact"].strip("<>"), ours, headers["from"], headers["to"],
                               f"Route: {headers['record-route']}\r\n"))  # fmt: skip


def _invite(at: int, caller: str, ours: str) -> bytes:
    more = f"P-Asserted-Identity: <sip:{caller}@{ours}>\r\nContact: <sip:caller@{ours}>\r\n"
    from_it = f"<sip:{caller}@{ours}>;tag=c{at}"
    return _request("INVITE", at, 1, "sip:+8657188000000@127.0.0.1", ours, from_it, "<sip:callee@127.0.0.1>", more)


def _request(method: str, at: int, cseq: int, uri: str, ours: str, from_it: str, to_it: str, more: str) -> bytes:
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {ours};branch=z9hG4bK{at}.{method}\r\nMax-Forwards: 70\r\n"
        f"From: {from_it}\r\nTo: {to_it}\r\nCall-ID: {at}@{ours}\r\nCSeq: {cseq} {method}\r\n{more}"
        "Content-Length: 0\r\n\r\n"
    ).encode()


def _answer_all(line: socket.socket) -> None:
    line.setblocking(True)
    contact = "Contact: <sip:callee@{}:{}>\r\n".format(*line.getsockname())
    while True:
        packet, sender = line.recvfrom(65_535)
        request = packet.decode("ascii", "replace")
        kept = ("via:", "from:", "to:", "call-id:", "cseq:", "record-route:")
        rows = [row for row in request.split("\r\n")[1:] if row.lower().startswith(kept)]
        rows = [f"{row};tag=k" if row.lower().startswith("to:") and "tag=" not in row else row for row in rows]
        rest = "\r\n".join(rows) + "\r\n" + contact + "Content-Length: 0\r\n\r\n"
        if request.startswith("INVITE"):
            line.sendto(f"SIP/2.0 180 Ringing\r\n{rest}".encode(), sender)
        if not request.startswith("ACK"):
            line.sendto(f"SIP/2.0 200 OK\r\n{rest}".encode(), sender)


def _udp(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind((host, 0))
    return made
