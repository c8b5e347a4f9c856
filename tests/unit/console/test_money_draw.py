"""The money canvas as a drawing: every fen on it, time never backwards, rows apart, bounded however large the trace."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from money_runs import T0, run_of

from chainbreak.base.units import format_fen
from chainbreak.console.draw.money import LEFT, RIGHT, TOP, WIDTH, money
from chainbreak.console.draw.money_place import place, ticks
from chainbreak.console.draw.money_shape import MOST_SHOWN, Shape, shape_of
from chainbreak.console.draw.survival import falling, survival
from chainbreak.console.money_account import told_of

EVIL = '"><script>alert(1)</script>'
cached = cache(run_of)


def t(key: str, **given: object) -> str:
    return f"{key} {' '.join(str(value) for value in given.values())}".strip()


def link(**to: object) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in to.items())


def drawn(shape: Shape, **how: Any) -> ET.Element:
    return ET.fromstring(str(money(shape, t, link, **how)))


def sums(shape: Shape) -> tuple[dict[str, int], dict[str, int]]:
    came, went = defaultdict(int), defaultdict(int)
    for edge in shape.edges:
        went[edge.src] += edge.fen
        came[edge.dst] += edge.fen
    return came, went


@pytest.mark.parametrize("rule", ["fifo", "lifo", "prorata"])
@pytest.mark.parametrize("accounts", [6, 40])
def test_what_reaches_an_account_leaves_it_or_stays_fen_by_fen(accounts: int, rule: str) -> None:
    shape = shape_of(cached(accounts, rule))
    came, went = sums(shape)
    for node in shape.nodes.values():
        if node.sort in ("account", "group"):
            assert came[node.key] == went[node.key] + node.stays, node.key
        elif node.sort == "victim":
            assert went[node.key] == node.in_fen


@pytest.mark.parametrize("accounts", [6, 40, 3_000])
def test_all_that_was_claimed_is_on_the_picture_as_lying_gone_or_lost(accounts: int) -> None:
    run = cached(accounts)
    shape = shape_of(run)
    lying = sum(node.stays for node in shape.nodes.values())
    ends = defaultdict(int)
    for node in shape.nodes.values():
        ends["exit" if node.sort == "exit" else node.kind] += node.in_fen * (node.sort in ("exit", "end"))
    assert lying == run["totals"]["holding"]
    assert ends["exit"] == run["totals"]["exit"]
    assert ends["unknown"] == run["totals"]["unknown"]


@pytest.mark.parametrize("accounts", [6, 40, 3_000])
def test_time_goes_right_and_a_child_stands_right_of_its_parent(accounts: int) -> None:
    shape = shape_of(cached(accounts))
    placed = place(shape, WIDTH, LEFT, RIGHT, TOP)
    for node in shape.nodes.values():
        if node.parent:
            assert placed.x[node.key] > placed.x[node.parent]
        assert LEFT <= placed.x[node.key] <= placed.frame.right + 40
    xs = [x for _, x in placed.knots]
    assert xs == sorted(xs)
    marks = ticks(placed, shape.start_us, shape.end_us)
    assert marks[0][0] == 0
    assert all(b[1] - a[1] >= 42 for a, b in pairwise(marks))


@pytest.mark.parametrize("accounts", [6, 40, 3_000])
def test_no_two_amounts_cover_one_another(accounts: int) -> None:
    picture = drawn(shape_of(cached(accounts)))
    rows = sorted(float(e.get("y", 0)) for e in picture.iter("text") if e.get("class") == "fen end")
    assert len(rows) > 2
    assert min(b - a for a, b in pairwise(rows)) >= 14


def test_width_is_yuan() -> None:
    shape = shape_of(cached(6))
    placed = place(shape, WIDTH, LEFT, RIGHT, TOP)
    most = max(shape.nodes.values(), key=lambda node: node.stays)
    picture = drawn(shape)
    stay = next(p for p in picture.iter("path") if p.get("class") == "stay" and p.get("data-src") == most.key)
    high = float(re.findall(r"v([\d.]+)", stay.get("d", ""))[0])
    claimed = sum(node.in_fen for node in shape.nodes.values() if node.sort == "victim")
    assert high == pytest.approx(216 * most.stays / claimed, abs=0.1)
    assert high == pytest.approx(placed.thick(most.stays), abs=0.1)


def test_the_same_run_is_the_same_picture() -> None:
    run = cached(40)
    assert str(money(shape_of(run), t, link)) == str(money(shape_of(run), t, link))
    assert money(shape_of({**run, "flows": [], "holdings": []}), t, link) == ""


def test_three_thousand_accounts_fit_on_a_page_and_groups_open() -> None:
    run = cached(3_000)
    shape = shape_of(run)
    assert shape.accounts > 1_500
    assert len(shape.nodes) < 200
    text = str(money(shape, t, link))
    assert len(text) < 250_000
    assert all(n.n > 2 for n in shape.nodes.values() if n.sort == "group" and n.stays + n.in_fen > 0)
    group = max((n for n in shape.nodes.values() if n.sort == "group"), key=lambda n: n.n)
    assert f"?open={group.parent}" in text
    more = shape_of(run, opened=[group.parent])
    shown = {key for key, node in more.nodes.items() if node.sort == "account"}
    assert len(shown - set(shape.nodes)) >= 5
    assert sum(node.stays for node in more.nodes.values()) == run["totals"]["holding"]
    assert (
        len(shape_of(run, opened=[n.parent for n in shape.nodes.values() if n.sort == "group"]).nodes) < 4 * MOST_SHOWN
    )


def test_an_account_searched_for_is_drawn_with_its_way() -> None:
    run = cached(3_000)
    hidden = min((row for row in run["holdings"]), key=lambda row: row["fen"])["account"]
    assert hidden not in shape_of(run).nodes
    shape = shape_of(run, wanted=[hidden])
    assert shape.nodes[hidden].is_wanted
    at = shape.nodes[hidden]
    while at.parent:
        at = shape.nodes[at.parent]
    assert at.sort == "victim"


def test_every_account_is_a_link_with_words_and_the_proposed_ones_bear_their_rank() -> None:
    run = cached(40)
    first = run["holdings"][0]["account"]
    picture = drawn(shape_of(run), proposed={first: 1}, chosen=first)
    links = list(picture.iter("a"))
    assert all(a.get("href") and a.get("aria-label") for a in links)
    assert [a.get("data-account") for a in links if "is-chosen" in (a.get("class") or "")] == [first]
    assert [e.text for e in picture.iter("text") if e.get("class") == "rank-n"] == ["1"]
    assert format_fen(run["holdings"][0]["fen"]) in "".join(picture.itertext())


def test_names_of_banks_cannot_break_out() -> None:
    text = str(money(shape_of(run_of(6, bank=EVIL)), t, link))
    assert "<script" not in text
    ET.fromstring(text)


def test_the_way_back_adds_up_to_what_lies_there() -> None:
    run = cached(40)
    for row in run["holdings"]:
        told = told_of(run, row["account"])
        assert told is not None
        assert sum(piece.fen for piece in told.pieces) == row["fen"]
        for piece in told.pieces:
            assert piece.steps[0]["parent"] == -1
            assert piece.steps[-1]["payee"] == row["account"]
            assert all(a["payee"] == b["payer"] for a, b in pairwise(piece.steps))
            assert all(step["hi"] - step["lo"] >= piece.fen for step in piece.steps)
        assert told.in_fen == told.out_fen + row["fen"] + sum(end["fen"] for _, end in told.ends if "flow" in end)
    assert told_of(run, "account:0000000000000000") is None


def test_where_money_has_mixed_there_is_no_one_way_back() -> None:
    run = cached(40, "prorata")
    mixed = [told for row in run["holdings"] if (told := told_of(run, row["account"])) and told.mixed]
    assert mixed
    assert all(told.pieces == [] and told.on_way for told in mixed)


def test_the_falling_curve_marks_every_step_and_keeps_them_apart() -> None:
    clock = {
        "claimed_fen": 100, "worst": "trace",
        "curve": [{"minute": m, "reachable_fen": f, "taken_fen": 100} for m, f in ((0, 100), (9, 70), (12, 40))],
        "steps": [{"step": s, "minutes": 1.0, "since_theft_min": 70.0 + n / 10, "lost_fen": 5, "done": s != "receipt"}
                  for n, s in enumerate(("report", "trace", "draft", "submit", "approve", "send", "receipt"))],
    }  # fmt: skip
    picture = ET.fromstring(str(falling(clock, t)))
    discs = [float(c.get("cx", 0)) for c in picture.iter("circle")]
    assert len(discs) == 6
    assert all(b - a >= 18.9 for a, b in pairwise(discs))
    assert max(discs) <= 960
    assert len([g for g in picture.iter("g") if "is-worst" in (g.get("class") or "")]) == 1


def test_a_survival_curve_lies_within_its_band() -> None:
    rows = [
        {"minute": m, "share": s, "low": s - 0.1, "high": min(s + 0.1, 1)} for m, s in ((0, 1.0), (5, 0.8), (60, 0.3))
    ]
    picture = ET.fromstring(str(survival(rows, t, behind=rows, said="x")))
    assert {p.get("class") for p in picture.iter("path")} >= {"band", "line", "behind"}
    assert survival([], t) == ""


def test_the_first_payment_is_minute_nought() -> None:
    shape = shape_of(cached(6))
    assert shape.start_us == T0
    assert "console_money.minutes 0" in "".join(drawn(shape).itertext())
