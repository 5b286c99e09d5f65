# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired against current, and what a person sees of it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Change,
    Difference,
    action_of,
    ansible_diff,
    described,
    differences,
    render_value,
)


@pytest.mark.parametrize(
    "desired, current, found",
    [
        ({}, {"Retries": 5}, []),
        ({"Retries": 5}, {"Retries": 5, "more": 1}, []),
        ({"Retries": 5}, {"Retries": 3}, [("Retries", 3, 5)]),
        ({"Retries": 5}, {}, [("Retries", ABSENT, 5)]),
        ({"Retries": None}, {}, [("Retries", ABSENT, None)]),
        ({"Name": ABSENT}, {}, []),
        ({"Name": ABSENT}, {"Name": "x"}, [("Name", "x", ABSENT)]),
        ({"Retries": 1}, {"Retries": True}, [("Retries", True, 1)]),
        ({"Active": False}, {"Active": 0}, [("Active", 0, False)]),
        ({"Retries": 5}, {"Retries": "5"}, [("Retries", "5", 5)]),
        ({"Subject": [[["CN", "x"]]]}, {"Subject": [[["CN", "x"]]]}, []),
        (
            {"Subject": [[["CN", "x"]]]},
            {"Subject": [[["CN", "y"]]]},
            [("Subject", [[["CN", "y"]]], [[["CN", "x"]]])],
        ),
        ({"On": [True]}, {"On": [1]}, [("On", [1], [True])]),
        ({"On": [True]}, {"On": [True, True]}, [("On", [True, True], [True])]),
        ({"On": [{"a": 1}]}, {"On": [{"a": 1.0}]}, [("On", [{"a": 1.0}], [{"a": 1}])]),
        ({"On": [{"a": 1}]}, {"On": [{"a": 1, "b": 2}]}, [("On", [{"a": 1, "b": 2}], [{"a": 1}])]),
        ({"On": [{"a": 1, "b": 2}]}, {"On": [{"b": 2, "a": 1}]}, []),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2, "d": 3}}}, [("a.b.c", 2, 1)]),
        ({"a": {"b": 1}}, {"a": "text"}, [("a", "text", {"b": 1})]),
        ({"a": {"b": ABSENT}}, {"a": {"b": 1}}, [("a.b", 1, ABSENT)]),
        ({"one": 1, "two": 2}, {"two": 1, "one": 2}, [("one", 2, 1), ("two", 1, 2)]),
    ],
)
def test_only_the_keys_that_are_desired_count(
    desired: dict[str, t.Any], current: dict[str, t.Any], found: list[tuple[t.Any, ...]]
) -> None:
    assert differences(desired, current) == [Difference(*one) for one in found]


@pytest.mark.parametrize(
    "value, plain",
    [
        (ABSENT, None),
        (None, None),
        (b"\x01\xff", "01ff"),
        ("text", "text"),
        (0, 0),
        (False, False),
        ([1], [1]),
    ],
)
def test_a_value_is_shown_as_plain_data(value: t.Any, plain: t.Any) -> None:
    assert render_value(value) == plain
    assert type(render_value(value)) is type(plain)


CHANGES = [
    Change(
        "update",
        "profile 'Okta SCEP'",
        {"Retries": 3, "Keysize": 1024},
        {"Retries": 5, "Keysize": 2048},
    ),
    Change(
        "assign",
        "profile 'Okta SCEP' to blueprint 'Canary'",
        {},
        {"assigned": True},
    ),
]


def test_a_plan_in_words_names_the_keys_of_an_update() -> None:
    assert described(CHANGES) == [
        "update profile 'Okta SCEP': Keysize, Retries",
        "assign profile 'Okta SCEP' to blueprint 'Canary'",
    ]
    assert described([]) == []
    assert list(map(action_of, described(CHANGES))) == [each.action for each in CHANGES]


def test_a_diff_holds_the_changed_keys_alone() -> None:
    assert ansible_diff(CHANGES) == {
        "before": {
            "profile 'Okta SCEP'": {"Retries": 3, "Keysize": 1024},
            "profile 'Okta SCEP' to blueprint 'Canary'": {},
        },
        "after": {
            "profile 'Okta SCEP'": {"Retries": 5, "Keysize": 2048},
            "profile 'Okta SCEP' to blueprint 'Canary'": {"assigned": True},
        },
    }
    assert ansible_diff([]) == {"before": {}, "after": {}}
