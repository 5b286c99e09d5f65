# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups and platforms that rules name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.subjects import (
    named_groups,
    named_platforms,
    named_users,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)


def rule(**conditions: t.Any) -> PolicyRule:
    return PolicyRule.from_row({"name": "x", "conditions": conditions})


def test_groups_of_all_rules_are_named_once_on_either_side() -> None:
    staff = rule(people={"groups": {"include": ["staff", "all"], "exclude": ["glass"]}})
    users = rule(people={"users": {"include": ["ada"]}})
    guests = rule(people={"groups": {"include": ["guests", "all"]}})
    assert named_groups([staff, users], [guests]) == {"staff", "all", "glass", "guests"}
    assert named_groups([users], []) == set()
    assert named_users([staff, users], [guests]) == {"ada"}


def on(kind: str | None, system: str | None) -> dict[str, t.Any]:
    return {"type": kind, "os": {"type": system}}


@pytest.mark.parametrize(
    "include, exclude, platforms",
    [
        ([], [], ["MACOS"]),
        ([on("DESKTOP", "WINDOWS")], [on("MOBILE", "IOS")], ["IOS", "MACOS", "WINDOWS"]),
        ([on("MOBILE", "ANY")], [], ["ANDROID", "IOS", "MACOS"]),
        ([{"type": "MOBILE"}], None, ["ANDROID", "IOS", "MACOS"]),
        ([{"type": "MOBILE", "os": None}], [], ["ANDROID", "IOS", "MACOS"]),
        ([on("ANY", "ANY")], [], ["MACOS"]),
        ([on("DESKTOP", "ANY")], [], ["CHROMEOS", "LINUX", "MACOS", "WINDOWS"]),
        ([on("Mobile", "any")], [], ["ANDROID", "IOS", "MACOS"]),
        (
            [on("WEARABLE", "ANY")],
            [],
            ["ANDROID", "CHROMEOS", "IOS", "LINUX", "MACOS", "WINDOWS"],
        ),
        ([on("OTHER", "OTHER")], [], ["MACOS", "OTHER"]),
    ],
)
def test_platforms_are_named_by_their_system(
    include: list[t.Any], exclude: list[t.Any] | None, platforms: list[str]
) -> None:
    rules = [rule(platform={"include": include}), rule(platform={"exclude": exclude})]
    assert named_platforms(rules) == named_platforms(rules[:1], rules[1:]) == platforms
