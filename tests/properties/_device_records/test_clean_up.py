# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A year of nightly clean-ups over drawn fleets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.clean_up import (
    find_candidates,
    select_targets,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    CleanUp,
    Evidence,
    GuardOptions,
    Guards,
    Lifecycle,
    State,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.constants import (
    LOG_RETENTION,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    OktaDevice,
    OktaUser,
)
from hypothesis import given, settings
from hypothesis import strategies as st

START = datetime(2026, 1, 1, 1, tzinfo=timezone.utc)
YEAR = 365
CLEAN_UP = CleanUp(timedelta(days=40), timedelta(days=14))
UNUSED, GRACE = CLEAN_UP.unused.days, CLEAN_UP.grace.days
PEOPLE = ("ann", "bob", "eve")
SERIALS = ("C01", "C02", "C03")
VERIFY, PHONE = Enrollment("okta_verify", "ACTIVE"), Enrollment("phone_number", "ACTIVE")


def at(day: int) -> datetime:
    return START + timedelta(days=day)


@dataclass
class Life:
    """A record. Its users sign in with it on some days while it works; days are of the year.

    ``lost_on`` is when a helpdesk suspends it, as a lost Mac.
    """

    id: str
    serial: str
    users: tuple[str, ...]
    registered: int
    uses: frozenset[int]
    lost_on: int | None
    status: str = "ACTIVE"
    used: list[int] = field(default_factory=list)
    suspended: int | None = None
    by_clean_up: bool = False
    is_cut: bool = False  # a clean-up was interrupted after it deactivated the record

    def record(self) -> OktaDevice:
        users = tuple(
            DeviceUser(OktaUser(name, f"{name}@acme.com", status="ACTIVE"), "MANAGED")
            for name in self.users
        )
        return OktaDevice(
            self.id,
            status=self.status,
            created=at(self.registered).isoformat(),
            platform="MACOS",
            serial_number=self.serial,
            users=users,
        )

    @property
    def last_use(self) -> int:
        return max([self.registered, *self.used])


@dataclass
class Company:
    """Records, Macs' check-ins by serial (none: Kandji does not know it), and people's phones.

    On the days of ``cuts``, the first run is interrupted amid its first deletion.
    """

    lives: list[Life]
    check_ins: dict[str, frozenset[int]]
    phones: frozenset[str]
    lists_suspended: bool
    cuts: frozenset[int]
    newest_per_user: int

    def macs(self, day: int) -> list[KandjiDevice]:
        return [
            KandjiDevice(
                f"d-{serial}",
                serial,
                platform="Mac",
                last_check_in=at(max([-1, *(each for each in days if each <= day)])).isoformat(),
            )
            for serial, days in self.check_ins.items()
        ]

    def enrollments(self, name: str) -> list[Enrollment]:
        listed = ("ACTIVE", "SUSPENDED") if self.lists_suspended else ("ACTIVE",)
        devices = [life for life in self.lives if name in life.users and life.status in listed]
        return [*([PHONE] if name in self.phones else []), *(VERIFY for _life in devices)]

    def has_strong_way(self, name: str) -> bool:
        works = any(name in life.users and life.status == "ACTIVE" for life in self.lives)
        return name in self.phones or works

    def evidence(self, day: int) -> Evidence:
        oldest = at(day) - LOG_RETENTION
        return Evidence(
            enrollments={name: self.enrollments(name) for name in PEOPLE},
            active_records={
                name: {
                    life.id for life in self.lives if name in life.users and life.status == "ACTIVE"
                }
                for name in PEOPLE
            },
            last_uses={
                life.id: at(max(life.used))
                for life in self.lives
                if life.used and at(max(life.used)) >= oldest
            },
            lifecycles={
                life.id: Lifecycle(
                    at(life.suspended),
                    life.by_clean_up,
                    deactivated_by="clean_up" if life.is_cut else None,
                )
                for life in self.lives
                if life.suspended is not None and at(life.suspended) >= oldest
            },
        )

    def live(self, day: int) -> None:
        for life in self.lives:
            if life.status == "ACTIVE" and day == life.lost_on:
                life.status, life.suspended = "SUSPENDED", day
            if life.status == "ACTIVE" and day in life.uses and day >= life.registered:
                life.used.append(day)

    def clean_up(self, day: int, state: State, is_cut: bool = False) -> Iterable[Life]:
        """Yield each record that a nightly run writes to, right before it does."""
        known = [life.record() for life in self.lives if life.registered <= day]
        goal = GOALS[state]
        period = replace(CLEAN_UP, newest_per_user=self.newest_per_user)
        found = select_targets(
            find_candidates(known, self.macs(day), period, at(day)), goal.destroys
        )
        targets = [replace(each, users=each.device.users or ()) for each in found if each.device]
        options = GuardOptions((), "each", 0.0, ("MACOS",), (), goal, period)
        guards = Guards(at(day), at(day), options)
        for decision in plan_records(targets, guards, self.evidence(day)):
            if decision.writes:
                life = {each.id: each for each in self.lives}[decision.target.id]
                yield life
                if goal.destroys and is_cut:
                    life.status, life.users, life.is_cut = "DEACTIVATED", (), True
                    return
                if goal.destroys:
                    self.lives.remove(life)
                else:
                    life.status, life.suspended, life.by_clean_up = "SUSPENDED", day, True

    def nightly_deletions(self, day: int) -> Iterable[Life]:
        """Yield each record that the run deletes, and the next one if the first was cut."""
        yield from self.clean_up(day, "absent", day in self.cuts)
        yield from self.clean_up(day, "absent")


