# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What device signal collection policies take from a sign-in: the device, or Okta FastPass. Pure.

Such a policy is mapped to app sign-in policies, and decides from which providers Okta collects the
signals of a device before it evaluates their rules.

- A rule without Okta Verify: Okta may know no device, so none is registered or managed. That Okta
  then collects nothing is not documented.
- A rule that has Okta Verify with userIdentification IGNORE: by Okta's description the device is
  identified all the same, and Okta Verify does not authenticate the user.
- No rule that applies: not documented.

An org in which Okta FastPass is not active is as one with such a policy for all apps.

In each of these cases two *views* of the device are possible: as it is, and with what may be
missing. Someone who is admitted by one view before a change, and refused after it, counts as locked
out.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from itertools import product

from ..._okta.records import People, SignalRule
from ..rules.rule_order import in_order
from .conditions import DeviceContext, Identity, unknowns_to_apply

PROVIDER = "OKTA_VERIFY"  # the key of Okta Verify among the providers
NOBODY = Identity()


class View(t.NamedTuple):
    """A device as a sign-in may see it. ``reason`` says why it is not as it is, "" if it is."""

    device: DeviceContext
    reason: str = ""


class ViewPair(t.NamedTuple):
    """A view before a change, and one after it that is possible together with it."""

    before: View
    after: View

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the views differ from the device, each once."""
        return tuple(sorted({self.before.reason, self.after.reason} - {""}))


# The unknowns that a 403 hides.
UNREAD_POLICIES = "device signal collection policies that the credentials may not read"
UNREAD_AUTHENTICATORS = "authenticators that the credentials may not read"
UNREAD = frozenset({UNREAD_POLICIES, UNREAD_AUTHENTICATORS})


@dataclass(frozen=True)
class SignalPolicy:
    """An active device signal collection policy.

    ``rules`` are None if Okta does not show them. ``resources`` are the ids of the app sign-in
    policies to which it is mapped (or of apps: Okta's guide and its description differ), None if
    Okta does not show all of them.
    """

    id: str
    name: str
    rules: tuple[SignalRule, ...] | None = ()
    resources: frozenset[str] | None = frozenset()

    def may_concern(self, policy_id: str, app_id: str) -> bool:
        """Return whether it may be mapped to an app sign-in policy, or to an app of it."""
        return self.resources is None or bool({policy_id, app_id} & self.resources)

    def views(self, device: DeviceContext) -> list[View]:
        """Return how a sign-in may see a device, as it is first."""
        whole = View(device)
        if not device.registered:
            return [whole]
        if self.rules is None:
            hidden = f"{self._label}: its rules are not shown" if self.id else self._label
            return [whole, *_missing(device, hidden)]
        return list(dict.fromkeys([whole, *self._limited_views(device)]))

    def _limited_views(self, device: DeviceContext) -> t.Iterator[View]:
        for rule in in_order(self.rules or ()):
            applies = unknowns_to_apply(_for_anybody(rule), NOBODY, device)
            if applies is None:
                continue
            yield from _views_of_rule(rule, device, f"{self._label}, rule {rule.name!r}")
            if not applies:
                return
        yield _unseen(device, f"{self._label}: it has no rule that surely applies")

    @property
    def _label(self) -> str:
        if not self.id:
            return self.name
        return f"device signal collection policy {self.name!r}"


def _for_anybody(rule: SignalRule) -> SignalRule:
    """Return a rule whose people are an unknown: Okta's description of these rules has none."""
    if rule.people == People():
        return rule
    named = {
        "people of the rule" if key == "people" else key: value
        for key, value in rule.conditions.items()
    }
    return replace(rule, conditions=named)


def _views_of_rule(rule: SignalRule, device: DeviceContext, label: str) -> list[View]:
    if rule.providers is None:
        return _missing(device, f"{label}: its providers are not shown")
    if PROVIDER not in rule.providers:
        return [_unseen(device, f"{label}: it leaves out Okta Verify")]
    identification = rule.providers[PROVIDER]
    if identification == "ALLOW":
        return []
    verb = "may ignore" if identification is None else "ignores"
    return [_without_fast_pass(device, f"{label}: it {verb} Okta Verify")]


def _missing(device: DeviceContext, reason: str) -> list[View]:
    return [_without_fast_pass(device, reason), _unseen(device, reason)]


def _without_fast_pass(device: DeviceContext, reason: str) -> View:
    return View(replace(device, fast_pass=False), reason)


def _unseen(device: DeviceContext, reason: str) -> View:
    return View(replace(device, registered=False, managed=False), reason)


# What stands for all of them if the credentials may not read any.
UNREAD_SIGNALS = SignalPolicy("", UNREAD_POLICIES, None, None)
UNREAD_FAST_PASS = SignalPolicy("", UNREAD_AUTHENTICATORS, None, None)


def inactive_fast_pass(fact: str) -> SignalPolicy:
    """Return what has the effect of a policy for all apps that gets no signals.

    :arg fact: why Okta FastPass authenticates nobody in the org, without a period.
    """
    return SignalPolicy("", f"Okta FastPass: {fact}", None, None)


@dataclass(frozen=True)
class Signals:
    """The device signal collection policies of an org, as far as apps of a change have them.

    ``before`` and ``after`` are those that may be mapped to the app sign-in policy that an app has,
    and to the one that it would have.
    """

    before: tuple[SignalPolicy, ...] = ()
    after: tuple[SignalPolicy, ...] = ()

    @property
    def differ(self) -> bool:
        """Whether the change alone may take signals from a sign-in, or give it some."""
        return self.before != self.after

    def pairs(self, device: DeviceContext) -> list[ViewPair]:
        """Return the views before and after a change that are possible together.

        The device as it is comes first. With the same policies both views are the same.
        """
        before = _views(self.before, device)
        if not self.differ:
            return [ViewPair(view, view) for view in before]
        return [ViewPair(*pair) for pair in product(before, _views(self.after, device))]


NO_SIGNALS = Signals()


def signals_of(policies: t.Iterable[SignalPolicy], app_id: str, before: str, after: str) -> Signals:
    """Return the policies that concern an app.

    :arg before: the id of the app sign-in policy that it has.
    :arg after: the id of the one that it would have.
    """
    known = tuple(policies)
    return Signals(
        tuple(each for each in known if each.may_concern(before, app_id)),
        tuple(each for each in known if each.may_concern(after, app_id)),
    )


def _views(policies: t.Iterable[SignalPolicy], device: DeviceContext) -> list[View]:
    views = [View(device)]
    for policy in policies:
        views += policy.views(device)[1:]
    return views
