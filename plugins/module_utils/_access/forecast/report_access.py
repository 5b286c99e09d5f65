# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the rules of apps admit from their Macs, while these are managed and after. Pure.

The rules are evaluated as in a forecast of their change; here they stay, and the Macs change.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ..._core.text import abbreviate
from ..._fleet.access_calendar import (
    ALREADY,
    STATES,
    AccessForecast,
    AccessVerdict,
    AccessVerdicts,
    Horizon,
    MacAccess,
    PersonAccess,
    find_least_access,
    judge_access,
    judge_managed_only,
    judge_people,
)
from ..._fleet.facts import AgeLimits, Fleet, MacFacts, fold_person
from ..._fleet.managed_until import Outlook, name_of
from ..._okta.records import App
from ..._okta.user_statuses import ACTIVE, BLOCKED, describe_account
from ..rules.rule_order import Rules
from ..rules.subjects import named_groups, named_users
from .conditions import DeviceContext, Identity
from .evaluation import (
    Candidate,
    compare_candidates,
    list_possible_outcomes,
    list_unknowns,
    select_candidates,
)
from .session_policies import Sessions
from .signal_policies import NO_SIGNALS, SignalPolicy, Signals

MAC = "MACOS"
MAX_UNKNOWN_NAMES = 3  # in a reason
NO_USER = "Okta shows no user with this login."
UNREAD_SESSIONS = "It depends on global session policies that the credentials may not read."


class JudgedApp(t.NamedTuple):
    """An app, and the rules of the policy that judges its sign-ins, in order.

    ``signals`` are the device signal collection policies that may concern them. ``problem`` says
    why the rules are not evaluated, as sentences, "" if they are. ``is_off``: because nobody signs
    in to the app, not because its rules are unknown.
    """

    app: App
    rules: Rules
    signals: tuple[SignalPolicy, ...] = ()
    problem: str = ""
    is_off: bool = False

    @property
    def verdict(self) -> AccessVerdict | None:
        """What holds for everybody if the rules are not evaluated."""
        return (
            AccessVerdict("no" if self.is_off else "unknown", self.problem)
            if self.problem
            else None
        )


@dataclass
class Users:
    """The users of Okta whom rules may tell apart.

    ``ids`` are by the key of the login (facts.fold_person). ``devices`` are by user, ``members``
    are user ids by group, ``types`` the ids of user types by user, and ``statuses`` those of their
    accounts, as far as they were read. ``unsure_passwords`` are users who may have no password in
    Okta. ``sessions`` are the global session policies, which may
    refuse a person before any rule is asked. ``unread_groups`` are those whose members Okta does
    not show. ``logins`` are by the keys of login and e-mail address (facts.map_logins).
    """

    ids: t.Mapping[str, str] = field(default_factory=dict)
    devices: t.Mapping[str, t.Sequence[DeviceContext]] = field(default_factory=dict)
    members: t.Mapping[str, t.AbstractSet[str]] = field(default_factory=dict)
    types: t.Mapping[str, str] = field(default_factory=dict)
    statuses: t.Mapping[str, str] = field(default_factory=dict)
    sessions: Sessions = Sessions()
    unread_groups: frozenset[str] = frozenset()
    logins: t.Mapping[str, str] = field(default_factory=dict)
    unsure_passwords: frozenset[str] = frozenset()

    def find_identity(self, login: str) -> Identity | None:
        """Return what rules can ask of a person, or None if Okta showed no such user."""
        user_id = self._find_id(login)
        if user_id is None:
            return None
        groups = frozenset(group for group, users in self.members.items() if user_id in users)
        return Identity(
            user_id,
            groups,
            user_type=self.types.get(user_id),
            unread_groups=self.unread_groups,
            sure_password=user_id not in self.unsure_passwords,
        )

    def _find_id(self, login: str) -> str | None:
        key = fold_person(login)
        return self.ids.get(fold_person(self.logins.get(key, key)))

    def find_refusal(self, identity: Identity, device: DeviceContext) -> AccessVerdict | None:
        """Return why a person is surely refused before any rule is asked, or None."""
        status = self.statuses.get(identity.id, ACTIVE)
        if status in BLOCKED:
            return AccessVerdict("no", describe_account(status))
        refusal = self.sessions.find_refusal(identity, device)
        return AccessVerdict("no", f"Refused by {refusal.label}.") if refusal else None

    def explain_uncertainty(self, identity: Identity | None, device: DeviceContext) -> str:
        """Return why a person may be refused before any rule is asked, as sentences, or ""."""
        if identity is None:  # the account may not work, and any session policy may refuse it
            return NO_USER
        reasons = (
            describe_account(self.statuses.get(identity.id, ACTIVE)),
            self._explain_session(identity, device),
        )
        return " ".join(filter(None, reasons))

    def _explain_session(self, identity: Identity, device: DeviceContext) -> str:
        if self.sessions.is_unread:
            return UNREAD_SESSIONS
        possible = self.sessions.find_possible_refusal(identity, device)
        if possible is None:
            return ""
        return f"{possible.label[0].upper()}{possible.label[1:]} may refuse it."

    def list_contexts(self, login: str, mac: MacFacts) -> list[DeviceContext]:
        """Return a Mac as a person signs in from it; one for each of its records of the person."""
        ids = {record.id for record in mac.records}
        devices = self.devices.get(self._find_id(login) or "", ())
        return [each for each in devices if each.device_id in ids] or [DeviceContext(MAC)]


