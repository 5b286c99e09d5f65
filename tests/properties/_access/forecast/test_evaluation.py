# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is locked out, against an evaluator that is written here and tries every world."""

from __future__ import annotations

import typing as t
from itertools import product

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    MAX_UNKNOWNS,
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.outcomes import compare_outcomes
from tests.support.strategies.okta import GROUPS, USER_IDS
from tests.support.strategies.rules import (
    FASTPASS,
    SMS,
    hostile_rules,
    people,
    rule_row,
    rules,
)
from tests.support.strategies.values import Json

# What the naive evaluator understands: a rule is (who, device, platform, risk, zone, method).
WORLD = ("risk HIGH", "risk LOW", "zone", "a second factor", "a phone")


class Simple(t.NamedTuple):
    """A rule in the terms of the naive evaluator."""

    name: str
    priority: int
    active: bool
    groups: tuple[str, ...]
    excluded: tuple[str, ...]
    device: str  # managed, registered, unregistered, or any
    macs_only: bool
    risk: str  # HIGH, LOW, or any
    zone: bool
    method: str  # deny, password, second factor, fastpass, phone

    def row(self) -> Json:
        """Return the rule as Okta shows it."""
        where: Json = {
            "people": {"groups": {"include": [*self.groups], "exclude": [*self.excluded]}}
        }
        if self.device != "any":
            where["device"] = {
                "managed": {"registered": True, "managed": True},
                "registered": {"registered": True},
                "unregistered": {"registered": False},
            }[self.device]
        if self.macs_only:
            where["platform"] = {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}
        if self.risk != "any":
            where["riskScore"] = {"level": self.risk}
        if self.zone:
            where["network"] = {"connection": "ZONE", "include": ["nzo1"]}
        method: Json = {"type": "ASSURANCE", "factorMode": "1FA"}
        if self.method != "password":
            method["factorMode"] = "2FA"
        if self.method in ("fastpass", "phone"):
            key = FASTPASS if self.method == "fastpass" else SMS
            method["constraints"] = [{"possession": {"authenticationMethods": [key]}}]
        access = "DENY" if self.method == "deny" else "ALLOW"
        row = rule_row(self.name, self.priority, access, method, where)
        return {**row, "status": "ACTIVE" if self.active else "INACTIVE"}

    def applies(self, person: Person, device: DeviceContext, world: frozenset[str]) -> bool:
        """Return whether the rule applies in a world where exactly this holds."""
        return (
            self.active
            and (not self.groups or bool(person.groups & set(self.groups)))
            and not person.groups & set(self.excluded)
            and {
                "any": True,
                "managed": device.registered and device.managed,
                "registered": device.registered,
                "unregistered": not device.registered,
            }[self.device]
            and (not self.macs_only or device.platform == "MACOS")
            and (self.risk == "any" or f"risk {self.risk}" in world)
            and (not self.zone or "zone" in world)
        )

    def admits(self, device: DeviceContext, world: frozenset[str]) -> bool:
        """Return whether a person passes the rule in this world."""
        return {
            "deny": False,
            "password": True,
            "second factor": device.registered or "a second factor" in world,
            "fastpass": device.registered,
            "phone": "a phone" in world,
        }[self.method]


def admitted(
    policy: t.Sequence[Simple], person: Person, device: DeviceContext, world: frozenset[str]
) -> bool:
    """Return whether the first rule that applies admits the person."""
    for rule in sorted(policy, key=lambda each: each.priority):
        if rule.applies(person, device, world):
            return rule.admits(device, world)
    return False


some_groups = st.lists(st.sampled_from(GROUPS), max_size=2, unique=True).map(tuple)


@st.composite
def simple_policies(draw: st.DrawFn) -> list[Simple]:
    priorities = draw(st.lists(st.integers(0, 9), max_size=3, unique=True))
    return [
        Simple(
            f"rule {number}",
            number,
            draw(st.sampled_from((True, True, False))),
            draw(some_groups),
            draw(some_groups),
            draw(st.sampled_from(("managed", "registered", "unregistered", "any"))),
            draw(st.booleans()),
            draw(st.sampled_from(("HIGH", "LOW", "any", "any"))),
            draw(st.booleans()),
            draw(st.sampled_from(("deny", "password", "second factor", "fastpass", "phone"))),
        )
        for number in priorities
    ]


