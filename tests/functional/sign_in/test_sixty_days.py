# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company lives through 60 days: nobody is refused on a day who was not named for it.

Each evening the report says who gets in to which app on the next day. Each morning people sign in,
and the policies of the lab's org admit or refuse them. Certificates expire all the time.

What people change on an evening, no earlier forecast can know: Macs that leave the MDM, a policy.
The reading is the forecast of the day before: the first that must name whom a change refuses is
that of the same evening, and the changes of an evening come before it. Until the next change this
forecast must also name everybody on every later day, by the times at which it says access is lost.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pytest

from lab.clock import iso
from lab.okta.policies.session_and_signal import SESSION, SIGNALS
from tests.functional.helpers.drawn_people import DrawnPeople

DAYS, PEOPLE, SEED = 60, 24, 99
MOST_NAMED_IN_VAIN = 5  # percent
A_LITTLE = timedelta(minutes=5)  # from the start of a day until all have signed in

Access = tuple[str, str]  # an app's label, and a login


class Company:
    """People of two apps that admit managed Macs alone. Each change is made on an evening."""

    def __init__(self, people: DrawnPeople) -> None:
        people.draw(SEED, PEOPLE, events=["nothing"])
        self.people, self.world, self.org = people, people.world, people.world.okta
        self.apps = [people.app, people.require_managed_macs("Slack", {})]
        self.migrated: list[t.Any] = []
        self.contractors: set[str] = set()

    @property
    def lasting(self) -> list[t.Any]:
        """The Macs that are managed, those first whose certificate expires last."""
        managed = [mac for mac in self.world.macs if any(mac.describe()["managed"].values())]
        return sorted(managed, key=lambda mac: mac.certificates[-1].not_after, reverse=True)

    # What happens on an evening

    def renew_two_certificates(self) -> None:
        for mac in self.lasting[-2:]:
            self.people.renew(mac)

    def migrate_four_macs(self) -> None:
        """The profiles go with the MDM, while Okta still shows the Macs as managed."""
        self.migrated = self.lasting[:4]
        for mac in self.migrated:
            mac.leave_mdm()

    def enroll_two_macs_again(self) -> None:
        for mac in self.migrated[:2]:
            mac.device.left_mdm = False
            mac.check_in()
            for person in self.world.people:
                if person.serial == mac.serial:
                    person.act(self.world, mac)

    def switch_to_flexible_okta_verify(self) -> None:
        self.world.switches.set(flexible_okta_verify=True)

    def ignore_okta_verify(self) -> None:
        """A new device signal collection policy of the first app ignores Okta Verify."""
        policy = self.org.others.add(SIGNALS, "Signals", resources=[self.apps[0].policy_id])
        self.org.others.add_signal_rule(policy, "All devices", "IGNORE")

    def collect_from_okta_verify(self) -> None:
        (policy,) = self.org.others.of_kind(SIGNALS)
        policy.rules.clear()
        self.org.others.add_signal_rule(policy, "All devices", "ALLOW")

    def refuse_contractors(self) -> None:
        """A global session policy refuses three people of whom Okta shows a managed Mac."""
        users = dict.fromkeys(user for mac in self.lasting for user in mac.accounts)
        group = self.org.directory.add_group("Contractors", members=[*users][:3])
        self.contractors = {self.org.users[user].login for user in group.members}
        policy = self.org.others.add(SESSION, "Contractors", groups=[group.id])
        self.org.others.add_session_rule(policy, "Contract ended", "DENY")

    # Evenings and mornings

    def pass_a_night(self) -> None:
        self.people.pass_days(1)

    def sign_in(self) -> dict[Access, bool]:
        """Return who gets in to which app, as the policies of the org decide."""
        self.people.sign_in()
        return {
            (app.label, login): admitted
            for app in self.apps
            for login, admitted in self.people.open(app).items()
        }


EVENINGS: dict[int, t.Callable[[Company], None]] = {
    10: Company.renew_two_certificates,
    20: Company.migrate_four_macs,
    27: Company.enroll_two_macs_again,
    30: Company.switch_to_flexible_okta_verify,
    40: Company.ignore_okta_verify,
    44: Company.collect_from_okta_verify,
    50: Company.refuse_contractors,
}


@pytest.fixture
def company(watched, run_module):
    return Company(DrawnPeople(watched, run_module))


@pytest.fixture
def forecast(company, tmp_path):
    """Return the rows of the report by app and login, for the next day."""

    def report() -> dict[Access, dict[str, t.Any]]:
        on_date = company.world.clock.now() + timedelta(days=1) + A_LITTLE
        labels = [app.label for app in company.apps]
        rows = company.people.forecast(tmp_path, on_date, labels)
        return {(row["app"], row["login"]): row for row in rows}

    return report


def named(rows):
    """Return whom a forecast names for its date."""
    return {access for access, row in rows.items() if row["on_date"] != "gets_in"}


def named_by_calendar(rows, now):
    """Return whom an earlier forecast names for today, by the time at which access is lost."""
    return {
        access
        for access, row in rows.items()
        if row["today"] != "gets_in" or (row["lost"] or "9999") <= iso(now)
    }


def live(company, forecast):
    """Live through the days. Return who was refused, and who was named, on each."""
    refused, foretold, calendar = {}, {}, {}
    for day in range(1, DAYS + 1):
        evening = EVENINGS.get(day - 1)
        if evening:
            evening(company)
        rows = forecast()
        if evening or not calendar:
            calendar = rows
        company.pass_a_night()
        refused[day] = {access for access, admitted in company.sign_in().items() if not admitted}
        foretold[day] = named(rows)
        assert refused[day] <= foretold[day], f"day {day}: {refused[day] - foretold[day]}"
        surprised = refused[day] - named_by_calendar(calendar, company.world.clock.now() + A_LITTLE)
        assert not surprised, f"day {day}: {surprised}"
        assert all(rows[access]["reason"] for access in foretold[day])
    return refused, foretold


def logins(accesses, label):
    return {login for app, login in accesses if app == label}


@pytest.mark.long
@pytest.mark.lab(macs=0, real_macs=0)
def test_nobody_is_refused_in_sixty_days_who_was_not_named_for_the_day(company, forecast):
    refused, foretold = live(company, forecast)
    all_named = sum(map(len, foretold.values()))
    in_vain = sum(len(foretold[day] - refused[day]) for day in foretold)
    assert in_vain * 100 <= all_named * MOST_NAMED_IN_VAIN, f"{in_vain} of {all_named}"
    # The days are not calm by chance: each change refuses whom it should.
    assert len(refused[20]) > len(refused[1])  # certificates expired
    users = {user for mac in company.migrated for user in mac.accounts}
    migrated = {company.org.users[user].login for user in users}
    assert len(migrated & logins(refused[21] - refused[20], "Slack")) >= 2
    assert logins(refused[27] - refused[28], "Slack") & migrated
    assert refused[30] <= refused[31]
    assert len(logins(refused[41], "Salesforce")) == PEOPLE > len(logins(refused[41], "Slack"))
    assert len(logins(refused[45], "Salesforce")) < PEOPLE
    assert company.contractors <= logins(refused[51] - refused[50], "Slack")
