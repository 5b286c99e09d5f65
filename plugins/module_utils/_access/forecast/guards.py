# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards that refuse a change of sign-in rules which would lock people out.

They protect Okta's own apps, a break-glass group, and the people who use the apps.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.errors import Forbidden, Refused
from ..._core.options import Params
from ..._core.text import abbreviate
from ..._okta import client as okta_api
from ..._okta.client import Okta
from ..._okta.group_members import read_members
from ..._okta.records import App, OktaUser, Policy, PolicyRule
from ..._okta.user_statuses import ACTIVE, BLOCKED
from ..policies.lookups import find_groups
from ..rules.rule_order import Rules, in_order, same_rules
from ..rules.subjects import named_groups, named_platforms
from . import people as directories
from . import policy_reader, sure_verification
from .conditions import NEVER, DeviceContext, Identity, Person
from .outcomes import EarlierRefusal, Forecast, candidates, forecast, split_refused
from .policy_reader import OtherPolicies
from .possible_refusals import may_refuse, newly_refusing_rule
from .session_policies import Sessions
from .sign_ins import read_sign_ins
from .signal_policies import NO_SIGNALS, Signals, signals_of

USES = (
    *directories.USES,
    okta_api.LIST_GROUPS,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_ENROLLMENTS,
    *policy_reader.USES,
    okta_api.GET_USER,
)

# Okta's own apps by their names, the same in every org: without them nobody administers the org or
# can add Okta Verify.
OWN_APPS = {
    "saasure": "the Admin Console",
    "okta_enduser": "the dashboard",
    "okta_account_settings": "the page where people add Okta Verify",
    "okta_browser_plugin": "the browser plugin",
}
MAX_STATUS_READS = 100  # people of whom only the log says that they exist
ENROLLMENT_APP = "the app that Okta Verify enrols by"
POSSIBLE_ENROLLMENT_APP = "an app of Okta that Okta Verify may enrol by; Okta does not show which"
UNLISTED_APP = "an app that Okta does not list, which may be one of its own"
# The policy that decides who may add an authenticator.
OWN_RESOURCE = "END_USER_ACCOUNT_MANAGEMENT"
ACCOUNT_POLICY = "okta account management"  # how its name begins, in lower case
MAX_UNKNOWN_NAMES = 3  # in a message


@dataclass(frozen=True)
class AppChange:
    """An app and the rules that apply to its sign-ins, before a change and after it.

    ``left`` are, of an app that goes back, the rules that its earlier policy had when the app left
    it, None if they are not recorded. Whom these refused does not lose anything. ``policy_after``
    is the id of the policy that the app would have, or of the original of a clone that does not
    exist yet; "" for the one that it has.
    """

    app: App
    before: Rules
    after: Rules
    left: Rules | None = None
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
        moves = before != after and self.left is None
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
            if each.left is None or may_refuse(each.left, each.after)
        ]


@dataclass(frozen=True)
class GuardOptions:
    """The options of ``_core.options.FORECAST``."""

    forecast: bool
    active_days: int
    log_events: int
    max_locked_out: int
    break_glass_group: str | None
    allow_protected_apps: t.Sequence[str]

    @classmethod
    def from_params(cls, params: Params) -> GuardOptions:
        """Return the options among those of a module."""
        return cls(**{name: params[name] for name in cls.__dataclass_fields__})


def check_change(
    okta: Okta, change: PolicyChange, options: GuardOptions, others: OtherPolicies | None = None
) -> Forecast | None:
    """Return the forecast of a change of one policy (see ``check_changes``)."""
    return check_changes(okta, [change], options, others)


