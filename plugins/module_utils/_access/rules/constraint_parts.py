# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a part of a rule's constraint, such as possession, limits. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..._core.json_fields import Row

FACTORS = ("knowledge", "possession")  # the parts of a constraint
LEVELS = ("OPTIONAL", "REQUIRED")  # the words for a characteristic of an authenticator


def is_asked(part: Row, no_limits: Collection[str]) -> bool:
    """Return whether a part of a constraint may limit which authenticators a person may use.

    Okta requires a part without ``required``, an empty one too. Of one with ``required: false``
    that limits, see ``is_surely_asked``.

    :arg no_limits: the keys that limit nothing.
    """
    return part.get("required") is not False or bool(limits_of(part, no_limits))


def is_surely_asked(part: Row) -> bool:
    """Return whether Okta surely asks for the factor of a part.

    By its description, a part is not required where Okta shows ``required: false``, which it also
    does wherever the part excludes methods. What other limits mean then is not described.
    """
    return part.get("required") is not False or bool(part.get("excludedAuthenticationMethods"))


def limits_of(part: Row, no_limits: Collection[str]) -> dict[str, object]:
    """Return the keys of a part that limit authenticators, without what they leave open.

    :arg no_limits: the keys that limit nothing.
    """
    return {
        key: value
        for key, value in part.items()
        if key not in no_limits and value not in (None, "", "OPTIONAL", [], {})
    }


def permits(names: Sequence[object] | None, name: str) -> bool:
    """Return whether a list permits a name, in either case. Without a list, all are permitted.

    A list permits no authenticator whose name is not known ("").
    """
    return not names or (bool(name) and name.upper() in [str(each).upper() for each in names])
