# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request of the collection with its answer, as faults alter it."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    ``operation`` is the vendor's name, ``number`` counts the requests of that operation from 0.
    ``status`` is 0 as long as there is no answer.
    """

    vendor: str
    operation: str
    number: int
    writes: bool
    repeatable: bool
    verb: str
    url: str
    sent: bytes = b""
    sent_headers: tuple[tuple[str, str], ...] = ()
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def succeeded(self) -> bool:
        """Whether the vendor carried the request out."""
        return 200 <= self.status < 300

    @property
    def json(self) -> t.Any:
        """The parsed body, None without one or for one that is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def header(self, name: str) -> str:
        """Return the first value of a header, "" without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def with_json(self, value: t.Any) -> Exchange:
        """Return it with another body. Lone surrogates stay escaped, NaN is written as NaN."""
        return self.with_body(json.dumps(value))

    def with_body(self, body: bytes | str) -> Exchange:
        """Return it with another body, sent as it is, and with its length."""
        content = body if isinstance(body, bytes) else body.encode()
        changed = replace(self, body=content)
        if self.header("Content-Length"):
            return changed.with_headers({"Content-Length": str(len(content))})
        return changed

    def with_headers(self, headers: Mapping[str, str]) -> Exchange:
        """Return it with these headers in place of those of the same names."""
        names = {name.lower() for name in headers}
        kept = [pair for pair in self.headers if pair[0].lower() not in names]
        return replace(self, headers=(*kept, *headers.items()))

    def without_headers(self, names: Iterable[str]) -> Exchange:
        """Return it without these headers."""
        lower = {name.lower() for name in names}
        return replace(
            self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in lower)
        )

    def answered(
        self, status: int, body: bytes | str = b"", content_type: str = JSON_TYPE, **headers: str
    ) -> Exchange:
        """Return it with another answer. A header's name is written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = replace(self, status=status, headers=(("Content-Type", content_type),))
        return answer.with_headers(named).with_body(body)
