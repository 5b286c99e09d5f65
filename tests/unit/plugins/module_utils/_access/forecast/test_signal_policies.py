# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What device signal collection policies take from a sign-in."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    NO_SIGNALS,
    SignalPolicy,
    Signals,
    View,
    signals_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    SignalRule,
)

MAC = DeviceContext("MACOS", registered=True, managed=True, device_id="guo1")
PHONE = DeviceContext("IOS", registered=True)
STRANGE = DeviceContext("MACOS")
HIDDEN = replace(MAC, registered=False, managed=False)
NO_FAST_PASS = replace(MAC, fast_pass=False)
LABEL = "device signal collection policy 'Signals'"


def rule(
    name: str,
    providers: t.Any,
    platform: str | None = None,
    network: str = "ANYWHERE",
    **more: t.Any,
) -> SignalRule:
    conditions: dict[str, t.Any] = {"network": {"connection": network}}
    if platform:
        include = [{"type": "DESKTOP", "os": {"type": platform}}]
        conditions["platform"] = {"include": include}
    action = {"deviceContextProviders": providers}
    return SignalRule.from_row(
        {
            "name": name,
            "status": "ACTIVE",
            "priority": 1,
            **more,
            "conditions": conditions,
            "actions": {"deviceSignalCollection": action},
        }
    )


def okta_verify(word: str | None) -> list[dict[str, str | None]]:
    return [{"key": "OKTA_VERIFY", "userIdentification": word}]


CHROME = [{"key": "CHROME_DEVICE_TRUST", "id": "0oa1"}]
COLLECTS = rule("Collects", okta_verify("ALLOW"), priority=2)
IGNORES = rule("Ignores", okta_verify("IGNORE"))
LEAVES_OUT = rule("Leaves out", CHROME)


def policy(*rules: SignalRule) -> SignalPolicy:
    return SignalPolicy("rstS", "Signals", rules, frozenset({"rst1"}))


@pytest.mark.parametrize(
    ("rules", "limited"),
    [
        ([COLLECTS], []),
        ([IGNORES], [View(NO_FAST_PASS, f"{LABEL}, rule 'Ignores': it ignores Okta Verify")]),
        ([LEAVES_OUT], [View(HIDDEN, f"{LABEL}, rule 'Leaves out': it leaves out Okta Verify")]),
        ([], [View(HIDDEN, f"{LABEL}: it has no rule that surely applies")]),
        (
            [rule("Silent", okta_verify(None))],
            [View(NO_FAST_PASS, f"{LABEL}, rule 'Silent': it may ignore Okta Verify")],
        ),
        (
            [rule("Odd", None)],
            [
                View(NO_FAST_PASS, f"{LABEL}, rule 'Odd': its providers are not shown"),
                View(HIDDEN, f"{LABEL}, rule 'Odd': its providers are not shown"),
            ],
        ),
        # the first that applies decides
        (
            [COLLECTS, LEAVES_OUT],
            [View(HIDDEN, f"{LABEL}, rule 'Leaves out': it leaves out Okta Verify")],
        ),
        ([replace(LEAVES_OUT, priority=3), COLLECTS], []),
        ([replace(LEAVES_OUT, status="INACTIVE"), COLLECTS], []),
        ([rule("Phones", CHROME, "IOS"), COLLECTS], []),
        # whether the first applies only the sign-in settles
        (
            [rule("Office", CHROME, network="ZONE"), COLLECTS],
            [View(HIDDEN, f"{LABEL}, rule 'Office': it leaves out Okta Verify")],
        ),
        (
            [rule("Office", okta_verify("ALLOW"), network="ZONE")],
            [View(HIDDEN, f"{LABEL}: it has no rule that surely applies")],
        ),
    ],
)
def test_how_a_sign_in_may_see_a_managed_mac(rules: list[SignalRule], limited: list[View]) -> None:
    assert policy(*rules).views(MAC) == [View(MAC), *limited]


def test_a_device_that_is_not_registered_has_nothing_to_lose() -> None:
    assert policy(LEAVES_OUT).views(STRANGE) == [View(STRANGE)]
    assert SignalPolicy("rstS", "Signals", None).views(STRANGE) == [View(STRANGE)]


