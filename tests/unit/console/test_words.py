"""Every word of the pages comes from the catalogue, in both languages; nothing is written into a template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chainbreak.console
from chainbreak.base.wording import LANGS, catalogue

CONSOLE = Path(chainbreak.console.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
CALL = re.compile(r"""\bt\(\s*'([^']+)'\s*(~)?""")
# Where a template may show words that are nobody's language: the names of the languages themselves.
OWN_NAMES = {"中文", "English"}
TAGS = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<kbd>.*?</kbd>|<[^>]*>", re.DOTALL)


def ids(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_each_key_of_a_template_is_in_the_catalogue(path: Path) -> None:
    for key, goes_on in CALL.findall(path.read_text(encoding="utf-8")):
        known = [k for k in catalogue() if k.startswith(key)] if goes_on else [key]
        assert known, f"{path.name}: no key starts with {key}"
        for name in known:
            assert set(catalogue()[name]) >= set(LANGS), name


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_no_words_stand_in_a_template(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    left = TAGS.sub(" ", text)
    for own in OWN_NAMES:
        left = left.replace(own, " ")
    words = re.findall(r"[㐀-鿿]+|[A-Za-z]{3,}", left)
    assert not words, f"{path.name} holds {words}"
    attributes = re.findall(r"""(?:placeholder|title|aria-label|alt)="([^"{]*[A-Za-z㐀-鿿][^"{]*)\"""", text)
    assert [a for a in attributes if a != "XXXX-XXXX-XXXX"] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_the_content_policy_holds_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|js:", text)
    for script in re.findall(r"<script[^>]*>([^<]*)</script>", text):
        assert not script.strip()


def test_every_page_word_is_used() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in [*TEMPLATES, *CONSOLE.rglob("*.py")])
    used = set(re.findall(r"['\"`](console[a-z_]*\.[\w./]*)", text))
    prefixes = tuple(u for u in used if u.endswith("."))
    unused = [k for k in catalogue() if k.startswith("console") and k not in used and not k.startswith(prefixes)]
    assert unused == []


def test_chinese_has_no_mixture_of_widths() -> None:
    for key, texts in catalogue().items():
        if key.startswith("console"):
            assert not re.search(r"[㐀-鿿][,;:!?]", texts["zh"]), f"half-width punctuation after Han: {key}"
            assert "!" not in texts["en"], key
