"""Nobody sees a value without purpose, case, name and right; the log knows of every look before it happens."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.reveal_identifier import MAY_REVEAL, OPEN_US, reveal_identifier, reveal_text
from chainbreak.audit.log import read_payload
from chainbreak.audit.tables import entries
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.cli.root import run
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token

NUMBER = "+8613800138000"
NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
ANALYST = Actor("li", frozenset({Role.ANALYST}))


@pytest.fixture
def office(new_office: Office) -> Office:
    new_office.vault.add_values(Identifier.LINE, [NUMBER])
    return new_office


@pytest.fixture
def token(office: Office) -> str:
    return write_token(Identifier.LINE, token_of(office.keys.token_key(Identifier.LINE), NUMBER))


def leaves(office: Office) -> list[dict[str, str]]:
    with office.desk.read() as conn:
        rows = conn.execute(select(entries.c.seq, entries.c.entry).order_by(entries.c.seq)).all()
        return [json.loads(row.entry) | {"details": str(read_payload(conn, row.seq))} for row in rows]


def test_a_reveal_shows_the_value_for_a_while_and_is_in_the_log_without_it(office: Office, token: str) -> None:
    shown = reveal_identifier(office, ANALYST, token, purpose=" call the victim ", case="A-7")
    assert (shown.token, shown.value, shown.until_us) == (token, NUMBER, NOON_US + OPEN_US)
    last = leaves(office)[-1]
    assert (last["actor"], last["role"], last["action"], last["object"], last["purpose"], last["case"]) == (
        "li", "analyst", "vault.reveal", token, "call the victim", "A-7")  # fmt: skip
    assert NUMBER not in str(leaves(office))


def test_the_leaf_is_there_before_the_vault_is_opened(
    office: Office, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(office.vault, "value", lambda *_: seen.append(leaves(office)[-1]["action"]) or "")
    reveal_identifier(office, ANALYST, token, purpose="call", case="A-7")
    assert seen == ["vault.reveal"]


@pytest.mark.parametrize(
    ("actor", "purpose", "case", "named"),
    [(ANALYST, "", "A-7", "--purpose"), (ANALYST, "call", " ", "--case"), (None, "call", "A-7", "--as")],
)
def test_without_person_purpose_or_case_it_is_refused_and_the_refusal_logged(
    office: Office, token: str, actor: Actor | None, purpose: str, case: str, named: str
) -> None:
    with pytest.raises(RefusedError, match=f"CB-ID-030 .*{named}"):
        reveal_identifier(office, actor, token, purpose=purpose, case=case)
    assert (leaves(office)[-1]["action"], leaves(office)[-1]["object"]) == ("vault.refuse", token)


def test_who_may_see_what(office: Office) -> None:
    for kind in Identifier:
        for role in Role:
            actor = Actor("wu", frozenset({role}))
            expected = InputError if role in MAY_REVEAL[kind] else RefusedError  # this token is not in the vault
            with pytest.raises(expected):
                reveal_identifier(office, actor, f"{kind}:0000000000000001", purpose="call", case="A-7")


def test_no_right_rests_with_those_who_run_the_machine_or_judge_the_work() -> None:
    for roles in MAY_REVEAL.values():
        assert not roles & {Role.ADMIN, Role.ENGINEER, Role.AUDITOR, Role.COMMANDER, Role.SERVICE}


def test_a_text_is_revealed_under_the_same_rules(office: Office) -> None:
    office.vault.add_texts(["ab" * 16], ["对方电话13800138000"])
    shown = reveal_text(office, ANALYST, "ab" * 16, purpose="read the story", case="A-7")
    assert (shown.value, leaves(office)[-1]["action"]) == ("对方电话13800138000", "vault.reveal")
    assert leaves(office)[-1]["object"] == f"text:{'ab' * 16}"
    with pytest.raises(RefusedError, match="CB-ID-030"):
        reveal_text(office, ANALYST, "ab" * 16, purpose="", case="A-7")
    with pytest.raises(RefusedError, match="CB-ID-030"):
        reveal_text(office, Actor("wu", frozenset({Role.LIAISON})), "ab" * 16, purpose="read", case="A-7")
    with pytest.raises(UsageError, match="CB-ID-032"):
        reveal_text(office, ANALYST, "line:1", purpose="read", case="A-7")


@pytest.mark.parametrize("text", ["13800138000", "line:123", "phone:0000000000000001", "line:zzzzzzzzzzzzzzzz"])
def test_what_is_no_token(office: Office, text: str) -> None:
    with pytest.raises(UsageError, match="CB-ID-032"):
        reveal_identifier(office, ANALYST, text, purpose="call", case="A-7")


def test_at_the_terminal(office: Office, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    add_person(office, Actor("os:root", frozenset({Role.ADMIN})), "qian", ["admin"])
    add_person(office, Actor("qian", frozenset({Role.ADMIN})), "li", ["analyst"])
    centre = ["--centre", str(office.centre.root), "--json"]

    def vault(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            run(["vault", *words, *centre])
        return int(stopped.value.code or 0), capsys.readouterr().out

    code, out = vault("reveal", token, "--as", "li", "--purpose", "call the victim", "--case", "A-7")
    assert (code, json.loads(out)["value"]) == (0, NUMBER)
    assert vault("reveal", token, "--as", "li", "--purpose", "call the victim") == (4, "")
    assert vault("reveal", token, "--purpose", "call", "--case", "A-7") == (4, "")
    assert vault("reveal", token, "--as", "qian", "--purpose", "call", "--case", "A-7") == (4, "")
    code, out = vault("status")
    rows = {row["kind"]: row for row in map(json.loads, out.splitlines())}
    assert (rows["line"]["entries"], rows["line"]["epoch"], rows["line"]["rotating_to"]) == (1, 1, None)
    code, out = vault("rotate", "line", "--as", "qian")
    assert (code, json.loads(out)["epochs"]) == (0, {"line": 2})
    code, out = vault("reveal", token, "--as", "li", "--purpose", "again", "--case", "A-7")
    assert (code, json.loads(out)["value"]) == (0, NUMBER)
    assert vault("rotate", "line", "--as", "li")[0] == 4