@st.composite
def companies(draw: st.DrawFn) -> Company:
    lives = []
    for number in range(draw(st.integers(1, 5))):
        step = draw(st.sampled_from((1, 7, 39, 41, 400)))
        first, last = sorted((draw(st.integers(0, YEAR)), draw(st.integers(0, YEAR))))
        registered = draw(st.integers(-60, 200))
        lives.append(
            Life(
                f"guo{number}",
                draw(st.sampled_from(SERIALS)),
                tuple(draw(st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2))),
                registered,
                frozenset(range(max(first, registered), last, step)),
                draw(st.one_of(st.none(), st.none(), st.integers(0, YEAR))),
            )
        )
    check_ins = {
        serial: frozenset(range(0, draw(st.integers(0, YEAR)), 3))
        for serial in draw(st.sets(st.sampled_from(SERIALS)))
    }
    phones = frozenset(draw(st.sets(st.sampled_from(PEOPLE))))
    cuts = frozenset(range(draw(st.integers(0, 9)), YEAR, draw(st.integers(1, 60))))
    return Company(lives, check_ins, phones, draw(st.booleans()), cuts, draw(st.integers(1, 3)))


@settings(deadline=None)
@given(companies())
def test_a_year_of_nights_takes_what_nobody_uses_and_nothing_else(company: Company) -> None:
    due: dict[str, int] = {}  # record -> since when nothing keeps it
    for day in range(YEAR):
        company.live(day)
        for life in company.nightly_deletions(day):
            assert life.by_clean_up and life.suspended is not None
            assert day - life.suspended >= GRACE and life.suspended - life.last_use >= UNUSED
            ways = {name: company.has_strong_way(name) for name in life.users}
            assert all(ways.values()), "the last strong way of somebody went with the suspension"
        before = {name: company.has_strong_way(name) for name in PEOPLE}
        for life in company.clean_up(day, "suspended"):
            assert day - life.last_use >= UNUSED
        for name in PEOPLE:
            assert company.has_strong_way(name) or not before[name]
        assert not any(life.is_cut for life in company.lives), "nothing finishes the deletion"
        # Everything is done: a second run in the same night writes nothing.
        assert not [*company.clean_up(day, "absent"), *company.clean_up(day, "suspended")]
        _check_due(company, day, due)


def _check_due(company: Company, day: int, due: dict[str, int]) -> None:
    """Check that what is orphaned and unused, of people with phones, is gone after the grace."""
    for life in company.lives:
        if not (
            life.serial not in company.check_ins
            and set(life.users) <= company.phones
            and day >= life.registered
            and day - life.last_use >= UNUSED
            and (life.suspended is None or life.by_clean_up)
        ):
            due.pop(life.id, None)
            continue
        assert day - due.setdefault(life.id, day) <= GRACE, life
