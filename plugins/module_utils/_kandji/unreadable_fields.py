# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of Kandji's objects that cannot be compared with what options set.

One rule for all of them. A field that Kandji leaves out is unknown, as recorded of a tenant: it is
not compared, which a warning says. A field that is null or of another type is an answer that cannot
be read: what depends on it is refused.
"""

from __future__ import annotations

import typing as t

from .._core.errors import Unreadable
from .._core.json_fields import Row


def malformed_fields(row: Row, kinds: t.Mapping[str, type]) -> frozenset[str]:
    """Return the fields of a row that are there, and null or of another type than named."""
    return frozenset(
        name for name, kind in kinds.items() if name in row and not isinstance(row[name], kind)
    )


def check_readable(
    subject: str, operation: str, malformed: t.AbstractSet[str], compared: t.Iterable[str]
) -> None:
    """Raise Unreadable if one of the compared fields is malformed.

    :arg subject: the object in a message, such as profile 'Okta SCEP'.
    :arg operation: the vendor's name of the operation that returned it.
    """
    fields = sorted(malformed & set(compared))
    if fields:
        raise Unreadable(
            f"{subject}: Kandji's answer to {operation} has no readable {', '.join(fields)}, so it"
            " cannot be compared. Nothing was written to it. Run again. If the error stays,"
            " check it in Kandji's web app.",
            vendor="kandji",
            operation=operation,
            fields=fields,
        )


def describe_unknown(subject: str, fields: t.Sequence[str]) -> str:
    """Return a warning about fields that Kandji does not show, or "" without any."""
    if not fields:
        return ""
    return (
        f"{subject}: Kandji does not show {', '.join(fields)}, so this run does not compare"
        f" {'it' if len(fields) == 1 else 'them'}. Check {'it' if len(fields) == 1 else 'them'} in"
        " Kandji's web app."
    )
