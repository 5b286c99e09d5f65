# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calendar of the report against what the lab's people meet on that day.

Nobody is refused on a day who was not named for it, and hardly anybody of those named gets in.
"""

from __future__ import annotations

import json
import os
import random
import typing as t
from datetime import datetime, timedelta
from functools import partial

import pytest

from lab.okta.policies import access_policies
from tests.functional.helpers.drawn_people import ONE_FACTOR, SETTLED, SHAPES, DrawnPeople

FLEETS, FEW = 500, 16
REFUSED = ("SUSPENDED", "DEPROVISIONED", "STAGED")  # statuses that nobody's sign-in ends
DAYS = 120  # more than Okta keeps a certificate that nobody uses
MOST_NAMED_IN_VAIN = 5  # percent
ENOUGH_NAMED = 90  # people; of fewer a share says little


@pytest.fixture
def people(watched, run_module):
    return DrawnPeople(watched, run_module)


@pytest.fixture
def ask_of(people, tmp_path):
    """Return each person's row of an app in the report, for a day so many days ahead."""

    def report(app: str, days: float) -> dict[str, dict[str, t.Any]]:
        on_date = people.world.clock.now() + timedelta(days=days)
        return {row["login"]: row for row in people.forecast(tmp_path, on_date, [app])}

    return report


@pytest.fixture
def ask(ask_of):
    """Return each person's row of Salesforce, for a day so many days ahead."""
    return partial(ask_of, "Salesforce")


class Counts(t.NamedTuple):
    """How many were refused, were named, and were named in vain: by the date, by the calendar."""

    refused: int
    named: int
    in_vain: int
    lost: int = 0
    in_calendar: int = 0
    lost_in_vain: int = 0


def check(people, ask, seed, shapes=()):
    """Compare the report with who signs in on its date, and the calendar on a day after, too."""
    people.draw(seed, shapes=shapes)
    draws = random.Random(f"day {seed}")
    days, more = draws.choice((0.01, *range(1, DAYS + 1))), draws.randrange(1, DAYS)
    rows = {people.login_with(name): row for name, row in ask(days).items()}
    today = people.open(people.app)  # as Okta shows the Macs
    people.pass_days(days)
    admitted = people.sign_in()
    named = {login for login, row in rows.items() if row["on_date"] != "gets_in"}
    refused = {login for login, enters in admitted.items() if not enters}
    assert refused <= named, f"seed {seed}, day {days}: {[rows[each] for each in refused - named]}"
    silent = [rows[login] for login in named if not rows[login]["reason"]]
    assert not silent, f"seed {seed}, {people.shape}: {silent}"
    lost = check_calendar(people, rows, today, admitted, f"seed {seed}, day {days}")
    in_vain, lost_in_vain = named - refused, lost.keys() - refused
    for login in in_vain:
        print(seed, people.shape, days, json.dumps(rows[login]))
    people.pass_days(more)
    check_calendar(people, rows, today, people.sign_in(), f"seed {seed}, day {days} + {more}")
    counts = map(len, (refused, named, in_vain, refused & lost.keys(), lost, lost_in_vain))
    return Counts(*counts)


def check_calendar(people, rows, today, admitted, when):
    """Return the rows of those who lost access by now. Nobody else of those admitted did."""
    now = people.world.clock.now()
    lost = {
        login: row
        for login, row in rows.items()
        if row["lost"] and (row["lost"] == "now" or datetime.fromisoformat(row["lost"]) <= now)
    }
    missed = {login for login, enters in admitted.items() if today[login] and not enters} - {*lost}
    assert not missed, f"{when}, {people.shape}: {[rows[each] for each in missed]}"
    return lost


