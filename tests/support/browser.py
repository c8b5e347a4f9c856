"""A browser without a screen: keeps cookies, follows redirects, and fills in the page's own token as a form would."""

from __future__ import annotations

import re
import warnings

import httpx
from starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    # Starlette asks for another client package than the one the lock holds; the client itself works as before.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient


class Browser(TestClient):
    """See the module."""

    def press(self, path: str, **fields: object) -> httpx.Response:
        """POST a form with the session's own token; follows to the page that it leads to."""
        token = re.search(r'name="csrf" content="([^"]+)"', self.get("/me").text)
        assert token is not None, "not signed in"
        return self.post(path, data={"csrf": token[1], **fields})
