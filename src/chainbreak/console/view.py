"""Rendering: one Jinja environment, the words of the reader's language, the frame around each page."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chainbreak.act.returns.machine import READERS as RETURN_READERS
from chainbreak.app.list_partners import list_partners
from chainbreak.app.list_warnings import MAY_READ
from chainbreak.app.move_lead import READERS
from chainbreak.app.next_warning import MAY_CALL
from chainbreak.app.read_session import IDLE_US
from chainbreak.app.show_partner import READERS as PARTNER_READERS
from chainbreak.app.trace_rights import MAY_READ as TRACE_READERS
from chainbreak.app.visit_rights import READERS as VISIT_READERS
from chainbreak.base.clock import US_PER_S
from chainbreak.base.wording import Lang, word
from chainbreak.console import show
from chainbreak.console.session import LANG_COOKIE, Visit
from chainbreak.records.actor import Role

HERE = Path(__file__).parent
STATIC = HERE / "static"
SAID_COOKIE = "chainbreak_said"
# Entries of the rail: name (word key, icon, address), key after `g`, and who sees it (none named: everybody).
ENTRIES: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("today", "t", ()),
    ("hotline", "h", tuple(MAY_CALL)),
    ("warnings", "w", tuple(MAY_READ)),
    ("visits", "v", tuple(VISIT_READERS)),
    ("findings", "f", ()),
    ("cases", "c", ()),
    ("series", "s", ()),
    ("leads", "d", tuple(READERS)),
    ("money", "m", TRACE_READERS),
    ("orders", "o", ()),
    ("returns", "r", tuple(RETURN_READERS)),
    ("appeals", "a", ()),
    ("partners", "p", PARTNER_READERS),
    ("log", "l", ()),
    ("ingest", "i", ()),
    ("users", "u", (Role.ADMIN,)),
)


@cache
def environment() -> Environment:
    """Templates with autoescape always on; an undefined name is an error, not a gap."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=show.in_reading_order,
    )  # fmt: skip
    env.globals.update(asset=asset, shapes=show.SHAPES, state=show.state, short=show.short, bits_bar=show.bits_bar)
    named = ("chance", "measured", "fen", "number", "short", "signed", "yuan")
    env.filters["as_pair"] = frozenset
    env.filters.update({name: getattr(show, name) for name in named})
    return env


@cache
def asset(path: str) -> str:
    """The address of a static file with the digest of its contents, so that it may be cached for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


def said(response: Response, what: str) -> Response:
    """Have the next page say `console.said.<what>` once."""
    response.set_cookie(SAID_COOKIE, what, max_age=30, samesite="strict", httponly=True)
    return response


def _said(visit: Visit) -> str:
    what = visit.request.cookies.get(SAID_COOKIE, "")
    return show.word_or(f"console.said.{what}", "", visit.lang)


def _hidden(csrf: str, once: bool) -> Markup:
    """A form's unseen fields: the session's token and, for what must not happen twice, a name of this one wish."""
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return field.format("csrf", csrf) + (field.format("key", secrets.token_hex(16)) if once else Markup())


def _partner_namer(visit: Visit) -> Callable[[str], str]:
    """Names partners in the reader's language; the table is read when the first is asked for."""
    names: dict[str, str] = {}

    def name(partner_id: str) -> str:
        if not names:
            names.update({row["partner_id"]: row[f"name_{visit.lang}"] for row in list_partners(visit.office)})
        return names.get(partner_id, partner_id)

    return name


def speaking(lang: Lang, zone: str) -> dict[str, Any]:
    """What a template says words, things and times with, in one language and zone."""
    return {
        "lang": lang,
        "t": lambda key, **given: word(key, lang, **given),
        "word_or": lambda key, fallback: show.word_or(key, fallback, lang),
        "thing": lambda text, **how: show.thing(text, lang, **how),
        "moment": lambda at, **how: show.moment(at, zone, **how),
        "lasting": lambda span, **how: show.lasting(span, lang, **how),
        "swift": lambda span_us: show.swift(span_us, lang),
    }


def render(visit: Visit, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page or a fragment in the visitor's language."""
    lang, zone = visit.lang, visit.office.centre.settings.zone
    person = visit.session.person if visit.session else None
    csrf = visit.session.csrf if visit.session else ""
    html = environment().get_template(template).render(
        visit=visit, settings=visit.office.centre.settings, person=person,
        theme=person.theme if person else None, csrf=csrf,
        entries=[(name, key) for name, key, roles in ENTRIES if person and (not roles or person.roles & set(roles))],
        idle_s=IDLE_US // US_PER_S - 5, said=_said(visit),
        now=visit.office.clock.now_us(), fragment=visit.is_fragment, other_lang="en" if lang == "zh" else "zh",
        hidden=lambda once=False: _hidden(csrf, once), partner=_partner_namer(visit),
        **speaking(lang, zone), **values,
    )  # fmt: skip
    response = HTMLResponse(html, status)
    if SAID_COOKIE in visit.request.cookies:
        response.delete_cookie(SAID_COOKIE)
    if visit.asked_lang == lang:
        response.set_cookie(LANG_COOKIE, lang, max_age=365 * 86_400, samesite="strict", httponly=True)
    return response
