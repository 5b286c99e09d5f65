# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast against what the lab's people experience.

Whole fleets, policies and edits by chance, person by person, device by device.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.forecast_reader import (
    read_forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    AppChange,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    apply as policy_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
    plan_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
    in_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
    Settings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
    ApiToken,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import Okta
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import Policy

from lab.seeds import random_org

FLEETS = 500
FEW = 40


@pytest.fixture
def okta(fresh_lab):
    """Where it would wait for a rate limit, the lab's clock moves on."""

    def sleep(seconds):
        with fresh_lab.world.lock:
            fresh_lab.world.clock.advance(seconds=seconds)

    told = fresh_lab.announcement
    return Okta(
        told["okta_url"],
        ApiToken(told["okta_api_token"]),
        Settings(told["ca_file"], capacity_percent=100, sleep=sleep),
        Masker(),
    )


class Trial:
    """One fleet, one policy, one edit.

    Everybody opens the app, the forecast is made, the edit is written, and everybody opens the app
    again.
    """

    def __init__(self, lab, okta, seed):
        self.world, self.okta, self.chosen = lab.world, okta, random.Random(f"edit {seed}")
        with self.world.lock:
            drawn = random_org.draw_fleet(self.world.okta, seed)
        self.app_id, self.policy_id = drawn["app_id"], drawn["policy_id"]
        self.policy = Policy(self.policy_id, "Drawn")
        self.app = next(app for app in okta.apps() if app.id == self.app_id)

    def open_all(self):
        """{(user, platform, device): admitted} of everybody whom the policy judges."""
        org = self.world.okta
        with self.world.lock:
            told = {
                seat: org.sign_ins.open(org.directory.apps[self.app_id], seat)
                for seat in org.sign_ins.seats
            }
        # A record that is suspended is one that Okta does not know at sign-in.
        return {
            (
                seat.user_id,
                seat.platform,
                seat.device_id if org.sign_ins.find_registration(seat)[0] else None,
            ): outcome.admitted
            for seat, outcome in told.items()
            if outcome.reason not in ("user", "unassigned")
        }

    def edits(self, rules):
        """One to three changes.

        A rule that comes, goes, changes, moves, or is out of use; or the catch-all rule.
        """
        org, names = self.world.okta, [each.name for each in rules if not each.system]
        plans = []
        for number in range(self.chosen.randrange(1, 4)):
            kind = self.chosen.choice(("add", "add", "change", "go", "move", "rest", "last"))
            with self.world.lock:
                users = list(org.users)
                body = random_org.draw_rule(org, self.chosen, f"Edit {number}", users)
            if kind == "add" or not names:
                wanted = {key: body[key] for key in ("name", "conditions", "actions") if body[key]}
                place = Place(self.chosen.choice(("first", "last")))
                plans.append(RuleRequest(wanted["name"], wanted, place))
            elif kind == "last":
                name = rules[-1].name
                plans.append(RuleRequest(name, {"name": name, "actions": body["actions"]}))
            else:
                name = names.pop(self.chosen.randrange(len(names)))
                wanted = {
                    "name": name,
                    **({"actions": body["actions"]} if kind == "change" else {}),
                }
                place = Place("first") if kind == "move" else Place()
                status = "INACTIVE" if kind == "rest" else None
                plans.append(RuleRequest(name, wanted, place, status, kind == "go"))
        return plans

    def run(self):
        before_rules = in_order(self.okta.policy_rules(self.policy_id))
        before = self.open_all()
        planned = before_rules
        edits = self.edits(before_rules)
        for edit in edits:
            planned = renumbered(plan_rule(planned, edit, "Drawn").after)
        found = read_forecast(self.okta, [AppChange(self.app, before_rules, planned)], 30, 50000)
        rules = before_rules
        for edit in edits:
            plan = plan_rule(rules, edit, "Drawn")
            if plan.changes:
                rules = policy_apply.apply_rule(self.okta, self.policy, plan)
        assert [rule.name for rule in planned] == [rule.name for rule in rules]
        after = self.open_all()
        lost = {key for key, admitted in before.items() if admitted and not after[key]}
        gained = {key for key, admitted in before.items() if not admitted and after[key]}
        return found, before, lost, gained


def renumbered(rules):
    return [
        replace(rule, priority=priority, row={**rule.row, "priority": priority})
        for rule, priority in ((rule, 99 if rule.system else n) for n, rule in enumerate(rules))
    ]


def key(row):
    return row.user_id, row.device.split(" ")[0], row.device_id


def check(lab, okta, seed):
    """How many were lost, were named, and were named only for what nobody can know."""
    trial = Trial(lab, okta, seed)
    found, before, lost, _gained = trial.run()
    named = {key(row) for row in found.locked_out}
    assert lost <= named, f"seed {seed}: refused and not named: {lost - named}"
    doubtful = {key(row) for row in found.locked_out if row.unknowns}
    # Where nothing unknown has a say, the forecast is exact: each that it names and who came in
    # before is refused.
    sure = {one for one in named - doubtful if before.get(one)}
    assert sure <= lost, f"seed {seed}: named for certain and not refused: {sure - lost}"
    return len(lost), len(named), len(named - lost)


def some(lab, okta, seeds):
    counts = [check(lab, okta, seed) for seed in seeds]
    return [sum(column) for column in zip(*counts)]


@pytest.mark.lab(macs=0)
def test_nobody_is_refused_who_was_not_named(fresh_lab, okta):
    lost, named, _more = some(fresh_lab, okta, range(FEW))
    assert 0 < lost <= named


POSITIONS = {
    "required_false": "ignored",
    "unregistered_assurance": "met",
    "other_platforms": "all_but_four",
    "user_verification": "none",
}


@pytest.mark.lab(macs=0)
@pytest.mark.parametrize("switch", POSITIONS)
def test_nobody_is_refused_who_was_not_named_where_okta_behaves_otherwise(fresh_lab, okta, switch):
    fresh_lab.world.switches.set(**{switch: POSITIONS[switch]})
    lost, named, _more = some(fresh_lab, okta, range(FEW, FEW + FEW // 2))
    assert 0 < lost <= named


ZONE = {"network": {"connection": "ZONE", "include": ["nzoOffice"]}}
MACS = {"platform": {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}}


def add_other_policies(org, policy_id, seed):
    """Draw a global session policy for a group, and a device signal collection policy."""
    chosen = random.Random(f"other policies {seed}")
    groups = sorted(org.directory.groups)
    session = org.others.add("OKTA_SIGN_ON", "Session", chosen.sample(groups, 1))
    for number in range(chosen.randrange(3)):
        access, where = chosen.choice(("ALLOW", "DENY")), chosen.choice((None, None, ZONE))
        org.others.add_session_rule(session, f"Session {number}", access, where)
    resources = chosen.choice(([], [policy_id], [policy_id]))
    signals = org.others.add("DEVICE_SIGNAL_COLLECTION", "Signals", resources=resources)
    for number in range(chosen.randrange(3)):
        word, where = chosen.choice(("ALLOW", "IGNORE", None)), chosen.choice((None, MACS, ZONE))
        org.others.add_signal_rule(signals, f"Signals {number}", word, where)


@pytest.mark.lab(macs=0)
@pytest.mark.parametrize(
    ("uncollected", "ignored"), [("unknown", "refused"), ("known", "accepted")]
)
def test_policies_of_other_kinds_refuse_nobody_who_was_not_named(
    fresh_lab, okta, uncollected, ignored
):
    world = fresh_lab.world
    world.switches.set(uncollected_devices=uncollected, ignored_fastpass=ignored)
    lost_people = named_people = refused_earlier = 0
    for seed in range(FEW // 2):
        trial = Trial(fresh_lab, okta, seed)
        with world.lock:
            add_other_policies(world.okta, trial.policy_id, seed)
        found, before, lost, gained = trial.run()
        named = {key(row) for row in found.locked_out}
        assert lost <= named, f"seed {seed}: refused and not named: {lost - named}"
        earlier = {row.user_id for row in found.refused_earlier}
        assert not any(admitted for seat, admitted in before.items() if seat[0] in earlier)
        assert not {seat for seat in gained if seat[0] in earlier}
        lost_people, named_people = lost_people + len(lost), named_people + len(named)
        refused_earlier += len(earlier)
    assert 0 < lost_people <= named_people and refused_earlier


@pytest.mark.long
@pytest.mark.lab(macs=0)
@pytest.mark.parametrize("users_and_groups", ["both", "either"])
def test_nobody_is_refused_who_was_not_named_in_many_fleets(fresh_lab, okta, users_and_groups):
    others = POSITIONS if users_and_groups == "either" else {}
    fresh_lab.world.switches.set(users_and_groups=users_and_groups, **others)
    fleets = int(os.environ.get("FORECAST_FLEETS", FLEETS))
    lost, named, more = some(fresh_lab, okta, range(fleets))
    print(
        f"{fleets} fleets: {lost} refused, {named} named, {more} of them for what nobody can know"
    )
    assert 0 < lost <= named
