"""How a masked identifier looks in a text."""

import re

from chainbreak.records import Identifier

MARK = re.compile(rf"\[(?P<n>(?P<kind>{'|'.join(kind.value for kind in Identifier)}):[0-9a-f]{{16}})\]", re.ASCII)
"""A masked identifier in text; group `n` is the written token."""
