# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a clone, compared with those of the policies whose apps it takes."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.copied_rules import (
    find_differing_policies,
    find_differing_rules,
    find_untouched_pairs,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
    PolicyRule,
)


def rule(
    name: str, access: str = "ALLOW", priority: int = 0, status: str = "ACTIVE", **conditions: t.Any
) -> PolicyRule:
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA", "type": "ASSURANCE"}}
    row = {"id": f"rul-{name}-{priority}", "name": name, "priority": priority, "status": status}
    actions = {"appSignOn": sign_on}
    return PolicyRule.from_row({**row, "conditions": conditions, "actions": actions})


ZONE = {"connection": "ZONE", "include": ["nzo1", "nzo2"]}
BLOCKED, EVERYBODY = rule("Blocked", "DENY", 0, network=ZONE), rule("Everybody", priority=1)
POLICY = [BLOCKED, EVERYBODY]
ADDED = ["Managed", "Others"]
CLONE = [
    rule("Managed", priority=0, device={"managed": True}),
    rule("Others", "DENY", 1),
    rule("Blocked", "DENY", 5, network={**ZONE, "include": ["nzo2", "nzo1"], "exclude": None}),
    rule("Everybody", priority=9),
]


def test_what_has_no_effect_is_no_difference() -> None:
    """Ids, priorities, the order of lists, the rules of the run, and rules that are not active."""
    assert find_differing_rules(CLONE, POLICY, ADDED) == []
    assert find_differing_rules(POLICY, CLONE, ADDED) == []
    inactive = rule("Later", "DENY", 0, "INACTIVE")
    renamed = rule("Blocked by zone", "DENY", 0, network=ZONE)
    own = rule("Managed", "DENY", 0)
    for others in ([*POLICY, inactive], [renamed, EVERYBODY], [own, *POLICY]):
        assert find_differing_rules(CLONE, others, ADDED) == []


@pytest.mark.parametrize(
    ("others", "names"),
    [
        ([EVERYBODY], ["Blocked"]),
        ([*POLICY, rule("Contractors", "DENY", 0)], ["Contractors"]),
        ([rule("Blocked", "DENY", 0), EVERYBODY], ["Blocked"]),
        ([rule("Blocked", "DENY", 0, "INACTIVE", network=ZONE), EVERYBODY], ["Blocked"]),
        ([BLOCKED, rule("Everybody", "DENY", 1)], ["Everybody"]),
        ([rule("Blocked", "DENY", 2, network=ZONE), EVERYBODY], ["Blocked", "Everybody"]),
        ([], ["Blocked", "Everybody"]),
    ],
)
def test_the_rules_that_differ_are_named(others: list[PolicyRule], names: list[str]) -> None:
    assert find_differing_rules(CLONE, others, ADDED) == names
    assert set(find_differing_rules(others, CLONE, ADDED)) == set(names)


def test_rules_that_the_run_does_not_write_count() -> None:
    assert find_differing_rules(CLONE, POLICY, []) == ["Managed", "Others"]


def test_forms_of_what_was_never_set_are_no_difference() -> None:
    def verified(**more: t.Any) -> PolicyRule:
        constraint = {"possession": {"deviceBound": "REQUIRED", **more.pop("possession", {})}}
        method = {"factorMode": "2FA", "type": "ASSURANCE", "constraints": [constraint]}
        sign_on = {"access": "ALLOW", "verificationMethod": method, **more}
        return PolicyRule.from_row({"name": "Everybody", "actions": {"appSignOn": sign_on}})

    asked = {"possession": {"userPresence": "REQUIRED", "hardwareProtection": "OPTIONAL"}}
    kept = {"keepMeSignedIn": {"postAuth": "NOT_ALLOWED"}}
    for shown in (asked, kept, {**asked, **kept}):
        assert find_differing_rules([verified(**shown)], [verified()], []) == []
    other = verified(possession={"userPresence": "OPTIONAL"})
    assert find_differing_rules([other], [verified()], []) == ["Everybody"]


EARLY, BEFORE, MADE, COPIED, SOON, LATER = (
    f"2026-11-{time}.000Z"
    for time in (
        "01T08:00:00",
        "20T07:59:59",
        "20T08:00:00",
        "20T08:00:20",
        "20T08:00:40",
        "20T08:01:01",
    )
)


