# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON objects of vendors, and tolerant reads of their fields.

A vendor may leave a field out, or send null or another type. Each function returns a value of one
type for all of these, therefore a record never fails on a row.
"""

from __future__ import annotations

import json
import typing as t

# A JSON object as a vendor returned it. Only clients and records know its keys.
Row = t.Mapping[str, t.Any]
# A JSON object that is built for a vendor, in the form of its API.
Json = dict[str, t.Any]
MAX_DEPTH = 100  # of objects and lists inside each other; vendors' answers have fewer than ten


def parse_json(content: str | bytes) -> t.Any:
    """Return the value of a JSON text.

    Raises ValueError if it is not JSON, or nested more than MAX_DEPTH levels deep: code that walks
    through it would exhaust the stack.
    """
    try:
        value = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [member for node in level for member in _members(node)]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def _members(node: t.Any) -> list[t.Any]:
    """Return the objects and lists inside a value."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [each for each in inside if isinstance(each, (dict, list))]


def as_object(value: object) -> Row:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Row]:
    """Return the objects of a list. Anything else is an empty list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """Return the value as text, or None if it is absent, null or empty."""
    return None if value is None or value == "" else str(value)


def as_content(value: object) -> str | None:
    """Return the value as text, or None if it is absent or null. An empty text is a content."""
    return None if value is None else str(value)


def as_name(value: object) -> str:
    """Return a name as it is written, "" if there is none."""
    return str(value or "")


def as_id(value: object) -> str:
    """Return an id or a serial as text without surrounding spaces, "" if there is none."""
    return str(value).strip() if value is not None else ""


def as_flag(value: object) -> bool | None:
    """Return the value if it is true or false, else None."""
    return value if isinstance(value, bool) else None
