"""An operator's log carries no identifier and no secret, whatever the event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.log import DENIED_KEYS, configure_logs, drop_denied_keys, get_log


@given(st.dictionaries(st.sampled_from([*sorted(DENIED_KEYS), "rows", "took_s"]), st.text(min_size=1)))
def test_denied_keys_never_keep_their_value(event: dict[str, str]) -> None:
    kept = drop_denied_keys(None, "info", dict(event))
    assert all(kept[key] == "(withheld)" for key in event if key in DENIED_KEYS)
    assert all(kept[key] == event[key] for key in event if key not in DENIED_KEYS)


def test_a_line_of_the_log_is_json_and_names_the_room(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json_lines=True)
    get_log("ingest").info("file_read", rows=3, msisdn="13800138000")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["room"], line["rows"], line["msisdn"]) == ("file_read", "ingest", 3, "(withheld)")
