# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a part of a constraint limits, as the forecast and the guards read it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.constraint_parts import (
    is_asked,
    is_surely_asked,
    limits_of,
    permits,
)

NO_LIMITS = ("required", "reauthenticateIn")


@pytest.mark.parametrize(
    ("part", "asked", "limits"),
    [
        ({}, True, {}),
        ({"required": True}, True, {}),
        ({"required": False}, False, {}),
        ({"required": False, "reauthenticateIn": "PT2H"}, False, {}),
        ({"required": False, "userPresence": "OPTIONAL", "methods": []}, False, {}),
        (
            {"required": False, "deviceBound": "REQUIRED"},
            True,
            {"deviceBound": "REQUIRED"},
        ),
        ({"required": None, "types": ["app"]}, True, {"types": ["app"]}),
    ],
)
def test_a_part_is_asked_if_it_is_required_or_limits(
    part: t.Any, asked: bool, limits: dict[str, object]
) -> None:
    assert is_asked(part, NO_LIMITS) is asked
    assert limits_of(part, NO_LIMITS) == limits


EXCLUDED = [{"key": "okta_email"}]


@pytest.mark.parametrize(
    ("part", "sure"),
    [
        ({}, True),
        ({"required": True}, True),
        ({"required": None}, True),
        ({"required": False}, False),
        ({"required": False, "deviceBound": "REQUIRED"}, False),
        ({"required": False, "excludedAuthenticationMethods": []}, False),
        ({"required": False, "excludedAuthenticationMethods": EXCLUDED}, True),
    ],
)
def test_a_part_is_surely_asked_if_it_is_required_or_excludes(part: t.Any, sure: bool) -> None:
    assert is_surely_asked(part) is sure


@pytest.mark.parametrize(
    ("names", "name", "permitted"),
    [
        (None, "APP", True),
        ([], "", True),
        (["app"], "APP", True),
        (["APP"], "app", True),
        (["PHONE"], "APP", False),
        (["APP"], "", False),
        ([""], "", False),
        ([None], "none", True),
    ],
)
def test_a_list_permits_what_it_names(
    names: list[object] | None, name: str, permitted: bool
) -> None:
    assert permits(names, name) is permitted