def test_rules_that_are_not_shown_may_take_anything() -> None:
    reason = f"{LABEL}: its rules are not shown"
    assert SignalPolicy("rstS", "Signals", None).views(MAC) == [
        View(MAC),
        View(NO_FAST_PASS, reason),
        View(HIDDEN, reason),
    ]


def test_equal_views_are_one() -> None:
    office = rule("Office", CHROME, network="ZONE")
    assert len(policy(office, replace(office, priority=2), COLLECTS).views(MAC)) == 2


def test_which_policies_concern_an_app() -> None:
    mapped, other = policy(COLLECTS), replace(policy(COLLECTS), resources=frozenset({"rst2"}))
    hidden = replace(policy(COLLECTS), resources=None)
    by_app = replace(policy(COLLECTS), resources=frozenset({"0oa1"}))
    known = [mapped, other, hidden, by_app]
    assert signals_of(known, "0oa9", "rst1", "rst2") == Signals((mapped, hidden), (other, hidden))
    assert signals_of(known, "0oa1", "rst7", "rst1") == Signals(
        (hidden, by_app), (mapped, hidden, by_app)
    )


def test_views_before_and_after_are_possible_together() -> None:
    assert [pair.before for pair in NO_SIGNALS.pairs(MAC)] == [View(MAC)]
    same = Signals((policy(LEAVES_OUT),), (policy(LEAVES_OUT),))
    assert [(pair.before.device, pair.after.device) for pair in same.pairs(MAC)] == [
        (MAC, MAC),
        (HIDDEN, HIDDEN),
    ]
    assert not same.differ
    gone = Signals((policy(IGNORES),), (policy(LEAVES_OUT),))
    assert gone.differ
    assert [(pair.before.device, pair.after.device) for pair in gone.pairs(MAC)] == [
        (MAC, MAC),
        (MAC, HIDDEN),
        (NO_FAST_PASS, MAC),
        (NO_FAST_PASS, HIDDEN),
    ]
    assert [len(pair.reasons) for pair in gone.pairs(MAC)] == [0, 1, 1, 2]
    assert [len(pair.reasons) for pair in same.pairs(MAC)] == [0, 1]
    both = Signals((policy(IGNORES), policy(LEAVES_OUT)), (policy(IGNORES), policy(LEAVES_OUT)))
    assert [pair.after.device for pair in both.pairs(MAC)] == [MAC, NO_FAST_PASS, HIDDEN]


def test_other_platforms_are_judged_by_their_own_rules() -> None:
    mixed = policy(rule("Phones", CHROME, "IOS"), rule("Macs", okta_verify("ALLOW"), "MACOS"))
    assert len(mixed.views(MAC)) == 1
    assert mixed.views(PHONE)[1].reason.endswith("it has no rule that surely applies")


def test_a_rule_for_some_people_may_apply() -> None:
    """No description has people in these rules, and nobody is known here."""
    some = rule("Some", CHROME)
    people = {"people": {"groups": {"include": ["staff"]}}}
    some = replace(some, conditions={**some.conditions, **people})
    views = policy(some, COLLECTS).views(MAC)
    assert [view.device for view in views] == [MAC, HIDDEN]


@pytest.mark.parametrize("words", [("IGNORE", "ALLOW"), ("ALLOW", "IGNORE"), (None, "ALLOW")])
def test_okta_verify_that_is_listed_twice_may_be_ignored(words: tuple[str | None, ...]) -> None:
    listed = [{"key": "OKTA_VERIFY", "userIdentification": word} for word in words]
    views = policy(rule("Twice", listed)).views(MAC)
    assert [view.device for view in views] == [MAC, NO_FAST_PASS]
    assert views[1].reason.endswith("it may ignore Okta Verify")


@pytest.mark.parametrize("listed", [["OKTA_VERIFY"], [None], [{"userIdentification": "ALLOW"}]])
def test_a_provider_without_a_key_may_be_any(listed: t.Any) -> None:
    views = policy(rule("Strange", listed)).views(MAC)
    assert [view.device for view in views] == [MAC, NO_FAST_PASS, HIDDEN]
