"""ISO 20022 documents: read without trusting who wrote them, validated against schemas that the user brings.

The schemas are not in this repository: no licence to pass them on was found. All this needs the extra `iso20022`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from chainbreak.base.errors import InputError, SetupError

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
LARGEST = 256 * 1024
"""Bytes of a document; a real camt.029 has about 2 KiB."""
DEEPEST = 24
"""Elements within elements; camt.029 with parties and addresses needs 14."""


def lxml() -> Any:
    """`lxml.etree`.

    Raises:
        SetupError: it is not installed (CB-DL-140).
    """
    try:
        from lxml import etree
    except ImportError:
        raise SetupError("CB-DL-140", "ISO 20022 messages need a part that is not installed",
                         next_step="pip install 'chainbreak[iso20022]'") from None  # fmt: skip
    return etree


def parse(content: bytes) -> Any:
    """The root element of a document from outside: no DTD, no entities, no network, bounded in size and depth.

    Raises:
        InputError: it is none of that, or not XML (CB-DL-144); what it says is not repeated.
        SetupError: lxml is not installed (CB-DL-140).
    """
    etree = lxml()
    if len(content) > LARGEST:
        raise _refused("the document is too large", f"{len(content)} bytes", f"{LARGEST} bytes")
    reader = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, reader)
    except (etree.XMLSyntaxError, ValueError):
        raise _refused("not XML that can be read") from None
    if root.getroottree().docinfo.doctype:
        raise _refused("a document type declaration", allowed="none")
    if _depth(root) > DEEPEST:
        raise _refused("elements within elements too deep", allowed=str(DEEPEST))
    return root


def _depth(root: Any) -> int:
    deepest, todo = 0, [(root, 1)]
    while todo:
        element, depth = todo.pop()
        deepest = max(deepest, depth)
        todo += [(child, depth + 1) for child in element]
    return deepest


def _refused(what: str, given: str = "", allowed: str = "") -> InputError:
    return InputError("CB-DL-144", what, given=given, allowed=allowed)


def kind_of(root: Any) -> str:
    """What a document is, such as `camt.029.001.14`; "" when it is no ISO 20022 document."""
    name = str(root.tag)
    return name[1:].removeprefix(NAMESPACE).partition("}")[0] if name.startswith("{" + NAMESPACE) else ""


def validate(document: Any, folder: Path | None) -> None:
    """Check a document (an element) against `folder/KIND.xsd`; with no folder nothing is checked.

    Raises:
        SetupError: there is no such schema, or it cannot be read (CB-DL-141).
        InputError: the document does not follow it (CB-DL-142).
    """
    if folder is None:
        return
    schema = _schema(folder / f"{kind_of(document)}.xsd")
    if not schema.validate(document):
        first = schema.error_log[0]
        raise InputError("CB-DL-142", "the message does not follow its schema", given=f"{kind_of(document)}: "
                         f"{first.type_name} at line {first.line}")  # fmt: skip


@cache
def _schema(path: Path) -> Any:
    etree = lxml()
    try:
        # Schemas name no others by address here, and are not let to.
        reader = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.XMLSchema(etree.fromstring(path.read_bytes(), reader))
    except (OSError, etree.LxmlError) as error:
        given = f"{path.name}: {type(error).__name__}"
        raise SetupError("CB-DL-141", "the schema of a message cannot be read", given=given,
                         next_step="put it into the folder that `schemas` names") from None  # fmt: skip
