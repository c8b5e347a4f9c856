"""Money of the city: returns, batches, devices, the wallet, banks without a ledger, wrong clocks."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from chainbreak.base.settings import Tracing
from chainbreak.city.build import build

START = date(2026, 11, 2)
MIX = """
presets: {tiny: {people: 3000, gangs: 3, online_cases_per_day: 60}}
gangs: {recalls: {share: 0.6}, reported: 1}
habits: {returns: {purchases: 0.05, mistyped_per_day: 0.02}}
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three thousand people for four days, with many thefts and many returns."""
    return built(tmp_path_factory.mktemp("money"), MIX, 4)


def built(folder: Path, mix: str, days: int) -> Path:
    """A tiny city under a mix."""
    (folder / "mix.yaml").write_text(mix, encoding="utf-8")
    build(folder / "city", "tiny", 21, START, mix=folder / "mix.yaml", until=days)
    return folder / "city"


def transfers(city: Path) -> pa.Table:
    """All transfers in the order of booking."""
    tables = [pq.read_table(file) for file in sorted((city / "records").glob("transfer-*.parquet"))]
    return pa.concat_tables(tables)


def truth(city: Path, name: str) -> list[dict[str, object]]:
    """Rows of one table of the truth."""
    rows: list[dict[str, object]] = pq.read_table(city / "truth" / f"{name}.parquet").to_pylist()
    return rows


def test_every_return_undoes_an_earlier_payment_and_no_more_than_it(city: Path) -> None:
    rows = transfers(city).to_pylist()
    by_id = {row["transfer_id"]: row for row in rows}
    returned: dict[str, int] = defaultdict(int)
    days = set()
    for back in (row for row in rows if row["kind"] == "return"):
        of = by_id[back["link"]]
        assert (back["payer"], back["payee"]) == (of["payee"], of["payer"])
        assert (of["booked_at_us"], of["seq"]) < (back["booked_at_us"], back["seq"])
        returned[back["link"]] += back["amount_fen"]
        days.add(back["transfer_id"][:9] == of["transfer_id"][:9])
    assert all(fen <= by_id[name]["amount_fen"] for name, fen in returned.items())
    assert any(fen < by_id[name]["amount_fen"] for name, fen in returned.items())
    assert days == {True, False}
    assert all(row["link"] is None for row in rows if row["kind"] != "return")


def test_recalls_succeed_in_time_and_come_too_late(city: Path) -> None:
    rows = {row["transfer_id"]: row for row in transfers(city).to_pylist()}
    hops = truth(city, "transfers")
    back = [rows[h["transfer_id"]] for h in hops if h["hop"] == -1]
    whole = [row for row in back if row["amount_fen"] == rows[row["link"]]["amount_fen"]]
    assert whole
    assert len(whole) < len(back)
    assert {row["link"] for row in back} <= {h["transfer_id"] for h in hops if h["hop"] == 0}
    case_of = {h["transfer_id"]: h["case"] for h in hops}
    lost: dict[object, int] = defaultdict(int)
    for h in hops:
        if h["hop"] in (0, -1):
            lost[h["case"]] += rows[h["transfer_id"]]["amount_fen"] * (1 if h["hop"] == 0 else -1)
    assert all(case_of[row["transfer_id"]] == case_of[row["link"]] for row in back)
    files = sorted((city / "records").glob("report-*.ndjson"))
    told = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    case = {row["report_id"]: row["case"] for row in truth(city, "reports")}
    assert told
    assert all(report["loss_fen"] == lost[case[report["report_id"]]] for report in told)


def test_a_batch_is_booked_within_one_second_and_seq_says_the_order(city: Path) -> None:
    table = transfers(city)
    at, seq = table["booked_at_us"].to_numpy(), table["seq"].to_numpy()
    assert len(np.unique(at)) < len(at)
    assert (np.diff(seq) > 0).all()
    payers = table.group_by(["booked_at_us", "payer"]).aggregate([("seq", "count")])
    assert pc.max(payers["seq_count"]).as_py() > 20


def test_phones_of_gangs_serve_several_mules_and_relatives_share_one_honestly(city: Path) -> None:
    rows = {row["transfer_id"]: row for row in transfers(city).to_pylist()}
    phones = {row["device"]: row["gang"] for row in truth(city, "phones")}
    mules: dict[str, set[str]] = defaultdict(set)
    by_owner = 0
    for hop in truth(city, "transfers"):
        row = rows[str(hop["transfer_id"])]
        if hop["hop"] != -1 and row["device"] in phones:
            mules[row["device"]].add(row["payer"])
        elif isinstance(hop["hop"], int) and hop["hop"] > 0 and row["device"]:
            by_owner += 1
    assert max(map(len, mules.values())) >= 3
    assert by_owner
    payers: dict[str, set[str]] = defaultdict(set)
    for row in rows.values():
        if row["device"] and row["device"] not in phones and row["kind"] == "payment":
            payers[row["device"]].add(row["payer"])
    assert sum(len(of) >= 2 for of in payers.values()) > 20
    assert all(row["device"] is None for row in rows.values() if row["channel"] == "atm")


def test_stolen_money_leaves_in_cash_abroad_by_shops_by_the_wallet_and_to_people_in_good_faith(city: Path) -> None:
    rows = {row["transfer_id"]: row for row in transfers(city).to_pylist()}
    of = {row["account"]: row["class"] for row in truth(city, "accounts")}
    hops = [h for h in truth(city, "transfers") if isinstance(h["hop"], int) and h["hop"] > 0]
    paid = [rows[str(h["transfer_id"])] for h in hops]
    assert {"sink", "merchant", "wallet", "personal", "mule"} <= {of[row["payee"]] for row in paid}
    # What the wallet spends is a gang's money only by the truth.
    assert all(of[row["payer"]] in {"mule", "wallet"} for row in paid)


def test_most_accounts_are_emptied_before_gangs_use_them(city: Path) -> None:
    register = pq.read_table(city / "records" / "account.parquet").to_pylist()
    opening = {row["account"]: row["opening_balance_fen"] for row in register}
    mules = {str(row["account"]) for row in truth(city, "accounts") if row["class"] == "mule"}
    low = [opening[account] < 5_000 for account in mules]
    assert 0.75 < sum(low) / len(low) < 0.99


def test_a_bank_without_ledger_and_the_wallet_are_in_no_register_and_clocks_are_declared(tmp_path: Path) -> None:
    mix = MIX + "ledgers: {not_held: [青溪银行], skew_s: 4}\n"
    city = built(tmp_path, mix, 2)
    register = pq.read_table(city / "records" / "account.parquet").to_pylist()
    held = {row["account"] for row in register if row["kind"] != "sink"}
    assert "WALLET01" not in held
    assert not any(row["bank"] == "青溪银行" and row["kind"] != "sink" for row in register)
    rows = transfers(city).to_pylist()
    assert all(row["payer"] in held or row["payee"] in held for row in rows)
    assert any(row["payee"] not in held for row in rows)
    said = Tracing.model_validate(tomllib.loads((city / "partner" / "tracing.toml").read_text("utf-8"))["tracing"])
    assert said.coverage["青溪银行"] is False
    assert said.coverage["云付通"] is False
    ahead = {row["institution"]: row["ahead_s"] for row in truth(city, "institutions")}
    assert said.skew_s == {bank: seconds for bank, seconds in ahead.items() if seconds}
    assert 0 < max(map(abs, said.skew_s.values())) <= 4
    bank_of = {row["account"]: row["bank"] for row in register}
    # By true time, money is there before it is spent.
    known = {row["account"]: row["opening_balance_fen"] for row in register}
    at = [row["booked_at_us"] - said.skew_s.get(bank_of.get(row["payer"], ""), 0) * 1_000_000 for row in rows]
    for place in np.lexsort(([row["seq"] for row in rows], at)):
        row = rows[place]
        known[row["payer"]] = known.get(row["payer"], 0) - row["amount_fen"]
        known[row["payee"]] = known.get(row["payee"], 0) + row["amount_fen"]
        assert row["payer"] not in held or known[row["payer"]] >= 0
