# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What limits a part of a constraint is part of it, and asks for something."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.constraint_parts import (
    is_asked,
    is_surely_asked,
    limits_of,
    permits,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import Json, hostile

KEYS = st.sampled_from(("required", "key", "methods", "types", "deviceBound"))


@given(st.dictionaries(KEYS, hostile), st.sets(KEYS))
def test_what_limits_is_of_the_part_and_asks(part: Json, no_limits: set[str]) -> None:
    limits = limits_of(part, no_limits)
    assert all(part[key] is value for key, value in limits.items())
    assert not limits.keys() & no_limits
    assert is_asked(part, no_limits) or not limits
    assert is_asked(part, no_limits) or not is_surely_asked(part)


@given(st.lists(st.text()), st.text())
def test_more_names_permit_no_less(names: list[str], name: str) -> None:
    if names and permits(names, name):
        assert permits([*names, "x"], name)
    assert permits([], name) and permits(None, name)
