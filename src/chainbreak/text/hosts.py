"""Hosts, addresses and URLs: plain, with dots written out, in wide or circled letters, with letters of another script.

A host must end in a known public suffix, or else be introduced by a scheme or `www`. Where only some letters are
foreign and the ending is Latin, the name is registered as it stands (`xn--…`); a foreign ending is a disguise, undone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from chainbreak.base.errors import InputError
from chainbreak.identity.domains import host_form, known_ending
from chainbreak.text.fold import skeleton
from chainbreak.text.mention import host_of
from chainbreak.text.page import Found, Page

_A = "A-Za-z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"
_DOT = r"(?: ?\. ?|点|。|·| ?[\[({【](?:\.|点|dot)[\])}】] ?| dot )"
_HOST = (
    rf"(?:[{_A}][{_A}_-]{{0,62}}{_DOT}){{1,8}}(?P<end>[A-Za-z\u0400-\u04ff\u0370-\u03ff][{_A}-]{{1,23}})(?![{_A}_-])"
)
_URL = re.compile(
    rf"(?<![{_A}_.@-])(?<![A-Za-z][点。])(?![0-9]{{1,2}}点)(?P<scheme>(?:[Hh](?:[Tt]{{2}}|[Xx]{{2}})[Pp][Ss]?|[Ff][Tt][Pp])://)?(?:(?P<host>{_HOST})|"
    r"(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?!\d|\.\d))(?P<port>:\d{2,5}(?!\d))?"
    r"(?P<path>[/?#][A-Za-z0-9._~/?#@!$&*+=%:,;'-]{0,1000})?"
)
_WIDE_URL = re.compile(
    r"(?P<scheme>[Hh](?:[Tt]{2}|[Xx]{2})[Pp][Ss]?://)(?P<host>[\w-]{1,40}(?:\.[\w-]{1,40}){1,4})"
    r"(?P<path>/[A-Za-z0-9._~/?#@!$&*+=%:-]{0,1000})?"
)
_IPV6 = re.compile(r"(?<![0-9A-Fa-f:.])(?P<n>[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![0-9A-Fa-f:.])", re.ASCII)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?:[Qq]{2}(?=\d{5,11}@))?(?P<n>[A-Za-z0-9._%+-]{1,64}@"
    r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,23})(?![A-Za-z0-9_-])",
    re.ASCII,
)
_RUN = re.compile(f"[{_A}][{_A}_-]*")
_AFTER_LABEL = frozenset(".点。·[({【 :")
PATTERNS = (_URL, _WIDE_URL, _IPV6, _EMAIL)

_ANY_DOT = re.compile(_DOT)
_STOPS = frozenset("，。；：！？、（）“”‘’")
_PAYMENT = re.compile(r"(?:支付宝|[Pp]ay[Pp]al|账户|帐户|账号)[^0-9A-Za-z\n]{0,6}$")
_VERSION = re.compile(r"(?:版本号?|[Vv]|ver\.?|version)[ :为是]{0,3}$")
_PACKAGE = re.compile(r"(?:com|org|net|io)(?:\.[a-z][a-z0-9_]{0,30}){2,6}", re.ASCII)
_COMMON = frozenset((
    "com", "cn", "net", "org", "top", "vip", "xyz", "cc", "club", "shop", "site", "icu", "info", "online", "tv", "ltd",
    "work", "ink", "fun", "live", "pro", "wang", "link", "app",
))  # fmt: skip
"""Endings that a name with a written-out or spaced dot may have; others would catch sentences that begin in English."""
_FILES = frozenset(("zip", "mov", "md", "py", "sh", "rs", "pl", "ps", "ai", "cab"))  # endings of files as well


def emails(page: Page) -> Iterator[Found]:
    """Addresses of mail: chat accounts, or accounts where the word before says so."""
    if "@" not in page.folded:
        return
    for match in _EMAIL.finditer(page.folded):
        if _PAYMENT.search(page.before(match.start(), 12)):
            yield Found("account", match["n"].upper(), *match.span("n"), 0.9)
        else:
            yield Found("chat", match["n"].lower(), *match.span("n"))


def hosts(page: Page) -> Iterator[Found]:
    """domain (a bare host), url (with scheme, port or path), ip; and names of packages (app), which look like hosts."""
    for match in _candidates(page):
        if match["ip"]:
            yield from _address(page, match)
        elif match["host"] and page.free(*match.span("host")):
            yield from _host(page, match)
    if "://" in page.folded:
        for match in _WIDE_URL.finditer(page.folded):
            value = _written(match["host"])
            if value and page.free(*match.span()):
                start, end = _span(page, match)
                yield Found("url", _url(match, value, end), start, end, 0.9, True, ("idna",))
    if page.folded.count(":") > 2:
        for match in _IPV6.finditer(page.folded):
            if value := _ip(match["n"]):
                yield Found("ip", value, *match.span("n"))


def _candidates(page: Page) -> Iterator[re.Match[str]]:
    last = 0
    for run in _RUN.finditer(page.folded):
        if run.start() < last or page.folded[run.end() : run.end() + 1] not in _AFTER_LABEL:
            continue
        if match := _URL.match(page.folded, run.start()):
            last = match.end()
            yield match


def host_names(page: Page) -> Iterator[tuple[int, int, str]]:
    """Start and end (in the folded text) and canonical form of every host name, without scheme and path."""
    for match in _candidates(page):
        if match["host"] and page.free(*match.span("host")):
            for found in _host(page, match):
                if found.kind != "app":
                    yield *match.span("host"), host_of(found.value)
    if "://" in page.folded:
        for match in _WIDE_URL.finditer(page.folded):
            value = _written(match["host"])
            if value and not match["host"].isascii() and page.free(*match.span("host")):
                yield *match.span("host"), value


def _host(page: Page, match: re.Match[str]) -> Iterator[Found]:
    labels = _ANY_DOT.split(match["host"])
    if _PACKAGE.fullmatch(match["host"]) and labels[-1] not in ("com", "cn", "net"):
        yield Found("app", match["host"], *match.span("host"), 0.9, True, ("package",))
        return
    joined = ".".join(labels)
    written_out = joined != match["host"]
    if not (match["scheme"] or labels[0].lower() == "www") and not _is_name(labels, written_out):
        return
    if not match["end"].isascii():
        joined = skeleton(joined)
        if not joined.isascii() and not match["scheme"]:
            return
    value = _written(joined)
    if value is None:
        return
    how = (*(("dots",) if written_out else ()), *(("idna",) if not joined.isascii() else ()))
    if not (match["scheme"] or match["port"] or match["path"]):
        yield Found("domain", value, *match.span("host"), 0.85 if written_out else 0.95, True, how)
        return
    start, end = _span(page, match)
    yield Found("url", _url(match, value, end), start, end, 0.9 if written_out else 0.97, True, how)


def _is_name(labels: list[str], written_out: bool) -> bool:
    """Whether labels without scheme and www are a host: by their ending, and not the name of a file."""
    end = skeleton(labels[-1]).lower()
    if written_out:
        return end in _COMMON and (len(labels[-2]) >= 3 or not labels[-2].isdigit())
    return known_ending(end) and not (len(labels) == 2 and end in _FILES)


def _written(host: str) -> str | None:
    try:
        return host_form(host)
    except InputError:
        return None


def _address(page: Page, match: re.Match[str]) -> Iterator[Found]:
    value = _ip(match["ip"])
    if value is None or _VERSION.search(page.before(match.start(), 8)):
        page.take(*match.span("ip"))
    elif match["scheme"] or match["port"] or match["path"]:
        start, end = _span(page, match)
        yield Found("url", _url(match, value, end), start, end, 0.97)
    else:
        yield Found("ip", value, *match.span("ip"))


def _ip(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _span(page: Page, match: re.Match[str]) -> tuple[int, int]:
    """Where a URL ends: its path holds no Chinese punctuation, and its last character is no punctuation at all."""
    start, end = match.span()
    path = match["path"] or ""
    if path and not page.original.isascii():
        at = match.start("path")
        for offset in range(len(path)):
            if page.surface(at + offset, at + offset + 1)[0] in _STOPS:
                end = at + offset
                break
    stripped = page.folded[start:end].rstrip(".,;:!?'")
    return start, start + len(stripped)


def _url(match: re.Match[str], host: str, end: int) -> str:
    scheme = (match["scheme"] or "").lower().replace("hxx", "htt")
    port = match.groupdict().get("port") or ""
    path = match["path"] or ""
    return f"{scheme}{host}{port}{path[: max(0, end - match.start('path'))] if path else ''}"