def judge_app_access(
    judged: JudgedApp, macs: t.Iterable[MacFacts], users: Users, limits: AgeLimits, horizon: Horizon
) -> list[PersonAccess]:
    """Return the access of each person to an app from their Macs."""
    policy = _Policy(judged.rules, Signals(judged.signals, judged.signals), judged.verdict)

    def judge_device(identity: Identity | None, device: DeviceContext) -> AccessVerdicts:
        refusal = users.find_refusal(identity, device) if identity else None
        if refusal:
            return dict.fromkeys(STATES, refusal)
        verdicts = policy.judge(identity, device)
        why = users.explain_uncertainty(identity, device)
        return make_refusable(verdicts, why) if why else verdicts

    def judge_record(
        mac: MacFacts, identity: Identity | None, device: DeviceContext, outlook: Outlook
    ) -> MacAccess:
        verdicts = judge_device(identity, device)
        if not outlook.superseded:
            return judge_access(name_of(mac), outlook, verdicts, horizon)
        unregistered = judge_device(identity, DeviceContext(MAC))
        possible = make_unregistrable(verdicts, unregistered, outlook.superseded)
        access = judge_access(name_of(mac), outlook, possible, horizon)
        refused = judged.verdict is not None or verdicts[outlook.today].state == "no"
        if refused or not policy.admits_more(identity or Identity(), device, DeviceContext(MAC)):
            return access
        rest = access.reason.removeprefix(outlook.superseded).lstrip()
        return replace(access, lost=ALREADY, reason=f"{outlook.superseded} {rest}".rstrip())

    def judge(mac: MacFacts, login: str, outlook: Outlook) -> MacAccess:
        identity = users.find_identity(login)
        # Which of several records Okta Verify uses is unknown.
        return find_least_access(
            judge_record(mac, identity, each, outlook) for each in users.list_contexts(login, mac)
        )

    people = judge_people(macs, limits, judge, users.logins)
    return [PersonAccess(login, known, str(judged.app.label)) for login, known in people.items()]


def forecast_access(
    fleet: Fleet,
    horizon: Horizon,
    apps: t.Sequence[JudgedApp] = (),
    users: Users | None = None,
    notes: tuple[str, ...] = (),
) -> AccessForecast:
    """Return the access of each person to each app, or to any that would admit managed Macs.

    :arg users: None without apps.
    :arg notes: sentences on what was not evaluated.
    """
    macs, limits = fleet.macs_of_org, fleet.limits
    people = (
        judge_managed_only(macs, limits, horizon)
        if users is None
        else [
            person
            for judged in apps
            for person in judge_app_access(judged, macs, users, limits, horizon)
        ]
    )
    labels = tuple(str(each.app.label) for each in apps)
    return AccessForecast(horizon, tuple(people), labels, notes)


def make_refusable(verdicts: AccessVerdicts, why: str) -> AccessVerdicts:
    """Return verdicts of rules for people whom Okta may refuse before any rule is asked.

    Nobody surely gets in. Who gets in less from a Mac that is not managed still loses that.
    """
    return {state: _make_refusable(verdict, why) for state, verdict in verdicts.items()}


