# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order several rules are written, and what stays in force meanwhile."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    write_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Unreadable
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)


def rule(name: str, status: str = "ACTIVE", **values: t.Any) -> PolicyRule:
    values = {"system": name == "Catch-all", "id": f"rul-{name}", **values}
    return PolicyRule(name=name, status=status, row={"name": name, "status": status}, **values)


CATCH_ALL = rule("Catch-all")


def copy_of(name: str) -> str:
    """Return the name of the copy of a rule."""
    return write_order.name_copy(rule(name), [])


def writes(
    before: t.Sequence[PolicyRule],
    after: t.Sequence[PolicyRule],
    written: t.Container[str] = (),
    switched: t.Container[str] = (),
) -> list[str]:
    planned = write_order.plan_writes([*before, CATCH_ALL], [*after, CATCH_ALL], written, switched)
    return [f"{write.action} {write.name}" for write in planned]


def test_a_rule_that_is_switched_off_ends_above_the_new_one_that_follows_it() -> None:
    off = rule("Off", "INACTIVE")
    planned = write_order.plan_writes(
        [rule("Off"), rule("Kept"), CATCH_ALL],
        [off, rule("New"), rule("Kept"), CATCH_ALL],
        ("Off", "New"),
        ("Off",),
    )
    assert [(write.action, write.name) for write in planned] == [
        ("create", "New"),
        ("deactivate", "Off"),
        ("replace", "Off"),
    ]
    assert [each.name for each in planned[0].rules] == ["New", "Off", "Kept", "Catch-all"]
    assert [each.name for each in planned[-1].rules] == ["Off", "New", "Kept", "Catch-all"]


def test_two_rules_change_with_the_old_form_of_the_first_below_it() -> None:
    allow, deny = rule("Allow"), rule("Deny")
    planned = write_order.plan_writes(
        [allow, deny, CATCH_ALL], [allow, deny, CATCH_ALL], ("Allow", "Deny"), ()
    )
    copy = copy_of("Allow")
    assert [
        (write.action, write.name, [each.name for each in write.rules]) for write in planned
    ] == [
        ("copy", copy, ["Allow", copy, "Deny", "Catch-all"]),
        ("activate", copy, ["Allow", copy, "Deny", "Catch-all"]),
        ("replace", "Allow", ["Allow", copy, "Deny", "Catch-all"]),
        ("replace", "Deny", ["Allow", copy, "Deny", "Catch-all"]),
        ("delete", copy, ["Allow", "Deny", "Catch-all"]),
    ]
    assert planned[0].source == "Allow" and planned[0].rules[1].status == "INACTIVE"
    assert planned[0].index == 1 and planned[-1].index == -1


@pytest.mark.parametrize(
    ("before", "after", "written", "switched", "expected"),
    [
        ("AD", "AD", "D", "", ["replace D"]),
        ("AD", "AD", "A", "", ["replace A"]),
        ("AD", "A", "", "", ["delete D"]),
        ("A", "AD", "D", "", ["create D"]),
        ("", "AD", "AD", "", ["create A", "create D"]),
        ("AD", "Ad", "", "d", ["deactivate d"]),
        ("Ad", "AD", "D", "D", ["replace D", "activate D"]),
        # The one that moves up is in force above before its old form leaves.
        ("AD", "DA", "D", "", ["copy D", "activate copy", "replace D", "delete copy"]),
        # The catch-all rule follows what is above it, and goes before what leaves.
        (
            "AD",
            "AD",
            ("D", "Catch-all"),
            "",
            ["copy D", "activate copy", "replace D", "replace Catch-all", "delete copy"],
        ),
        # What leaves goes from the bottom.
        ("ABD", "A", "", "", ["delete D", "delete B"]),
    ],
)
def test_steps(
    before: str,
    after: str,
    written: t.Container[str],
    switched: str,
    expected: list[str],
) -> None:
    """A lower-case letter is an inactive rule."""

    def rules(letters: str) -> list[PolicyRule]:
        return [rule(each.upper(), "ACTIVE" if each.isupper() else "INACTIVE") for each in letters]

    planned = writes(rules(before), rules(after), written, switched.upper())
    assert planned == [
        each.replace("copy D", f"copy {copy_of('D')}").replace(" copy", f" {copy_of('D')}")
        if "copy" in each
        else each.replace(" d", " D")
        for each in expected
    ]


def test_what_an_interrupted_change_left_is_deleted() -> None:
    left, unused = (
        rule(copy_of(name), status) for name, status in (("A", "ACTIVE"), ("D", "INACTIVE"))
    )
    allow, deny = rule("A"), rule("D")
    assert writes([allow, left, deny, unused], [allow, deny], ("D",)) == [
        f"delete {unused.name}",
        "replace D",
        f"delete {left.name}",
    ]


def test_a_copy_that_an_interrupted_change_left_serves_again() -> None:
    left, allow, deny = rule(copy_of("A")), rule("A"), rule("D")
    assert writes([allow, left, deny], [allow, deny], ("A", "D")) == [
        "replace A",
        "replace D",
        f"delete {left.name}",
    ]


def test_a_second_copy_has_a_name_of_its_own() -> None:
    first = copy_of("A")
    second = write_order.name_copy(rule("A"), [first])
    assert second == first.replace("]", " 2]")
    blank = rule("B", id="rul B")
    third = write_order.name_copy(blank, [])
    known = [rule("A"), blank, *map(rule, (first, second, third))]
    assert write_order.find_copies(known) == {first, second, third}
    assert all(map(write_order.looks_like_copy, (first, second, third)))


def edited(name: str, status: str = "ACTIVE") -> PolicyRule:
    """Return a rule with another content than that of the copied one."""
    row = {"name": name, "status": status, "actions": {"appSignOn": {"access": "DENY"}}}
    return PolicyRule.from_row({"id": f"rul-{name}", "conditions": {}, **row})


@pytest.mark.parametrize(
    "other",
    [
        rule("Managed Macs"),
        rule("[earlier form of ours]"),
        rule("[earlier form of rul-A]"),
        rule("[earlier form of rul-A 5d1c0a1b]"),
        rule(write_order.name_copy(rule("gone"), [])),
        rule(f"{write_order.name_copy(rule('A'), [])} of ours"),
        edited(write_order.name_copy(rule("A"), [])),
    ],
)
def test_a_rule_that_is_not_proved_to_be_a_copy_stays(other: PolicyRule) -> None:
    """A person may have named it so, or edited the copy."""
    allow, deny = rule("A"), rule("D")
    assert write_order.find_copies([allow, other, deny]) == set()
    planned = writes([allow, other, deny], [allow, other, deny], ("A", "D"))
    assert f"delete {other.name}" not in planned
    assert sum(each.startswith("copy ") for each in planned) == 1


def test_an_inactive_copy_that_okta_did_not_keep_as_it_was_sent_is_one_all_the_same() -> None:
    copy = edited(copy_of("A"), "INACTIVE")
    assert write_order.find_copies([rule("A"), copy]) == {copy.name}


def test_a_rule_that_may_not_be_in_force_is_not_copied() -> None:
    draft = rule("A", "DRAFT")
    with pytest.raises(Unreadable) as raised:
        writes([draft, rule("D")], [draft, rule("D")], ("A", "D"))
    assert raised.value.message == (
        "Rule 'A': Okta shows the status 'DRAFT', so whether it applies is unknown, and it cannot"
        " change together with other rules. Set its status in the Admin Console."
    )
    assert raised.value.details["vendor"] == "okta"
