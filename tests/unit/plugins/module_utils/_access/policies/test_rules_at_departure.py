# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that a policy had when its apps left it, by a digest and by those of its clone."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.rules_at_departure import (
    digest_rules,
    find_rules_at_departure,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.comparison import (
    have_same_effect,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)


def rule(name: str, access: str = "ALLOW", priority: int = 0, **conditions: t.Any) -> PolicyRule:
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA", "type": "ASSURANCE"}}
    row = {"id": f"rul-{name}", "name": name, "priority": priority, "status": "ACTIVE"}
    actions = {"appSignOn": sign_on}
    return PolicyRule.from_row({**row, "conditions": conditions, "actions": actions})


ZONE = {"connection": "ZONE", "include": ["nzo1", "nzo2"]}
EARLIER = [rule("Blocked", "DENY", 0, network=ZONE), rule("Everybody", priority=1)]
ADDED = [rule("Managed Macs", device={"managed": True}), rule("Other Macs", "DENY")]
CLONE = [*ADDED, *EARLIER]


def numbered(*rules: PolicyRule) -> list[PolicyRule]:
    """Return rules with new ids and with priorities in this order."""
    rows = [{**each.row, "id": f"new{n}", "priority": n} for n, each in enumerate(rules)]
    return [PolicyRule.from_row(row) for row in rows]


def names(rules: t.Sequence[PolicyRule] | None) -> list[str] | None:
    return None if rules is None else [each.name for each in rules]


def test_a_digest_does_not_depend_on_what_has_no_effect() -> None:
    digest = digest_rules(EARLIER)
    assert len(digest) == 12 and digest == digest_rules(numbered(*EARLIER))
    other_zone = {"connection": "ZONE", "include": ["nzo2", "nzo1"], "exclude": None}
    same = rule("Blocked", "DENY", 0, network=other_zone, riskScore={"level": "ANY"})
    del same.row["actions"]["appSignOn"]["verificationMethod"]
    assert digest == digest_rules([same, EARLIER[1]])
    others = (
        EARLIER[:1],
        [EARLIER[1], rule("Blocked", "DENY", 2, network=ZONE)],
        [rule("Blocked", "DENY", 0, network={**ZONE, "include": ["nzo1"]}), EARLIER[1]],
        [EARLIER[0], rule("Everybody", "DENY", 1)],
    )
    assert digest not in {digest_rules(other) for other in others}


def test_a_digest_does_not_depend_on_the_case_of_words() -> None:
    lower = rule("Everybody", "allow", 1, platform={"include": [{"type": "desktop"}]})
    upper = rule("Everybody", "ALLOW", 1, platform={"include": [{"type": "DESKTOP"}]})
    assert digest_rules([lower]) == digest_rules([upper])
    assert have_same_effect(lower, upper)
    zones = [rule("Everybody", network={**ZONE, "include": [zone]}) for zone in ("nzo1", "NZO1")]
    assert digest_rules(zones[:1]) != digest_rules(zones[1:])
    assert not have_same_effect(*zones)


def with_methods(*methods: dict[str, str]) -> PolicyRule:
    row = {**rule("FastPass").row}
    possession = {"possession": {"authenticationMethods": list(methods)}}
    method = {"factorMode": "1FA", "type": "ASSURANCE", "constraints": [possession]}
    return PolicyRule.from_row(
        {**row, "actions": {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}}
    )


def test_a_digest_does_not_depend_on_the_spelling_of_okta_verify() -> None:
    one = with_methods({"key": "okta_verify", "method": "signed_nonce"})
    split = with_methods({"key": "okta_verify_fastpass", "method": "signed_nonce"})
    other = with_methods({"key": "okta_verify_push", "method": "push"})
    assert digest_rules([one]) == digest_rules([split]) != digest_rules([other])


def test_the_rules_of_an_unchanged_policy_are_its_own() -> None:
    assert find_rules_at_departure(digest_rules(EARLIER), EARLIER, []) == EARLIER


def test_the_rules_of_a_changed_policy_are_in_its_clone() -> None:
    digest = digest_rules(EARLIER)
    clone = numbered(*CLONE)
    for changed in (EARLIER[:1], [rule("Everybody", "DENY")], []):
        left = find_rules_at_departure(digest, changed, clone)
        assert names(left) == ["Blocked", "Everybody"]
    assert names(find_rules_at_departure(digest, [], numbered(*EARLIER))) == [
        "Blocked",
        "Everybody",
    ]


def test_rules_that_are_nowhere_any_more_are_lost() -> None:
    assert find_rules_at_departure(digest_rules(EARLIER), [], numbered(*ADDED)) is None
    assert find_rules_at_departure(digest_rules(EARLIER), [], []) is None
