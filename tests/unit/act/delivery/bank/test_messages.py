"""What is said to a bank and read from it: exact to the fen, after its schema, and nothing from outside is trusted."""

from __future__ import annotations

import dataclasses
import json
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chainbreak.act.delivery.bank import Settings, config, recall, resolution, schema
from chainbreak.act.delivery.bank.codes import reason, recall_reason, table
from chainbreak.act.delivery.bank.messages import (
    HoldRelease,
    HoldRequest,
    Receipt,
    Status,
    as_csv,
    as_json,
    digest_of,
    message_id,
    parse_csv,
    parse_json,
)
from chainbreak.act.delivery.bank.recall import Seed, build, fen, order_of_case, yuan
from chainbreak.act.delivery.bank.xml import parse
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError, SetupError

camt_exceptions = pytest.importorskip("camt_exceptions", reason="the ISO schemas come with camt-exceptions")
TEMPLATES = Path(camt_exceptions.__file__).parent / "templates"
PLAIN = Settings(agent="CCBKCNBJXXX", centre="FZ-TEST")
CHECKED = PLAIN.model_copy(update={"schemas": TEMPLATES / "camt.056.001.12", "agents": {"ICBC": "102100099996"}})
T0 = 1_795_132_800_000_000
SEED = Seed("O-261121-7KQ2MZ4B", "t1", 10_000_000, 4_000_000, T0, "ICBC")
SCHEMA = Path(__file__).resolve().parents[5] / "docs" / "reference" / "bank-message.schema.json"
fens = st.integers(1, 10**15)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


def said(**more: Any) -> dict[str, Any]:
    return {"message": "receipt", "version": 1, "key": "O-261121-7KQ2MZ4B.1.bank-a", "receipt_id": "R1",
            "about": "hold-request", "outcome": "full", "at": "2026-11-20T00:00:00Z", **more}  # fmt: skip


@given(fens)
def test_an_amount_goes_there_and_back_to_the_fen(amount: int) -> None:
    assert fen(yuan(amount), "CNY") == amount
    assert fen(yuan(amount) + "000", "CNY") == amount
    assert "." in yuan(amount)
    assert "e" not in yuan(amount)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.001", "CNY"), ("1", "USD"), ("-1", "CNY"), ("", "CNY"), (".5", "CNY"), ("1e3", "CNY"), ("1.-5", "CNY"),
     ("9" * 15, "CNY"), ("١", "EUR"), ("1.0.0", "CNY")],
)  # fmt: skip
def test_what_is_no_amount_in_yuan_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InputError, match="CB-DL-147"):
        fen(text, currency)


def test_nothing_is_asked_back_for_nothing() -> None:
    with pytest.raises(InputError, match="CB-DL-147"):
        build(dataclasses.replace(SEED, fen=0), CHECKED, T0)


@given(fens, fens, st.integers(T0 - 10**15, T0), texts, st.sampled_from(["ICBC", "", "another"]))
def test_whatever_is_asked_back_follows_the_schema(
    amount: int, claimed: int, booked: int, transfer: str, bank: str
) -> None:
    seed = dataclasses.replace(
        SEED, fen=amount, claim_fen=claimed, booked_at_us=booked, transfer_id=transfer, bank=bank
    )
    content = build(seed, CHECKED, T0)
    assert build(seed, CHECKED, T0) == content
    root = parse(content)
    assert fen(root.findtext(".//{*}OrgnlIntrBkSttlmAmt"), "CNY") == amount
    case = root.findtext(".//{*}Case/{*}Id")
    assert (order_of_case(case), len(case) <= 35) == (SEED.order_id, True)
    told = root.findtext(".//{*}OrgnlTxId")
    assert told == transfer or (told == "NOTPROVIDED" and len(transfer) > 35)


def test_a_uetr_is_passed_on_and_none_is_made_up() -> None:
    uetr = str(uuid.uuid4())
    known = parse(build(dataclasses.replace(SEED, transfer_id=uetr), CHECKED, T0))
    assert known.findtext(".//{*}OrgnlUETR") == uetr
    assert parse(build(SEED, CHECKED, T0)).findtext(".//{*}OrgnlUETR") is None


