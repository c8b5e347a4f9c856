"""From a file to blocks of whole UTF-8 lines: unpacking, encodings, and the bounds that keep a bad file harmless."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chainbreak.base.errors import InputError
from chainbreak.ingest.chunks import Broken
from chainbreak.ingest.limits import MIB, Limits

ENCODINGS = ("utf-8", "gb18030", "utf-16")
DAMAGED = "\ufdd0"
"""Stands before each undecodable byte (written `\\xNN`): a noncharacter, which no text may hold."""
_GZIP = 31  # zlib: the largest window, with a gzip header
_PIECE = 4 * MIB
_KEPT_OF_A_BROKEN_LINE = 2_000  # characters; enough to recognise it


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"{DAMAGED}\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("chainbreak.mark", _mark)


@dataclass
class Block:
    """Whole lines in UTF-8, the first of which is line `first` of the file; or one line that is too long."""

    data: bytes
    first: int
    broken: list[Broken]
    bytes_read: int


class LineSource:
    """The lines of one text file, in blocks. `fault` is set when the file ended badly after good lines."""

    def __init__(self, path: Path, limits: Limits, encoding: str | None = None) -> None:
        self.path, self.limits = path, limits
        self.encoding = encoding
        self.fault: InputError | None = None
        self.expanded = 0

    def blocks(self) -> Iterator[Block]:
        """Blocks in file order; bytes that the encoding does not have are marked (see `DAMAGED`).

        Raises:
            InputError: an encoding that is none of ours (CB-IN-004), or no text at all (CB-IN-007).
        """
        rest, line, skipping = b"", 1, False
        for text in self._utf8():
            if skipping:  # the tail of a line that was refused when its first block came; nothing is left of it
                text = text[text.find(b"\n") + 1 or len(text) :]
                skipping = not text
            lines, rest = _whole_lines(rest, text, self.limits.line)
            if lines:
                yield from self._bounded(lines, line)
                line += lines.count(b"\n")
            elif len(rest) > 2 * self.limits.line:
                yield Block(b"", line, [_too_long(line, rest)], self.expanded)
                rest, line, skipping = b"", line + 1, True
        if rest and not self.fault:  # before a break, half a line may look like a whole one
            yield from self._bounded(rest, line)

    def _bounded(self, data: bytes, first: int) -> Iterator[Block]:
        if not is_utf8(data):
            data = data.decode("utf-8", errors="chainbreak.mark").encode()
        for block in _without_long_lines(data, first, self.limits.line):
            block.bytes_read = self.expanded
            yield block

    def _utf8(self) -> Iterator[bytes]:
        decoder: codecs.IncrementalDecoder | None = None
        plain = True
        for raw in self._raw():
            if decoder is None:
                self.encoding = self.encoding or guess_encoding(raw)
                decoder = codecs.getincrementaldecoder(_decoder_name(self.encoding, raw))("chainbreak.mark")
                raw = raw.removeprefix(codecs.BOM_UTF8) if self.encoding == "utf-8" else raw
            if self.encoding == "utf-8" and plain and not is_utf8(raw) and guess_encoding(raw) == "gb18030":
                # ASCII so far, and now bytes that UTF-8 does not have: GB18030 reads the same ASCII.
                self.encoding, decoder = "gb18030", codecs.getincrementaldecoder("gb18030")("chainbreak.mark")
            plain = plain and raw.isascii()
            yield raw if self.encoding == "utf-8" else decoder.decode(raw).encode()

    def _raw(self) -> Iterator[bytes]:
        """The file's bytes, unpacked, about a block at a time; ends early, with `fault` set, at damage or at a bomb."""
        packed = self.path.stat().st_size
        with self.path.open("rb") as handle:
            zipped = handle.read(2) == b"\x1f\x8b"
            handle.seek(0)
            pieces = _inflate(handle) if zipped else iter(lambda: handle.read(self.limits.block), b"")
            held: list[bytes] = []
            try:
                for piece in pieces:
                    self.expanded += len(piece)
                    if zipped and self._is_bomb(packed):
                        self.fault = self._bomb()
                        break
                    held.append(piece)
                    if sum(map(len, held)) >= self.limits.block:
                        yield b"".join(held)
                        held = []
            except (EOFError, zlib.error) as e:
                self.fault = InputError(
                    "CB-IN-003", "the compressed file is cut short or damaged", given=f"{self.path.name}: {e}",
                    next_step="fetch the file again; rows before the break are kept, and are not doubled",
                )  # fmt: skip
            if held:
                yield b"".join(held)

    def _bomb(self) -> InputError:
        return InputError(
            "CB-IN-005", "the file expands beyond the limit", given=f"{self.path.name}: {self.expanded:,} bytes",
            allowed=f"{self.limits.ratio} times its size, {self.limits.total:,} bytes",
            next_step="check what the sender packed; nothing after this point was read",
        )  # fmt: skip

    def _is_bomb(self, packed: int) -> bool:
        beyond = self.expanded > self.limits.ratio_from and self.expanded > packed * self.limits.ratio
        return beyond or self.expanded > self.limits.total


