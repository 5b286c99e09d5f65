# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparison of profiles: a profile equals itself under other names, and no value is lost."""

from __future__ import annotations

import ast
import copy
import typing as t
import uuid

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.comparison import (
    compare_profiles,
    describe_content,
    label_payloads,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.property_list import (
    find_unwritable,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import plists
from tests.support.strategies.values import Json, changed_rows


def renamed(plist: Json, seed: int) -> Json:
    """Return a profile whose payloads have other UUIDs, with references that follow."""
    text = repr(plist)
    for payload in plist["PayloadContent"]:
        new = str(uuid.UUID(int=seed + len(text)))
        text = text.replace(payload["PayloadUUID"], new)
        seed += 1
    other: Json = ast.literal_eval(text)
    return other


@given(plists(), st.integers(0, 1 << 60), st.randoms(use_true_random=False))
def test_names_and_order_are_not_differences(plist: Json, seed: int, chance: t.Any) -> None:
    other = renamed(copy.deepcopy(plist), seed)
    chance.shuffle(other["PayloadContent"])
    assert compare_profiles(plist, other) == []
    assert describe_content(plist) == describe_content(other)


@given(plists(), plists())
def test_profiles_differ_both_ways_or_not_at_all(some: Json, other: Json) -> None:
    forth, back = compare_profiles(some, other), compare_profiles(other, some)
    assert bool(forth) is bool(back)
    if not forth:
        assert describe_content(some) == describe_content(other)
    assert len(label_payloads(some)) == len(some["PayloadContent"])


@given(plists(), st.data())
def test_profiles_of_any_form_are_compared(plist: Json, data: st.DataObject) -> None:
    other = data.draw(changed_rows([plist]))
    compare_profiles(plist, other)
    compare_profiles(other, plist)
    if find_unwritable(other) is None:  # not-a-number differs from itself
        assert compare_profiles(other, other) == []
