"""Signing in and out, one's own settings, and jumping to a thing by its id."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.find_sign_in_link import find_sign_in_link
from chainbreak.app.set_password import set_password
from chainbreak.app.set_preferences import set_preferences
from chainbreak.app.sign_in import sign_in_by_link, sign_in_by_password, sign_out
from chainbreak.base.errors import RefusedError
from chainbreak.base.wording import codes, word
from chainbreak.console.session import COOKIE, LANG_COOKIE, Open, Signed, Visit
from chainbreak.console.view import render, said

router = APIRouter()


@router.get("/sign-in")
def ask(visit: Open, back: str = "/", idle: bool = False) -> Response:
    """The form for name and password; who is in already goes on, unless the page was left idle."""
    if visit.session and not idle:
        return RedirectResponse(_inside(back), 303)
    if visit.session:
        sign_out(visit.office, visit.session)
    return _form(visit, back=back, refused=word("console.sign_in.idle", visit.lang) if idle else "")


@router.get("/sign-in/{secret}")
def offer_link(visit: Open, secret: str) -> Response:
    """What a one-time link shows: a button. Opening alone uses nothing up, because mail scanners open links too."""
    name = find_sign_in_link(visit.office, secret)
    return _form(visit, link=secret, link_name=name) if name else _refusal(visit, "CB-PE-020")


@router.post("/sign-in/{secret}")
def use_link(visit: Open, request: Request, secret: str) -> Response:
    """Sign in by one-time link."""
    try:
        return _enter(request, sign_in_by_link(visit.office, secret, _origin(request)), "/")
    except RefusedError as e:
        return _refusal(visit, e.code)


@router.post("/sign-in")
def use_password(
    visit: Open, request: Request, name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=200)], back: Annotated[str, Form(max_length=500)] = "/",
) -> Response:  # fmt: skip
    """Sign in by password."""
    try:
        return _enter(request, sign_in_by_password(visit.office, name, password, _origin(request)), _inside(back))
    except RefusedError as e:
        return _refusal(visit, e.code, back=back, name=name)


@router.post("/sign-out")
def leave(visit: Signed) -> Response:
    """End the session."""
    assert visit.session is not None, "signed"
    sign_out(visit.office, visit.session)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/me")
def me(visit: Signed) -> Response:
    """One's own settings."""
    return render(visit, "me.html", here="me")


@router.post("/me")
def keep_settings(
    visit: Signed, language: Annotated[str, Form()] = "", theme: Annotated[str, Form()] = "",
    keys_on: Annotated[str | None, Form()] = None,
) -> Response:  # fmt: skip
    """Keep language, theme and keys; the language asked for by address no longer overrides."""
    set_preferences(visit.office, visit.actor.name, language=language, theme=theme, keys_on=keys_on is not None)
    response = said(RedirectResponse("/me", 303), "saved")
    response.delete_cookie(LANG_COOKIE)
    return response


@router.post("/me/theme")
def keep_theme(visit: Signed, theme: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/") -> Response:
    """Pin light or dark, or follow the system."""
    set_preferences(visit.office, visit.actor.name, theme=theme)
    return RedirectResponse(_inside(back), 303)


@router.post("/me/password")
def keep_password(visit: Signed, password: Annotated[str, Form()] = "") -> Response:
    """Set or remove one's password; all sessions end."""
    set_password(visit.office, visit.actor, password)
    return RedirectResponse("/sign-in", 303)


@router.get("/go")
def go(visit: Signed, q: str = "") -> Response:
    """To a finding (16 hex digits), an order or a receipt code by what was typed into the palette."""
    wanted = q.strip()
    if re.fullmatch(r"[0-9a-f]{16}", wanted):
        return RedirectResponse(f"/findings/{wanted}", 303)
    if re.fullmatch(r"[A-Za-z0-9-]{4,24}", wanted):
        return RedirectResponse(f"/orders/{wanted}", 303)
    return RedirectResponse("/", 303)


def _form(visit: Visit, status: int = 200, **given: str) -> Response:
    values = {"back": "/", "refused": "", "link": "", "link_name": "", "name": ""} | given
    return render(visit, "sign_in.html", status=status, **values)


def _refusal(visit: Visit, code: str, **given: str) -> Response:
    words = codes()[code]
    text = f"{words['title'][visit.lang]}。{words['remedy'][visit.lang]}" if visit.lang == "zh" else (
        f"{words['title']['en']}. {words['remedy']['en']}"
    )  # fmt: skip
    return _form(visit, 429 if code == "CB-PE-022" else 401, refused=text, **given)


def _enter(request: Request, secret: str, back: str) -> Response:
    response = RedirectResponse(back, 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure, path="/")
    return response


def _inside(back: str) -> str:
    """A path on this site, or the first page: a sign-in must not lead elsewhere."""
    return back if re.fullmatch(r"/(?![/\\])[^\s\\]*", back) else "/"


def _origin(request: Request) -> str:
    return request.client.host if request.client else "unknown"
