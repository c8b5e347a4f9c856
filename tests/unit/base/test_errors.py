"""Every code that a person can meet has a page, in both languages; every message says what to do."""

from __future__ import annotations

import re
from pathlib import Path

from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, SetupError, UsageError, did_you_mean
from chainbreak.base.wording import codes

SOURCE = Path(__file__).resolve().parents[3] / "src" / "chainbreak"
CODE = re.compile(r"CB-[A-Z]{2}-\d{3}")


def codes_in_source() -> set[str]:
    return {code for path in SOURCE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_in_the_source_has_a_page() -> None:
    assert codes_in_source() - set(codes()) == set()


def test_every_page_belongs_to_a_code_in_the_source() -> None:
    assert set(codes()) - codes_in_source() == set()


def test_every_page_says_title_and_remedy_in_both_languages() -> None:
    for code, page in codes().items():
        assert CODE.fullmatch(code)
        for part in ("title", "remedy"):
            assert set(page[part]) == {"zh", "en"}, f"{code}: an unquoted comma cuts the text"
            for lang in ("zh", "en"):
                assert page[part][lang].strip(), (code, part, lang)
        assert re.search(r"[\u4e00-\u9fff]", page["title"]["zh"]), f"{code}: the Chinese title holds no Chinese"


def test_each_kind_of_error_has_its_own_exit_code() -> None:
    kinds: list[type[ChainbreakError]] = [UsageError, InputError, RefusedError, SetupError]
    assert [kind.exit_code for kind in kinds] == [2, 3, 4, 5]


def test_the_sentence_leaves_out_what_is_not_known() -> None:
    assert str(SetupError("CB-ST-001", "no centre here")) == "CB-ST-001 no centre here"


def test_near_names_are_suggested_and_all_are_listed_when_none_is_near() -> None:
    assert did_you_mean("trasnfer", ["call", "transfer"]) == "did you mean transfer?"
    assert did_you_mean("q", ["call", "transfer"]) == "known: call, transfer"
