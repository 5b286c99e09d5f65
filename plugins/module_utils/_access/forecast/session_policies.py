# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the global session policies refuse, before any app sign-in policy is asked. Pure.

Okta takes the first active policy whose people a person is among, and its first rule that applies.
Where no rule of a policy applies, the next policy is judged, too: a refusal is sure only if every
rule that may decide refuses. What depends on the network or on another condition that only the
sign-in settles is not a sure refusal, nor is that of a policy of which Okta does not show for whom
it is, or that it is active, nor that of a rule whose access is neither ALLOW nor DENY.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._okta.records import ConditionalRule, RankedPolicy, SessionRule
from ..._okta.rule_schema import limits_sign_ins
from ..rules.rule_order import in_order
from .conditions import NOTHING, DeviceContext, Identity, unknowns_to_apply

ANY_DEVICE = DeviceContext("")  # no condition of these policies asks for a device


class SessionRefusal(t.NamedTuple):
    """The global session policy that refuses a person, and its rule."""

    policy: str
    rule: str

    @property
    def label(self) -> str:
        """Return both for a message."""
        return f"rule {self.rule!r} of global session policy {self.policy!r}"


@dataclass(frozen=True)
class SessionPolicy:
    """An active global session policy. ``rules`` are None if Okta does not show them."""

    policy: RankedPolicy
    rules: tuple[SessionRule, ...] | None = ()

    @property
    def may_deny(self) -> bool:
        """Whether a rule of it may refuse people."""
        return any(rule.may_deny and not rule.is_inactive for rule in self.rules or ())


@dataclass(frozen=True)
class Sessions:
    """The active global session policies in the order in which Okta evaluates them.

    ``is_unread``: the credentials may not read all of them, so they may refuse anybody.
    """

    policies: tuple[SessionPolicy, ...] = ()
    is_unread: bool = False

    @property
    def _deciding(self) -> tuple[SessionPolicy, ...]:
        """The policies up to the last one that may refuse people."""
        denying = [number for number, each in enumerate(self.policies) if each.may_deny]
        return self.policies[: denying[-1] + 1] if denying else ()

    @property
    def everyone(self) -> frozenset[str]:
        """The groups of the default policy, which has everybody."""
        return frozenset(
            group for each in self.policies if each.policy.system for group in each.policy.groups
        )

    @property
    def groups(self) -> frozenset[str]:
        """The groups whose members tell whom the policies refuse. None if they refuse nobody."""
        named = {
            group
            for each in self._deciding
            for people in (each.policy.people, *(rule.people for rule in each.rules or ()))
            for group in people.all_groups
        }
        return frozenset(named) - self.everyone

    def find_refusal(
        self, person: Identity, device: DeviceContext = ANY_DEVICE
    ) -> SessionRefusal | None:
        """Return the policy and the rule that surely refuse a person, or None.

        :arg person: with those of ``groups`` that the person is in.
        """
        for policy, rule, is_sure in self._applying(person, device):
            if not rule.denies:
                return None
            if is_sure:
                return SessionRefusal(policy, rule.name)
        return None

    def find_possible_refusal(
        self, person: Identity, device: DeviceContext = ANY_DEVICE
    ) -> SessionRefusal | None:
        """Return the first policy and rule that may refuse a person, or None.

        Policies whose rules Okta does not show are not among them. See ``is_unread``.

        :arg person: as in ``find_refusal``.
        """
        for policy, rule, _is_sure in self._applying(person, device):
            if rule.may_deny:
                return SessionRefusal(policy, rule.name)
        return None

    def _applying(
        self, person: Identity, device: DeviceContext
    ) -> t.Iterator[tuple[str, SessionRule, bool]]:
        """Yield the rules that may decide, up to the first that surely does if it is reached.

        Each with the name of its policy, and whether it surely applies.
        """
        member = replace(person, groups=person.groups | self.everyone)
        for each in self._deciding:
            applies = _policy_applies(each.policy, member)
            if applies is False:
                continue
            if each.rules is None:
                return
            for rule in in_order(each.rules):
                unknowns = unknowns_to_apply(_without_open_conditions(rule), member, device)
                if unknowns is None:
                    continue
                is_sure = unknowns == NOTHING and applies is True
                yield each.policy.name, rule, is_sure
                if is_sure:
                    return


def _policy_applies(policy: RankedPolicy, person: Identity) -> bool | None:
    """Return whether a policy applies to a person, None if Okta does not show or document it."""
    if policy.system:
        return True
    rule = ConditionalRule(
        status="ACTIVE",
        conditions=policy.people.as_conditions(),
        unreadable=policy.unreadable,
    )
    unknowns = unknowns_to_apply(rule, person, ANY_DEVICE)
    if unknowns is None:
        return False
    is_sure = unknowns == NOTHING and not policy.hides_people and policy.status == "ACTIVE"
    return True if is_sure else None


def _without_open_conditions(rule: SessionRule) -> SessionRule:
    """Return a rule without the conditions that each sign-in meets."""
    return replace(
        rule,
        conditions={
            name: value for name, value in rule.conditions.items() if limits_sign_ins(name, value)
        },
    )