def check_changes(
    okta: Okta,
    changes: t.Sequence[PolicyChange],
    options: GuardOptions,
    others: OtherPolicies | None = None,
) -> Forecast | None:
    """Return the forecast of changes together, None if it is switched off. Only reads.

    Raises Refused if they would lock people out. Okta's own apps, the policy for adding
    authenticators and the break-glass group are guarded without a forecast, too. Reversals that
    can refuse nobody, or nobody whom the earlier policy admitted when the apps left it, have none
    either, and nothing is read for them. Where its rules then are not recorded, a reversal goes
    ahead: it is the way out of an emergency.
    """
    members: dict[str, t.Sequence[OktaUser]] = {}
    others = others or OtherPolicies(okta)
    for change in changes:
        refusing = ProtectedAppsGuard(options.allow_protected_apps, others).check(change)
        guard = BreakGlassGuard(okta, options.break_glass_group, others)
        if _needs_break_glass(guard, change, refusing, options):
            members |= guard.check(change.after, change.policy.name, refusing)
    reversed_only = all(change.is_reversal for change in changes)
    if not options.forecast or (
        reversed_only and not any(change.stricter_apps for change in changes)
    ):
        return None
    apps = [app for change in changes for app in change.apps]
    limits = options.active_days, options.log_events
    result = read_forecast(okta, apps, *limits, members, others)
    described = "; ".join(change.describe() for change in changes)
    unproven = {each.app.id for each in apps if reversed_only and each.left is None}
    LockOutGuard(options.max_locked_out, reversed_only, described).check(result.without(unproven))
    return result


def _needs_break_glass(
    guard: BreakGlassGuard, change: PolicyChange, refusing: str | None, options: GuardOptions
) -> bool:
    """Return whether the break-glass group has to keep access.

    An app that goes back to a policy without managed devices is the exception, unless it is Okta's
    own: whom that policy admits was decided before, and a rollback must not wait for it. After a
    reversal the group does not need what it lacks before, nor an app that the option consents to.
    """
    demanding = any(map(requires_managed, change.after))
    if not change.is_reversal:
        return refusing is not None or demanding
    apps = [
        each
        for each in change.refusing_apps
        if refusing is not None
        or not {each.app.id, each.app.label} & set(options.allow_protected_apps)
    ]
    if not apps or not (refusing is not None or demanding):
        return False
    earlier: list[Rules] = []
    for app in apps:
        if app.before not in earlier:
            earlier.append(app.before)
    return not options.break_glass_group or any(map(guard.is_admitted, earlier))


def requires_managed(rule: PolicyRule) -> bool:
    """Return whether a rule requires managed devices: it admits only them, or refuses others."""
    device = rule.condition("device")
    if rule.is_inactive:
        return False
    if rule.denies:
        return device.get("managed") is False or device.get("registered") is False
    return device.get("managed") is True


# Okta's own apps


@dataclass(frozen=True)
class ProtectedAppsGuard:
    """Protects Okta's own apps, and the policy for adding authenticators.

    People who are locked out of these cannot help themselves. Whether anybody used an app does not
    count: each kind of person and device that the rules tell apart is judged.
    """

    allowed: t.Sequence[str]  # labels, names or ids
    others: OtherPolicies

    def check(self, change: PolicyChange) -> str | None:
        """Return a rule that may refuse people at one of them where that is allowed, or None.

        Raises Refused where it is not allowed.
        """
        refusing = self._check_account_policy(change)
        strict = [
            (each, rule)
            for each in change.apps
            for rule in [self._refusing_rule(change, each)]
            if rule is not None
        ]
        enrollment = self._enrollment_apps() if strict else frozenset()
        roles: list[str] = []
        for each, rule in strict:
            role = _role_of(each.app, enrollment)
            if not each.app.is_listed and not change.is_reversal:
                role = UNLISTED_APP
            if not role:
                continue
            refusing = refusing or rule
            if not self._is_allowed(each.app.id, each.app.label):
                roles.append(f"{each.app.label!r} ({role})")
        if roles:
            raise Refused(_explain_roles(roles, change, refusing))
        return refusing

    def _refusing_rule(self, change: PolicyChange, app: AppChange) -> str | None:
        signals = NO_SIGNALS if change.is_reversal else app.signals_of_move(self.others)
        return change.refusing_rule(app.before, app.after, signals)

    def _check_account_policy(self, change: PolicyChange) -> str | None:
        policy = change.policy
        refusing = (
            change.refusing_rule(change.before, change.after) if is_account_policy(policy) else None
        )
        if refusing is None or self._is_allowed(policy.id, policy.name):
            return refusing
        reason = (
            "If it requires a managed device, no new device can become one."
            if any(map(requires_managed, change.after))
            else f"Rule {refusing!r} may refuse people who can add one now, and then no new device"
            " can be registered."
        )
        raise Refused(
            f"Policy {policy.name!r} decides who may add an authenticator. {reason} If you intend"
            " that, name it in allow_protected_apps."
        )

    def _is_allowed(self, *names: str | None) -> bool:
        return any(name in self.allowed for name in names)

    def _enrollment_apps(self) -> frozenset[str]:
        """Return the ids of the apps that Okta Verify enrols by, "" for one that is not shown."""
        return frozenset(
            authenticator.app_instance_id
            for authenticator in self.others.fast_pass.authenticators
            if str(authenticator.key).startswith("okta_verify")
        )