@pytest.mark.parametrize("version", ["08", "12"])
def test_the_version_asked_for_is_the_version_written(version: str) -> None:
    root = parse(build(SEED, PLAIN.model_copy(update={"recall_version": version}), T0))
    assert f"camt.056.001.{version}" in root.tag


def test_a_code_that_the_schema_lets_pass_does_not_pass_our_table() -> None:
    content = build(SEED, CHECKED, T0).replace(b"FRAD", b"ZZZZ")
    from chainbreak.act.delivery.bank.xml import validate

    validate(parse(content), CHECKED.schemas)
    with pytest.raises(InputError, match="CB-DL-143"):
        build(SEED, CHECKED.model_copy(update={"recall_reason": "ZZZZ"}), T0)
    with pytest.raises(ValidationError):
        Settings(agent="CCBKCNBJXXX", centre="FZ", recall_reason="ZZZZ")


def test_a_document_that_does_not_follow_its_schema_never_leaves() -> None:
    with pytest.raises(InputError, match="CB-DL-142"):
        build(SEED, CHECKED.model_copy(update={"centre": "x" * 400}), T0)
    with pytest.raises(InputError, match="CB-DL-142"):
        build(dataclasses.replace(SEED, transfer_id="a\x00b"), CHECKED, T0)


def test_a_schema_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="CB-DL-141"):
        build(SEED, PLAIN.model_copy(update={"schemas": tmp_path}), T0)
    (tmp_path / "camt.056.001.12.xsd").write_text("<schema")
    with pytest.raises(SetupError, match="CB-DL-141"):
        build(SEED, PLAIN.model_copy(update={"schemas": tmp_path}), T0)


def test_the_part_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lxml", None)
    with pytest.raises(SetupError, match="iso20022"):
        recall.build(SEED, PLAIN, T0)


HOSTILE = {
    "entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><Document>&x;</Document>',
    "laughs": '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><Document>&b;</Document>',
    "doctype": "<!DOCTYPE Document><Document/>",
    "network": '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd"><Document/>',
    "deep": "<a>" * 40 + "</a>" * 40,
    "very_deep": "<a>" * 20_000 + "</a>" * 20_000,
    "large": "<Document>" + " " * 300_000 + "</Document>",
    "half": "<Document>",
    "nothing": "",
    "bytes": "\x00\x01",
    "json": "{}",
    "other": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>',
    "empty": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.14"/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(InputError) as caught:
        resolution.read(HOSTILE[name].encode())
    assert caught.value.code in ("CB-DL-143", "CB-DL-144")
    assert "file:" not in str(caught.value)


@given(st.binary(max_size=400))
def test_no_bytes_make_a_reader_fail_otherwise_than_by_refusing(content: bytes) -> None:
    for read in (resolution.read, parse_csv, lambda data: parse_json(data, Receipt)):
        with suppress(InputError):
            read(content)


def test_an_answer_about_several_payments_or_without_a_reason_is_refused() -> None:
    space = "urn:iso:std:iso:20022:tech:xsd:camt.029.001.14"
    one = "<TxInfAndSts><RslvdCase><Id>O-261121-7KQ2MZ4B-0f3a9c1d</Id></RslvdCase></TxInfAndSts>"

    def answer(code: str, payments: str) -> bytes:
        inner = f"<Sts><Conf>{code}</Conf></Sts><CxlDtls>{payments}</CxlDtls>"
        return f'<Document xmlns="{space}"><RsltnOfInvstgtn>{inner}</RsltnOfInvstgtn></Document>'.encode()

    assert resolution.read(answer("CNCL", one)).outcome == "full"
    for content in (answer("CNCL", one * 2), answer("RJCR", one)):
        with pytest.raises(InputError, match="CB-DL-144"):
            resolution.read(content)
    with pytest.raises(InputError, match="CB-DL-143"):
        resolution.read(answer("ZZZZ", one))


def test_every_code_has_a_meaning_and_a_next_step_in_both_languages() -> None:
    rows = table()
    assert {"FRAD", "DUPL", "TECH", "CUST", "AM09", "AC03", "CURR", "NARR"} <= set(rows.recall)
    assert set(rows.answers) == {"CNCL", "RJCR", "PDCR"}
    assert {"ARDT", "AC04", "AM04", "NOAS", "NOOR", "LEGL", "CUST", "AGNT", "PTNA", "ARPL", "RQDA", "INDM"} <= set(
        rows.reasons
    )
    for code, row in {**rows.answers, **rows.reasons}.items():
        for lang in ("zh", "en"):
            assert row.next.word(lang) in row.told(lang), code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in row.zh), code
    for read in (reason, recall_reason):
        with pytest.raises(InputError, match="CB-DL-143"):
            read("ZZZZ")


