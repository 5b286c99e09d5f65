# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several rules written as one change, and what another client does meanwhile."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_set_apply import (
    apply_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_set_plan import (
    plan_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.write_order import (
    name_copy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    DeviceTrustError,
    NotAsWritten,
    NotFound,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)

from tests.unit.plugins.module_utils._access.policies.test_apply import FakeOkta, rule_row
from tests.unit.plugins.module_utils._access.rules.test_rule_set_plan import CATCH_ALL, request

EARLIER = PolicyRule.from_row({**rule_row("a", 0), **request("a", "g1").body})
COPY = name_copy(EARLIER, [])


class Org(FakeOkta):
    """The rules a and b of the group g1, to change into those of g2."""

    def __init__(self) -> None:
        super().__init__()
        rows = [
            {**rule_row(name, number), **request(name, "g1").body}
            for number, name in [(0, "a"), (1, "b")]
        ]
        self.policy = self.add("rst1", *rows, {**CATCH_ALL}, name="Strict")
        self.plan = self.plan_again()

    def _insert(self, policy_id: str, row: dict[str, t.Any]) -> None:
        rule_id = f"new-{row['name']}" if row["id"] == "new" else row["id"]
        super()._insert(policy_id, {**row, "id": rule_id})

    def plan_again(self) -> t.Any:
        return self.plan_of(request("a", "g2"), request("b", "g2"))

    def plan_of(self, *wanted: RuleRequest) -> t.Any:
        return plan_rules(self.policy_rules("rst1"), wanted, "Strict")

    def apply(self) -> list[PolicyRule]:
        return apply_rules(t.cast(t.Any, self), self.policy, self.plan)

    def done(self) -> list[str]:
        return [str(write[0]) for write in self.writes]


@pytest.fixture
def org() -> Org:
    return Org()


def test_the_rules_change_with_a_copy_in_force_until_the_end(org: Org) -> None:
    after = org.apply()
    assert org.writes[:2] == [
        ("create rule", "rst1", COPY, False),
        ("set status", "rst1", f"new-{COPY}", True),
    ]
    assert org.done()[2:] == ["replace rule", "replace rule", "delete rule"]
    assert [rule.name for rule in after] == ["a", "b", "Catch-all Rule"]
    assert [rule.people.groups for rule in after[:2]] == [("g2",), ("g2",)]
    assert not org.plan_again().changes


@pytest.mark.parametrize("call", range(1, 5))
def test_cut_off_after_any_write_the_next_run_completes_the_change(org: Org, call: int) -> None:
    def cut(name: str) -> None:
        if len(org.writes) == call and name in ("rule", "rules") and not failed:
            failed.append(name)
            raise ApiError("Okta answered 500.", vendor="okta", status=500)

    failed: list[str] = []
    org.before = cut
    with pytest.raises(DeviceTrustError) as raised:
        org.apply()
        org.policy_rules("rst1")
    if call > 1:
        assert "Written to policy 'Strict' before it: copy '[earlier form of rul-a " in str(
            raised.value.message
        )
        assert raised.value.details["done_steps"][0] == f"copy '{COPY}'"
    org.plan = org.plan_again()
    after = org.apply()
    assert [rule.name for rule in after] == ["a", "b", "Catch-all Rule"]
    assert [rule.people.groups for rule in after[:2]] == [("g2",), ("g2",)]


@pytest.mark.parametrize("part", ["conditions", "actions"])
def test_a_copy_that_does_not_hold_what_its_rule_holds_is_never_active(org: Org, part: str) -> None:
    def lose(call: str) -> None:
        for row in org.rules["rst1"]:
            if row["name"] == COPY:
                row[part] = {}

    org.before = lose
    with pytest.raises(NotAsWritten) as raised:
        org.apply()
    assert raised.value.message == (
        f"Okta accepted rule {COPY!r} of policy 'Strict' and shows other values for conditions,"
        " actions. Run again. If this persists, correct these options."
    )
    assert raised.value.details["keys"] == ["conditions", "actions"]
    assert org.done() == ["create rule"]


@pytest.mark.parametrize(
    ("after_writes", "change", "error"),
    [
        (2, lambda org: org.rules["rst1"].pop(2), Refused),
        (2, lambda org: org.rules["rst1"][2].update(request("b", "other").body), Refused),
        (3, lambda org: org.move("rst1", "b", 0), Refused),
    ],
)
def test_what_another_client_writes_meanwhile_ends_the_run(
    org: Org, after_writes: int, change: t.Callable[[Org], object], error: type[DeviceTrustError]
) -> None:
    def interfere(call: str) -> None:
        if len(org.writes) == after_writes and call == "rules":
            org.before = lambda _call: None
            change(org)

    org.before = interfere
    with pytest.raises(error) as raised:
        org.apply()
    assert raised.value.message.startswith(
        "Policy 'Strict': Okta has other rules, or another order of them, than this run wrote."
        " Another client may write to it too. Run again. Written to policy 'Strict' before it: copy"
    )
    assert len(org.writes) == after_writes


def test_a_rule_that_changes_right_before_its_write_is_not_overwritten(org: Org) -> None:
    def interfere(call: str) -> None:
        if call == "rule":
            org.rules["rst1"][0].update(request("a", "other").body)

    org.before = interfere
    with pytest.raises(Refused) as raised:
        org.apply()
    assert raised.value.message == (
        "Rule 'a' of policy 'Strict': it was changed in Okta after this run read it. This run wrote"
        " nothing more. Run again to plan with what Okta holds now. Written to policy 'Strict'"
        f" before it: copy {COPY!r}, activate {COPY!r}. Each sign-in is treated by the old rules or"
        " by the new ones until then. Run again to complete the change."
    )
    assert org.done() == ["create rule", "set status"]


def test_a_rule_that_is_deleted_right_before_its_write_is_not_created(org: Org) -> None:
    org.before = lambda call: org.rules["rst1"].pop(0) if call == "rule" else None
    with pytest.raises(NotFound) as raised:
        org.apply()
    assert raised.value.message.startswith(
        "Rule 'a' was deleted in Okta during this run. Run again."
    )
    assert raised.value.details["vendor"] == "okta"


def test_a_copy_that_okta_puts_elsewhere_is_moved_before_it_is_active(org: Org) -> None:
    moved: list[str] = []

    def displace(call: str) -> None:
        if len(org.writes) == 1 and call == "rules" and not moved:
            moved.append(call)
            org.move("rst1", COPY, 2)

    org.before = displace
    org.apply()
    assert org.done()[:3] == ["create rule", "replace rule", "set status"]
    assert org.writes[1][2:3] == (f"new-{COPY}",)


A, B = request("a", "g1"), request("b", "g1")


def test_new_rules_are_created_at_their_places_each_with_its_status(org: Org) -> None:
    first = request("first", "g1", place=Place("first"))
    off = request("off", "g1", place=Place(after="first"), status="INACTIVE")
    org.plan = org.plan_of(A, first, off, B)
    after = org.apply()
    assert [(rule.name, rule.status) for rule in after] == [
        ("first", "ACTIVE"),
        ("off", "INACTIVE"),
        ("a", "ACTIVE"),
        ("b", "ACTIVE"),
        ("Catch-all Rule", "ACTIVE"),
    ]
    assert sorted(org.writes) == [
        ("create rule", "rst1", "first", True),
        ("create rule", "rst1", "off", False),
    ], "no rule needs a second write to get to its place"


def test_a_rule_is_changed_and_moved_by_one_write(org: Org) -> None:
    org.plan = org.plan_of(request("b", "g1", "g2", place=Place("first")))
    after = org.apply()
    assert [rule.name for rule in after] == ["b", "a", "Catch-all Rule"]
    (body,) = (write[3] for write in org.writes if write[0] == "replace rule")
    assert (body["name"], body["priority"]) == ("b", 0)


def test_a_rule_is_deactivated_and_another_one_deleted(org: Org) -> None:
    off = RuleRequest("a", {"name": "a"}, status="INACTIVE")
    org.plan = org.plan_of(off, RuleRequest("b", {"name": "b"}, absent=True))
    after = org.apply()
    assert [(rule.name, rule.status) for rule in after] == [
        ("a", "INACTIVE"),
        ("Catch-all Rule", "ACTIVE"),
    ]
    assert sorted(org.done()) == ["delete rule", "set status"]


def test_a_status_that_okta_does_not_keep_is_an_error(org: Org) -> None:
    org.plan = org.plan_of(RuleRequest("a", {"name": "a"}, status="INACTIVE"), B)
    org.before = lambda _call: org.rules["rst1"][0].update(status="ACTIVE")
    with pytest.raises(NotAsWritten) as raised:
        org.apply()
    assert " shows other values for status. Run again." in raised.value.message
    assert raised.value.details["keys"] == ["status"]


@pytest.mark.parametrize("name", ["b", "new"])
def test_a_group_that_okta_does_not_keep_is_an_error(org: Org, name: str) -> None:
    """Whether the rule was created or replaced. The run ends there."""
    org.plan = org.plan_of(request(name, "g1", "g2"), RuleRequest("a", {"name": "a"}, absent=True))

    def lose(_call: str) -> None:
        for row in org.rules["rst1"]:
            if row["name"] == name:
                row["conditions"] = {"people": {"groups": {"include": ["g1"]}}}

    org.before = lose
    with pytest.raises(NotAsWritten) as raised:
        org.apply()
    assert raised.value.details["keys"] == ["conditions.people.groups.include"]
    assert org.done() == [{"b": "replace rule", "new": "create rule"}[name]]
