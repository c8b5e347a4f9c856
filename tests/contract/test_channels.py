"""Every channel of warnings keeps the same contract; each stands before the real thing or its stand-in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from channel_kit import (
    END_US,
    answers_each_in_order,
    carries_no_link_no_amount_and_no_number_but_ours,
    declares_what_planning_counts_on,
    notices,
    reaches_nobody_twice,
    says_nothing_of_what_it_does_not_know,
)
from sqlalchemy import select

from chainbreak.act.delivery.sms.templates import Published
from chainbreak.act.delivery.webhook.client import Webhook
from chainbreak.act.warnings.channels import DECLARED, Channel
from chainbreak.act.warnings.channels.hooks import Desks, HookChannel, bank_content, push_content
from chainbreak.act.warnings.channels.sms import SmsChannel
from chainbreak.base.clock import FixedClock
from chainbreak.bench.delivery.push_receiver import KEY, Receiver, push_receiver
from chainbreak.store.desk import Desk
from chainbreak.store.desk.tables_texts import text_message

NOW = END_US - 3_600_000_000
HERE = Published("测试市反诈中心", "96110", "Asia/Shanghai")


@dataclass
class Behind:
    """A channel, what arrived behind it (one entry a message that a person would see), and the words they read."""

    channel: Channel
    reached: Callable[[], Collection[str]]
    words: Callable[[], Collection[str]] = field(default=list)


@pytest.fixture(params=["sms", "push", "bank"])
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Behind]:
    with ExitStack() as stack:
        if request.param == "sms":
            desk = Desk(f"sqlite:///{tmp_path / 'desk.db'}")
            stack.callback(desk.close)
            desk.migrate()
            conn = stack.enter_context(desk.begin())
            bodies = lambda: list(conn.execute(select(text_message.c.body)).scalars())  # noqa: E731
            yield Behind(SmsChannel(conn, HERE, NOW), bodies, bodies)
            return
        receiver = stack.enter_context(push_receiver(Receiver(now_s=lambda: NOW / 1e6)))
        hook = Webhook(f"http://127.0.0.1:{receiver.port}", KEY, FixedClock(NOW))
        content = bank_content if request.param == "bank" else partial(push_content, published=HERE)
        one = HookChannel(request.param, hook, content, 3)
        stack.callback(one.close)
        words = lambda: [shown.get("text", "") for shown in receiver.shown.values()]  # noqa: E731
        yield Behind(Desks({"icbc": one}, None) if request.param == "bank" else one, lambda: receiver.shown, words)


def test_it_declares_what_planning_counts_on(behind: Behind) -> None:
    declares_what_planning_counts_on(behind.channel)


def test_it_answers_each_in_order(behind: Behind) -> None:
    answers_each_in_order(behind.channel)


def test_it_reaches_nobody_twice(behind: Behind) -> None:
    reaches_nobody_twice(behind.channel, behind.reached)


def test_it_says_nothing_of_what_it_does_not_know(behind: Behind) -> None:
    says_nothing_of_what_it_does_not_know(behind.channel)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("purpose", ["warn", "correct"])
def test_its_words_hold_no_link_no_amount_and_no_number_but_ours(behind: Behind, purpose: str, lang: str) -> None:
    behind.channel.send(notices(1, purpose=purpose, lang=lang))
    carries_no_link_no_amount_and_no_number_but_ours(behind.words(), HERE.hotline)


def test_every_channel_of_a_tier_is_declared() -> None:
    from typing import get_args

    from chainbreak.act.warnings.tiers import Action

    assert set(DECLARED) == set(get_args(Action)) - {"call"}
