# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON objects of vendors, and tolerant reads of their fields.

A vendor may leave a field out, or send null or another type. Each function returns a value of one
type for all of these, therefore a record never fails on a row.
"""

from __future__ import annotations

import typing as t

# A JSON object as a vendor returned it. Only clients and records know its keys.
Row = t.Mapping[str, t.Any]
# A JSON object that is built for a vendor, in the form of its API.
Json = dict[str, t.Any]


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
