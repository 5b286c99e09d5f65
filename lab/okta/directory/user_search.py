# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes that ``search``, ``filter`` and ``q`` of listUsers can compare.

listUsers never returns users who are DEPROVISIONED unless one of the first two matches them.
"""

from __future__ import annotations

import typing as t

from lab.okta.devices.records import User
from lab.okta.filters import Field, Predicate, Unsupported, compile_filter, timestamp_literal

_NAMES = {"login": "login", "email": "email", "firstName": "first_name", "lastName": "last_name"}
_TIMES = ("created", "lastUpdated", "activated", "statusChanged")
_TIME_OPERATORS = frozenset({"eq", "gt", "ge", "lt", "le"})


def compile_user_query(query: t.Mapping[str, str]) -> Predicate:
    """Return a query as a function of a user. Raises BadFilter or Unsupported."""
    if query.get("search"):
        return compile_filter(query["search"], _search_field)
    if query.get("filter"):
        return compile_filter(query["filter"], _filter_field)
    start = query.get("q", "").casefold()
    return lambda user: (
        user.status != "DEPROVISIONED"
        and any(
            value.casefold().startswith(start)
            for value in (user.first_name, user.last_name, user.email)
        )
    )


def _read(attribute: str, fold: t.Callable[[str], str]) -> t.Callable[[User], t.Any]:
    section, _dot, name = attribute.partition(".")
    if section == "profile" and name in _NAMES:
        return lambda user: fold(getattr(user, _NAMES[name]))
    if attribute in ("id", "status"):
        return lambda user: fold(getattr(user, attribute))
    raise Unsupported(f"unrecognized attribute {attribute!r}")


def _search_field(attribute: str) -> Field:
    """Return an attribute of ``search``: in any case; the profile can be searched by parts."""
    if attribute in _TIMES:
        return Field(lambda user: user.created, timestamp_literal, _TIME_OPERATORS | {"pr"})
    contained = {"co"} if attribute.startswith("profile.") else set()
    return Field(
        _read(attribute, str.casefold),
        lambda value: str(value).casefold(),
        frozenset({"eq", "sw", "gt", "ge", "lt", "le", "pr"} | contained),
    )


def _filter_field(attribute: str) -> Field:
    """Return an attribute of ``filter``, which takes equality alone except for lastUpdated."""
    if attribute == "lastUpdated":
        return Field(lambda user: user.created, timestamp_literal, _TIME_OPERATORS)
    return Field(_read(attribute, str), str, frozenset({"eq"}))
