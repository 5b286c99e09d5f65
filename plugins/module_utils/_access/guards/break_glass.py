# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of the break-glass group, which must keep access without a managed device."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import Refused
from ..._core.text import abbreviate
from ..._okta.client import Okta
from ..._okta.group_members import read_members
from ..._okta.records import Group, OktaUser, PolicyRule
from ..._okta.user_statuses import ACTIVE
from ..forecast import directory as directories
from ..forecast import sure_verification
from ..forecast.conditions import NEVER, DeviceContext, Identity
from ..forecast.evaluation import select_candidates
from ..forecast.other_policies_reader import OtherPolicies
from ..forecast.policy_changes import requires_managed
from ..forecast.session_policies import Sessions
from ..policies.lookups import find_groups
from ..rules.rule_order import Rules, in_order
from ..rules.subjects import named_groups, named_platforms


class UnmetRule(t.NamedTuple):
    """A rule that may refuse a member.

    ``lacks`` is what the member lacks, "" if the rule refuses them whatever they have.
    """

    rule: str
    lacks: str = ""


class Names(t.NamedTuple):
    """The names of a policy and of the break-glass group, for messages."""

    policy: str
    group: str


@dataclass(frozen=True)
class BreakGlassGuard:
    """Requires a break-glass group with an active member whom the rules surely admit.

    They must admit the member without device trust. What cannot be known beforehand of these rules,
    or is not shown as enrolled, is not a proof. Of global session policies only a sure refusal
    counts: one that depends on the sign-in, such as its network, or that Okta does not show, does
    not, or an org that refuses one network could not enforce anything.
    """

    okta: Okta
    group_name: str | None  # or its id
    others: OtherPolicies

    def guard_rules(
        self, after: Rules, policy: str, refusing: str | None = None
    ) -> directories.Members:
        """Return the members of the group and of the groups that rules name. Raises Refused.

        Warns of members whom a rule may refuse, though another member is admitted.

        :arg policy: the name of the policy, for messages.
        :arg refusing: a rule that may refuse people at one of Okta's own apps.
        """
        members, active, names = self._check(after, policy, refusing)
        for text in _describe_refused(after, active, members, names):
            self.others.warn(text)
        return members

    def _check(
        self, after: Rules, policy: str, refusing: str | None = None
    ) -> tuple[directories.Members, list[OktaUser], Names]:
        """Return the members of all groups, the active ones of this group, and names.

        Raises Refused.
        """
        demanding = [rule for rule in after if requires_managed(rule)]
        if not self.group_name:
            raise Refused(_explain_missing_group(demanding, policy, refusing))
        group = find_groups(self.okta, [self.group_name], "break_glass_group")[0]
        _check_group(group, demanding, policy)
        sessions = self._read_sessions(str(group.name))
        named = {*named_groups(after), *sessions.groups} - {group.id}
        own: list[OktaUser] = list(read_members(self.okta, group.id))
        members = {group.id: own, **directories.read_groups(self.okta, named)[0]}
        active = [user for user in own if user.status == ACTIVE]
        if not active:
            raise Refused(
                f"break_glass_group: group {group.name!r} has no member who surely can sign in"
                f" (status {ACTIVE}). Add an active member."
            )
        names = Names(policy, str(group.name))
        admitted = _admitted_by_sessions(sessions, active, members, names)
        self._check_admission(after, admitted, members, names)
        return members, active, names

    def _read_sessions(self, group: str) -> Sessions:
        if self.others.sessions.is_unread:
            raise Refused(
                f"break_glass_group: whether global session policies refuse group {group!r} is"
                " unknown, because Okta does not show all of them. Let the role of the credentials"
                " view all policies."
            )
        return self.others.sessions

    def is_admitted(self, rules: Rules) -> bool:
        """Return whether these rules surely admit a member. Raises BadOption."""
        try:
            self._check(rules, "")
        except Refused:
            return False
        return True

    def _check_admission(
        self,
        after: Rules,
        active: t.Sequence[OktaUser],
        members: directories.Members,
        names: Names,
    ) -> None:
        """Raise Refused unless one member surely passes each rule that may decide."""
        unmet_rules = []
        for user in active:
            unmet = self._find_unmet_rule(after, user, members)
            if unmet is None:
                return
            unmet_rules.append(unmet)
        # A member who lacks an authenticator can enroll one, so that is named first.
        unmet = min(unmet_rules, key=lambda each: (not each.lacks, each.rule))
        reason = (
            f"rule {unmet.rule!r} requires {unmet.lacks}. Enroll what it requires, or add a"
            if unmet.lacks
            else f"rule {unmet.rule!r} refuses them. Add a"
        )
        raise Refused(
            f"break_glass_group: policy {names.policy!r} admits no member of group"
            f" {names.group!r} from a device that Okta does not know: {reason} rule that admits"
            " the group."
        )

    def _find_unmet_rule(
        self, after: Rules, user: OktaUser, members: directories.Members
    ) -> UnmetRule | None:
        """Return what may refuse a member on a device that Okta does not know, or None."""
        person = _identity(user, members, named_groups(after))
        blocking = blocking_rule(after, person)
        if blocking is not None:
            return UnmetRule(blocking)
        enrollments = self.okta.enrollments(user.id)
        failing = next(
            (
                each
                for each in deciding_rules(after, person)
                if not sure_verification.passes(each, enrollments)
            ),
            None,
        )
        if failing is None:
            return None
        keys = sorted({str(each.key) for each in enrollments if each.status == "ACTIVE"})
        return UnmetRule(
            failing.name,
            f"{sure_verification.describe_requirement(failing)}, and {user.name} has"
            f" {', '.join(keys) or 'no authenticator'}",
        )


