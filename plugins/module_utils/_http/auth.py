# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a transport's requests are authorized."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from .._core.errors import BadOption
from .._core.text import UUID
from .operations import Explanation, Operation

if t.TYPE_CHECKING:
    from .transport import Transport


_QUOTES = "'\"`\u2018\u2019\u201c\u201d"
# Kandji's tokens are UUIDs. Okta documents no form of its API tokens; all that it shows have this.
KANDJI_TOKEN = UUID
OKTA_TOKEN = re.compile(r"00[\w-]{40}", re.ASCII)
_SCHEME = re.compile(r"(?P<scheme>Bearer|SSWS|DPoP)[ :]", re.IGNORECASE)


def check_token(option: str, token: str) -> None:
    """Raise BadOption for a text that holds more than a token. The message never holds it."""
    scheme = _SCHEME.match(token)
    if scheme:
        raise BadOption(
            f"{option}: it begins with {scheme['scheme']!r}. Set the token alone, without it."
        )
    if token[:1] in _QUOTES or token[-1:] in _QUOTES:
        raise BadOption(f"{option}: it is in quotes. Set the token alone, without them.")
    if not all("!" <= character <= "~" for character in token):
        raise BadOption(
            f"{option}: it holds a space, a line break or another character that is never in a"
            " token. Copy it again."
        )


class Auth:
    """Base of all authentication methods. It adds nothing itself, as SCEP requires."""

    def for_operation(self, operation: Operation) -> Auth:
        """Return the authentication of one operation, which is this one for most."""
        return self

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        """Return the headers to add to one attempt. ``url`` is without its query."""
        return {}

    def on_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of what an answer says."""

    def on_unauthorized(
        self, sent: Mapping[str, str], explained: Explanation, headers: Mapping[str, str]
    ) -> bool:
        """Return whether to send a request that was refused with 401 once more.

        That is so if the next ``headers`` will be better than ``sent``.
        """
        return False

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return a message for a refusal that authentication caused, else None."""
        return None


class Token(Auth):
    """A token that is sent as it is."""

    def __init__(self, scheme: str, token: str) -> None:
        self._value = f"{scheme} {token}"

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        """Return the header with the token. Raises BadOption if HTTP cannot carry it."""
        if not self._value.isascii() or not self._value.isprintable():
            raise BadOption(
                f"The API token for {transport.origin} holds a line break or another character that"
                " is never in a token. Copy it again."
            )
        return {"Authorization": self._value}
