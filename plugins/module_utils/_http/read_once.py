# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that several parts of one run ask for. The first part asks the vendor.

It is for runs that only read: what a write relies on has to be read immediately before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .operations import Answer, Operation, Request, Vendor

_Key = tuple[object, ...]


class ReadOnce:
    """Keeps the answers of some operations as long as it lives.

    A list of several pages is not kept: a large one would take memory, and a cursor may be good for
    one request alone. An error is not kept either.

    :arg operations: whose answers are kept. Each only reads.
    """

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self._names = frozenset(operation.name for operation in operations if not operation.writes)
        self._answers: dict[_Key, Answer] = {}

    def find(self, vendor: Vendor, operation: Operation, request: Request) -> Answer | None:
        """Return the answer to the same request, or None if it has to be sent."""
        return self._answers.get(_key(vendor, operation, request))

    def keep(self, vendor: Vendor, operation: Operation, request: Request, answer: Answer) -> None:
        """Keep an answer if it is the whole of a list."""
        if operation.name in self._names and _is_whole(answer):
            self._answers[_key(vendor, operation, request)] = answer


def _key(vendor: Vendor, operation: Operation, request: Request) -> _Key:
    path, query = sorted(request.path.items()), sorted((request.query or {}).items())
    return vendor.name, operation.name, operation.verb, tuple(path), tuple(query)


def _is_whole(answer: Answer) -> bool:
    """Return whether an answer names no further page."""
    body = answer.json if isinstance(answer.json, dict) else {}
    linked = 'rel="next"' in answer.headers.get("Link", "")
    return not linked and not body.get("next") and not body.get("cursor")
