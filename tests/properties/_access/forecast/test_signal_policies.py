# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What device signal collection may take, against rules that are read one by one here."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    SignalPolicy,
    Signals,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
    SignalRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import rules
from tests.support.strategies.values import Json, changed_rows

words = st.sampled_from(("ALLOW", "IGNORE", "out"))
MAC = DeviceContext("MACOS", True, True, "guo1", "Mac", True, "BIOMETRIC")
PHONE = DeviceContext("IOS", True, False, "guo2", "Phone", True, "BIOMETRIC")
PLAIN = DeviceContext("MACOS")
SIMPLE = st.lists(
    st.tuples(words, st.sampled_from(("ANY", "MACOS", "IOS")), st.booleans()), max_size=4
)


def rule_row(number: int, word: str, platform: str, zone: bool) -> Json:
    providers = [] if word == "out" else [{"key": "OKTA_VERIFY", "userIdentification": word}]
    conditions: Json = {"network": {"connection": "ZONE" if zone else "ANYWHERE"}}
    if platform != "ANY":
        conditions["platform"] = {"include": [{"os": {"type": platform}}]}
    return {
        "name": str(number),
        "priority": number,
        "status": "ACTIVE",
        "conditions": conditions,
        "actions": {"deviceSignalCollection": {"deviceContextProviders": providers}},
    }


def policy_of(simple: t.Sequence[tuple[str, str, bool]]) -> SignalPolicy:
    rows = [rule_row(number, *each) for number, each in enumerate(simple)]
    return SignalPolicy("s", "Signals", tuple(map(SignalRule.from_row, rows)), frozenset({"p"}))


def naive(simple: t.Sequence[tuple[str, str, bool]], device: DeviceContext, inside: bool) -> str:
    """Return the word of the rule that decides in or outside of the zone, "out" without one."""
    for word, platform, zone in simple:
        if platform in ("ANY", device.platform) and (inside or not zone):
            return word
    return "out"


@given(SIMPLE, st.sampled_from((MAC, PHONE)))
def test_views_are_what_the_rules_take_in_and_outside_of_the_zone(
    simple: list[tuple[str, str, bool]], device: DeviceContext
) -> None:
    views = policy_of(simple).views(device)
    assert views[0].device == device and views[0].reason == ""
    taken = {
        "IGNORE" if view.device.registered else "out" for view in views if view.device != device
    }
    assert {naive(simple, device, True), naive(simple, device, False)} - {"ALLOW"} <= taken
    if not any(zone for _word, _platform, zone in simple):
        assert taken == {naive(simple, device, True)} - {"ALLOW"}
    assert all(view.reason for view in views[1:])
    assert policy_of(simple).views(PLAIN) == [(PLAIN, "")]


@given(rules(), rules(), SIMPLE)
def test_signals_only_add_to_who_is_locked_out(
    before: list[PolicyRule], after: list[PolicyRule], simple: list[tuple[str, str, bool]]
) -> None:
    people = [Person("00u1", login="ann", devices=(MAC, PHONE, PLAIN))]
    policies = (policy_of(simple),)
    plain = forecast(before, after, people)
    found = forecast(before, after, people, signals=Signals(policies, policies))
    assert {row.key for row in plain.locked_out} <= {row.key for row in found.locked_out}
    if all(word == "ALLOW" and not zone for word, _platform, zone in simple) and any(
        platform == "ANY" for _word, platform, _zone in simple
    ):
        assert found == plain


ROWS = [rule_row(1, word, "MACOS", False) for word in ("ALLOW", "IGNORE", "out")]


@given(changed_rows(ROWS))
def test_a_rule_of_any_form_leaves_the_device_possible_as_it_is(row: Json) -> None:
    views = SignalPolicy("s", "Signals", (SignalRule.from_row(row),), None).views(MAC)
    assert views[0] == (MAC, "") and all(view.reason for view in views[1:])