def _check_group(group: Group, demanding: Rules, policy: str) -> None:
    """Raise Refused unless each of these rules excludes the group, and applies to other people."""
    if group.is_everyone and demanding:
        raise Refused(
            f"break_glass_group: group {group.name!r} has everybody, so"
            f" {_list_rules(demanding)} of policy {policy!r} would require managed devices of"
            " nobody. Name a group of a few people."
        )
    including = [rule for rule in demanding if group.id not in rule.people.groups_excluded]
    if including:
        raise Refused(
            f"break_glass_group: {_list_rules(including)} of policy {policy!r} would require"
            f" managed devices, and {'do' if len(including) > 1 else 'does'} not exclude group"
            f" {group.name!r}. Exclude the group from {_refer(including)}."
        )
    idle = [rule for rule in demanding if _applies_to_nobody(rule)]
    if idle:
        raise Refused(
            f"groups: {_list_rules(idle)} of policy {policy!r} would apply to nobody, because"
            " all groups of a rule are excluded from it. Name groups other than the break-glass"
            " group."
        )


def _admitted_by_sessions(
    sessions: Sessions,
    users: t.Sequence[OktaUser],
    members: directories.Members,
    names: Names,
) -> list[OktaUser]:
    """Return the users whom no global session policy surely refuses. Raises Refused without any."""
    refusals = [sessions.find_refusal(_identity(user, members, sessions.groups)) for user in users]
    admitted = [user for user, refusal in zip(users, refusals) if refusal is None]
    if not admitted:
        labels = sorted({refusal.label for refusal in refusals if refusal})
        raise Refused(
            f"break_glass_group: {', '.join(labels)} refuses each member of group"
            f" {names.group!r}. Exclude the group there, or add a member whom no rule refuses."
        )
    return admitted


def _describe_refused(
    after: Rules, users: t.Sequence[OktaUser], members: directories.Members, names: Names
) -> list[str]:
    """Return a warning for each rule that may refuse some of the active members."""
    refused: dict[str, list[str]] = {}
    for user in users:
        rule = blocking_rule(after, _identity(user, members, named_groups(after)))
        if rule is not None:
            refused.setdefault(rule, []).append(user.name)
    texts = []
    for rule, people in sorted(refused.items()):
        subject = (
            f"rule {rule!r} of policy {names.policy!r}" if rule else f"policy {names.policy!r}"
        )
        remedy = "Exclude the group from the rule" if rule else "Add a rule that admits them"
        texts.append(
            f"break_glass_group: {subject} may refuse {len(people)} of {len(users)} active members"
            f" of group {names.group!r} from a device that Okta does not know:"
            f" {abbreviate(sorted(people))}. {remedy}, if they need access."
        )
    return texts


def _applies_to_nobody(rule: PolicyRule) -> bool:
    """Return whether a rule excludes all groups that it includes. Users may be included as well."""
    people = rule.people
    groups, excluded = {*people.groups}, {*people.groups_excluded}
    return bool(groups) and groups <= excluded and not people.users


def _explain_missing_group(demanding: Rules, policy: str, refusing: str | None) -> str:
    if demanding:
        return (
            f"break_glass_group: {_list_rules(demanding)} of policy {policy!r} would require"
            " managed devices, and no group keeps access if that fails. Name a group here, and"
            f" exclude it from {_refer(demanding)}."
        )
    return (
        f"break_glass_group: rule {refusing!r} of policy {policy!r} may refuse people, and no group"
        " keeps access if that fails. Name a group here that another rule admits."
    )


def _refer(rules: Rules) -> str:
    return "these rules" if len(rules) > 1 else "the rule"


def _list_rules(rules: Rules) -> str:
    return f"rule{'s' if len(rules) > 1 else ''} {', '.join(repr(rule.name) for rule in rules)}"


def _identity(
    user: OktaUser, members: directories.Members, named: t.Iterable[str] = ()
) -> Identity:
    """Return a user as rules see them.

    :arg named: groups that they name. Those without members here were deleted.
    """
    groups = frozenset(
        group for group, users in members.items() if user.id in [each.id for each in users]
    )
    return Identity(user.id, groups, user.type_id, frozenset(named) - set(members))


def blocking_rule(after: Rules, person: Identity) -> str | None:
    """Return the rule that may refuse a person on a device that Okta does not know, or None.

    It is "" if no rule may apply. Which authenticators the person has is not checked.
    """
    for platform in named_platforms(after):
        chosen = select_candidates(after, person, DeviceContext(platform))
        for candidate in chosen:
            if candidate.admits == NEVER:
                return candidate.rule
        if not chosen or chosen[-1].applies:
            return ""
    return None


def deciding_rules(after: Rules, person: Identity) -> list[PolicyRule]:
    """Return the rules that may decide about a person on a device that Okta does not know."""
    names = {
        candidate.rule
        for platform in named_platforms(after)
        for candidate in select_candidates(after, person, DeviceContext(platform))
    }
    return [rule for rule in in_order(after) if rule.name in names and not rule.is_inactive]
