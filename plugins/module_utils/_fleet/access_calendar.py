# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in from their Macs today and on a date, and who loses access when. Pure.

A person gets in who gets in from one of their Macs. What cannot be known counts as refused.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from .._core.errors import BadOption
from .._core.results import Result
from .._core.text import abbreviate
from .._core.timestamps import EARLIEST, format_timestamp, require_timestamp
from .facts import AgeLimits, MacFacts, fold_person, map_known_logins
from .managed_until import Outlook, State, name_of, predict_outlooks

STATES: tuple[State, ...] = ("yes", "unknown", "no")  # from the best to the worst
ALREADY = EARLIEST  # the time at which access is lost that the next sign-in may not give
ALREADY_TEXT = "now"  # the same as results have it
WORDS = {"yes": "gets_in", "unknown": "unknown", "no": "refused"}  # as results have them
MAX_SHOWN = 500  # people in the result of a module; the JSON file has all


class Horizon(t.NamedTuple):
    """The present, and the date for which access is forecast."""

    now: datetime
    on_date: datetime


def choose_horizon(now: datetime, within_days: int, on_date: str | None) -> Horizon:
    """Return the horizon of the options. Raises BadOption for a time that has passed.

    :arg on_date: a date is the end of that day. Without it, ``within_days`` decides.
    """
    if on_date is None:
        return Horizon(now, now + timedelta(days=within_days))
    time = require_timestamp("on_date", on_date)
    if len(on_date.strip()) == len("2026-12-24"):
        time += timedelta(days=1, seconds=-1)
    if time < now:
        raise BadOption(f"on_date: {on_date} has passed. Set a time in the future.")
    return Horizon(now, time)


def describe_question(horizon: Horizon, within_days: int, on_date: str | None) -> str:
    """Return for when access was asked: a date, or a number of days from any day."""
    return f"{within_days} days" if on_date is None else format_timestamp(horizon.on_date)


class AccessVerdict(t.NamedTuple):
    """Whether a person is admitted from a Mac that is managed, is not, or may be; and why.

    ``shortfall`` compares verdicts that cannot be known: the greater it is, the more answers to
    what is unknown refuse.
    """

    state: State
    reason: str = ""
    shortfall: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """What compares two verdicts on a person and a Mac: the greater, the less access."""
        return STATES.index(self.state), self.shortfall


AccessVerdicts = t.Mapping[State, AccessVerdict]  # by whether the Mac is managed
# What apps that admit managed Macs alone decide.
MANAGED_ONLY: AccessVerdicts = {state: AccessVerdict(state) for state in STATES}