@given(st.sampled_from(sorted(table().reasons)), st.integers(1, 2**53 - 1), texts.filter(str.strip))
def test_a_receipt_reads_the_same_as_json_and_as_csv(code: str, held: int, text: str) -> None:
    receipt = Receipt.model_validate(said(outcome="partial", held_fen=held, code=code, text=text))
    assert parse_json(as_json(receipt), Receipt) == receipt
    assert parse_csv(as_csv(receipt)) == [receipt]
    assert digest_of(parse_csv(as_csv(receipt))[0]) == digest_of(receipt)
    answer = receipt.answer("en")
    assert (answer.held_fen, answer.code) == (held, code)
    assert answer.within_min == reason(code).within_min


@pytest.mark.parametrize(
    "more",
    [{"version": 2}, {"key": "O-1"}, {"key": "O-261121-7KQ2MZ4B.1.bank-a\n"}, {"outcome": "partial", "code": "AM04"},
     {"outcome": "rejected", "held_fen": 5, "code": "AM04"}, {"held_fen": -1}, {"held_fen": 2**60}, {"held_fen": 1.5},
     {"at": "2026-11-20T00:00:00"}, {"at": "yesterday"}, {"receipt_id": ""}, {"message": "status"},
     {"code": "am04", "outcome": "rejected"}],
)  # fmt: skip
def test_a_receipt_that_does_not_say_all_it_must_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="CB-DL-144"):
        parse_json(json.dumps(said(**more)).encode(), Receipt)


def test_numbers_of_messages_are_the_same_each_time_and_shaped_like_a_uetr() -> None:
    made = message_id("hold-request", "O-1.1.a")
    assert made == message_id("hold-request", "O-1.1.a") != message_id("hold-release", "O-1.1.a")
    assert recall.UETR.fullmatch(str(made))


def test_a_hold_that_is_listed_is_named_as_the_desk_names_it() -> None:
    for at in (T0, T0 + 123_456):
        status = {"message": "status", "version": 1, "key": "O-261121-7KQ2MZ4B.1.bank-a", "account": "622202",
                  "held_fen": 1, "valid_until": rfc3339(at)}  # fmt: skip
        assert Status.model_validate(status).mark.valid_until == rfc3339(at)


def test_the_schema_in_the_documents_is_the_one_of_the_code() -> None:
    assert SCHEMA.read_bytes() == schema(), (
        "write it anew: python -c 'from chainbreak.act.delivery.bank import schema; "
        'print(schema().decode(), end="")\' > docs/reference/bank-message.schema.json'
    )
    names = {ref["$ref"].rpartition("/")[2] for ref in json.loads(schema())["anyOf"]}
    assert names == {model.__name__ for model in (HoldRequest, HoldRelease, Receipt, Status)} | {"Statuses"}
    assert set(config(PLAIN)) == {"bank-message.schema.json", "codes.json"}


@pytest.mark.parametrize(
    "bad",
    [{"agent": "CCB"}, {"agent": "12345"}, {"agents": {"ICBC": "no"}}, {"centre": ""}, {"answer_s": 0}, {"url": "x"},
     {"recall_version": "02"}],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"agent": "CCBKCNBJXXX", "centre": "FZ", **bad})


def test_the_documents_list_every_code_with_its_next_step() -> None:
    page = (SCHEMA.parent / "bank-messages.md").read_text(encoding="utf-8")
    rows = table()
    for code, row in {**rows.answers, **rows.reasons}.items():
        assert f"| `{code}` | {row.en} · {row.zh} | {row.next.en} · {row.next.zh} |" in page
    for code, text in rows.recall.items():
        assert f"| `{code}` | {text.en} · {text.zh} |" in page


def test_a_number_typed_as_a_setting_is_a_name() -> None:
    settings = Settings.model_validate({"agent": 102100099996, "centre": 7, "recall_version": 12})
    assert (settings.agent, settings.centre, settings.recall_version) == ("102100099996", "7", "12")
