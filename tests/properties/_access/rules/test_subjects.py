# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups and platforms that rules name exist in the rules, and none is left out."""

from __future__ import annotations

import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.subjects import (
    named_groups,
    named_platforms,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given

from tests.support.strategies.rules import hostile_rules, rules


@given(rules(), rules())
def test_all_names_are_found_in_both_policies(
    some: list[PolicyRule], others: list[PolicyRule]
) -> None:
    text = json.dumps([rule.row["conditions"] for rule in (*some, *others)])
    groups = named_groups(some, others)
    assert groups == {each for each in ("00g1", "00g2", "00gglass") if f'"{each}"' in text}
    assert groups == named_groups(some) | named_groups(others)
    found = named_platforms(some, others)
    assert "MACOS" in found and "ANY" not in found and found == sorted(set(found))
    assert found == sorted({*named_platforms(some), *named_platforms(others)})
    any_desktop = json.dumps({"type": "DESKTOP", "os": {"type": "ANY"}})
    assert ("LINUX" in found) is ('"LINUX"' in text or any_desktop in text)


@given(hostile_rules())
def test_rules_of_any_form_name_texts_alone(policy: list[PolicyRule]) -> None:
    assert all(isinstance(each, str) for each in (*named_groups(policy), *named_platforms(policy)))
