"""Say which type of fraud one text tells of. Reads nothing of a centre but its own types; keeps nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainbreak.text.fraud import Model
    from chainbreak.text.fraud.types import FraudType

MOST_BYTES = 1_000_000


def classify_report(text: str, model: Path | None = None, centre: Path | None = None) -> dict[str, Any]:
    """The type of `text` by the model in folder `model` (None: the built-in cue words), with the deciding words.

    `centre`: the root of a centre whose own types count too. `bits` of words and of the base speak for the type given,
    against the runner-up (the second of `ranked`); together they are the log2 odds between the two.

    Raises:
        InputError: the folder is no model (CB-FR-007), or the text is empty (CB-FR-009).
        SetupError: the centre's types cannot be used (CB-FR-001).
    """
    from chainbreak.base.errors import InputError
    from chainbreak.text.fraud import classify
    from chainbreak.text.fraud.types import types_of

    if not text.strip():
        raise InputError("CB-FR-009", "there is no text", allowed="a report: as an argument, --file, or - for stdin")
    types = types_of(centre)
    reader = model_at(model, types)
    told = classify(text, reader).as_dict()
    known = types.get(told["type"])
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
            "CB-FR-009", "there is no text", given=f"{name}: {str(e)[:120]}", allowed="one report as UTF-8 text"
        ) from None


def centre_root(given: Path | None) -> Path | None:
    """The root of the centre named, else of the one in the current directory, else None: reading types needs none.

    Raises:
        SetupError: the centre named is none, or its settings cannot be read (CB-ST-001, -002).
    """
    from chainbreak.base.settings import SETTINGS_FILE, find_centre

    return find_centre(given).root if given or Path(SETTINGS_FILE).is_file() else None


def model_at(folder: Path | None, types: Mapping[str, FraudType]) -> Model:
    """The trained model in `folder`, or the built-in one for `types` without a folder.

    Raises:
        InputError: the folder is no model (CB-FR-007).
    """
    if folder is not None:
        from chainbreak.text.fraud.table import load_model

        return load_model(folder)
    from chainbreak.text.fraud.cues import cue_model

    return cue_model(types)
