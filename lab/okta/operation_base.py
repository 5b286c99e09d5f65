# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules with Okta's operations share: their definition, and reading a body."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Operation
from lab.okta.errors import refuse

Handler = t.Callable[[Call], Answer]


def read_operation(name: str, path: str, handler: Handler) -> Operation:
    """Return an operation that reads, by GET."""
    return Operation(name, "GET", path, handler)


def write_operation(name: str, verb: str, path: str, handler: Handler) -> Operation:
    """Return an operation that writes."""
    return Operation(name, verb, path, handler, writes=True)


def parse_body(call: Call, kind: type = dict) -> t.Any:
    """Return the parsed body of a request. Raises Refusal if it is not of this kind."""
    try:
        body = call.json()
    except ValueError:
        refuse("E0000003")
    return body if isinstance(body, kind) else refuse("E0000003")