def timed(
    frequency: str, created: str | None, updated: str | None, name: str = "All"
) -> PolicyRule:
    method = {"factorMode": "2FA", "type": "ASSURANCE", "reauthenticateIn": frequency}
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
    times = {"created": created, "lastUpdated": updated}
    return PolicyRule.from_row({"id": frequency, "name": name, **times, "actions": actions})


ORIGINAL, COPY = timed("PT2H", EARLY, BEFORE), timed("PT1H", COPIED, COPIED)


@pytest.mark.parametrize(
    "copy",
    [COPY, timed("PT1H", MADE, MADE), timed("PT1H", EARLY, BEFORE), timed("PT1H", EARLY, MADE)],
)
def test_what_okta_changed_in_a_copy_is_no_difference(copy: PolicyRule) -> None:
    """The times of a copy may be its own, or those of the rule that it copies."""
    assert find_differing_rules([copy], [ORIGINAL], []) == ["All"]
    assert find_differing_rules([copy], [ORIGINAL], [], MADE) == []
    assert find_untouched_pairs([copy], [ORIGINAL], MADE) == [(copy, ORIGINAL)]


@pytest.mark.parametrize(
    ("copy", "original", "made"),
    [
        (timed("PT1H", COPIED, SOON), ORIGINAL, MADE),
        (timed("PT1H", EARLY, COPIED), ORIGINAL, MADE),
        (timed("PT1H", LATER, LATER), ORIGINAL, MADE),
        (timed("PT1H", None, COPIED), ORIGINAL, MADE),
        (timed("PT1H", COPIED, None), ORIGINAL, MADE),
        (COPY, timed("PT2H", EARLY, MADE), MADE),
        (COPY, timed("PT2H", MADE, BEFORE), MADE),
        (COPY, timed("PT2H", None, BEFORE), MADE),
        (COPY, timed("PT2H", EARLY, None), MADE),
        (COPY, ORIGINAL, None),
    ],
)
def test_what_somebody_may_have_changed_since_is_a_difference(
    copy: PolicyRule, original: PolicyRule, made: str | None
) -> None:
    assert find_differing_rules([copy], [original], [], made) == ["All"]


def test_a_rule_of_only_one_policy_is_a_difference_whatever_its_times() -> None:
    other = timed("PT1H", COPIED, COPIED, "Other")
    assert find_differing_rules([COPY, other], [ORIGINAL], [], MADE) == ["Other"]
    assert find_differing_rules(
        [COPY], [ORIGINAL, timed("PT2H", EARLY, EARLY, "Old")], [], MADE
    ) == ["Old"]
    assert find_untouched_pairs([COPY, COPY], [ORIGINAL], MADE) == []


def test_the_copies_of_a_clone_are_those_of_its_original() -> None:
    clone = Policy("rst9", "Clone", "[made from policy rst1]", MADE)
    policies = [Policy("rst1", "Company apps"), Policy("rst2", "Strict")]
    rules = {"rst1": [ORIGINAL], "rst2": [ORIGINAL]}
    names = [
        [
            each.policy.name
            for each in find_differing_policies([COPY], [], policies, rules, [], made)
        ]
        for made in (clone, None, Policy("rst9", "Clone", "", MADE))
    ]
    assert names == [["Strict"], ["Company apps", "Strict"], ["Company apps", "Strict"]]


def test_each_policy_that_differs_is_named_with_the_apps_that_would_leave_it() -> None:
    policies = [Policy("rst1", "Company apps"), Policy("rst2", "Strict"), Policy("rst3", "Old")]
    slack, jira = (App(name, name, name, "rst2") for name in ("Slack", "Jira"))
    apps = [slack, App("Pay", "Pay", "Pay", "rst1"), jira]
    rules = {"rst1": POLICY, "rst2": [BLOCKED], "rst3": []}
    differing = find_differing_policies(CLONE, ADDED, policies, rules, apps)
    assert [each.as_result() for each in differing] == [
        {"policy": "Strict", "apps": ["Slack", "Jira"], "rules": ["Everybody"]},
        {"policy": "Old", "apps": [], "rules": ["Blocked", "Everybody"]},
    ]
