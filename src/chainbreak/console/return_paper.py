"""The announcement and schedule of a return on paper: its words and figures once, laid out as HTML or as PDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from chainbreak.act.returns.period import last_day
from chainbreak.app.list_people import list_people
from chainbreak.base.clock import from_us
from chainbreak.base.errors import SetupError, UsageError
from chainbreak.base.files import write_atomic
from chainbreak.base.units import format_fen
from chainbreak.base.wording import LANGS, Lang, word
from chainbreak.console.view import STATIC, environment, speaking

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.base.settings import Settings

SHEETS = ("tokens", "base", "plain", "returns")
"""Style sheets that the paper needs; the page links them, the file holds them."""
TYPST = Path(__file__).parent / "paper" / "return.typ"
MOST_PATHS = 200
"""Pieces whose path is printed; beyond this `return show --json` has them all."""


def paper_values(
    found: dict[str, Any], lang: Lang, settings: Settings, names: Mapping[str, str], base_url: str = ""
) -> dict[str, Any]:
    """Everything that stands on the paper, as text in order, of `found` (app.show_return.return_dict).

    `names`: account of a colleague -> the name to print. `base_url`: where the console is reached; without one the
    square holds the announcement's code alone.
    """

    def t(key: str, **given: object) -> str:
        return word(f"returns.paper.{key}", lang, **given)

    def day(at_us: int) -> str:
        return _day(at_us, settings.zone, lang)

    base = (settings.public_url or base_url).rstrip("/")
    address = f"{base}/announcement/{found['code']}" if base else found["code"]
    title = "decision" if found["decided_at_us"] else "notice" if found["published_at_us"] else "plan"
    return {
        "lang": lang, "centre": settings.name, "title": t(f"title.{title}"), "id": found["return_id"],
        "round": t("round", n=found["round"]) if found["round"] > 1 else "", "digest": found["digest"],
        "draft": "" if title != "plan" else t("draft"), "paragraphs": _paragraphs(found, settings, t, day, lang),
        "facts": [[t("basis"), found["basis"]], [t("frozen_until"), day(found["frozen_until_us"])]],
        **_schedule(found, t), **_proof(found, t), **_paths(found, t, settings.zone),
        **_objections(found, t, day, lang, names),
        "signatures_title": t("signatures"), "signatures": _signatures(found, t, day, names), "seal": t("seal"),
        "address": address, "scan": t("scan") if base else "", "digest_word": t("digest"),
        "page": t("page", n="{n}", m="{m}"), "square": square(address),
    }  # fmt: skip


def _paragraphs(found: dict[str, Any], settings: Settings, t: Any, day: Any, lang: Lang) -> list[str]:
    law = t("law")
    said = [
        t("pot", account=_brief(found["account"].partition(":")[2]), frozen=format_fen(found["frozen_fen"]),
          n=len(found["rows"]), losses=format_fen(found["losses_fen"])),
        word(f"returns.why.{found['why']}", lang) + t(f"how.{found['case']}", law=law),
    ]  # fmt: skip
    if found["published_at_us"] and found["notice_until_us"]:
        until = last_day(found["notice_until_us"], settings.zone)
        said.append(t("notice", start=day(found["published_at_us"]), end=_written(until, lang),
                      hotline=settings.hotline, code=found["code"]))  # fmt: skip
    elif found["wants_notice"]:
        said.append(t("notice_planned"))
    if found["wants_notice"]:
        said.append(t("late"))
    if found["surplus_fen"]:
        said.append(t("surplus", fen=format_fen(found["surplus_fen"])))
    return said


def _schedule(found: dict[str, Any], t: Any) -> dict[str, Any]:
    columns = ("number", "claim", "victim", "loss", "earlier", "basis", "share", "amount")
    rows = [
        [str(at), row["claim_id"], _brief(row["name"]) or "—", plain_yuan(row["loss_fen"]),
         plain_yuan(row["earlier_fen"]), t("row.capped") if row["is_capped"] and found["wants_notice"]
         else t(f"row.{found['case']}"), shown_share(row["share"]), plain_yuan(row["amount_fen"])]
        for at, row in enumerate(found["rows"], 1)
    ]  # fmt: skip
    total = Fraction(found["returned_fen"], found["frozen_fen"])
    sums = ["", t("sum"), "", plain_yuan(found["losses_fen"]), plain_yuan(sum(r["earlier_fen"] for r in found["rows"])),
            "", shown_share(f"{total.numerator}/{total.denominator}"), plain_yuan(found["returned_fen"])]  # fmt: skip
    return {"schedule_title": t("schedule"), "columns": [t(f"col.{c}") for c in columns], "rows": rows, "sums": sums}


def _proof(found: dict[str, Any], t: Any) -> dict[str, Any]:
    extra = sum(row["extra"] for row in found["rows"])
    pot = f"{found['frozen_fen']:,}"
    columns = ("claim", "share", "floor", "remainder", "extra", "fen")
    rows = [
        [row["claim_id"], row["share"], f"{row['floor_fen']:,}", _zero(row["remainder"]),
         f"+{row['extra']}" if row["extra"] else "", f"{row['amount_fen']:,}"]
        for row in found["rows"]
    ]  # fmt: skip
    floors = sum(row["floor_fen"] for row in found["rows"])
    sums = [t("sum"), "", f"{floors:,}", "", f"+{extra}" if extra else "", f"{found['returned_fen']:,}"]
    said = t("proof_how", pot=pot, n=extra) if extra else t("proof_whole")
    closing = t("proof_sum", returned=format_fen(found["returned_fen"]), surplus=format_fen(found["surplus_fen"]),
                pot=format_fen(found["frozen_fen"]))  # fmt: skip
    return {"proof_title": t("proof"), "proof_how": said, "proof_columns": [t(f"col.{c}") for c in columns],
            "proof_rows": rows, "proof_sums": sums, "proof_sum": closing}  # fmt: skip


def _paths(found: dict[str, Any], t: Any, zone: str) -> dict[str, Any]:
    tracing = found["tracing"] if not found["wants_notice"] else None
    if tracing is None:
        return {"paths_title": "", "paths": [], "ledger": ""}
    paths = [
        {"head": t("path", claim=piece["claim_id"], fen=format_fen(piece["fen"])),
         "hops": [t("path_hop", at=_moment(hop["at_us"], zone), id=hop["transfer_id"], payer=_brief(hop["payer"]),
                    payee=_brief(hop["payee"]), fen=format_fen(hop["fen"])) for hop in piece["path"]]}
        for piece in tracing["pieces"][:MOST_PATHS]
    ]  # fmt: skip
    ledger = t("ledger", at=_moment(tracing["as_of_us"], zone), digest=tracing["ledger"])
    return {"paths_title": t("paths"), "paths": paths, "ledger": ledger}


def _objections(found: dict[str, Any], t: Any, day: Any, lang: Lang, names: Mapping[str, str]) -> dict[str, Any]:
    rows = []
    for one in found["objections"]:
        head = t("objection", n=one["number"], at=day(one["lodged_at_us"]), who=one["objector"], grounds=one["grounds"])
        answer = t("unanswered")
        if one["outcome"]:
            outcome = word(f"returns.objection.{one['outcome']}", lang)
            answer = t("answered", outcome=outcome, by=_named(one["decided_by"], names),
                       at=day(one["decided_at_us"]), reason=one["reason"])  # fmt: skip
        rows.append({"head": head, "answer": answer})
    return {"objections_title": t("objections"), "objections": rows, "no_objections": t("no_objections")}


def _signatures(found: dict[str, Any], t: Any, day: Any, names: Mapping[str, str]) -> list[list[str]]:
    people = (("planned", t("comma").join(_named(who, names) for who in found["editors"]), found["planned_at_us"]),
              ("reviewed", _named(found["reviewed_by"], names), found["reviewed_at_us"]),
              ("decided", _named(found["decided_by"], names), found["decided_at_us"]))  # fmt: skip
    return [[t(f"sign.{name}"), who, day(at_us) if at_us else ""] for name, who, at_us in people]


def shown_share(share: str) -> str:
    """An exact fraction, and after a space its percentage, which is rounded.

    >>> shown_share("1/3")
    '1/3 33.33%'
    """
    exact = Fraction(share)
    return f"{share} {float(exact) * 100:.2f}%" if exact.denominator > 1 else f"{float(exact) * 100:.0f}%"


def plain_yuan(fen: int) -> str:
    """Fen as yuan without the mark, for a column that names its unit.

    >>> plain_yuan(123456789)
    '1,234,567.89'
    """
    return format_fen(fen).replace("¥", "")


def square(address: str) -> Markup:
    """A QR code of `address` as SVG without style attributes (the content policy forbids them)."""
    import segno

    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True
    )
    return Markup(out.getvalue().decode())  # noqa: S704 made by segno from our own address, no text of a user's in it


def paper_file(values: dict[str, Any], zone: str) -> str:
    """The paper as one HTML file with its styles in it."""
    lang = values["lang"]
    body = environment().get_template("_return_paper.html").render(paper=values, **speaking(lang, zone))
    css = Markup("\n".join((STATIC / "css" / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS))  # noqa: S704 our own files
    return Markup(
        '<!doctype html>\n<html lang="{}" data-theme="light"><head><meta charset="utf-8"><title>{} {}</title>'
        "<style>{}</style></head><body>{}</body></html>\n"
    ).format("zh-CN" if lang == "zh" else "en", values["title"], values["id"], css, Markup(body))  # noqa: S704 rendered with autoescape


def paper_pdf(values: dict[str, Any]) -> bytes:
    """The paper as a PDF, A4, with Chinese fonts in it.

    Raises:
        SetupError: typst is not installed (CB-RM-041), or it could not set the page (CB-RM-042).
    """
    try:
        import typst
    except ImportError:
        raise SetupError("CB-RM-041", "a PDF needs typst", given="it is not installed",
                         next_step="pip install 'chainbreak[pdf]', or print the page") from None  # fmt: skip
    try:
        made = typst.compile(str(TYPST), sys_inputs={"paper": json.dumps(values, ensure_ascii=False)})
    except RuntimeError as e:
        raise SetupError("CB-RM-042", "the PDF could not be made", given=str(e).splitlines()[0][:200],
                         next_step="apt-get install fonts-noto-cjk, or print the page") from None  # fmt: skip
    return bytes(made)


def names_of(office: Office) -> dict[str, str]:
    """Account of a colleague -> the name to print."""
    return {person.name: person.display_name or person.name for person in list_people(office)}


def write_paper(
    office: Office, found: dict[str, Any], lang: str, *, pdf: Path | None = None, html: Path | None = None
) -> list[Path]:
    """Write the paper as asked and return what was written. `lang` "": the centre's own.

    Raises:
        UsageError: no such language (CB-US-001).
        SetupError: as `paper_pdf`.
    """
    settings = office.centre.settings
    chosen = next((known for known in LANGS if known == (lang or settings.language)), None)
    if chosen is None:
        raise UsageError("CB-US-001", "no such language", given=lang, allowed=", ".join(LANGS))
    values = paper_values(found, chosen, settings, names_of(office))
    if pdf is not None:
        write_atomic(pdf, paper_pdf(values), mode=0o640)
    if html is not None:
        write_atomic(html, paper_file(values, settings.zone).encode(), mode=0o640)
    return [path for path in (pdf, html) if path is not None]


def _named(account: str, names: Mapping[str, str]) -> str:
    return names.get(account, account)


def _brief(text: str) -> str:
    """A token shortened in the middle; what is short is whole."""
    return text if len(text) <= 18 else f"{text[:12]}…{text[-4:]}"


def _zero(fraction: str) -> str:
    return "0" if fraction == "0/1" else fraction


def _day(at_us: int, zone: str, lang: Lang) -> str:
    return _written(from_us(at_us, zone).date(), lang)


def _written(day: Any, lang: Lang) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else str(day.isoformat())


def _moment(at_us: int, zone: str) -> str:
    return f"{from_us(at_us, zone):%Y-%m-%d %H:%M:%S}"
