# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be locked out: ordered rules, people and their devices, before and after a change.

Pure. An unknown (see ``conditions``) is the same before and after a change. A person counts as
locked out if any answer to the unknowns admits them before and refuses them after.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from itertools import product

from ..._okta.records import App
from ..rules.rule_order import Rules, in_order
from ..rules.subjects import named_groups, named_users
from .conditions import (
    ALWAYS,
    NEVER,
    AnyOf,
    Conjunction,
    DeviceContext,
    Identity,
    Person,
    unknowns_to_apply,
)
from .possible_verification import satisfiable_by
from .session_policies import SessionRefusal, Sessions
from .signal_policies import NO_SIGNALS, UNREAD, Signals

# With more unknowns not every combination is tried: a person who may be admitted before and refused
# after counts as locked out.
MAX_UNKNOWNS = 10


class SignInOutcome(t.NamedTuple):
    """Whether a person is admitted, and the name of the rule that decides, "" if none does."""

    admitted: bool
    rule: str


class Candidate(t.NamedTuple):
    """A rule that may decide: the unknowns under which it applies, and under which it admits."""

    applies: Conjunction
    rule: str
    admits: AnyOf


def select_candidates(rules: Rules, person: Identity, device: DeviceContext) -> list[Candidate]:
    """Return the rules that may decide, in order, up to the first that applies in any case."""
    chosen = []
    for rule in in_order(rules):
        applies = unknowns_to_apply(rule, person, device)
        if applies is None:
            continue
        admits = satisfiable_by(rule, device, person.sure_password)
        chosen.append(Candidate(applies, rule.name, admits))
        if not applies:
            break
    return chosen


def decide(chosen: t.Iterable[Candidate], holding: t.AbstractSet[str]) -> SignInOutcome:
    """Return the outcome if exactly these unknowns hold."""
    for candidate in chosen:
        if candidate.applies <= holding:
            admitted = any(unknowns <= holding for unknowns in candidate.admits)
            return SignInOutcome(admitted, candidate.rule)
    return SignInOutcome(False, "")


def list_unknowns(chosen: t.Iterable[Candidate]) -> set[str]:
    """Return the unknowns that any of the rules depends on."""
    return {
        name
        for candidate in chosen
        for unknowns in (candidate.applies, *candidate.admits)
        for name in unknowns
    }


def list_possible_outcomes(chosen: t.Sequence[Candidate]) -> list[SignInOutcome]:
    """Return the outcomes that the unknowns leave possible, at least one.

    With too many unknowns these are a refusal and an admission that are not ruled out.
    """
    names = sorted(list_unknowns(chosen))
    if len(names) > MAX_UNKNOWNS:
        return [_find_refusal(chosen), _find_admission(chosen)]
    return list(dict.fromkeys(decide(chosen, holding) for holding in _list_combinations(names)))


def find_certain_outcome(
    rules: Rules, person: Identity, device: DeviceContext
) -> SignInOutcome | None:
    """Return the outcome if it does not depend on unknowns, else None.

    Only such an outcome can be compared with a simulation of Okta.
    """
    chosen = select_candidates(rules, person, device)
    return None if list_unknowns(chosen) else decide(chosen, frozenset())


# A change of rules


class OutcomeChange(t.NamedTuple):
    """What a change of rules does to one person on one device.

    ``unknowns`` are those that decide whether the person is still admitted, or whether a person
    who may be admitted newly surely is.
    """

    lost: bool
    gained: bool
    before: SignInOutcome
    after: SignInOutcome
    unknowns: tuple[str, ...] = ()


def compare_views(
    before: Rules, after: Rules, person: Identity, device: DeviceContext, signals: Signals
) -> OutcomeChange:
    """Return how the outcome changes under any view of the device that is possible.

    One view by which the person loses access is enough. Why it is not the device as it is, is among
    the unknowns then. A person surely gains access only if each view shows that.
    """
    changes = []
    pairs = list(signals.pairs(device))
    for pair in pairs:
        change = compare_candidates(
            select_candidates(before, person, pair.before.device),
            select_candidates(after, person, pair.after.device),
        )
        if change.lost:
            return change._replace(unknowns=(*change.unknowns, *pair.reasons))
        changes.append(change)
    gained = [change for change in changes if change.gained]
    if not gained:
        return changes[0]
    unknowns = [name for change in gained for name in change.unknowns]
    if len(gained) < len(changes):
        unknowns += [reason for pair in pairs for reason in pair.reasons]
    return gained[0]._replace(unknowns=tuple(dict.fromkeys(unknowns)))


def compare_candidates(old: t.Sequence[Candidate], new: t.Sequence[Candidate]) -> OutcomeChange:
    """Return how the outcome changes under any combination of the unknowns of both."""
    names = sorted(list_unknowns(old) | list_unknowns(new))
    if old == new:
        return _compare_under(old, new, [frozenset()])
    if len(names) > MAX_UNKNOWNS:
        return _compare_extremes(old, new, tuple(names))
    return _compare_under(old, new, _list_combinations(names))


