# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pair of modules that write, one in the middle of the other, before each of its requests.

The verdict is about the lab, not about output: nothing is doubled, a run ends well or with a
sentence, and a run afterwards converges.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from importlib import import_module

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched, prepare_redelivery
from tests.functional.helpers import console_edits as console
from tests.functional.helpers.interleaving import (
    Requests,
    before_request,
    judge_lab,
    judge_result,
)
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.support.module_runs import MODULES
from tests.support.write_options import (
    CANARY,
    CLONE,
    COPY,
    MANAGED,
    MOVE,
    NO_PUSH,
    OKTA_VERIFY,
    ORIGINAL,
    REMOVED,
    RENEWED,
    STUCK,
    WIDENED,
    wifi,
    without_policy,
)
from tools.support.environment import CHECKOUT

Json = dict[str, t.Any]

PROFILE, SCEP, SCRIPT = "kandji_custom_profile", "kandji_scep_profile", "kandji_custom_script"
APP, POLICY, RULE = "kandji_app_store_item", "okta_access_policy", "okta_access_policy_rule"
RULES = "okta_access_policy_rules"
RESET, METHOD = "okta_device_reset", "okta_authenticator_method"
DEVICE, REDELIVERY = "okta_device", "kandji_profile_redelivery"
ACTION, RELEASE = "kandji_device_action", "kandji_device_release"
LEAVER = "leaver@example.com"
LOOK = {"name": "Look", "script": "#!/bin/sh\necho 1", "blueprints": ["Canary"]}
ORPHAN = "ORPHANMAC001"  # of no Mac in Kandji, and used by nobody
UNUSED = {"unused_days": 60, "state": "suspended", "max_percent": 100}
ENFORCED = {
    "policy": ORIGINAL,
    "break_glass_group": "Break glass",
    "rules": [without_policy(MANAGED)],
}


@dataclass(frozen=True)
class Scenario:
    """A module that writes, its options, and what is done before (modules with their options)."""

    module: str
    options: Json
    before: tuple[tuple[str, Json], ...] = ()
    unseen: int = 0  # requests after the last one that could notice another run's change
    days_before: int = 0  # between what is done before and the run
    copy: str = ""  # the item of which a later run leaves a copy, which its message names

    @property
    def subject(self) -> str:
        """What it writes to: scenarios of one subject can meet."""
        if self.module in (RESET, DEVICE, ACTION, RELEASE):
            return "devices"
        return "library" if self.module.startswith("kandji_") else self.module[:18]


SCENARIOS = {
    "create SCEP profile": Scenario(SCEP, CANARY, unseen=1),
    "renew SCEP profile": Scenario(SCEP, RENEWED, ((SCEP, CANARY),)),
    "widen SCEP profile": Scenario(SCEP, WIDENED, ((SCEP, CANARY),)),
    "remove SCEP profile": Scenario(SCEP, REMOVED, ((SCEP, CANARY),)),
    "create profile": Scenario(PROFILE, wifi(), unseen=1),
    "change profile": Scenario(
        PROFILE, {**wifi(SSID_STR="Acme 2"), "max_reinstall": 50}, ((PROFILE, wifi()),)
    ),
    "create script": Scenario(SCRIPT, LOOK, unseen=1, copy="Look"),
    "change script": Scenario(SCRIPT, {**LOOK, "script": "#!/bin/sh\necho 2"}, ((SCRIPT, LOOK),)),
    "redeliver profile": Scenario(REDELIVERY, {}),
    "assign Okta Verify": Scenario(APP, OKTA_VERIFY),
    "clone policy": Scenario(POLICY, COPY),
    "move app": Scenario(POLICY, MOVE, ((POLICY, COPY),)),
    "clone and move": Scenario(POLICY, MOVE),
    "revert apps": Scenario(POLICY, {"name": CLONE, "state": "reverted"}, ((POLICY, MOVE),)),
    "delete policy": Scenario(POLICY, {"name": CLONE, "state": "absent"}, ((POLICY, COPY),)),
    "create rule": Scenario(RULE, MANAGED),
    "change rule": Scenario(
        RULE, {**MANAGED, "reauthenticate_in": "PT4H"}, ((RULE, MANAGED),), unseen=1
    ),
    "delete rule": Scenario(
        RULE, {"policy": ORIGINAL, "name": "Managed Macs", "state": "absent"}, ((RULE, MANAGED),)
    ),
    "write rules": Scenario(RULES, ENFORCED),
    "change method": Scenario(
        METHOD,
        NO_PUSH,
    ),
    "reset device": Scenario(RESET, {"serials": [STUCK]}),
    "release Mac": Scenario(RELEASE, {"person": LEAVER, "blueprint": "Staging"}),
    "suspend device": Scenario(DEVICE, {"serials": [STUCK, ORPHAN], "state": "suspended"}),
    "delete device": Scenario(
        DEVICE, {"serials": [STUCK], "state": "absent", "allow": ["last_authenticator"]}
    ),
    # The log is read last: after the record, its users, and before the write.
    "suspend unused device": Scenario(DEVICE, UNUSED, unseen=3),
    "delete unused device": Scenario(
        DEVICE, {**UNUSED, "state": "absent"}, ((DEVICE, UNUSED),), unseen=3, days_before=15
    ),
    "lock Mac": Scenario(
        ACTION, {"action": "lock", "serials": [STUCK], "confirm": f"LOCK {STUCK}"}
    ),
}


