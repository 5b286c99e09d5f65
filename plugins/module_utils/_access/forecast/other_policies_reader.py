# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of other kinds that change what an app sign-in policy decides.

Global session policies may refuse a person before it is asked, and device signal collection
policies may hide a device from it. So does an org in which Okta FastPass is not active.
"""

from __future__ import annotations

import typing as t
from functools import cached_property

from ..._core.errors import ApiError
from ..._okta import client as okta_api
from ..._okta.authentication.auth import FEATURE_MISSING
from ..._okta.authenticators.fast_pass_reader import FastPass
from ..._okta.client import Okta
from ..._okta.policy_order import active_in_order
from ..._okta.records import RankedPolicy
from .session_policies import SessionPolicy, Sessions
from .signal_policies import UNREAD_FAST_PASS, UNREAD_SIGNALS, SignalPolicy, inactive_fast_pass

USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_METHODS,
)
# How an org may answer that it does not have a kind of policy, besides 401 with FEATURE_MISSING. No
# description has the answer for a kind that is not enabled. Only some orgs have the device signal
# collection policies; each org has a default global session policy.
NO_SUCH_KIND = (400, 404, 405)
FORBIDDEN, MISSING = 403, 404
HIDDEN_SESSIONS = (
    "Global session policies: the credentials may not read them (403). Whom they refuse is unknown,"
    " so nobody surely gets in, and no break-glass group is sure."
)
ABSENT_SESSIONS = (
    "Global session policies: Okta answers as if the org had none, which each org has. Whom they"
    " refuse is unknown, so nobody surely gets in, and no break-glass group is sure."
)
HIDDEN_DEFAULT = (
    "Global session policies: Okta does not show the default policy, which each org has, so others"
    " may be missing, too. Whom they refuse is unknown, so nobody surely gets in, and no"
    " break-glass group is sure."
)
HIDDEN_SIGNALS = (
    "Device signal collection policies: the credentials may not read them (403). Whom they leave"
    " without a registered device or Okta FastPass is unknown, and counts as refused."
)
HIDDEN_AUTHENTICATORS = (
    "Authenticators: the credentials may not read them (403). Whether Okta FastPass is active is"
    " unknown, and who signs in with it counts as refused."
)
REMEDY = "Let the role of the credentials view all policies."
ABSENT_REMEDY = "Check okta_org_url, and the proxy if there is one, and run again."
AUTHENTICATORS_REMEDY = "Let the role of the credentials view authenticators."

Item = t.TypeVar("Item")


class OtherPolicies:
    """The active policies of other kinds, each kind read once, when it is needed first.

    A kind takes a list and a read of the rules of each policy that may be active; of each such
    device signal collection policy the mappings, too, and the rules only if it has any. With these,
    two reads tell whether Okta FastPass is active (``fast_pass``). An org may not have device
    signal collection policies; each has global session policies with a default one, whatever it
    answers. What a credential may not read is in ``unread``, and may be anything: what depends on
    it is unknown. Other errors are raised.

    :arg warn: displays what a credential may not read, once.
    """

    def __init__(self, okta: Okta, warn: t.Callable[[str], None] | None = None) -> None:
        self._okta = okta
        self.fast_pass = FastPass(okta)
        self._reader, self._warn = _Reader(warn), warn

    def warn(self, text: str) -> None:
        """Display what else could not be read."""
        if self._warn:
            self._warn(text)

    @cached_property
    def sessions(self) -> Sessions:
        """The global session policies."""
        policies = self._reader.kind(
            HIDDEN_SESSIONS,
            self._okta.session_policies,
            ABSENT_SESSIONS,
        )
        if policies is None:
            return Sessions(is_unread=True)
        known = tuple(map(self._session_policy, active_in_order(policies)))
        is_whole = any(each.policy.system for each in known)
        if not is_whole:
            self._reader.note(HIDDEN_DEFAULT)
        return Sessions(known, not is_whole or any(each.rules is None for each in known))

    def _session_policy(self, policy: RankedPolicy) -> SessionPolicy:
        rules = self._reader.items(policy, self._okta.session_rules)
        return SessionPolicy(policy, rules)

    @cached_property
    def signals(self) -> tuple[SignalPolicy, ...]:
        """The device signal collection policies, and what stands for Okta FastPass."""
        policies = self._reader.kind(HIDDEN_SIGNALS, self._okta.signal_policies)
        if policies is None:
            return (*self._fast_pass(), UNREAD_SIGNALS)
        return (
            *self._fast_pass(),
            *(self._signal_policy(each) for each in active_in_order(policies)),
        )

    def _fast_pass(self) -> tuple[SignalPolicy, ...]:
        """Return what stands for Okta FastPass if it may authenticate nobody in the org."""
        try:
            problem = self.fast_pass.problem
        except ApiError as error:
            if error.status != FORBIDDEN:
                raise
            self._reader.note(HIDDEN_AUTHENTICATORS, AUTHENTICATORS_REMEDY)
            return (UNREAD_FAST_PASS,)
        return (inactive_fast_pass(problem.fact),) if problem else ()

    def _signal_policy(self, policy: RankedPolicy) -> SignalPolicy:
        resources = self._reader.items(policy, self._okta.mapped_resources)
        known = None if resources is None or "" in resources else frozenset(resources)
        if resources == ():
            return SignalPolicy(policy.id, policy.name, (), known)
        rules = self._reader.items(policy, self._okta.signal_rules)
        return SignalPolicy(policy.id, policy.name, rules, known)

    @property
    def unread(self) -> tuple[str, ...]:
        """A sentence for each kind, and each policy, that was asked for and is not shown."""
        return tuple(self._reader.unread)


class _Reader:
    """Reads what an org may not have, or a credential may not read."""

    def __init__(self, warn: t.Callable[[str], None] | None) -> None:
        self.unread: list[str] = []
        self._warn = warn

    def note(self, sentences: str, remedy: str = REMEDY) -> None:
        """Note what a credential may not read, once."""
        text = f"{sentences} {remedy}"
        if text not in self.unread:
            self.unread.append(text)
            if self._warn:
                self._warn(text)

    def kind(
        self, hidden: str, read: t.Callable[[], list[RankedPolicy]], absent: str = ""
    ) -> list[RankedPolicy] | None:
        """Return the policies of a kind, none if the org has none, None if they are not shown.

        :arg hidden: what it means if a credential may not read them.
        :arg absent: what it means if each org has them and this one answers that it does not.
        """
        try:
            return read()
        except ApiError as error:
            is_absent = error.status in NO_SUCH_KIND or error.error_code == FEATURE_MISSING
            if is_absent and not absent:
                return []
            if not is_absent and error.status != FORBIDDEN:
                raise
            self.note(*((absent, ABSENT_REMEDY) if is_absent else (hidden,)))
            return None

    def items(
        self, policy: RankedPolicy, read: t.Callable[[str], list[Item]]
    ) -> tuple[Item, ...] | None:
        """Return rules or mappings of a policy, None if they are not shown.

        By 404 the policy was deleted, or is one that the credentials may not read.
        """
        try:
            return tuple(read(policy.id))
        except ApiError as error:
            if error.status not in (FORBIDDEN, MISSING):
                raise
            fact = (
                "the credentials may not read its rules or mappings (403)"
                if error.status == FORBIDDEN
                else "Okta lists it and does not find its rules or mappings (404)"
            )
            self.note(
                f"Policy {policy.name!r}: {fact}. They count as not known, so the forecast may list"
                " too many people."
            )
            return None
