"""The simulated city: deterministic, causal, tied together, with its truth apart."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from chainbreak.base.errors import InputError, UsageError
from chainbreak.city.build import build
from chainbreak.city.step import step
from chainbreak.records import KINDS, Type

START = date(2026, 11, 2)
SINKS = ("CASH", "ABROAD")
WALLET = "WALLET01"
"""Everybody's account at a payment institution, whose ledger is not held."""
OWN_CLASSES = {"box", "farm"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny city of five days, long enough for payments to be reported."""
    out = tmp_path_factory.mktemp("cities") / "tiny"
    build(out, "tiny", 7, START, until=5)
    return out


def records(city: Path, kind: str) -> pa.Table:
    """All files of a kind, in the order of days."""
    files = sorted((city / "records").glob(f"{kind}.parquet")) + sorted((city / "records").glob(f"{kind}-*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files], promote_options="permissive")


def reports(city: Path) -> list[dict[str, object]]:
    """All reports, in order."""
    files = sorted((city / "records").glob("report-*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def truth(city: Path, name: str) -> pa.Table:
    """One table of the truth."""
    return pq.read_table(city / "truth" / f"{name}.parquet")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under `folder`."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_equal_arguments_give_equal_bytes_and_another_seed_does_not(tmp_path: Path, city: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    build(again, "tiny", 7, START, until=5)
    build(other, "tiny", 8, START, until=1)
    assert digests(again) == digests(city)
    assert digests(other)["records/call-01.parquet"] != digests(city)["records/call-01.parquet"]


def test_stepping_equals_building_in_one_go(tmp_path: Path, city: Path) -> None:
    build(tmp_path / "city", "tiny", 7, START, until=2)
    step(tmp_path / "city")
    step(tmp_path / "city", days=2)
    assert digests(tmp_path / "city") == digests(city)


def test_a_step_killed_before_its_state_was_written_can_be_repeated(tmp_path: Path, city: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=4)
    before = {file: file.read_bytes() for file in (*(out / "state").iterdir(), out / "manifest.json")}
    step(out)
    for file, content in before.items():
        file.write_bytes(content)
    step(out)
    assert digests(out) == digests(city)


def test_records_have_canonical_columns_of_the_right_type(city: Path) -> None:
    types = {Type.INT64: pa.int64(), Type.INT32: pa.int32(), Type.FLOAT64: pa.float64(), Type.BOOL: pa.bool_(),
             Type.STRING: pa.string()}  # fmt: skip
    for name in set(KINDS) - {"report"}:
        table = records(city, name)
        assert table.num_rows, name
        for field in table.schema:
            assert field.type == types[KINDS[name].column(field.name).type], (name, field)
        for column in KINDS[name].columns:
            if column.required:
                assert table[column.name].null_count == 0, (name, column.name)


def test_values_lie_in_the_ranges_of_their_columns(city: Path) -> None:
    for name in set(KINDS) - {"report"}:
        table = records(city, name)
        for field in table.schema:
            column, values = KINDS[name].column(field.name), table[field.name]
            if column.allowed:
                assert set(pc.unique(values.drop_null()).to_pylist()) <= set(column.allowed), (name, field.name)
            if column.low is not None and len(values.drop_null()):
                assert pc.min(values).as_py() >= column.low, (name, field.name)
            if column.high is not None and len(values.drop_null()):
                assert pc.max(values).as_py() <= column.high, (name, field.name)


def test_every_served_number_has_a_line_and_every_account_is_registered(city: Path) -> None:
    lines = set(records(city, "line")["msisdn"].to_pylist())
    assert set(pc.unique(records(city, "call")["msisdn"]).to_pylist()) <= lines
    accounts = set(records(city, "account")["account"].to_pylist())
    transfers = records(city, "transfer")
    assert {*transfers["payer"].to_pylist(), *transfers["payee"].to_pylist()} <= accounts | {WALLET}
    cells = set(records(city, "cell")["cell_id"].to_pylist())
    assert set(pc.unique(records(city, "call")["cell_id"].drop_null()).to_pylist()) <= cells
    outlets = set(records(city, "outlet")["outlet_id"].to_pylist())
    assert set(records(city, "line")["outlet_id"].to_pylist()) <= outlets
    assert set(records(city, "account")["outlet_id"].to_pylist()) <= outlets


def test_calls_within_the_city_have_two_legs(city: Path) -> None:
    calls = records(city, "call")
    lines = pa.array(sorted(set(records(city, "line")["msisdn"].to_pylist())))
    inside = calls.filter(pc.is_in(calls["peer"], lines))
    pairs = {}
    for kind in ("mo_call", "mt_call"):
        legs = inside.filter(pc.equal(inside["kind"], kind))
        mine, theirs = ("msisdn", "peer") if kind == "mo_call" else ("peer", "msisdn")
        pairs[kind] = set(zip(legs[mine].to_pylist(), legs[theirs].to_pylist(), strict=True))
    # A box out of the network is called back in vain: one leg.
    one_sided = pairs["mo_call"] ^ pairs["mt_call"]
    assert len(one_sided) < 0.02 * len(pairs["mo_call"])


def test_no_balance_goes_below_zero_at_any_transfer(city: Path) -> None:
    accounts, transfers = records(city, "account"), records(city, "transfer")
    balance = dict(zip(accounts["account"].to_pylist(), accounts["opening_balance_fen"].to_pylist(), strict=True))
    balance[WALLET] = 10**12
    order = transfers.sort_by([("booked_at_us", "ascending"), ("seq", "ascending")])
    for payer, payee, fen in zip(*(order[c].to_pylist() for c in ("payer", "payee", "amount_fen")), strict=True):
        balance[payer] -= fen
        balance[payee] += fen
        assert balance[payer] >= 0
    assert min(balance.values()) >= 0


def test_order_of_transfers_is_total(city: Path) -> None:
    transfers = records(city, "transfer")
    at, seq = transfers["booked_at_us"].to_numpy(), transfers["seq"].to_numpy()
    assert (np.diff(at) >= 0).all()
    assert (np.diff(seq) > 0).all()
    assert len(set(transfers["transfer_id"].to_pylist())) == transfers.num_rows


def test_contact_comes_before_payment_and_payment_before_report(city: Path) -> None:
    paid = truth(city, "transfers").join(records(city, "transfer"), "transfer_id").to_pylist()
    contacted = {row["case"]: row["first_contacted_us"] for row in truth(city, "victims").to_pylist()}
    first_hop: dict[int, int] = {}
    for row in sorted(paid, key=lambda r: (r["booked_at_us"], r["hop"])):
        if row["hop"] == 0:
            assert contacted[row["case"]] < row["booked_at_us"]
            first_hop[row["case"]] = min(row["booked_at_us"], first_hop.get(row["case"], row["booked_at_us"]))
        assert row["booked_at_us"] >= first_hop[row["case"]]
    told = {row["report_id"]: row for row in truth(city, "reports").to_pylist()}
    assert told
    for report in reports(city):
        row = told[str(report["report_id"])]
        assert row["first_contacted_us"] < row["first_paid_us"] < int(str(report["reported_at_us"]))
        assert first_hop[row["case"]] == row["first_paid_us"]


def test_a_victim_was_called_by_the_box_and_looked_the_site_up(city: Path) -> None:
    calls, lookups = records(city, "call"), records(city, "lookup")
    called = set(zip(calls["peer"].to_pylist(), calls["msisdn"].to_pylist(), strict=True))
    asked = set(zip(lookups["client"].to_pylist(), lookups["domain"].to_pylist(), strict=True))
    victims = {row["case"]: row for row in truth(city, "victims").to_pylist()}
    by_phone = [v for v in victims.values() if v["box_msisdn"]]
    assert by_phone
    assert all((v["box_msisdn"], v["msisdn"]) in called for v in by_phone)
    sites = set(truth(city, "domains")["domain"].to_pylist())
    named = 0
    for row in truth(city, "reports").to_pylist():
        report = next(r for r in reports(city) if r["report_id"] == row["report_id"])
        for item in report["identifiers"]:  # type: ignore[attr-defined]
            if item.startswith("domain:"):
                named += 1
                assert item.removeprefix("domain:") in sites
                assert (victims[row["case"]]["msisdn"], item.removeprefix("domain:")) in asked
    assert named


def test_sites_are_registered_before_anybody_looks_them_up(city: Path) -> None:
    domains, lookups = records(city, "domain"), records(city, "lookup")
    names, born = domains["domain"].to_pylist(), domains["registered_at_us"].to_pylist()
    registered = dict(zip(names, born, strict=True))
    assert len(registered) == domains.num_rows
    for at, domain in zip(lookups["at_us"].to_pylist(), lookups["domain"].to_pylist(), strict=True):
        assert registered[domain] <= at


def test_nobody_uses_a_line_before_it_is_activated(city: Path) -> None:
    lines = records(city, "line")
    since = dict(zip(lines["msisdn"].to_pylist(), lines["activated_at_us"].to_pylist(), strict=True))
    boxes = truth(city, "devices")
    for number, at in zip(boxes["msisdn"].to_pylist(), boxes["from_us"].to_pylist(), strict=True):
        assert since[number] <= at


def test_cards_of_one_port_never_overlap_in_time(city: Path) -> None:
    stays = truth(city, "devices").sort_by(
        [("device_id", "ascending"), ("port", "ascending"), ("from_us", "ascending")]
    )
    rows = stays.to_pylist()
    for one, other in pairwise(rows):
        if (one["device_id"], one["port"]) == (other["device_id"], other["port"]):
            assert one["to_us"] <= other["from_us"]


def test_look_alikes_are_at_least_as_many_as_the_boxes_cards(city: Path) -> None:
    boxes = truth(city, "devices").filter(pc.is_valid(truth(city, "devices")["gang"]))
    used = len(pc.unique(boxes["imsi"]))
    classes = truth(city, "sims")["class"].value_counts().to_pylist()
    alike = sum(c["counts"] for c in classes if c["values"] not in {"resident", "second_line", *OWN_CLASSES})
    assert alike >= 5 * used


def test_truth_is_not_in_the_records(city: Path) -> None:
    words = {"gang", "case", "hop", "layer", "truth", "class", "level"}
    for file in (city / "records").glob("*.parquet"):
        assert not words & set(pq.read_schema(file).names), file.name
    assert not words & {key for report in reports(city) for key in report}
    plans = set(records(city, "line")["plan"].to_pylist())
    assert not {p for p in plans if "box" in p or "farm" in p}
    kinds = set(records(city, "account")["kind"].to_pylist())
    assert "mule" not in kinds


def test_values_are_missing_at_the_published_rates(city: Path) -> None:
    calls = records(city, "call")
    assert calls["cell_id"].null_count / calls.num_rows == pytest.approx(0.013, abs=0.003)
    assert calls["imei"].null_count / calls.num_rows == pytest.approx(0.0033, abs=0.0015)


def test_rows_are_in_order_of_time_whoever_made_them(city: Path) -> None:
    for name in ("call", "transfer", "lookup", "message", "registration"):
        kind = KINDS[name]
        assert kind.time is not None
        assert (np.diff(records(city, name)[kind.time].to_numpy()) >= 0).all(), name
    for name, key in (("line", "msisdn"), ("account", "account"), ("domain", "domain")):
        values = pq.read_table(city / "records" / f"{name}.parquet")[key].to_pylist()
        assert values == sorted(values), name


def test_a_blocked_card_is_replaced_within_the_hour_and_its_line_closes(tmp_path: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=1)
    naive = [r for r in truth(out, "devices").to_pylist() if r["level"] == "L0"]
    blocked = naive[0]["msisdn"]
    (tmp_path / "numbers.csv").write_text(f"number,until\n+86{blocked},2026-12-01\n+8613000000000,\n", encoding="utf-8")
    step(out, blocks=[tmp_path / "numbers.csv"])
    midnight = naive[0]["to_us"]
    second_day = [r for r in truth(out, "devices").to_pylist() if r["level"] == "L0" and r["from_us"] >= midnight]
    assert blocked not in {r["msisdn"] for r in second_day}
    fresh = [r for r in second_day if r["port"] == naive[0]["port"]]
    assert len(fresh) == 1
    assert 0 < fresh[0]["from_us"] - midnight <= 3_600_000_000
    calls = pq.read_table(out / "records" / "call-02.parquet")
    assert blocked not in set(pc.unique(calls["msisdn"]).to_pylist())
    closed = pq.read_table(out / "records" / "line-02.parquet").filter(pc.field("closed_at_us").is_valid())
    assert closed["msisdn"].to_pylist() == [blocked]


def test_held_mules_pay_nobody_and_gangs_turn_to_others(tmp_path: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=2)
    mules = [r["account"] for r in truth(out, "accounts").to_pylist() if r["class"] == "mule"][:20]
    (tmp_path / "holds.csv").write_text("account,measure\n" + "".join(f"{m},hold\n" for m in mules), encoding="utf-8")
    step(out, days=2, blocks=[tmp_path / "holds.csv"])
    moved = ds.dataset([out / "records" / f"transfer-0{d}.parquet" for d in (3, 4)]).to_table()
    assert not set(mules) & set(moved["payer"].to_pylist())
    later = truth(out, "transfers").join(moved, "transfer_id", join_type="inner").to_pylist()
    assert {r["payee"] for r in later if r["hop"] == 0}
    assert not set(mules) & {r["payee"] for r in later if r["hop"] == 0}


def test_a_hold_of_an_amount_keeps_that_amount_and_ends_with_the_list(tmp_path: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=1)
    first = pq.read_table(out / "records" / "transfer-01.parquet")
    busy = first["payer"].value_counts().to_pylist()[0]["values"]
    (tmp_path / "holds.csv").write_text(f"account,amount_fen\n{busy},{10**14}\n", encoding="utf-8")
    (tmp_path / "none.csv").write_text("account,amount_fen\n", encoding="utf-8")
    step(out, days=3, blocks=[tmp_path / "holds.csv"])
    step(out, days=4, blocks=[tmp_path / "none.csv"])
    days = [pq.read_table(out / "records" / f"transfer-0{d}.parquet")["payer"].to_pylist() for d in range(2, 9)]
    assert not any(busy in payers for payers in days[:3])
    assert any(busy in payers for payers in days[3:])


def test_a_released_line_is_opened_again_in_the_register(tmp_path: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=1)
    honest = truth(out, "sims").filter(pc.field("class") == "resident")["msisdn"].to_pylist()[5]
    (tmp_path / "on.csv").write_text(f"number\n+86{honest}\n", encoding="utf-8")
    (tmp_path / "off.csv").write_text("number\n", encoding="utf-8")
    step(out, blocks=[tmp_path / "on.csv"])
    step(out, blocks=[tmp_path / "off.csv"])
    versions = [pq.read_table(out / "records" / f"line-0{d}.parquet").to_pylist() for d in (2, 3)]
    closed, opened = ([row["closed_at_us"] for row in rows if row["msisdn"] == honest] for rows in versions)
    assert len(closed) == 1
    assert closed[0] is not None
    assert opened == [None]
    served = [pq.read_table(out / "records" / f"call-0{d}.parquet")["msisdn"].to_pylist() for d in (2, 3)]
    assert honest not in served[0]
    assert honest in served[1]


def test_a_sunk_site_is_given_up_for_a_new_one(tmp_path: Path) -> None:
    out = tmp_path / "city"
    build(out, "tiny", 7, START, until=1)
    site = truth(out, "domains")["domain"].to_pylist()[-1]
    head = "$TTL 60\n@ IN SOA localhost. root.localhost. 1 2 3 4 5\n@ IN NS localhost.\n"
    zone = f"{head}{site} IN CNAME .\n*.{site} IN CNAME .\n"
    (tmp_path / "rpz.zone").write_text(zone, encoding="utf-8")
    step(out, blocks=[tmp_path / "rpz.zone"])
    new = truth(out, "domains").filter(pc.field("day") == 2)["domain"].to_pylist()
    assert len(new) == 1
    assert new[0] != site


def test_partner_register_reads_back_by_its_mapping_headers(city: Path) -> None:
    with (city / "partner" / "lines.csv").open(encoding="gb18030", newline="") as handle:
        rows = list(csv.DictReader(handle))
    lines = pq.read_table(city / "records" / "line.parquet")
    assert [row["手机号码"] for row in rows] == lines["msisdn"].to_pylist()
    assert rows[0]["开户时间"].count("/") == 2


def test_mix_overrides_parameters_and_travels_with_the_city(tmp_path: Path) -> None:
    mix = tmp_path / "mix.yaml"
    mix.write_text("presets: {tiny: {boxes: {L0: 0, L2: 0, L6: 0}}}\ngangs: {farm_sims: 3}\n", encoding="utf-8")
    out = tmp_path / "city"
    build(out, "tiny", 7, START, mix=mix, until=1)
    step(out)
    assert truth(out, "sims").filter(pc.field("class") == "box").num_rows == 0
    assert truth(out, "sims").filter(pc.field("class") == "farm").num_rows == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [("gangs: {farm_sim: 3}", "CB-CI-002"), ("gangs: 3", "CB-CI-002"), ("- a", "CB-CI-002"), ("a: [", "CB-CI-002")],
)
def test_wrong_mix_files_are_refused_with_the_place(tmp_path: Path, text: str, code: str) -> None:
    mix = tmp_path / "mix.yaml"
    mix.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        build(tmp_path / "city", "tiny", 1, START, mix=mix)
    assert refused.value.code == code
    assert not (tmp_path / "city").exists()


def test_refusals_name_what_is_wrong(tmp_path: Path, city: Path) -> None:
    with pytest.raises(UsageError, match="CB-CI-001"):
        build(tmp_path / "city", "twon", 1, START)
    with pytest.raises(UsageError, match="CB-CI-003"):
        build(city, "tiny", 1, START)
    with pytest.raises(UsageError, match="CB-CI-004"):
        step(tmp_path)
    (tmp_path / "strange.csv").write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(InputError, match="CB-CI-005"):
        step(city, blocks=[tmp_path / "strange.csv"])


def test_the_reference_page_names_every_table_of_the_truth(city: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "city.md").read_text(encoding="utf-8")
    for file in (city / "truth").glob("*.parquet"):
        assert f"| `{file.stem}` |" in page, file.stem
