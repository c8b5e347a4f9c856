"""Say which type of fraud one text tells of. Reads nothing of a centre but its own types; keeps nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

MOST_BYTES = 1_000_000


def classify_report(text: str, model: Path | None = None, centre: Path | None = None) -> dict[str, Any]:
    """The type of `text` by the reader in folder `model`, with the deciding words.

    Without a folder it is the one that the centre at root `centre` trained and keeps in fraud/model, else the built-in
    cue words with the centre's types. `bits` of words, of the base and of the rest speak for the type given, against
    the runner-up (the second of `ranked`); together they are the log2 odds between the two.

    Raises:
        InputError: the folder is no model (CB-FR-007), or the text is empty (CB-FR-009).
        SetupError: the centre's types cannot be used (CB-FR-001).
    """
    from chainbreak.base.errors import InputError
    from chainbreak.text.fraud import classify, model_of
    from chainbreak.text.fraud.types import types_of

    if not text.strip():
        raise InputError("CB-FR-009", "there is no text", allowed="a report: as an argument, --file, or - for stdin")
    reader = model_of(centre, model)
    told = classify(text, reader).as_dict()
    known = types_of(centre).get(told["type"])
    names = {"zh": known.zh, "en": known.en} if known else {"zh": told["type"], "en": told["type"]}
    return {"type": told.pop("type"), **names, **told, "model": reader.name}


def read_report(file: Path | None) -> str:
    """The words of one report from a file, or from stdin without one.

    Raises:
        InputError: it cannot be read, is no UTF-8 text, or is larger than a report ever is (CB-FR-009).
    """
    from chainbreak.base.errors import InputError

    name = file.name if file else "stdin"
    try:
        if file:
            with file.open("rb") as source:
                body = source.read(MOST_BYTES + 1)
        else:
            body = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise ValueError("larger than 1 MB")
        return body.decode("utf-8-sig")
    except (OSError, ValueError) as e:  # a UnicodeDecodeError is a ValueError
        raise InputError(
            "CB-FR-009",
            "there is no text",
            given=f"{name}: {getattr(e, 'strerror', None) or str(e)[:120]}",
            allowed="one report as UTF-8 text",
        ) from None


def centre_root(given: Path | None) -> Path | None:
    """The root of the centre named, else of the one in the current directory, else None: reading types needs none.

    Raises:
        SetupError: the centre named is none, or its settings cannot be read (CB-ST-001, -002).
    """
    from chainbreak.base.settings import SETTINGS_FILE, find_centre

    return find_centre(given).root if given or Path(SETTINGS_FILE).is_file() else None
