"""A story with what was read in it: each mention a mark of its kind, each deciding word underlined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from chainbreak.console.show import in_reading_order

GROUPS = {
    "line": "number", "account": "account", "chat": "chat", "domain": "net", "url": "net", "ip": "net", "app": "net",
    "amount": "money", "time": "time",
}  # fmt: skip
"""Kinds of mention by the hue they share; every mark says its kind in words as well."""


def marked_story(
    text: str, spans: Iterable[Mapping[str, Any]], words: Iterable[tuple[int, int, float]],
    t: Callable[..., str], kind_word: Callable[[str], str],
) -> Markup:  # fmt: skip
    """`text` as HTML. `spans`: start, end, kind, key, role and, in a draft, sure; without overlap, in order. `words`:
    start, end, bits; those inside a span are left out. A masked identifier is shown as its kind and a short token.

    >>> marked_story("加a.com", [{"start": 1, "end": 6, "kind": "domain", "key": "a.com", "role": "suspect"}], [],
    ...              lambda key, **v: key.rpartition(".")[2], lambda kind: "网址")
    Markup('加<mark class="m is-net" title="网址 · suspect">a.com</mark>')
    """
    pieces, at = [Markup()], 0
    for start, end, opening, inner in sorted(_marks(text, spans, words, t, kind_word), key=lambda m: (m[0], m[1])):
        if start < at:
            continue
        pieces += [_plain(text[at:start]), opening.format(inner)]
        at = end
    return Markup("").join([*pieces, _plain(text[at:])])


def _marks(
    text: str, spans: Iterable[Mapping[str, Any]], words: Iterable[tuple[int, int, float]],
    t: Callable[..., str], kind_word: Callable[[str], str],
) -> list[tuple[int, int, Markup, Markup]]:  # fmt: skip
    found = []
    for span in spans:
        group = GROUPS.get(span["kind"], "other")
        unsure = not span.get("sure", True)
        said = [kind_word(span["kind"])]
        if span["kind"] not in ("amount", "time"):
            said.append(t(f"console_cases.role.{span['role']}"))
        if unsure:
            said.append(t("console_cases.unsure"))
        surface = text[span["start"] : span["end"]]
        masked = surface.startswith("[") and surface.endswith("]") and ":" in span["key"]
        more = (" is-unsure" if unsure else "") + (" is-token" if masked else "")
        opening = Markup('<mark class="m is-{}{}" title="{}">').format(group, more, " · ".join(said))
        found.append(
            (span["start"], span["end"], opening + Markup("{}</mark>"), _inner(surface, span, said[0], masked))
        )
    for start, end, bits in words:
        found.append((start, end, Markup('<u class="cue" title="{:+.1f} bit">').format(bits) + Markup("{}</u>"),
                      _plain(text[start:end])))  # fmt: skip
    return found


def _inner(surface: str, span: Mapping[str, Any], kind: str, masked: bool) -> Markup:
    if not masked:
        return _plain(surface)
    return Markup('<span class="kind">{}</span><span class="mono">{}</span>').format(
        kind, span["key"].partition(":")[2][:6]
    )


def _plain(text: str) -> Markup:
    return escape(in_reading_order(text))