def check_all(people, ask, seeds, shapes=()):
    """Check fleets. Of what only a sign-in shows, nobody can say less than that it is unknown."""
    settled, total = [Counts(0, 0, 0)], [Counts(0, 0, 0)]
    for seed in seeds:
        counts = check(people, ask, seed, shapes)
        total.append(counts)
        if not shapes or people.shape in SETTLED:
            settled.append(counts)
    refused, named, in_vain, lost, in_calendar, lost_in_vain = map(sum, zip(*settled, strict=True))
    print(f"{len(total) - 1} fleets: {Counts(*map(sum, zip(*total, strict=True)))}")
    print(f"{len(settled) - 1} of settled rules: {Counts(*map(sum, zip(*settled, strict=True)))}")
    print(dict(people.events))
    assert refused and lost and in_calendar
    if named >= ENOUGH_NAMED:
        assert in_vain * 100 <= named * MOST_NAMED_IN_VAIN
        assert lost_in_vain * 100 <= named * MOST_NAMED_IN_VAIN


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("step", ["suspend", "deactivate"])
def test_the_older_record_of_an_erased_mac_says_nothing(people, ask, tmp_path, step):
    """The Mac was erased, and its person added the account again. That record is blocked."""
    people.draw(1, 4, events=["nothing"])
    mac = people.erase(people.managed_macs()[0])
    newest = people.world.okta.devices[mac.okta_account]
    people.world.okta.registry.step(newest, step)
    login = people.login_of(mac)
    row = ask(1)[login]
    written = json.loads((tmp_path / "device-trust.json").read_text())["macs"]
    (shown,) = [each for each in written if each["serial_number"] == mac.serial]
    assert len(shown["okta_device_ids"]) == 2 and row["today"] == "unknown"
    assert (shown["stage"], shown["managed_until"]) == (newest.status, None)
    people.pass_days(1)
    assert not people.sign_in()[login]


def end_newest(people, mac, end):
    """End the newest record of a Mac: by a step, or by its deletion or another activation."""
    registry, newest = people.world.okta.registry, people.world.okta.devices[mac.okta_account]
    if end in ("delete", "activate"):
        registry.step(newest, "deactivate")
    if end == "delete":
        registry.delete(newest)
    else:
        registry.step(newest, end)


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize(
    "device", [{"registered": True, "managed": True}, {"registered": True}, {}]
)
@pytest.mark.parametrize("end", ["suspend", "deactivate", "activate", "delete"])
def test_the_older_record_of_an_erased_mac_admits_by_no_rule(people, ask_of, device, end):
    """By one for managed Macs, for registered ones, or one that Okta FastPass alone satisfies."""
    people.draw(1, 4, events=["nothing"])
    people.app = people.require_managed_macs("Slack", {"device": device or None})
    mac = people.erase(people.managed_macs()[0])
    end_newest(people, mac, end)
    login = people.login_of(mac)
    assert ask_of("Slack", 1)[login]["today"] == "unknown"
    people.pass_days(1)
    assert not people.sign_in()[login]


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("end", ["suspend", "deactivate", "activate", "delete"])
def test_a_forecast_of_rules_does_not_believe_the_older_record_either(people, run_module, end):
    """The person used the app before the Mac was erased, and not since."""
    people.draw(1, 4, events=["nothing"])
    org = people.world.okta
    policy = org.policies.add("Anybody to Slack")
    policy.catch_all.actions = access_policies.accept_actions({"appSignOn": ONE_FACTOR})
    app = org.directory.app("Slack")
    org.assign(app, policy)
    people.open(app)
    people.world.clock.advance(days=2)
    mac = people.erase(people.managed_macs()[0])
    end_newest(people, mac, end)
    login = people.login_of(mac)
    glass = org.add_user("Break", "Glass", "glass@example.com")
    org.directory.add_group("Break glass", members=[glass.id])
    rule = {"platforms": ["MACOS"], "groups_excluded": ["Break glass"]}
    managed = {"managed": True, "position": "first", "access": "ALLOW", "factor_mode": "2FA"}
    asked = {
        "policy": policy.name,
        "break_glass_group": "Break glass",
        "refuse": False,
        "rules": [
            {**rule, **managed, "name": "Managed"},
            {**rule, "name": "Others", "after": "Managed", "access": "DENY"},
        ],
    }
    result = run_module("okta_access_policy_forecast", asked, lab=people.watched.lab)
    assert login in result["forecast"]["locked_out_people"], result
    assert people.open(app)[login]


