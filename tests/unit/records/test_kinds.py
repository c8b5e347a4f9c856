"""The record kinds are what the design says, and nothing in them scores a person."""

from __future__ import annotations

import re

import pytest

from chainbreak.base.errors import UsageError
from chainbreak.records import KINDS, Identifier, kind_named

DESIGN = {
    "call": "at_us duration_s kind msisdn imsi imei peer cell_id answered ta auth_ms roaming",
    "line": "msisdn imsi activated_at_us closed_at_us outlet_id holder plan",
    "cell": "cell_id site_id lat lon district azimuth technology",
    "hotlist": "at_us list msisdn imsi imei tac source",
    "transfer": "transfer_id booked_at_us seq payer payee amount_fen currency channel kind",
    "account": "account bank opened_at_us opening_balance_fen holder outlet_id",
    "registration": "at_us platform platform_account msisdn device ip user_agent",
    "message": "at_us sender recipient text",
    "lookup": "at_us client domain",
    "domain": "domain registered_at_us registrar first_seen_us",
    "report": "report_id reported_at_us occurred_at_us district narrative loss_fen victim identifiers",
    "outlet": "outlet_id operator_or_bank district opened_at_us",
    "incident": "", "post": "", "site": "", "inspection": "",
}  # fmt: skip


def test_all_kinds_of_the_design_are_here_with_their_columns() -> None:
    assert set(KINDS) == set(DESIGN)
    for name, columns in DESIGN.items():
        assert set(columns.split()) <= {c.name for c in KINDS[name].columns}, name


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_column_says_what_it_means_and_numbers_say_their_unit(kind) -> None:
    names = [c.name for c in kind.lake_columns()]
    assert len(names) == len(set(names))
    for column in kind.columns:
        assert column.en, column.name
        assert re.search(r"[\u4e00-\u9fff]|IMSI", column.zh), column.name
        if column.name.endswith(("_us", "_fen", "_s", "_ms")):
            assert column.unit, column.name
    assert kind.time is None or kind.column(kind.time).unit == "µs UTC"


def test_identifiers_lie_in_the_lake_as_int64_tokens_only() -> None:
    for kind in KINDS.values():
        schema = kind.arrow_schema()
        for column in kind.columns:
            if column.identifier:
                assert str(schema.field(column.name).type) == "int64", (kind.name, column.name)


def test_no_kind_scores_a_person() -> None:
    for kind in KINDS.values():
        has_person = any(c.identifier is Identifier.PERSON for c in kind.columns)
        scored = [c.name for c in kind.lake_columns() if re.search("score|risk|suspicion|probab", c.name)]
        assert not (has_person and scored), (kind.name, scored)


def test_an_unknown_kind_or_column_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean transfer"):
        kind_named("transfr")
    with pytest.raises(UsageError, match="did you mean cell_id"):
        kind_named("call").column("cel_id")
