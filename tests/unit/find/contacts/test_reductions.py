"""Each reduction against a few lines of plain Python over the same random records."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainbreak.find.contacts.calls import card_lines, fraud_calls, renewed
from chainbreak.find.contacts.payments import payers, toward
from chainbreak.find.contacts.places import last_cells
from chainbreak.find.contacts.texts import CONTRACTED, alike_texts, answers, direct_texts, templates
from chainbreak.find.contacts.visits import SLICE_US, site_visits
from chainbreak.records import kind_named

Row = dict[str, Any]
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
LINE = st.integers(1, 6)
MAYBE = st.one_of(st.none(), LINE)
AT = st.integers(0, 3_000_000_000)


def table(kind: str, rows: list[Row]) -> Any:
    """Rows as a lake table of the kind, columns that are not named empty."""
    schema = kind_named(kind).arrow_schema()
    numbered = [{"record_ref": f"{n:032x}", **row} for n, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(numbered, schema))


def few(**columns: list[Any]) -> Any:
    """A few values as a table."""
    types = {"name": pa.string()}
    return ibis.memtable(pa.table({n: pa.array(v, types.get(n, pa.int64())) for n, v in columns.items()}))


def got(expr: Any) -> list[Row]:
    """What it gives, in one order."""
    return sorted(expr.to_pyarrow().to_pylist(), key=repr)


def wanted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)


CALLS = st.lists(st.fixed_dictionaries({
    "at_us": AT, "duration_s": st.one_of(st.none(), st.integers(0, 900)), "msisdn": MAYBE, "peer": MAYBE,
    "imsi": MAYBE, "kind": st.sampled_from(["mo_call", "mt_call", "mo_sms"]), "cell_id": st.sampled_from(["c1", None]),
    "answered": st.sampled_from([True, False, None]),
}), max_size=12)  # fmt: skip


@FEW
@given(rows=CALLS, fraud=st.sets(LINE, max_size=3), more=st.sets(LINE, max_size=2))
def test_answered_legs_with_lines_of_fraud(rows: list[Row], fraud: set[int], more: set[int]) -> None:
    known, expected = fraud | more, []
    for n, r in enumerate(rows):
        seconds = r["duration_s"] or 0
        is_answered = seconds > 0 if r["answered"] is None else r["answered"]
        if r["kind"] == "mo_sms" or not is_answered or r["msisdn"] is None or r["peer"] is None:
            continue
        common = {"at_us": r["at_us"], "end_us": r["at_us"] + seconds * 1_000_000, "record_ref": f"{n:032x}",
                  "recipient_class": None}  # fmt: skip
        if r["msisdn"] in fraud and r["peer"] not in known:
            expected.append(common | {"recipient": r["peer"], "line": r["msisdn"], "cell_id": None,
                                      "outgoing": r["kind"] == "mt_call"})  # fmt: skip
        if r["peer"] in fraud and r["msisdn"] not in known:
            expected.append(common | {"recipient": r["msisdn"], "line": r["peer"], "cell_id": r["cell_id"],
                                      "outgoing": r["kind"] == "mo_call"})  # fmt: skip
    found = got(fraud_calls(table("call", rows), few(line=sorted(fraud)), few(line=sorted(known))))
    assert found == wanted([{name: row[name] for name in found[0]} for row in expected] if found else expected)


@FEW
@given(rows=CALLS, register=st.lists(st.tuples(LINE, MAYBE, AT), max_size=6), marked=st.sets(LINE, max_size=3))
def test_numbers_of_cards_and_numbers_given_out_anew(
    rows: list[Row], register: list[tuple[int, int | None, int]], marked: set[int]
) -> None:
    lines = table("line", [{"msisdn": m, "imsi": i, "activated_at_us": at} for m, i, at in register])
    expected = {(m, i) for m, i, _ in register if i in marked}
    expected |= {(r["msisdn"], r["imsi"]) for r in rows if r["imsi"] in marked and r["msisdn"] is not None}
    found = got(card_lines(table("call", rows), lines, few(token=sorted(marked))))
    assert {(row["line"], row["card"]) for row in found} == expected
    assert len(found) == len(expected)
    since = few(token=sorted(marked), since_us=[1_000] * len(marked))
    again = {m for m, _, at in register if m in marked and at > 1_000}
    assert {row["token"] for row in got(renewed(lines, since))} == again


HOSTS = ("a.cn", "m.a.cn", "x.m.a.cn", "ba.cn", "cn", "b.top", "1.2.3.b.top", "0.1.2.3.b.top")


@FEW
@given(
    rows=st.lists(st.tuples(AT, MAYBE, st.sampled_from(HOSTS)), max_size=15),
    sites=st.sets(st.sampled_from(["a.cn", "m.a.cn", "b.top"]), max_size=3),
)
def test_look_ups_by_client_site_and_slice(rows: list[tuple[int, int | None, str]], sites: set[str]) -> None:
    expected: dict[tuple[int, str, int], list[int]] = {}
    for at, client, host in rows:
        labels = host.split(".")
        parents = [".".join(labels[up:]) for up in range(min(4, len(labels)))]
        fitting = [parent for parent in parents if parent in sites]
        if client is not None and fitting:
            expected.setdefault((client, fitting[0], at // SLICE_US), []).append(at)
    lookups = table("lookup", [{"at_us": at, "client": c, "domain": d} for at, c, d in rows])
    found = got(site_visits(lookups, few(name=sorted(sites))))
    assert [(r["client"], r["site"], r["at_us"], r["end_us"], r["lookups"]) for r in found] == sorted(
        ((c, s, min(at), max(at), len(at)) for (c, s, _), at in expected.items()),
        key=lambda r: repr({"client": r[0], "client_class": None, "site": r[1], "at_us": r[2], "end_us": r[3]})[:-1],
    )


WORDINGS = (
    "您的快递丢失请加客服理赔{n}号",
    "点击 http://{host}/a?id={n} 领取",
    "好的",
    "投资[line:00ff00ff00ff00ff]收益{n}",
)
MESSAGES = st.lists(st.tuples(
    AT, MAYBE, MAYBE, st.sampled_from(WORDINGS), st.integers(1, 99),
    st.sampled_from(["a.cn", "m.A.cn", "xa.cn", "a.cn.top"]), st.sampled_from([None, "mobile", "service"]),
), max_size=15)  # fmt: skip


@FEW
@given(rows=MESSAGES, fraud=st.sets(LINE, max_size=2), with_site=st.booleans())
def test_texts_of_lines_and_links_their_wordings_and_answers(rows: list[Any], fraud: set[int], with_site: bool) -> None:
    texts = [t.format(n=n, host=host) for _, _, _, t, n, host, _ in rows]
    messages = table("message", [
        {"at_us": at, "sender": s, "recipient": r, "text": text, "sender_class": c}
        for (at, s, r, _, _, _, c), text in zip(rows, texts, strict=True)
    ])  # fmt: skip
    expected: dict[int, tuple[str, int | None, str | None]] = {}
    for n, ((_, s, r, t, _, host, c), _text) in enumerate(zip(rows, texts, strict=True)):
        names = with_site and "{host}" in t and host.lower() in ("a.cn", "m.a.cn")
        if r is None or r in fraud:
            continue
        if s in fraud:
            expected[n] = ("line", s, None)
        elif names and c not in CONTRACTED:
            expected[n] = ("domain", None, "a.cn")
    theirs, sites = few(line=sorted(fraud)), few(name=["a.cn"] if with_site else [])
    direct = direct_texts(messages, theirs, sites, theirs)
    found = {int(r["record_ref"], 16): (r["indicator_kind"], r["line"], r["site"]) for r in got(direct)}
    assert found == expected
    assert {int(r["record_ref"], 16) for r in got(answers(messages, theirs, theirs))} == {
        n for n, (_, s, r, *_) in enumerate(rows) if r in fraud and s is not None and s not in fraud
    }


def test_a_wording_is_a_template_when_several_got_it_and_nobody_contracted_sends_it() -> None:
    def sent(n: int, text: str, sender: int = 1, of: str = "mobile") -> Row:
        return {"at_us": n, "sender": sender, "recipient": 10 + n, "text": text, "sender_class": of}

    scam, code = "恭喜您获得第{}号大奖，请速领取奖金", "您的验证码是{}，请勿告诉他人哦"
    rows = [sent(n, scam.format(n)) for n in range(3)] + [sent(n, code.format(n)) for n in range(3)]
    rows += [sent(n, "好的") for n in range(3)] + [sent(20, scam.format(7), 5), sent(21, code.format(8), 6, "service")]
    rows += [sent(22, code.format(9), 5), sent(23, "好的", 5)]
    messages, theirs = table("message", rows), few(line=[1])
    direct = direct_texts(messages, theirs, few(name=[]), theirs)
    learnt = templates(messages, direct)
    alike = got(alike_texts(messages, learnt, direct))
    assert [(r["recipient"], r["indicator_kind"], r["line"]) for r in alike] == [(30, "template", 1)]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("恭喜您获得第12号大奖", "恭喜您 获得第7号大奖"),
        ("登录 http://a1.top/x?y=2 办理", "登录 http://quite-other.vip/zz 办理"),
        ("加[chat:00ff00ff00ff00ff]领取", "加[chat:11ff00ff00ff00ff]领取"),
    ],
)
def test_wordings_differ_in_nothing_but_figures_marks_and_hosts(text: str, same: str) -> None:
    from chainbreak.find.contacts.texts import worded

    rows = got(worded(table("message", [{"text": text}, {"text": same}])))
    assert rows[0]["wording"] == rows[1]["wording"]


PAID = st.lists(st.tuples(
    AT, LINE, LINE, st.integers(1, 99), st.sampled_from(["payment", "cash_out", "return", None])
), max_size=12)  # fmt: skip


@FEW
@given(
    rows=PAID,
    mules=st.sets(LINE, max_size=2),
    held=st.lists(st.tuples(LINE, MAYBE), max_size=5),
    lines=st.lists(st.tuples(LINE, MAYBE, st.integers(0, 2_000_000_000), st.one_of(st.none(), AT)), max_size=5),
)
def test_payments_to_mules_and_the_open_lines_of_who_paid(
    rows: list[Any], mules: set[int], held: list[Any], lines: list[Any]
) -> None:
    transfers = table("transfer", [
        {"transfer_id": f"t{n}", "booked_at_us": at, "payer": a, "payee": b, "amount_fen": fen, "kind": kind}
        for n, (at, a, b, fen, kind) in enumerate(rows)
    ])  # fmt: skip
    paid = {
        n: row for n, row in enumerate(rows)
        if row[1] != row[2] and row[4] in ("payment", None) and row[2] in mules and row[1] not in mules
    }  # fmt: skip
    theirs = few(token=sorted(mules))
    paying = toward(transfers, theirs, theirs)
    assert {r["transfer_id"] for r in got(paying)} == {f"t{n}" for n in paid}
    accounts = table("account", [{"account": a, "holder": h} for a, h in held])
    register = table("line", [
        {"holder": h, "msisdn": m, "activated_at_us": since, "closed_at_us": until} for h, m, since, until in lines
    ])  # fmt: skip
    found: dict[str, set[int]] = {}
    for row in got(payers(paying, paying, accounts, register)):
        found.setdefault(row["transfer_id"], set()).add(row["line"])
        n = int(row["transfer_id"][1:])
        at, payer, payee, *_ = rows[n]
        assert row["new_payee"] == (not any(o[0] < at and o[1:3] == (payer, payee) for o in paid.values()))
        assert row["known_account"] == any(a == payer for a, _ in held)
    for n, (at, payer, *_) in paid.items():
        holder = min((h for a, h in held if a == payer and h is not None), default=None)
        open_ = {m for h, m, since, until in lines if h == holder and holder is not None and m is not None
                 and since <= at and (until is None or until > at)}  # fmt: skip
        assert found[f"t{n}"] == (open_ or {None})


@FEW
@given(rows=CALLS, lines=st.sets(LINE, max_size=4), named=st.booleans())
def test_where_lines_were_last_seen(rows: list[Row], lines: set[int], named: bool) -> None:
    cells = table("cell", [{"cell_id": "c1", "district": "东湖区"}] if named else [])
    mine = {r["msisdn"] for r in rows if r["cell_id"] and r["msisdn"] in lines}
    found = got(last_cells(table("call", rows), cells, few(token=sorted(lines))))
    assert {(r["token"], r["cell_id"], r["district"]) for r in found} == {
        (token, "c1", "东湖区" if named else "") for token in mine
    }
    assert len(found) == len(mine)