def _compare_extremes(
    old: t.Sequence[Candidate], new: t.Sequence[Candidate], names: tuple[str, ...]
) -> OutcomeChange:
    """Return the change where not every combination can be tried.

    A person counts as locked out who may be admitted before and may be refused after.
    """
    lost = _find_admission(old).admitted and not _find_refusal(new).admitted
    gained = not lost and not _find_refusal(old).admitted and _find_admission(new).admitted
    if gained:
        is_sure = not _find_admission(old).admitted and _find_refusal(new).admitted
        return OutcomeChange(
            False, True, _find_refusal(old), _find_admission(new), () if is_sure else names
        )
    return OutcomeChange(
        lost, False, _find_admission(old), _find_refusal(new), names if lost else ()
    )


def _find_admission(chosen: t.Iterable[Candidate]) -> SignInOutcome:
    """Return the first rule that may admit a person, else a refusal."""
    admitting = (candidate.rule for candidate in chosen if candidate.admits != NEVER)
    rule = next(admitting, None)
    return SignInOutcome(rule is not None, rule or "")


def _find_refusal(chosen: t.Sequence[Candidate]) -> SignInOutcome:
    """Return the first rule that may refuse a person, else an admission."""
    for candidate in chosen:
        if candidate.admits != ALWAYS:
            return SignInOutcome(False, candidate.rule)
    if not chosen or chosen[-1].applies:
        return SignInOutcome(False, "")
    return SignInOutcome(True, chosen[-1].rule)


def _list_combinations(names: t.Sequence[str]) -> list[Conjunction]:
    """Return all sets of names, from none to all."""
    return [
        frozenset(name for name, holds in zip(names, answers) if holds)
        for answers in product((False, True), repeat=len(names))
    ]


def _compare_under(
    old: t.Sequence[Candidate], new: t.Sequence[Candidate], combinations: t.Iterable[Conjunction]
) -> OutcomeChange:
    pairs = [(decide(old, holding), decide(new, holding)) for holding in combinations]
    lost = [pair for pair in pairs if pair[0].admitted > pair[1].admitted]
    gained = [pair for pair in pairs if pair[0].admitted < pair[1].admitted]
    before, after = (lost or gained or pairs[-1:])[0]
    unknowns: t.Collection[str] = ()
    if lost and any(pair[1].admitted for pair in pairs):
        unknowns = list_unknowns(new)
    elif gained and not lost and len(gained) < len(pairs):
        unknowns = list_unknowns(old) | list_unknowns(new)
    return OutcomeChange(bool(lost), bool(gained), before, after, tuple(sorted(unknowns)))


# Many people


class EarlierRefusal(t.NamedTuple):
    """A person whom a global session policy refuses, whatever the change does."""

    user_id: str
    login: str
    refusal: SessionRefusal

    def as_result(self) -> dict[str, object]:
        """Return the person as results show it."""
        return {
            "user_id": self.user_id,
            "login": self.login,
            "policy": self.refusal.policy,
            "rule": self.refusal.rule,
        }


def split_refused(
    people: t.Iterable[Person], sessions: Sessions
) -> tuple[list[Person], list[EarlierRefusal]]:
    """Return the people whom no global session policy surely refuses, and the others."""
    admitted, refused = [], []
    for person in people:
        refusal = sessions.find_refusal(person)
        if refusal is None:
            admitted.append(person)
        else:
            refused.append(EarlierRefusal(person.id, person.login, refusal))
    return admitted, refused


@dataclass(frozen=True)
class AccessChange:
    """A person whose access changes on a device: a row of a forecast.

    ``admitted_by`` and ``refused_by`` are names of rules. ``app`` is set in a forecast over apps.
    """

    user_id: str
    login: str
    device: str
    device_id: str | None
    admitted_by: str
    refused_by: str
    unknowns: tuple[str, ...] = ()
    app: App | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """The person and the device."""
        return self.user_id, self.device, self.device_id

    def as_result(self) -> dict[str, object]:
        """Return the row as results show it."""
        row: dict[str, object] = {
            "user_id": self.user_id,
            "login": self.login,
            "device": self.device,
            "device_id": self.device_id,
            "admitted_by": self.admitted_by,
            "refused_by": self.refused_by,
            "unknowns": list(self.unknowns),
        }
        return {**row, "app": self.app.label, "app_id": self.app.id} if self.app else row