@st.composite
def simple_people(draw: st.DrawFn) -> list[Person]:
    chosen = draw(st.lists(st.sampled_from(USER_IDS), min_size=1, unique=True))
    return [
        Person(
            each,
            frozenset(draw(st.lists(st.sampled_from(GROUPS), unique=True))),
            login=each,
            devices=tuple(
                DeviceContext(
                    draw(st.sampled_from(("MACOS", "IOS"))), state != "no", state == "yes"
                )
                for state in draw(
                    st.lists(st.sampled_from(("no", "registered", "yes")), max_size=2)
                )
            ),
        )
        for each in chosen
    ]


def records(policy: t.Sequence[Simple]) -> list[PolicyRule]:
    return [PolicyRule.from_row(each.row()) for each in policy]


@given(simple_policies(), simple_policies(), simple_people())
def test_who_is_named_loses_access_in_some_world_and_who_is_not_named_keeps_it_in_all(
    before: list[Simple], after: list[Simple], somebody: list[Person]
) -> None:
    worlds = [
        frozenset(name for name, holds in zip(WORLD, answers, strict=True) if holds)
        for answers in product((False, True), repeat=len(WORLD))
    ]
    losing = {
        person.login
        for person in somebody
        for device in person.devices
        for world in worlds
        if admitted(before, person, device, world) and not admitted(after, person, device, world)
    }
    found = forecast(records(before), records(after), somebody)
    assert set(found.locked_out_logins) == losing
    assert {row.login for row in found.newly_admitted} <= {person.login for person in somebody}


@given(rules(), rules(), st.lists(people(), max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_people_does_not_matter(
    before: list[PolicyRule], after: list[PolicyRule], somebody: list[Person], chance: t.Any
) -> None:
    expected = forecast(before, after, somebody)
    for each in (before, after, somebody):
        chance.shuffle(each)
    found = forecast(before, after, somebody)
    assert sorted(map(repr, found.locked_out)) == sorted(map(repr, expected.locked_out))
    assert found.unknowns == expected.unknowns


@given(rules(), st.lists(people(), max_size=3))
def test_no_change_of_rules_changes_nobodys_access(
    policy: list[PolicyRule], somebody: list[Person]
) -> None:
    found = forecast(policy, policy, somebody)
    assert found.locked_out == found.newly_admitted == ()


@given(rules(), rules(), people())
def test_whoever_is_locked_out_by_a_change_is_newly_admitted_by_its_reversal(
    before: list[PolicyRule], after: list[PolicyRule], person: Person
) -> None:
    for device in person.devices:
        lost = compare_outcomes(before, after, person, device).lost
        back = compare_outcomes(before=after, after=before, person=person, device=device)
        assert not lost or back.gained or back.lost


@given(hostile_rules(), hostile_rules(), people())
def test_rules_of_any_form_are_forecast(
    before: list[PolicyRule], after: list[PolicyRule], person: Person
) -> None:
    found = forecast(before, after, [person])
    assert set(found.locked_out_logins) <= {person.login}
    found.as_result()


@given(rules(), people(), st.integers(MAX_UNKNOWNS + 1, MAX_UNKNOWNS + 3))
def test_with_too_many_unknowns_whoever_may_be_refused_counts_as_locked_out(
    before: list[PolicyRule], person: Person, count: int
) -> None:
    """A rule with an unknown condition, that refuses, comes before all others."""
    where = {f"new{number}": {"a": number} for number in range(count)}
    refusing = PolicyRule.from_row(rule_row("refusing", -1, "DENY", None, where))
    for device in person.devices:
        may_enter = forecast([], before, [Person("00uada", login="ada", devices=(device,))])
        found = forecast(
            before, [refusing, *before], [Person("00uada", login="ada", devices=(device,))]
        )
        if may_enter.newly_admitted:
            assert found.locked_out_logins == ["ada"]