def is_account_policy(policy: Policy) -> bool:
    """Return whether a policy decides who may add an authenticator.

    Some listed policies do not show what they guard; of these, the name decides.
    """
    if policy.resource_type:
        return policy.resource_type == OWN_RESOURCE
    return policy.name.casefold().startswith(ACCOUNT_POLICY)


def _refusing_rule(before: Rules, after: Rules, signals: Signals) -> str | None:
    """Return a rule that requires managed devices, else one that may refuse people, else None."""
    demanding = next((rule.name for rule in after if requires_managed(rule)), None)
    return newly_refusing_rule(before, after, signals) if demanding is None else demanding


def _role_of(app: App, enrollment_apps: frozenset[str]) -> str:
    """Return what people need an app of Okta for, "" for any other app.

    In recorded orgs Okta does not show the app that Okta Verify enrols by. Each app of Okta's own
    may then be it.
    """
    role = OWN_APPS.get(str(app.name), "")
    if role or app.id in enrollment_apps - {""}:
        return role or ENROLLMENT_APP
    own = str(app.name).startswith("okta_") or "okta verify" in str(app.label).casefold()
    return POSSIBLE_ENROLLMENT_APP if own and "" in enrollment_apps else ""


def _explain_roles(roles: t.Sequence[str], change: PolicyChange, refusing: str | None) -> str:
    demands = any(requires_managed(rule) for each in change.apps for rule in each.after)
    effect = (
        "would require managed devices"
        if demands
        else f"may refuse people who are admitted now (rule {refusing!r})"
    )
    pronoun = "it" if len(roles) == 1 else "them"
    return (
        f"{', '.join(roles)} {effect}, and people who are locked out there cannot help themselves."
        f" Remove {pronoun}. If you intend that, name {pronoun} in allow_protected_apps."
    )