@dataclass(frozen=True)
class Forecast:
    """The people whose access changes, with a row for each person, device and app.

    ``never_seen`` and ``never_seen_admitted`` are those who did not use the app. ``people`` is how
    many people used the apps. ``log_names_devices`` is False if the System Log does not say which
    devices they used. ``refused_earlier`` are the people whom a global session policy refuses
    before and after the change. ``unread`` are sentences about policies that Okta does not show.
    ``status_unknown`` are logins of people who would be locked out and of whom Okta does not show
    whether they can sign in at all.
    """

    locked_out: tuple[AccessChange, ...] = ()
    newly_admitted: tuple[AccessChange, ...] = ()
    never_seen: tuple[AccessChange, ...] = ()
    never_seen_admitted: tuple[AccessChange, ...] = ()
    people: int = 0
    log_names_devices: bool = True
    refused_earlier: tuple[EarlierRefusal, ...] = ()
    unread: tuple[str, ...] = ()
    status_unknown: tuple[str, ...] = ()

    @property
    def locked_out_logins(self) -> list[str]:
        """Logins of those who would be locked out, each once."""
        return sorted({row.login for row in self.locked_out})

    @property
    def unknowns(self) -> list[str]:
        """The unknowns that decide about people who count as locked out."""
        return sorted({name for row in self.locked_out for name in row.unknowns})

    @property
    def unread_logins(self) -> list[str]:
        """Who counts as locked out only because the credentials may not read something."""
        read = {row.login for row in self.locked_out if UNREAD.isdisjoint(row.unknowns)}
        return [login for login in self.locked_out_logins if login not in read]

    def for_app(self, app: App) -> Forecast:
        """Return this forecast with an app in each of its rows."""
        return replace(
            self,
            locked_out=tuple(replace(row, app=app) for row in self.locked_out),
            newly_admitted=tuple(replace(row, app=app) for row in self.newly_admitted),
            never_seen=tuple(replace(row, app=app) for row in self.never_seen),
            never_seen_admitted=tuple(replace(row, app=app) for row in self.never_seen_admitted),
        )

    def also_in(self, other: Forecast) -> Forecast:
        """Return this forecast with those who lose access in the other one, too."""
        losing = {row.key for row in (*other.locked_out, *other.never_seen)}
        return replace(
            self,
            locked_out=tuple(row for row in self.locked_out if row.key in losing),
            never_seen=tuple(row for row in self.never_seen if row.key in losing),
        )

    def without(self, app_ids: t.Container[str]) -> Forecast:
        """Return this forecast without those who lose only these apps."""
        rows = tuple(row for row in self.locked_out if row.app is None or row.app.id not in app_ids)
        return replace(self, locked_out=rows)

    def as_result(self) -> dict[str, object]:
        """Return the forecast as results show it."""
        return {
            "people": self.people,
            "locked_out_people": self.locked_out_logins,
            "locked_out": [row.as_result() for row in self.locked_out],
            "newly_admitted": [row.as_result() for row in self.newly_admitted],
            "never_seen": [row.as_result() for row in self.never_seen],
            "never_seen_admitted": [row.as_result() for row in self.never_seen_admitted],
            "unknowns": self.unknowns,
            "log_names_devices": self.log_names_devices,
            "refused_earlier": [row.as_result() for row in self.refused_earlier],
            "unread": list(self.unread),
            "status_unknown": list(self.status_unknown),
        }


@dataclass
class Comparison:
    """A change of the rules of one app.

    People who differ in nothing that the rules name share one outcome, which is computed once.
    """

    before: Rules
    after: Rules
    signals: Signals = NO_SIGNALS
    _outcomes: dict[tuple[object, ...], OutcomeChange] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the users and groups that the rules name."""
        self._users = frozenset(named_users(self.before, self.after))
        self._groups = frozenset(named_groups(self.before, self.after))

    def find_change(self, person: Identity, device: DeviceContext) -> OutcomeChange:
        """Return what the change does to a person on a device."""
        key = (person.traits(self._users, self._groups), device.traits)
        if key not in self._outcomes:
            self._outcomes[key] = compare_views(
                self.before, self.after, person, device, self.signals
            )
        return self._outcomes[key]

    def list_rows(
        self, people: t.Iterable[Person]
    ) -> tuple[tuple[AccessChange, ...], tuple[AccessChange, ...]]:
        """Return the rows of people who lose access, and of those who gain it, by login."""
        lost, gained = [], []
        for person in people:
            for device in person.devices:
                outcome = self.find_change(person, device)
                if outcome.lost:
                    lost.append(_build_row(person, device, outcome, outcome.before, outcome.after))
                elif outcome.gained:
                    gained.append(
                        _build_row(person, device, outcome, outcome.after, outcome.before)
                    )
        return _sort(lost), _sort(gained)


def _build_row(
    person: Person,
    device: DeviceContext,
    change: OutcomeChange,
    admits: SignInOutcome,
    refuses: SignInOutcome,
) -> AccessChange:
    return AccessChange(
        person.id,
        person.login,
        device.label,
        device.device_id,
        admits.rule,
        refuses.rule,
        change.unknowns,
    )


def _sort(rows: t.Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    return tuple(sorted(rows, key=lambda row: (row.login, row.device)))


def forecast(
    before: Rules,
    after: Rules,
    people: t.Collection[Person],
    never_seen: t.Iterable[Person] = (),
    signals: Signals = NO_SIGNALS,
) -> Forecast:
    """Return whose access changes.

    ``never_seen`` are listed apart: whether they need the app is not known. Who is refused today
    has no sign-in, so those whom a change lets in are mostly among them.
    """
    comparison = Comparison(before, after, signals)
    used, unseen = comparison.list_rows(people), comparison.list_rows(never_seen)
    return Forecast(*used, *unseen, people=len(people))
