"""Objects that trials draw orders about: no two alike, none on a list of exclusions, none anybody's."""

from __future__ import annotations

import zlib


def values(kind: str, name: str, n: int) -> list[str]:
    """`n` domains, lines or accounts in their canonical form, different for every `name`.

    >>> values("line", "one", 2) == values("line", "one", 2), len(set(values("line", "a", 9) + values("line", "b", 9)))
    (True, 18)
    """
    first = zlib.crc32(name.encode()) % 900 + 100
    match kind:
        case "domain":
            return [f"b{first}x{i}.example" for i in range(n)]
        case "line":
            return [f"+86138{first}{i:05d}" for i in range(n)]
        case _:
            return [f"6222029{first}{i:09d}" for i in range(n)]
