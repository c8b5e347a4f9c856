"""What is vendored is what the manifest says, and nothing is fetched from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

import pytest
from browser import Browser

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_checkpoints import list_checkpoints
from chainbreak.console.view import STATIC, asset
from chainbreak.web.rounds import run_round

VENDOR = STATIC / "vendor"
ALLOWED = {"0BSD", "MIT", "Apache-2.0", "BSD-3-Clause", "ISC"}


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in manifest} | {"manifest.json"} == {path.name for path in VENDOR.iterdir()}
    for entry in manifest:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert entry["licence"] in ALLOWED
    assert {e["package"] for e in manifest} == {e["package"] for e in manifest if "LICENSE" in e["file"]}


def test_our_styles_and_scripts_name_no_other_place() -> None:
    for path in [*STATIC.rglob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert not re.search(r"https?://|@import|eval\(|new Function|innerHTML", path.read_text(encoding="utf-8")), path


def test_colours_stand_in_one_file_and_both_dark_themes_agree() -> None:
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    dark = re.findall(r"color-scheme: dark;(.*?)\}", tokens, re.DOTALL)
    assert len(dark) == 2
    assert len({re.sub(r"\s+", " ", block) for block in dark}) == 1
    for path in (STATIC / "css").glob("*.css"):
        if path.name not in ("tokens.css", "plain.css"):  # paper is black on white whatever the theme
            assert not re.search(r"#[0-9a-f]{3,8}\b", path.read_text(encoding="utf-8")), path.name


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two #rrggbb colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_is_readable_on_every_ground(theme: int) -> None:
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    block = re.findall(r"color-scheme: (?:light|dark);(.*?)\n\s*\}", tokens, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    words = ("text", "text-2", "text-3", "accent", "urgent", "high", "medium", "low", "done", "lapsed")
    for ground in ("ground", "panel", "sunk", "accent-soft"):
        for word in words:
            assert contrast(colours[word], colours[ground]) >= 4.5, f"{word} on {ground}"
    assert contrast(colours["accent-ink"], colours["accent"]) >= 4.5


def test_assets_may_be_kept_for_ever_because_their_address_changes_with_them(anybody: Browser) -> None:
    answer = anybody.get(asset("css/tokens.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert anybody.get("/static/css/tokens.css").headers["cache-control"] == "no-cache"


def test_a_page_is_light_enough(sign_in: Callable[[str], Browser]) -> None:
    import gzip

    chen = sign_in("chen")
    page = chen.get("/findings").text
    parts = [page.encode(), *(chen.get(p).content for p in re.findall(r'(?:href|src)="(/static/[^"#]+)', page))]
    assert sum(len(gzip.compress(part)) for part in parts) < 150_000


def test_a_round_publishes_a_checkpoint(office: Office) -> None:
    run_round(office)
    assert list_checkpoints(office)[0]["size"] > 0