@pytest.mark.lab(macs=0, real_macs=0)
def test_a_certificate_that_nobody_used_does_not_outlive_the_one_before_it(people, ask, tmp_path):
    """Its person signs in without Okta FastPass, so the newest certificate stays unused."""
    people.draw(1, 4, events=["nothing"])
    mac = people.managed_macs()[0]
    for person in people.people_of(mac):
        person.habit = "push"
    people.issue(mac)
    row = ask(80)[people.login_of(mac)]
    written = json.loads((tmp_path / "device-trust.json").read_text())["macs"]
    (shown,) = [each for each in written if each["serial_number"] == mac.serial]
    assert (row["today"], row["on_date"]) == ("gets_in", "unknown")
    old, newest = mac.certificates
    assert newest.not_after > old.not_after
    assert (
        timedelta(0)
        <= old.not_after - datetime.fromisoformat(shown["managed_until"])
        <= timedelta(days=1)
    )
    assert "the one before it may expire" in shown["managed_until_reason"]
    people.pass_days(80)
    assert not people.sign_in()[people.login_of(mac)]


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("device", [{"registered": True, "managed": True}, {"registered": True}])
def test_the_record_of_a_mac_that_was_erased_and_not_registered_again_says_nothing(
    people, ask_of, tmp_path, device
):
    """Okta shows it as before; Kandji enrolled the Mac again."""
    people.draw(1, 4, events=["nothing"])
    people.app = people.require_managed_macs("Slack", {"device": device})
    mac = people.managed_macs()[0]
    people.world.clock.advance(hours=1)
    people.enroll_again(mac, is_erased=True)
    login = people.login_of(mac)
    row = ask_of("Slack", 1)[login]
    written = json.loads((tmp_path / "device-trust.json").read_text())["macs"]
    (shown,) = [each for each in written if each["serial_number"] == mac.serial]
    assert row["today"] == "unknown" and "An erased Mac has lost the account." in row["reason"]
    assert (shown["stage"], shown["managed_until"]) == ("MANAGED", None)
    people.pass_days(1)
    assert not people.sign_in()[login]


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("days", [1, 40, 120])
def test_a_mac_that_was_enrolled_again_and_used_since_stays_known(people, ask, days):
    """Its person signed in with Okta FastPass, which bound the new certificate."""
    people.draw(1, 4, events=["nothing"])
    mac = people.managed_macs()[0]
    with people.world.okta.dated(people.world.clock.now() - timedelta(days=days)):
        people.enroll_again(mac, is_erased=False)
    assert ask(1)[people.login_of(mac)]["today"] == "gets_in"


@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("name", [" First.LAST@example.com", ""])
def test_a_person_whose_login_is_not_the_address_has_one_row(people, ask, name):
    """Kandji has the address, or the full name alone."""
    people.draw(1, 4, events=["nothing"])
    mac = people.managed_macs()[0]
    login = people.login_of(mac)
    user = next(each for each in people.world.okta.users.values() if each.login == login)
    user.email = "first.last@example.com"
    before = ask(1)
    for each in people.world.macs:
        if people.login_of(each) == login:
            each.device.user.email = name
    people.world.kandji.changed()
    rows = ask(1)
    assert rows.keys() == before.keys() == {each.login for each in people.world.okta.users.values()}
    assert rows[login]["today"] == "gets_in"


@pytest.mark.lab(macs=0, real_macs=0)
def test_nobody_gets_in_whose_account_does_not_work(people, ask_of):
    """Okta shows the statuses of the members of a group that a rule names."""
    people.draw(1, events=["nothing"])
    org = people.world.okta
    group = org.directory.add_group("Everybody with a Mac", members=list(org.users))
    condition = {"people": {"groups": {"include": [group.id]}}}
    people.app = people.require_managed_macs("Slack", condition)
    able = {login for login, row in ask_of("Slack", 1).items() if row["today"] == "gets_in"}
    users = [user for user in org.users.values() if user.login in able]
    statuses = ("SUSPENDED", "DEPROVISIONED", "STAGED", "LOCKED_OUT", "PASSWORD_EXPIRED")
    for user, status in zip(users, statuses, strict=False):
        user.status = status
    rows = ask_of("Slack", 400)
    named = {login for login, row in rows.items() if row["today"] != "gets_in"}
    assert {user.login for user in users[: len(statuses)]} == able & named
    may_end = {user.login for user in users[: len(statuses)] if user.status not in REFUSED}
    assert {login for login in able & named if rows[login]["lost"]} == may_end
    assert {login for login, enters in people.open(people.app).items() if not enters} <= named


@pytest.mark.lab(macs=0, real_macs=0)
def test_nobody_is_refused_on_a_day_who_was_not_named_for_it(people, ask):
    check_all(people, ask, range(FEW))


@pytest.mark.lab(macs=0, real_macs=0)
def test_nobody_is_refused_by_rules_of_other_shapes_who_was_not_named(people, ask):
    check_all(people, ask, range(FEW), SHAPES)


@pytest.mark.long
@pytest.mark.lab(macs=0, real_macs=0)
@pytest.mark.parametrize("shapes", [(), SHAPES], ids=["managed", "all"])
def test_nobody_of_many_fleets_is_refused_on_a_day_who_was_not_named_for_it(people, ask, shapes):
    check_all(people, ask, range(int(os.environ.get("ACCESS_FLEETS", FLEETS))), shapes)
