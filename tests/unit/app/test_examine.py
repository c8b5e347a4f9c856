"""What doctor says of a centre is so: a desk of an older version is not called migrated."""

from __future__ import annotations

from chainbreak.app.bootstrap import Office
from chainbreak.app.examine import examine_centre


def test_an_older_desk_is_found_and_says_what_to_do(new_office: Office) -> None:
    assert {check.what: check.state for check in examine_centre(new_office)} == dict.fromkeys(
        ("centre", "keys", "desk", "lake", "log"), "ok"
    )
    with new_office.desk.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0007'")
    (desk,) = (check for check in examine_centre(new_office) if check.what == "desk")
    assert (desk.state, desk.found[:9]) == ("wrong", "CB-DK-007")
    assert desk.next_step == "chainbreak doctor --migrate"