# Break glass


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

    def check(self, after: Rules, policy: str, refusing: str | None = None) -> directories.Members:
        """Return the members of the group and of the groups that rules name. Raises Refused.

        :arg policy: the name of the policy, for messages.
        :arg refusing: a rule that may refuse people at one of Okta's own apps.
        """
        demanding = [rule for rule in after if requires_managed(rule)]
        if not self.group_name:
            raise Refused(_explain_missing_group(demanding, policy, refusing))
        group = find_groups(self.okta, [self.group_name], "break_glass_group")[0]
        if group.is_everyone and demanding:
            raise Refused(
                f"break_glass_group: group {group.name!r} has everybody, so"
                f" {_list_rules(demanding)} of policy {policy!r} would require managed devices of"
                " nobody. Name a group of a few people."
            )
        including = [
            rule for rule in demanding if group.id not in rule.members("groups", "exclude")
        ]
        if including:
            raise Refused(
                f"break_glass_group: {_list_rules(including)} of policy {policy!r} would require"
                f" managed devices and does not exclude group {group.name!r}. Add the group to"
                " groups_excluded."
            )
        idle = [rule for rule in demanding if _applies_to_nobody(rule)]
        if idle:
            raise Refused(
                f"groups: {_list_rules(idle)} of policy {policy!r} would apply to nobody, because"
                " groups_excluded has each of its groups. Name groups other than the break-glass"
                " group."
            )
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
        return members

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
            self.check(rules, "")
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
        # A member who lacks an authenticator can enrol one, so that is named first.
        unmet = min(unmet_rules, key=lambda each: (not each.lacks, each.rule))
        reason = (
            f"rule {unmet.rule!r} requires {unmet.lacks}. Enrol what it requires, or add a"
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


def _admitted_by_sessions(
    sessions: Sessions,
    users: t.Sequence[OktaUser],
    members: directories.Members,
    names: Names,
) -> list[OktaUser]:
    """Return the users whom no global session policy surely refuses. Raises Refused without any."""
    refusals = [sessions.refusal_of(_identity(user, members, sessions.groups)) for user in users]
    admitted = [user for user, refusal in zip(users, refusals) if refusal is None]
    if not admitted:
        labels = sorted({refusal.label for refusal in refusals if refusal})
        raise Refused(
            f"break_glass_group: {', '.join(labels)} refuses each member of group"
            f" {names.group!r}. Exclude the group there, or add a member whom no rule refuses."
        )
    return admitted


def _applies_to_nobody(rule: PolicyRule) -> bool:
    """Return whether a rule excludes all groups that it includes. Users may be included as well."""
    groups = set(rule.members("groups", "include"))
    excluded = set(rule.members("groups", "exclude"))
    return bool(groups) and groups <= excluded and not rule.members("users", "include")


def _explain_missing_group(demanding: Rules, policy: str, refusing: str | None) -> str:
    if demanding:
        return (
            f"break_glass_group: {_list_rules(demanding)} of policy {policy!r} would require"
            " managed devices, and no group keeps access if that fails. Name a group here and in"
            " groups_excluded."
        )
    return (
        f"break_glass_group: rule {refusing!r} of policy {policy!r} may refuse people, and no group"
        " keeps access if that fails. Name a group here that another rule admits."
    )


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
        chosen = candidates(after, person, DeviceContext(platform))
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
        for candidate in candidates(after, person, DeviceContext(platform))
    }
    return [rule for rule in in_order(after) if rule.name in names and not rule.is_inactive]


# People


@dataclass(frozen=True)
class LockOutGuard:
    """Limits how many people a change may lock out.

    A reversal may lock out as many more as it admits again, who are other people.

    :arg change: the policies and apps of the change, for the message.
    """

    limit: int
    is_reversal: bool = False
    change: str = ""

    def check(self, result: Forecast) -> None:
        """Raise Refused if more people would be locked out than the limit."""
        logins = result.locked_out_logins
        regaining = {row.login for row in result.newly_admitted} - set(logins)
        needed = len(logins) - (len(regaining) if self.is_reversal else 0)
        if needed <= self.limit:
            return
        subject = f" The change: {self.change}." if self.change else ""
        remedy = "Prepare their devices, limit the rules to groups without them"
        if self.is_reversal:
            subject += " The earlier policy changed after the apps left it."
            remedy = "Correct the earlier policy"
        raise Refused(
            f"max_locked_out: {len(logins)} {'person' if len(logins) == 1 else 'people'} who used"
            f" these apps would be locked out: {abbreviate(logins)}.{subject}"
            f"{_explain_unknowns(result)} Nothing was written. {remedy}, or set"
            f" max_locked_out to {needed} for this run.",
            count=len(logins),
            allowed=self.limit,
            forecast=result.as_result(),
        )


def _explain_unknowns(result: Forecast) -> str:
    text = ""
    if result.unknowns:
        names = "; ".join(result.unknowns[:MAX_UNKNOWN_NAMES])
        text = (
            f" The rules depend on what cannot be known: {names}. If any answer to it admits a"
            " person before the change and refuses them after it, they count as locked out."
        )
    if result.unread_logins:
        count = len(result.unread_logins)
        text += (
            f" {count} of them count only because the credentials may not read the device signal"
            " collection policies (403): let the role of the credentials view all policies first."
            f" If you know that the org has none, set max_locked_out to {count} for this run; it"
            " still refuses if others are locked out, too."
        )
    if not result.log_names_devices:
        text += (
            " The System Log does not name the devices of their sign-ins, so each person counts"
            " with their registered devices and with one that Okta does not know."
        )
    hidden = [login for login in result.locked_out_logins if login in result.status_unknown]
    if hidden:
        text += (
            f" Okta does not show the status of {abbreviate(hidden)}, so they count as people who"
            " can sign in. If they left, set active_days to fewer days than since their last"
            " sign-in."
        )
    return text


