# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groups of Okta's operations have in common: how one is named, and how a body is read."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Operation
from lab.okta.errors import refuse

Handler = t.Callable[[Call], Answer]


def reads(name: str, path: str, handler: Handler) -> Operation:
    return Operation(name, "GET", path, handler, bucket="other")


def writes(name: str, verb: str, path: str, handler: Handler) -> Operation:
    return Operation(name, verb, path, handler, writes=True, bucket="other")


def parsed(call: Call, kind: type = dict) -> t.Any:
    """The body of a request, of the kind that it has to be."""
    try:
        body = call.json()
    except ValueError:
        refuse("E0000003")
    return body if isinstance(body, kind) else refuse("E0000003")
