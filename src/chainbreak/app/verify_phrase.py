"""A citizen checks who is calling: by the app or a text to the short number, which asks here for the person.

Asked without words, the phrase is shown, and the citizen listens whether the caller says it. Given the words that the
caller said, the answer is yes or no. Either way a phrase serves once: what was heard or read yesterday proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from chainbreak.act.warnings.phrase import TRIES
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.base.wording import LANGS, word
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chainbreak.app.bootstrap import Office

Way = Literal["app", "sms"]
WRONG, WITHIN_US = 10, 10 * US_PER_MIN
"""Questions about one line that found nothing, after which it must wait: nobody finds a phrase by asking. Ours."""
MOST_SAID = 40
GATEWAYS = ("sms", "push")
"""Formats of partners who speak with citizens: the short number, and the app. A bank or a carrier asks for nobody."""


def verify_phrase(office: Office, gateway: str, line: str, said: str = "", way: Way = "app") -> dict[str, Any]:
    """What the citizen at `line` (a number in clear, as the gateway knows it) is answered: `answer` (shown, confirmed,
    wrong, none), `phrase` (language -> words; only when shown) and `text` (language -> what the citizen reads).

    `gateway`: the partner who asks. Whoever has the card open sees the result within two seconds.

    Raises:
        InputError: no number, or too many words (CB-WA-159).
        UsageError: no such partner (CB-OR-080).
        RefusedError: the partner is no gateway to citizens (CB-WA-159), or too many questions about this line that
            found nothing (CB-WA-156).
    """
    from chainbreak.app.change_partners import partner_row
    from chainbreak.app.phrase_of_card import phrase_in
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import people
    from chainbreak.store.desk import warning_calls as calls

    if partner_row(office, gateway)["format"] not in GATEWAYS:
        raise RefusedError("CB-WA-159", "this partner is no gateway to citizens", given=gateway,
                           allowed=f"a partner of format {' or '.join(GATEWAYS)}")  # fmt: skip
    if len(said) > MOST_SAID:
        raise InputError("CB-WA-159", "that is no phrase", given=f"{len(said)} characters", allowed=f"{MOST_SAID}")
    recipient, now = _token(office, line), office.clock.now_us()
    actor, asked = Actor(f"partner:{gateway}", frozenset({Role.SERVICE}), "partner"), [f"phrase:{recipient}"]
    with office.desk.begin() as conn:
        if people.count_failures(conn, asked, now - WITHIN_US) >= WRONG:
            raise RefusedError("CB-WA-156", "too many questions about this line", allowed=f"{WRONG} in 10 minutes")
        row = next(iter(calls.live_phrases(conn, recipient, now)), None)
        answer = "none" if row is None else _answer(office, row, said)
        if row is not None:
            calls.set_phrase(conn, row["phrase_id"], **_settled(row, answer, way, now))
        if answer in ("none", "wrong"):
            people.note_failure(conn, asked, now)
        about = f"warning:{row['warning_id']}" if row else recipient
        append(conn, Entry.by(actor, now, "warning.verify", about, purpose="warn",
                              payload={"answer": answer, "way": way}))  # fmt: skip
    phrase = phrase_in(office, row) if row is not None and answer == "shown" else None
    return {
        "answer": answer, "phrase": {lang: phrase.said_in(lang) for lang in LANGS} if phrase else None,
        "text": {lang: _text(office, answer, phrase.said_in(lang) if phrase else "", lang) for lang in LANGS},
    }  # fmt: skip


def _answer(office: Office, row: Mapping[str, Any], said: str) -> str:
    from chainbreak.app.phrase_of_card import phrase_in

    if not said.strip():
        return "shown"
    return "confirmed" if phrase_in(office, row).is_said(said) else "wrong"


def _settled(row: Mapping[str, Any], answer: str, way: Way, now: int) -> dict[str, Any]:
    """What the phrase's row becomes: used up, or one try poorer."""
    from chainbreak.store.desk import warning_calls as calls

    if answer != "wrong":
        return {"state": answer, "way": way, "settled_at_us": now}
    tries = row["tries"] + 1
    over = {"state": calls.LOCKED, "settled_at_us": now} if tries >= TRIES else {}
    return {"tries": tries, "way": way, **over}


def _text(office: Office, answer: str, phrase: str, lang: Any) -> str:
    settings = office.centre.settings
    return word(f"warnings_hotline.answer.{answer}", lang, centre=settings.name, hotline=settings.hotline,
                phrase=phrase)  # fmt: skip


def _token(office: Office, line: str) -> str:
    """The written token of a number in clear."""
    import pyarrow as pa

    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.numbers import Place
    from chainbreak.records.finding import write_token
    from chainbreak.records.kind import Identifier

    settings = office.centre.settings
    office.keys.refresh()
    table = tokenise(Identifier.LINE, pa.array([line[:40]]), office.keys, Place(settings.country, settings.area_code))
    token = table["token"][0].as_py()
    if token is None:
        raise InputError("CB-WA-159", "that is no number", given="a line that cannot be read")
    return write_token(Identifier.LINE, token)