def _make_refusable(verdict: AccessVerdict, why: str) -> AccessVerdict:
    if verdict.state == "no":
        return verdict
    if verdict.state == "yes":
        return AccessVerdict("unknown", why)
    reason = why if verdict.reason == why else f"{verdict.reason} {why}".lstrip()
    return AccessVerdict("unknown", reason, verdict.shortfall + 1)


def make_unregistrable(
    verdicts: AccessVerdicts, unregistered: AccessVerdicts, why: str
) -> AccessVerdicts:
    """Return verdicts of a device whose record may not be that of the account in Okta Verify.

    Where the rules judge a Mac alike that is not registered, that is known.

    :arg why: the sentence for all others.
    """
    return {
        state: verdict
        if verdict.state == unregistered[state].state
        else AccessVerdict("unknown", why, sum(verdict.rank))
        for state, verdict in verdicts.items()
    }


@dataclass
class _Policy:
    """The rules of a policy. People and devices that they do not tell apart share verdicts.

    ``verdict`` holds for everybody if the rules are not evaluated.
    """

    rules: Rules
    signals: Signals = NO_SIGNALS
    verdict: AccessVerdict | None = None
    _known: dict[tuple[object, ...], AccessVerdicts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the users and groups that the rules name."""
        self._users, self._groups = named_users(self.rules), named_groups(self.rules)

    def judge(self, person: Identity | None, device: DeviceContext) -> AccessVerdicts:
        """Return whether the rules admit a person on a device, by whether it is managed."""
        if self.verdict:
            return dict.fromkeys(STATES, self.verdict)
        if person is None and (self._users or self._groups):
            return dict.fromkeys(STATES, AccessVerdict("unknown", NO_USER))
        known = person or Identity()
        traits = replace(device, managed=False).traits
        key = (known.traits(self._users, self._groups), traits)
        if key not in self._known:
            self._known[key] = self._decide(known, device)
        return self._known[key]

    def _decide(self, person: Identity, device: DeviceContext) -> AccessVerdicts:
        managed, unmanaged = (
            self._judge_state(person, replace(device, managed=state)) for state in (True, False)
        )
        if managed.state == unmanaged.state:
            if managed.state == "unknown":
                states = (replace(device, managed=state) for state in (True, False))
                unmanaged = unmanaged._replace(shortfall=int(self.admits_more(person, *states)))
            return {"yes": managed, "unknown": unmanaged, "no": unmanaged}
        # To be managed is then one unknown more.
        shortfall = int(managed.state == "unknown" and unmanaged.state == "no")
        either = AccessVerdict("unknown", shortfall=shortfall)
        return {"yes": managed, "unknown": either, "no": unmanaged}

    def admits_more(self, person: Identity, device: DeviceContext, other: DeviceContext) -> bool:
        """Return whether some answer to the unknowns admits a person from a device alone.

        :arg other: the device from which it does not.
        """
        chosen, others = (
            [
                select_candidates(self.rules, person, pair.after.device)
                for pair in self.signals.pairs(each)
            ]
            for each in (device, other)
        )
        return any(compare_candidates(*pair).lost for pair in zip(chosen, others))

    def _judge_state(self, person: Identity, device: DeviceContext) -> AccessVerdict:
        """Return whether the rules admit a person, however a sign-in sees the device."""
        views = [pair.after for pair in self.signals.pairs(device)]
        judged = [
            (judge_candidates(select_candidates(self.rules, person, view.device)), view.reason)
            for view in views
        ]
        first = judged[0][0]
        for verdict, reason in judged:
            if verdict.state != first.state:
                return AccessVerdict("unknown", f"It depends on {reason}.")
        return first


def judge_candidates(chosen: t.Sequence[Candidate]) -> AccessVerdict:
    """Return whether rules that may decide admit a person under any answer to the unknowns."""
    outcomes = list_possible_outcomes(chosen)
    rules = list(dict.fromkeys(outcome.rule for outcome in outcomes if outcome.rule))
    named = " or ".join(repr(rule) for rule in rules)
    admitted = {outcome.admitted for outcome in outcomes}
    if admitted == {True}:
        return AccessVerdict("yes", f"Rule {named} admits it.")
    if admitted == {False}:
        return AccessVerdict("no", f"Rule {named} refuses it." if named else "No rule admits it.")
    unknowns = abbreviate(sorted(list_unknowns(chosen)), MAX_UNKNOWN_NAMES)
    return AccessVerdict("unknown", f"Whether rule {named} admits it depends on {unknowns}.")
