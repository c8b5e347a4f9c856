"""What every channel of warnings must keep, whoever stands behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from chainbreak.act.warnings.channels import Channel, Notice

STATES = {"handing", "handed", "delivered", "read", "failed", "unknown", "due"}
END_US = 1_795_200_000_000_000


def notices(n: int, **said: object) -> list[Notice]:
    """Messages about as many people."""
    one = Notice("", "", "warn", "urgent", "police", "zh", END_US - 1, END_US, money={"source": "icbc", "ref": "p"})
    return [
        replace(one, send_id=f"{i:032x}", recipient=f"line:{i:016x}", number=f"+8613800{i:06}", **said)
        for i in range(n)
    ]  # fmt: skip


def declares_what_planning_counts_on(channel: Channel) -> None:
    assert channel.declared.cost_fen >= 0
    assert channel.declared.latency_s > 0
    assert channel.declared.reach


def answers_each_in_order(channel: Channel) -> None:
    batch = notices(7)
    receipts = channel.send(batch)
    assert [one.send_id for one in receipts] == [one.send_id for one in batch]
    assert {one.state for one in receipts} <= STATES
    assert channel.send([]) == []


def reaches_nobody_twice(channel: Channel, reached: Callable[[], Collection[str]]) -> None:
    """`reached`: what arrived behind the channel, one entry a message that a person would see."""
    batch = notices(5)
    channel.send(batch)
    channel.send(batch[::-1])
    channel.send(batch[2:4])
    assert len(reached()) == 5


def says_nothing_of_what_it_does_not_know(channel: Channel) -> None:
    [one] = channel.send(notices(1))
    assert channel.status([replace(one, send_id="f" * 32, receipt="f" * 32, state="handed")]) == []


def carries_no_link_no_amount_and_no_number_but_ours(words: Collection[str], hotline: str) -> None:
    for text in words:
        assert re.findall(r"\d+", text) in ([], [hotline])
        assert not re.search(r"://|www|[a-z]\.[a-z]|[¥$€]", text)
