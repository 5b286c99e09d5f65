# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``search``, ``filter`` and ``q`` of listUsers can ask.

It never shows users who are DEPROVISIONED unless one of the first two asks for them.
"""

from __future__ import annotations

import typing as t

from lab.okta.devices import User
from lab.okta.scim import Field, Predicate, Unsupported, compile_filter
from lab.okta.timestamps import parse_moment

_NAMES = {"login": "login", "email": "email", "firstName": "first_name", "lastName": "last_name"}
_MOMENTS = ("created", "lastUpdated", "activated", "statusChanged")
_MOMENT = frozenset({"eq", "gt", "ge", "lt", "le"})


def user_matcher(query: t.Mapping[str, str]) -> Predicate:
    """A function of a user; raises BadFilter or Unsupported."""
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
    """Values in any case; names are found by what they contain, too."""
    if attribute in _MOMENTS:
        return Field(lambda user: user.created, _moment, _MOMENT | {"pr"})
    contained = {"co"} if attribute.startswith("profile.") else set()
    return Field(
        _read(attribute, str.casefold),
        lambda value: str(value).casefold(),
        frozenset({"eq", "sw", "gt", "ge", "lt", "le", "pr"} | contained),
    )


def _filter_field(attribute: str) -> Field:
    """A few attributes, and equality alone but for the time of the last change."""
    if attribute == "lastUpdated":
        return Field(lambda user: user.created, _moment, _MOMENT)
    return Field(_read(attribute, str), str, frozenset({"eq"}))


def _moment(value: t.Any) -> t.Any:
    try:
        return parse_moment(value)
    except ValueError as problem:
        raise Unsupported(str(problem)) from None