@dataclass(frozen=True, slots=True)
class MacAccess:
    """Whether a person gets in from one Mac, today and on the date.

    ``lost`` is the first time at which it is less than by what Okta shows now, None if it stays:
    what only the rules leave unknown is not lost. ``reason`` is a sentence on why not.
    """

    mac: str
    today: State
    on_date: State
    lost: datetime | None
    reason: str

    def as_result(self) -> Result:
        """Return the access as results show it."""
        return {
            "mac": self.mac,
            "today": WORDS[self.today],
            "on_date": WORDS[self.on_date],
            "lost": _describe_loss(self.lost),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """Whether a person gets in to an app from any of their Macs, today and on the date.

    ``app`` is its label, "" for any app that would admit managed Macs alone.
    """

    login: str
    macs: tuple[MacAccess, ...]
    app: str = ""

    @property
    def today(self) -> State:
        """The best of the Macs today."""
        return min((mac.today for mac in self.macs), key=STATES.index)

    @property
    def on_date(self) -> State:
        """The best of the Macs on the date."""
        return min((mac.on_date for mac in self.macs), key=STATES.index)

    @property
    def longest(self) -> MacAccess:
        """The Mac from which the person gets in longest.

        One that only the rules leave unknown, at all times, keeps nobody in: it may admit nobody.
        """
        known = [mac for mac in self.macs if mac.today == "yes" or mac.lost]
        return min(known or self.macs, key=_rank_access)

    @property
    def reason(self) -> str:
        """Why the person may be refused on that Mac, as a sentence, or ""."""
        return self.longest.reason

    @property
    def lost(self) -> datetime | None:
        """The first time at which no Mac surely gives the access of now any more, or None."""
        return self.longest.lost

    def as_result(self) -> Result:
        """Return the person as results show them."""
        longest = self.longest
        return {
            "login": self.login,
            "app": self.app,
            "today": WORDS[self.today],
            "on_date": WORDS[self.on_date],
            "lost": _describe_loss(longest.lost),
            "reason": longest.reason,
            "macs": [mac.as_result() for mac in self.macs],
        }


def find_least_access(records: t.Iterable[MacAccess]) -> MacAccess:
    """Return the least access of several records of one Mac: today, on the date, and when lost.

    Each is that of the record that gives least: it may be the one that Okta Verify uses.
    """
    records = list(records)
    first = min(records, key=lambda each: _rank_time(each.lost))
    worst = max(records, key=_rank_access)
    reasons = [first.reason] if first.lost and first.reason not in worst.reason else []
    return MacAccess(
        worst.mac,
        worst.today,
        max((each.on_date for each in records), key=STATES.index),
        first.lost,
        " ".join(filter(None, (*reasons, worst.reason))),
    )


def _rank_access(access: MacAccess) -> tuple[int, float, int]:
    return STATES.index(access.today), -_rank_time(access.lost), STATES.index(access.on_date)


def _rank_time(lost: datetime | None) -> float:
    return lost.timestamp() if lost else float("inf")


def _describe_loss(lost: datetime | None) -> str | None:
    return ALREADY_TEXT if lost == ALREADY else format_timestamp(lost) if lost else None


def judge_access(
    mac: str, outlook: Outlook, verdicts: AccessVerdicts, horizon: Horizon
) -> MacAccess:
    """Return the access of a person from one Mac."""
    today, lost = verdicts[outlook.today], _find_loss(outlook, verdicts)
    matters = any(verdicts[state].rank != today.rank for state in STATES)  # if it is managed
    reasons = [outlook.reason * matters, today.reason if today.state != "yes" else ""]
    return MacAccess(
        mac,
        today.state,
        verdicts[outlook.state_at(horizon.on_date)].state,
        lost,
        " ".join(dict.fromkeys(filter(None, reasons))) if lost or today.state != "yes" else "",
    )


def _find_loss(outlook: Outlook, verdicts: AccessVerdicts) -> datetime | None:
    """Return when a Mac gives less access than one that stays managed."""
    worse = [state for state in STATES if verdicts[state].rank > verdicts["yes"].rank]
    if outlook.today == "no" or not worse:
        return None
    if outlook.today == "unknown":
        return ALREADY if "unknown" in worse else outlook.ends
    return outlook.sure_until if "unknown" in worse else outlook.ends


Macs = tuple[MacAccess, ...]
Judge = t.Callable[[MacFacts, str, Outlook], MacAccess]


def judge_people(
    macs: t.Iterable[MacFacts],
    limits: AgeLimits,
    judge: Judge,
    users: t.Mapping[str, str] | None = None,
) -> dict[str, Macs]:
    """Return the access of each person from their Macs, by login.

    Okta and Kandji may write a login in another case, and Kandji has the e-mail address.

    :arg judge: takes a Mac, a login and the Mac's outlook for that person.
    :arg users: facts.map_logins of all users that Okta showed, None for those of the Macs.
    """
    macs = list(macs)
    logins = map_known_logins(record for mac in macs for record in mac.records)
    if users is not None:  # an address may be that of another user, too
        logins = {**{fold_person(login): login for login in logins.values()}, **users}
    people: dict[str, list[MacAccess]] = defaultdict(list)
    for mac in macs:
        for login, outlook in predict_outlooks(mac, limits, logins).items():
            known = logins.setdefault(fold_person(login), login)
            people[known].append(judge(mac, known, outlook))
    return {login: tuple(known) for login, known in people.items()}


def judge_managed_only(
    macs: t.Iterable[MacFacts], limits: AgeLimits, horizon: Horizon
) -> list[PersonAccess]:
    """Return the access of each person to apps that would admit managed Macs alone."""

    def judge(mac: MacFacts, _login: str, outlook: Outlook) -> MacAccess:
        return judge_access(name_of(mac), outlook, MANAGED_ONLY, horizon)

    people = judge_people(macs, limits, judge)
    return [PersonAccess(login, known) for login, known in people.items()]


# All people


@dataclass(frozen=True)
class Day:
    """A day on which people lose access, or Macs stop to give it: logins and names of Macs.

    ``date`` is ALREADY_TEXT for those who may be refused at their next sign-in.
    """

    date: str
    people: tuple[str, ...]
    macs: tuple[str, ...]


@dataclass(frozen=True)
class AccessForecast:
    """The access of all people. ``apps`` are labels, none for apps that would require managed Macs.

    ``notes`` are sentences on what was not evaluated.
    """

    horizon: Horizon
    people: tuple[PersonAccess, ...] = ()
    apps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def assumption(self) -> str:
        """What the forecast assumes, as a sentence."""
        if self.apps:
            counted = " A person counts once, with the app to which they least get in."
            return (
                f"If nothing is renewed, by the present rules of {', '.join(self.apps)}; sign-ins"
                f" from Macs alone.{counted if len(self.apps) > 1 else ''}"
            )
        return "If nothing is renewed, and apps admitted managed Macs alone. No rule is evaluated."

    @cached_property
    def losing(self) -> list[PersonAccess]:
        """Those who get less access until the date, the first first."""
        until = self.horizon.on_date
        losing = [each for each in self.people if each.lost and each.lost <= until]
        return sorted(losing, key=lambda each: (_rank_time(each.lost), each.login, each.app))

    @cached_property
    def losing_logins(self) -> list[str]:
        """The logins of those who lose an app, each once, in the order in which they lose it."""
        return list(dict.fromkeys(person.login for person in self.losing))

    def describe_losses(self, limit: int | None) -> str:
        """Return that more people would lose access than may, or "". Any number may without it."""
        logins = self.losing_logins
        if limit is None or len(logins) <= limit:
            return ""
        return (
            f"max_losing_access: {len(logins)} {'person' if len(logins) == 1 else 'people'} would"
            f" lose access until {self.horizon.on_date:%Y-%m-%d}: {abbreviate(logins)}."
            f" {self.assumption} Renew their certificates (playbook renew_certificates) and see the"
            " report for those who need something else, or set max_losing_access to"
            f" {len(logins)}."
        )

    def count_people(self, when: t.Literal["today", "on_date"]) -> dict[str, int]:
        """Return how many people get in, are refused, or may be; to each app that was asked for.

        A person counts once: with the app to which they least get in.
        """
        worst: dict[str, State] = {}
        for person in self.people:
            state = person.today if when == "today" else person.on_date
            known = worst.get(person.login, state)
            worst[person.login] = max(known, state, key=STATES.index)
        counted = list(worst.values())
        return {WORDS[state]: counted.count(state) for state in STATES}

    @cached_property
    def days(self) -> list[Day]:
        """The days on which people lose access, or Macs stop to give it, in order."""
        people: dict[str, dict[str, None]] = defaultdict(dict)
        macs: dict[str, dict[str, None]] = defaultdict(dict)
        first: dict[str, datetime] = {}
        for person in self.people:
            if person.lost:
                first[person.login] = min(first.get(person.login, person.lost), person.lost)
            for mac in person.macs:
                if mac.lost:
                    macs[_name_day(mac.lost)][mac.mac] = None
        for login, lost in first.items():
            people[_name_day(lost)][login] = None
        return [
            Day(date, tuple(sorted(people[date])), tuple(sorted(macs[date])))
            for date in sorted({*people, *macs}, key=lambda date: (date != ALREADY_TEXT, date))
        ]

    def as_result(self) -> Result:
        """Return the forecast as results show it, with those who lose access."""
        losing = [person.as_result() for person in self.losing[:MAX_SHOWN]]
        return {**self.summarize(), "losing": losing}

    def summarize(self) -> Result:
        """Return the forecast without people."""
        return {
            "apps": list(self.apps),
            "on_date": format_timestamp(self.horizon.on_date),
            "counts_today": self.count_people("today"),
            "counts_on_date": self.count_people("on_date"),
            "losing_people": len(self.losing_logins),
            "calendar": [
                {"date": day.date, "people": len(day.people), "macs": len(day.macs)}
                for day in self.days
            ],
            "notes": list(self.notes),
        }


def _name_day(time: datetime) -> str:
    return ALREADY_TEXT if time == ALREADY else format_timestamp(time)[:10]


def _find_monday(date: str) -> str:
    day = datetime.fromisoformat(date)
    return f"{day - timedelta(days=day.weekday()):%Y-%m-%d}"


def group_by_week(days: t.Iterable[Day]) -> list[Day]:
    """Return the days of each week as one, under its Monday. What is lost already stays apart."""
    weeks: dict[str, list[Day]] = defaultdict(list)
    for day in days:
        weeks[ALREADY_TEXT if day.date == ALREADY_TEXT else _find_monday(day.date)].append(day)
    return [
        Day(
            monday,
            tuple(sorted({login for day in of_week for login in day.people})),
            tuple(sorted({mac for day in of_week for mac in day.macs})),
        )
        for monday, of_week in weeks.items()
    ]
