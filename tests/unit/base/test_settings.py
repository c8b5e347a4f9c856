"""A centre is found where it is said to be, and a mistake in its settings names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings, Tracing, create_centre, find_centre


def test_a_new_centre_reads_back_the_settings_it_was_made_with(tmp_path: Path) -> None:
    made = create_centre(tmp_path / "c", Settings(name='Stadt "A" \\ 城市', memory_limit_mib=512))
    found = find_centre(tmp_path / "c")
    assert found == made
    assert (tmp_path / "c" / "keys").stat().st_mode & 0o077 == 0


def test_how_money_is_followed_reads_back_and_can_be_written_by_hand(tmp_path: Path) -> None:
    told = {"sinks": ("account:00ff00ff00ff00ff",), "skew_s": {"青溪银行": -3},
            "coverage": {"云川银行": True, "东湖": "2026-11-20T08:00:00+08:00"}}  # fmt: skip
    create_centre(tmp_path / "c", Settings(tracing=Tracing.model_validate(told)))
    found = find_centre(tmp_path / "c").settings.tracing
    assert found.coverage["云川银行"] is True
    assert found == Tracing.model_validate(told)
    (tmp_path / "settings.toml").write_text('[tracing]\ncoverage = { "云川银行" = 2026-11-20T08:00:00 }\n')
    with pytest.raises(SetupError, match="CB-ST-002") as caught:
        find_centre(tmp_path)
    assert "tracing.coverage" in caught.value.given, "a moment without a zone has no place in time"


def test_the_environment_names_the_centre_when_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_centre(tmp_path / "c", Settings())
    monkeypatch.setenv("CHAINBREAK_CENTRE", str(tmp_path / "c"))
    assert find_centre().root == tmp_path / "c"


def test_no_centre_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"CB-ST-001.*chainbreak init"):
        find_centre(tmp_path)


@pytest.mark.parametrize(
    ("text", "named"),
    [("zoom = 1", "zoom"), ("threads = 0", "threads"), ("threads = ", "at end of"), ("language = 'fr'", "language")],
)
def test_a_mistake_in_the_settings_names_the_place(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SetupError, match="CB-ST-002") as caught:
        find_centre(tmp_path)
    assert named in caught.value.given


def test_a_directory_that_holds_a_centre_is_not_overwritten(tmp_path: Path) -> None:
    create_centre(tmp_path, Settings(name="first"))
    with pytest.raises(SetupError, match="CB-ST-003"):
        create_centre(tmp_path, Settings(name="second"))
    assert find_centre(tmp_path).settings.name == "first"
