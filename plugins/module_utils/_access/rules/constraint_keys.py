# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of constraints and chains that Okta's OpenAPI description has. Pure.

Okta drops a key that it does not know without an error, and the rule then asks for less.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadOption
from ..._core.lookup import suggestion
from ..._okta.authenticators.okta_verify_spellings import METHODS
from .constraint_parts import LEVELS


@dataclass(frozen=True)
class Shape:
    """The keys of an object.

    ``parts`` are those with an object of a shape, ``lists`` those with a list of such objects, and
    ``levels`` those that are OPTIONAL or REQUIRED.
    """

    keys: frozenset[str]
    parts: t.Mapping[str, Shape] = field(default_factory=dict)
    levels: frozenset[str] = frozenset()
    lists: t.Mapping[str, Shape] = field(default_factory=dict)

    def all_keys(self) -> list[str]:
        """Return the keys that an object may have."""
        return [*self.keys, *self.parts, *self.lists, *self.levels]


METHOD = Shape(frozenset({"id", "key", "method"}))
CHARACTERISTICS = frozenset({"hardwareProtection", "phishingResistant", "userVerification"})
KNOWLEDGE = Shape(
    frozenset({"methods", "reauthenticateIn", "required", "types"}),
    lists={"authenticationMethods": METHOD, "excludedAuthenticationMethods": METHOD},
)
POSSESSION = Shape(
    KNOWLEDGE.keys | {"userVerificationMethods"},
    levels=CHARACTERISTICS | {"deviceBound", "userPresence"},
    lists=KNOWLEDGE.lists,
)
CONSTRAINT = Shape(frozenset(), {"knowledge": KNOWLEDGE, "possession": POSSESSION})
STEP_METHOD = Shape(METHOD.keys | {"userVerificationMethods"}, levels=CHARACTERISTICS)
LAST_STEP = Shape(
    frozenset({"reauthenticateIn", "next"}), lists={"authenticationMethods": STEP_METHOD}
)
SECOND_STEP = Shape(
    frozenset({"reauthenticateIn"}),
    lists={"authenticationMethods": STEP_METHOD, "next": LAST_STEP},
)
CHAIN = Shape(
    frozenset({"reauthenticateIn"}),
    lists={"authenticationMethods": STEP_METHOD, "next": SECOND_STEP},
)


def check_keys(option: str, items: t.Sequence[object], shape: Shape) -> None:
    """Raise BadOption for a key or a value that Okta's description does not have."""
    for number, item in enumerate(items, 1):
        _check(option, f"item {number}", item, shape)


def _check(option: str, where: str, value: object, shape: Shape) -> None:
    if not isinstance(value, dict):
        raise BadOption(f"{option}: {where} is not a dictionary. Write its keys and values.")
    if "method" in shape.keys:
        _check_method(option, where, value)
    for key, inner in value.items():
        if key in shape.parts:
            _check(option, f"{where}, {key}", inner, shape.parts[key])
        elif key in shape.lists:
            if not isinstance(inner, list):
                raise BadOption(f"{option}: {where}: {key} is not a list. Write its items.")
            for each in inner:
                _check(option, f"{where}, {key}", each, shape.lists[key])
        elif key in shape.levels:
            if inner not in LEVELS:
                raise BadOption(
                    f"{option}: {where}: {key} is {inner!r}. Set it to {' or '.join(LEVELS)}."
                )
        elif key not in shape.keys:
            raise BadOption(
                f"{option}: {where} has a key {key!r}, which Okta does not document"
                f"{suggestion(str(key), shape.all_keys())}"
            )
        elif key == "required" and not isinstance(inner, bool):
            raise BadOption(f"{option}: {where}: required is {inner!r}. Set it to true or false.")


def _check_method(option: str, where: str, value: t.Mapping[str, object]) -> None:
    """Raise BadOption for a key of one method of Okta Verify with another method."""
    key, method = value.get("key"), value.get("method")
    only = METHODS.get(key) if isinstance(key, str) else None
    if only and method is not None and method != only:
        raise BadOption(
            f"{option}: {where}: the method of {key} is {method!r}. Leave method out, or set it to"
            f" {only}."
        )
