# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of sign-in rules, as the forecast and the guards read it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.text import abbreviate
from ..._okta.records import App, Policy, PolicyRule
from ..rules.rule_order import Rules, same_rules
from .other_policies_reader import OtherPolicies
from .possible_refusals import may_refuse, newly_refusing_rule
from .signal_policies import NO_SIGNALS, Signals, signals_of


@dataclass(frozen=True)
class AppChange:
    """An app and the rules that apply to its sign-ins, before a change and after it.

    ``rules_at_departure`` are, of an app that goes back, the rules that its earlier policy had when
    the app left it, None if they are not recorded. Whom these refused does not lose anything.
    ``policy_after`` is the id of the policy that the app would have, or of the original of a clone
    that does not exist yet; "" for the one that it has.
    """

    app: App
    before: Rules
    after: Rules
    rules_at_departure: Rules | None = None
    policy_after: str = ""

    @property
    def has_effect(self) -> bool:
        """Whether the rules differ; a copy of the policy does not."""
        return not same_rules(self.before, self.after)

    @property
    def _policies(self) -> tuple[str, str]:
        """The ids of the app sign-in policies before and after."""
        before = self.app.policy_id or self.policy_after
        return before, self.policy_after or before

    def signals(self, others: OtherPolicies) -> Signals:
        """Return the device signal collection policies of the app before and after."""
        return signals_of(others.signals, self.app.id, *self._policies)

    def signals_of_move(self, others: OtherPolicies) -> Signals:
        """Return the same if they alone may change what the app decides, else none.

        They are read if the app gets another policy. Which ones an app that goes back had when it
        left is not recorded, so they do not count for it.
        """
        before, after = self._policies
        moves = before != after and self.rules_at_departure is None
        return self.signals(others) if moves else NO_SIGNALS

    def may_affect(self, others: OtherPolicies) -> bool:
        """Return whether the rules differ, or the device signals with equal rules."""
        return self.has_effect or self.signals_of_move(others).differ


@dataclass(frozen=True)
class PolicyChange:
    """A policy, its rules before and after a change, and the apps that the change affects.

    A reversal returns apps to a policy that they had. It is the way out of an emergency, so only
    what it takes from people counts, not what they lack before it as well.
    """

    policy: Policy
    before: Rules
    after: Rules
    apps: t.Sequence[AppChange] = ()
    is_reversal: bool = False

    def refusing_rule(
        self, before: Rules, after: Rules, signals: Signals = NO_SIGNALS
    ) -> str | None:
        """Return a rule that may refuse people, and that counts, or None."""
        if self.is_reversal:
            return newly_refusing_rule(before, after)
        return _refusing_rule(before, after, signals)

    def describe(self) -> str:
        """Return the policy and the apps of the change, for a message."""
        apps = abbreviate([repr(each.app.label) for each in self.apps], 5)
        return f"policy {self.policy.name!r}" + (f" for {apps}" if apps else "")

    @property
    def refusing_apps(self) -> list[AppChange]:
        """The apps that may refuse people whom they admit before."""
        return [each for each in self.apps if may_refuse(each.before, each.after)]

    @property
    def stricter_apps(self) -> list[AppChange]:
        """The refusing apps without those whose earlier policy refuses nobody else by now."""
        return [
            each
            for each in self.refusing_apps
            if each.rules_at_departure is None or may_refuse(each.rules_at_departure, each.after)
        ]


def requires_managed(rule: PolicyRule) -> bool:
    """Return whether a rule requires managed devices: it admits only them, or refuses others."""
    device = rule.condition("device")
    if rule.is_inactive:
        return False
    if rule.denies:
        return device.get("managed") is False or device.get("registered") is False
    return device.get("managed") is True


def _refusing_rule(before: Rules, after: Rules, signals: Signals) -> str | None:
    """Return a rule that requires managed devices, else one that may refuse people, else None."""
    demanding = next((rule.name for rule in after if requires_managed(rule)), None)
    return newly_refusing_rule(before, after, signals) if demanding is None else demanding