def read_forecast(
    okta: Okta,
    changes: t.Sequence[AppChange],
    active_days: int,
    log_events: int,
    members: directories.Members | None = None,
    others: OtherPolicies | None = None,
) -> Forecast:
    """Return the forecast over all apps whose rules or device signals change.

    Without any, nothing is read but the device signal collection policies of an app that moves.

    A person counts once, with a row for each app. That takes one more call for each person who
    would be locked out and whose status no group shows, if they are at most 100.
    """
    others = others or OtherPolicies(okta)
    changes = [change for change in changes if change.may_affect(others)]
    if not changes:
        return Forecast(unread=others.unread)
    policies = [rules for change in changes for rules in (change.before, change.after)]
    groups = named_groups(*policies) | others.sessions.groups
    directory = directories.read_directory(okta, groups, members)
    sign_ins = read_sign_ins(okta, [change.app.id for change in changes], active_days, log_events)
    directories.correct_devices(okta, directory, sign_ins)
    total = Forecast(log_names_devices=sign_ins.names_devices)
    user_ids, refused_earlier = set[str](), set[EarlierRefusal]()
    statuses: dict[str, str | None] = {}
    for change in changes:
        platforms = named_platforms(change.before, change.after)
        used, unseen = directories.people_of(sign_ins, directory, change.app.id, platforms)
        user_ids.update(person.id for person in used)
        used, refused = split_refused(used, others.sessions)
        unseen, _refused = split_refused(unseen, others.sessions)
        refused_earlier.update(refused)
        part = _forecast_app(change, used, unseen, others)
        total = replace(
            total,
            locked_out=total.locked_out + part.locked_out,
            newly_admitted=total.newly_admitted + part.newly_admitted,
            never_seen=total.never_seen + part.never_seen,
            people=len(user_ids),
        )
        statuses.update({person.id: person.status for person in used})
    total = _settle_statuses(okta, total, statuses)
    return replace(
        total,
        refused_earlier=tuple(sorted(refused_earlier, key=lambda each: each.login)),
        unread=(*others.unread, *directory.unread_groups.values()),
    )


def _forecast_app(
    change: AppChange,
    used: t.Collection[Person],
    unseen: t.Collection[Person],
    others: OtherPolicies,
) -> Forecast:
    """Return the forecast of one app."""
    signals = change.signals(others)
    part = forecast(change.before, change.after, used, unseen, signals)
    if change.left is not None:
        part = part.also_in(forecast(change.left, change.after, used, unseen, signals))
    return part.for_app(change.app)


def _settle_statuses(
    okta: Okta, result: Forecast, statuses: t.Mapping[str, str | None]
) -> Forecast:
    """Return a forecast without the people who left, as far as Okta shows it.

    The log names people whose status no group shows. Each who would be locked out is read. Whom
    Okta does not show, such as a deleted user, counts as a person who can sign in.

    :arg statuses: those that are known, by user.
    """
    unknown = {
        row.user_id: row.login for row in result.locked_out if statuses.get(row.user_id) is None
    }
    if len(unknown) > MAX_STATUS_READS:
        return replace(result, status_unknown=tuple(sorted(set(unknown.values()))))
    left, hidden = set(), set()
    for user_id, login in sorted(unknown.items()):
        status = _read_status(okta, user_id)
        if status is None:
            hidden.add(login)
        elif status in BLOCKED:
            left.add(user_id)
    remaining = tuple(row for row in result.locked_out if row.user_id not in left)
    return replace(result, locked_out=remaining, status_unknown=tuple(sorted(hidden)))


def _read_status(okta: Okta, user_id: str) -> str | None:
    try:
        user = okta.user(user_id)
    except Forbidden:  # a role that is limited to some users
        return None
    return user.status if user else None
