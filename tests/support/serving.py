"""The sender as a service in a thread, beside an enforcement point in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import memory_point
import pytest
from memory_point import Memory
from sqlalchemy import select

from chainbreak.act.delivery import points, sender
from chainbreak.app.send_due import means_of
from chainbreak.store.desk.tables_delivery import outbox

if TYPE_CHECKING:
    from chainbreak.act.delivery.means import Means
    from chainbreak.act.orders.model import Order
    from conftest import World

NUMBER, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """The carriers' enforcement point, in memory."""
    made = Memory()
    monkeypatch.setattr(memory_point, "THE_ONE", made)
    monkeypatch.setitem(points.FORMATS, "numbers", ("memory_point", frozenset({"number.block"})))
    return made


@contextmanager
def serving(world: World, compared: list[str] | None = None, means: Means | None = None) -> Iterator[None]:
    """The service of this centre in a thread, ended with the block."""
    stop = threading.Event()
    service = sender.Service(means or means_of(world.office), (compared if compared is not None else []).append)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def eventually(so: Callable[[], bool]) -> None:
    """Wait until it is so; never is a failure."""
    give_up = time.monotonic() + 60
    while not so():
        assert time.monotonic() < give_up, "it never came to be so"
        time.sleep(0.01)


def states(world: World, order: Order) -> list[str]:
    """States of the messages of an order, by revision."""
    with world.office.desk.read() as conn:
        own = select(outbox.c.state).where(outbox.c.order_id == order.order_id).order_by(outbox.c.revision)
        return list(conn.execute(own).scalars())
