"""Bank cards and accounts, IBANs, wallets, ids at payment services. A wrong check digit lowers confidence, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.identity.checks import iban_ok, luhn_ok
from chainbreak.text.page import COUNTED, UNSURE, Found, Page

_RUN = re.compile(
    r"(?<![0-9])(?P<n>\d{12,22}|\d{4}(?P<s>[ .-])\d{4}(?:(?P=s)\d{4}){1,2}(?:(?P=s)\d{1,4})?|\d{6}[ -]\d{6,13})(?!\d)",
    re.ASCII,
)
_LOOSE = re.compile(r"(?<![0-9])(?<![0-9][ -])(?P<n>\d(?:[ -]?\d){15,18})(?![ -]?\d)", re.ASCII)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?P<n>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])", re.ASCII
)
_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?P<n>T[1-9A-HJ-NP-Za-km-z]{33}|0x[0-9A-Fa-f]{40}|bc1[0-9a-z]{25,59})(?![A-Za-z0-9])", re.ASCII
)
_PAYEE = re.compile(
    r"(?:商户(?:编号|号)?|支付宝(?:账[号户]|帐[号户]|号)?|财付通|PayPal|Paypal|paypal|收款码编号|钱包(?:地址)?)"
    r"[号码账户为是: ]{0,4}(?P<n>(?=[A-Za-z-]{0,20}\d)[A-Za-z0-9][A-Za-z0-9-]{4,62}[A-Za-z0-9])(?![A-Za-z0-9@._-])",
    re.ASCII,
)
_DIGITS = re.compile("[0-9]+", re.ASCII)
_WALLET_START = re.compile("[T0b][0-9A-Za-z]{25}", re.ASCII)
_COUNTRY = re.compile("[A-Z][A-Z][0-9][0-9]", re.ASCII)
PATTERNS = (_RUN, _LOOSE, _IBAN, _WALLET, _PAYEE)

CUE = re.compile(
    r"(?:卡|账号|帐号|账户|帐户|户头|card|account|acct|转[^0-9,。;\n]{0,3}[到至入给]|汇[^0-9,。;\n]{0,2}[到至入]|打[到至入])"
    r"[^0-9A-Za-z\n。;]{0,14}$",
    re.IGNORECASE,
)
"""What stands before an account: a word for it, or for moving money to it."""

_CARD_SHAPED = re.compile(r"62\d{14,17}|60\d{14,17}|4\d{15}|5\d{15}|3[47]\d{13}|35\d{14}|9\d{15,18}", re.ASCII)
_DATED = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def named_accounts(page: Page) -> Iterator[Found]:
    """Accounts that a form of their own or a word gives away: IBANs, wallets, ids of payees."""
    for match in page.scan(_COUNTRY, _IBAN):
        written = match["n"].replace(" ", "")
        if iban_ok(written):
            yield Found("account", written, *match.span("n"), 0.99)
    for match in page.scan(_WALLET_START, _WALLET):
        yield Found("account", match["n"].upper(), *match.span("n"))
    for match in _PAYEE.finditer(page.folded):
        if not _MOBILE.fullmatch(match["n"]) and not (match["n"].isdigit() and len(match["n"]) >= 12):
            yield Found("account", match["n"].upper(), *match.span("n"), 0.85)


def accounts(page: Page) -> Iterator[Found]:
    """Runs of digits that are an account by check digit, shape or the word before them."""
    for match in page.scan(_DIGITS, _LOOSE):
        whole = re.sub("[ -]", "", match["n"])
        inside = _RUN.search(page.plain, *match.span("n"))
        if inside is None or (inside.span("n") != match.span("n") and not luhn_ok(_digits(inside))):
            # Groups of no pattern: masked as a whole, since they may well be a card.
            yield Found("account", whole, *match.span("n"), UNSURE)
    for match in page.scan(_DIGITS, _RUN):
        digits = _digits(match)
        confidence = _confidence(page, digits, match.start("n"))
        if confidence:
            valid = luhn_ok(digits) or not _CARD_SHAPED.fullmatch(digits)
            yield Found("account", digits, *match.span("n"), confidence, valid)


def _digits(match: re.Match[str]) -> str:
    return re.sub("[ .-]", "", match["n"])


def _confidence(page: Page, digits: str, at: int) -> float:
    before = page.before(at, 24)
    long, right = len(digits) >= 16, luhn_ok(digits)
    if COUNTED.search(before):
        return UNSURE if long or right else 0.0
    if _CARD_SHAPED.fullmatch(digits):
        return 0.97 if right else 0.6
    if CUE.search(before):
        return 0.8 if right else 0.6
    if long:
        return UNSURE
    return 0.4 if right and digits[0] in "34569" and not _DATED.match(digits) else UNSURE * right