# What it writes voids what the other run wrote, and names no object that a run could meet. A trial
# never converges: test_verify_writes.py lets it meet itself, and no other run has its profile.
NOT_PAIRED = {"okta_temporary_access_code", "device_trust_verify"}


def writing_modules() -> set[str]:
    """Return the modules that may change what a vendor keeps, by the operations they declare."""
    names = [path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")]
    return {
        name
        for name in names
        if any(
            operation.changes_state
            for operation in getattr(import_module(f"{MODULES}.{name}"), "USES", ())
        )
    }


def test_each_module_that_writes_has_a_scenario() -> None:
    paired = {scenario.module for scenario in SCENARIOS.values()}
    assert paired == writing_modules() - NOT_PAIRED


class Scene:
    """A lab that begins again for each order of runs."""

    def __init__(self, lab: Lab, run_module: t.Callable[..., Json]) -> None:
        self.lab, self._run_module = lab, run_module
        self._redelivery: Json = {}

    def begin(self, *scenarios: Scenario) -> Watched:
        """Begin another company with what these scenarios need."""
        self.lab.begin(Options(macs=3, limits="high"))
        watched = Watched(self.lab)
        watched.world.clock.advance(days=95)  # nobody uses an app, so nobody is locked out
        if any(scenario.module == REDELIVERY for scenario in scenarios):
            self._redelivery = prepare_redelivery(watched, self._run_module)
        if any(scenario.subject == "devices" for scenario in scenarios):
            ResetFleet(watched).stuck(STUCK)
            tenant = watched.world.kandji
            device = next(each for each in tenant.devices.values() if each.serial == STUCK)
            device.user = tenant.add_user("Leaver", LEAVER)
            tenant.changed()
        if any("unused_days" in scenario.options for scenario in scenarios):
            fleet = ResetFleet(watched)
            fleet.record(ORPHAN, age=2400)
            fleet.mac("SHAREDMAC001", certificate=None, profile=False)
            fleet.record("SHAREDMAC001", age=1.0)
        steps = [step for scenario in scenarios for step in scenario.before]
        for module, options in steps:
            result = self.run(Scenario(module, options))
            assert not result.get("failed"), result
        watched.world.clock.advance(days=max(each.days_before for each in scenarios))
        watched.live()
        return watched

    def run(self, scenario: Scenario) -> Json:
        options = self._redelivery if scenario.module == REDELIVERY else scenario.options
        return self._run_module(scenario.module, options, lab=self.lab)


@pytest.fixture(scope="module")
def restarting_lab():
    with Lab(Options(macs=3, limits="high")) as running:
        yield running


@pytest.fixture
def scene(restarting_lab, run_module):
    return Scene(restarting_lab, run_module)


def planned(scene: Scene, scenario: Scenario) -> tuple[list[str], Requests]:
    """Return the writes of a run that nobody disturbs, and its requests."""
    watched = scene.begin(scenario)
    mark = watched.mark()
    with before_request(None, lambda: None) as sent:
        result = scene.run(scenario)
    assert result["changed"], result
    return writes_since(watched, mark), sent


def judge(watched: Watched, scenario: Scenario) -> list[str]:
    """Return what no order of runs may leave behind, but for the copy that no run may delete."""
    return [fault for fault in judge_lab(watched) if fault != f"2 items {scenario.copy!r}"]


def writes_since(watched: Watched, mark: int) -> list[str]:
    return [name for name in watched.writes(mark) if name not in ("PKIOperation", "Daily check-in")]


def converges(scene: Scene, watched: Watched, scenario: Scenario) -> list[str]:
    """Return what is wrong with the runs after both: the last has nothing left to do."""
    first = scene.run(scenario)
    watched.live()
    if scenario.module == REDELIVERY:  # which takes a step at each check-in
        for _step in range(2):
            first = scene.run(scenario)
            watched.live()
    mark = watched.mark()
    second = scene.run(scenario)
    faults = [*judge(watched, scenario), *judge_result(first), *judge_result(second)]
    if writes_since(watched, mark) or bool(first.get("failed")) != bool(second.get("failed")):
        faults.append(f"does not converge: {first.get('msg')} {second.get('msg')}")
    return faults


def meet(scene: Scene, scenario: Scenario, other: Scenario, number: int) -> list[str]:
    """Run the other before a request of the run. Return what is wrong afterwards."""
    watched = scene.begin(scenario, other)
    results: list[Json] = []
    with before_request(number, lambda: results.append(scene.run(other))):
        results.append(scene.run(scenario))
    faults = [fault for result in results for fault in judge_result(result)]
    faults += [*judge_lab(watched), *converges(scene, watched, scenario)]
    return [f"{number}: {fault}" for fault in faults]


QUICK = ("create SCEP profile", "clone and move", "change rule", "reset device")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in SCENARIOS],
)
def test_a_run_meets_itself_before_each_request(scene, name):
    scenario, faults = SCENARIOS[name], []
    writes, sent = planned(scene, scenario)
    numbers = range(len(sent.sent))
    if name in QUICK:  # amid the plan, at what is read again, at each write
        numbers = {sent.first_write // 2, sent.first_write - 1, *sent.writes}
    for number in sorted(numbers):
        watched = scene.begin(scenario)
        mark, results = watched.mark(), []
        with before_request(number, lambda: results.append(scene.run(scenario))):  # noqa: B023 - called in this loop
            results.append(scene.run(scenario))
        done = writes_since(watched, mark)
        if number < sent.first_write - scenario.unseen and done != writes:
            faults.append(f"{number}: {done} instead of {writes}")
        faults += [f"{number}: {fault}" for each in results for fault in judge_result(each)]
        faults += [f"{number}: {fault}" for fault in judge(watched, scenario)]
        faults += [f"{number}: {fault}" for fault in converges(scene, watched, scenario)]
    assert faults == []


PAIRS = [
    (name, other)
    for name, scenario in SCENARIOS.items()
    for other in SCENARIOS
    if name != other and scenario.subject == SCENARIOS[other].subject
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_a_run_meets_another_amid_its_plan_and_at_its_first_write(scene, name, other):
    scenario, meets = SCENARIOS[name], SCENARIOS[other]
    scene.begin(scenario, meets)
    with before_request(None, lambda: None) as sent:
        scene.run(scenario)
    numbers = {sent.first_write // 2, min(sent.first_write, len(sent.sent) - 1)}
    faults = [fault for number in sorted(numbers) for fault in meet(scene, scenario, meets, number)]
    assert faults == []


# An administrator in the console


@dataclass(frozen=True)
class Edit:
    """An administrator's edit during a scenario, and when a run has to notice it.

    ``read_by`` is the request that the plan knows it by: what was edited before is planned for.
    ``window`` is how many requests before the first write the last check of it is sent: nobody can
    see an edit that comes after it.
    """

    scenario: str
    made: console.ConsoleEdit
    read_by: str
    window: int = 1

    def counts(self, sent: Requests) -> range:
        """Return the numbers of the requests before which it has to be noticed."""
        names = [name for _writes, name in sent.sent]
        first = names.index(self.read_by) + 1 if self.read_by else 0
        return range(first, sent.first_write - self.window + 1)


PROFILES, POLICIES, RULES = "List Custom Profiles", "listPolicies", "listPolicyRules"
EDITS = [
    Edit("renew SCEP profile", console.ADD_PAYLOAD, PROFILES),
    Edit("renew SCEP profile", console.RENAME_PROFILE, PROFILES),
    Edit("renew SCEP profile", console.DELETE_PROFILE, PROFILES),
    Edit("renew SCEP profile", console.ASSIGN_PROFILE, PROFILES),
    Edit("widen SCEP profile", console.RENAME_PROFILE, PROFILES, 2),
    Edit("remove SCEP profile", console.RENAME_PROFILE, PROFILES, 2),
    Edit("move app", console.DESCRIBE_CLONE, POLICIES),
    Edit("move app", console.GIVE_ANOTHER_POLICY, "listApplications", 0),
    Edit("clone and move", console.GIVE_ANOTHER_POLICY, "listApplications", 0),
    Edit("revert apps", console.GIVE_ANOTHER_POLICY, "listApplications"),
    Edit("revert apps", console.DESCRIBE_CLONE, POLICIES, 2),
    Edit("delete policy", console.RENAME_CLONE, POLICIES, 2),
    Edit("change rule", console.EDIT_RULE, RULES),
    Edit("change rule", console.STOP_RULE, RULES, 0),
    Edit("change rule", console.ADD_RULE_BEFORE, RULES, 0),
    Edit("delete rule", console.EDIT_RULE, RULES),
    Edit("reset device", console.BECOME_MANAGED, "", 1),
    Edit("reset device", console.REGISTER_AGAIN, "", 0),
]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edit, marks=pytest.mark.long, id=f"{edit.scenario}, {edit.made.name}")
        for edit in EDITS
    ],
)
def test_an_edit_in_the_console_stays_or_the_run_stops(scene, edit):
    scenario, faults = SCENARIOS[edit.scenario], []
    _writes, sent = planned(scene, scenario)
    for number in range(len(sent.sent)):
        watched = scene.begin(scenario)
        with before_request(number, lambda: edit.made.act(watched)):  # noqa: B023 - called in this loop
            result = scene.run(scenario)
        if number in edit.counts(sent) and not edit.made.stays(watched):
            faults.append(f"{number} {sent.sent[number][1]}: lost, {result.get('msg')}")
        faults += [f"{number}: {fault}" for fault in judge_result(result)]
        faults += [f"{number}: {fault}" for fault in converges(scene, watched, scenario)]
    assert faults == []