def _inflate(handle: BinaryIO) -> Iterator[bytes]:
    """The contents of a gzip file in pieces of bounded size; what precedes damage is given before the error.

    Raises:
        EOFError: it ends before its end mark. zlib.error: it is damaged.
    """
    member = zlib.decompressobj(_GZIP)
    while packed := handle.read(MIB):
        while packed:
            if member.eof:  # another member follows, or padding
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
                member = zlib.decompressobj(_GZIP)
            if piece := member.decompress(packed, _PIECE):
                yield piece
            packed = member.unused_data if member.eof else member.unconsumed_tail
    if piece := member.flush():
        yield piece
    if not member.eof:
        raise EOFError("it ends before its end mark")


def guess_encoding(sample: bytes) -> str:
    """`utf-8`, `utf-16` or `gb18030`, from a byte-order mark or from what the first block can be read as.

    >>> guess_encoding("号码".encode("gb18030")), guess_encoding("号码".encode()), guess_encoding(b"\\xff\\xfea\\0")
    ('gb18030', 'utf-8', 'utf-16')

    Raises:
        InputError: none of them (CB-IN-004).
    """
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_utf16(sample[:1000]):
        return "utf-16"
    head = sample[: 4 * MIB]
    if b"\0" in head:
        raise InputError("CB-IN-007", "the file is not text", given="bytes of value 0",
                         allowed="CSV, TSV or NDJSON text", next_step="name the file by what it is")  # fmt: skip
    if is_utf8(head):
        return "utf-8"
    try:
        # A final character may be cut in two by the sample's end; incremental decoding allows for that.
        codecs.getincrementaldecoder("gb18030")().decode(head)
    except UnicodeDecodeError as e:
        # Some lines only may be damaged: mostly readable as UTF-8 counts as UTF-8, and those lines are set aside.
        if head.decode("utf-8", errors="replace").count("\ufffd") < len(head) / 1_000:
            return "utf-8"
        raise InputError(
            "CB-IN-004", "the file's encoding is none we read", given=f"byte {e.start}", allowed=", ".join(ENCODINGS),
            next_step="convert it to UTF-8, or name `encoding:` in the mapping",
        ) from None  # fmt: skip
    return "gb18030"


def _decoder_name(encoding: str, sample: bytes) -> str:
    if encoding != "utf-16" or sample[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return encoding
    return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"


def _looks_utf16(sample: bytes) -> bool:
    halves = sample[0::2].count(0), sample[1::2].count(0)
    return len(sample) >= 8 and max(halves) > len(sample) * 0.4 and min(halves) == 0


def is_utf8(data: bytes) -> bool:
    """Whether `data` is UTF-8; a character cut in two by its end is allowed."""
    if data.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _whole_lines(rest: bytes, text: bytes, reach: int) -> tuple[bytes, bytes]:
    """What `rest` and `text` make in whole lines, and what is left over; mostly in one copy, for blocks are large."""
    cut = text.rfind(b"\n") + 1
    if not cut or b'"' in text or b'"' in rest:
        rest, text = b"", rest + text
        cut = _last_line_end(text, reach)
    return b"".join((rest, memoryview(text)[:cut])), text[cut:]


def _last_line_end(data: bytes, reach: int) -> int:
    """Where the last whole line ends; inside quotes a line break is part of a value, unless the quote is a stray."""
    cut = data.rfind(b"\n") + 1
    if cut == 0 or b'"' not in data:
        return cut
    odd, at = data.count(b'"', 0, cut) % 2, cut
    while odd and at > 0 and cut - at < reach:
        previous = data.rfind(b"\n", 0, at - 1) + 1
        odd, at = (odd + data.count(b'"', previous, at)) % 2, previous
    return cut if odd else at


def _without_long_lines(data: bytes, first: int, limit: int) -> Iterator[Block]:
    """Split `data` around lines above the limit. Such a line covers a whole aligned window that has no line end."""
    start = 0
    for window in range(0, len(data) - limit + 1, limit):
        if window < start or data.find(b"\n", window, window + limit) >= 0:
            continue
        begin, end = data.rfind(b"\n", 0, window) + 1, data.find(b"\n", window) + 1 or len(data)
        if begin > start:
            yield Block(data[start:begin], first, [], 0)
        first += data.count(b"\n", start, begin)
        yield Block(b"", first, [_too_long(first, data[begin:end])], 0)
        first, start = first + 1, end
    if start < len(data):
        yield Block(data[start:], first, [], 0)


def _too_long(line: int, data: bytes) -> Broken:
    head = data[:_KEPT_OF_A_BROKEN_LINE].decode("utf-8", errors="backslashreplace")
    return Broken(line, "CB-IN-016", f"{head} … ({len(data):,} bytes)")
