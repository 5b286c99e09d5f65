# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of options: each has a range, and what is out of it is refused."""

from __future__ import annotations

import math
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.option_values import (
    RANGES,
    check_ranges,
    check_required_names,
    check_texts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    ArgumentSpec,
)


@pytest.mark.parametrize("name", RANGES)
def test_the_bounds_are_accepted_and_nothing_beyond_them(name: str) -> None:
    low, high = RANGES[name]
    check_ranges({name: low, "other": 10**30})
    check_ranges({name: high})
    for wrong in (low - 1, high + 1, 2**63, -(2**63), math.nan, math.inf, -math.inf):
        with pytest.raises(BadOption, match=f"^{name}: .* is not between .* Set a number in that"):
            check_ranges({name: wrong})


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_not_a_number(name: str, value: bool) -> None:
    with pytest.raises(BadOption, match=f"^{name}: it is a boolean .* Set a number"):
        check_ranges({name: value, "gate": value})


@pytest.mark.parametrize(
    "params, name",
    [
        ({"name": "True"}, "name"),
        ({"blueprints": ["Canary", "False"]}, "blueprints"),
        ({"profiles": [{"name": "a", "blueprints": ["True"]}]}, "profiles.blueprints"),
    ],
)
def test_a_text_that_yaml_read_as_a_boolean_is_refused(params: t.Any, name: str) -> None:
    with pytest.raises(BadOption, match=rf"^{name}: it is (True|False), .* Put the word in quotes"):
        check_texts(params)
    check_texts({"gate": True, "name": "true", "constraints": [{"a": False}], "none": None})


def test_a_text_for_people_may_be_such_a_word() -> None:
    check_texts({"lock_message": "True", "description": "False", "settings": {"Key": "True"}})


@pytest.mark.parametrize("value", [None, "7", [-1]])
def test_what_is_not_a_number_has_no_range(value: t.Any) -> None:
    check_ranges({"max_rows": value})


def test_a_bound_is_written_as_a_person_writes_it() -> None:
    with pytest.raises(BadOption) as raised:
        check_ranges({"api_timeout": 0.0})
    assert str(raised.value) == (
        "api_timeout: 0.0 is not between 0.1 and 600. Set a number in that range."
    )


NAMED: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "policy": {"type": "str"},
    "profiles": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}}},
    "rules": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "before": {"type": "str"}},
    },
}


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"name": ""}, "name"),
        # of an object that its id may name, too
        ({"name": "x", "profiles": [{"name": None}, {"name": " "}]}, r"profiles\[1\]\.name"),
        ({"name": " \t"}, "name"),
        ({"name": "x", "rules": [{"name": "y"}, {"name": " "}]}, r"rules\[1\]\.name"),
    ],
)
def test_a_required_name_is_not_blank(params: t.Any, place: str) -> None:
    with pytest.raises(BadOption, match=rf"^{place}: it is empty\. Set the name\.$"):
        check_required_names(NAMED, params)


def test_another_option_may_be_empty_like_one_that_is_not_set() -> None:
    check_required_names(NAMED, {"name": "x", "policy": "", "rules": [{"name": "y", "before": ""}]})
    check_required_names(NAMED, {"name": "x", "policy": None, "rules": None})
