# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pair of modules that write, one in the middle of the other, before each of its requests.

The verdict is about the lab, not about output: nothing is doubled, a run ends well or with a
sentence, and a run afterwards converges.
"""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import dataclass

import pytest
import requests

from lab.okta.devices import DeviceFacts
from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.helpers.interleaving import (
    Requests,
    before_request,
    judge_lab,
    judge_result,
)
from tests.functional.helpers.reset_fleet import ResetFleet

Json = dict[str, t.Any]

PROFILE, SCEP, SCRIPT = "kandji_custom_profile", "kandji_scep_profile", "kandji_custom_script"
APP, POLICY, RULE = "kandji_app_store_item", "okta_access_policy", "okta_access_policy_rule"
RESET, METHOD = "okta_device_reset", "okta_authenticator_method"
CLONE, ORIGINAL = "Company apps (managed devices)", "Company apps"
STUCK = "RESETMAC0001"
CANARY = {"name": "Okta SCEP - canary", "blueprints": ["Canary"]}
MANAGED = {
    "policy": ORIGINAL,
    "name": "Managed Macs",
    "position": "first",
    "platforms": ["MACOS"],
    "managed": True,
    "access": "ALLOW",
    "factor_mode": "2FA",
    "groups_excluded": ["Break glass"],
    "break_glass_group": "Break glass",
}
COPY = {"name": CLONE, "clone_of": ORIGINAL}
MOVE = {**COPY, "apps": ["Slack"], "break_glass_group": "Break glass"}


ROOT = {
    "PayloadType": "com.apple.security.root",
    "PayloadVersion": 1,
    "PayloadIdentifier": "com.example.root",
    "PayloadUUID": "9B2B1E0C-4C7D-4B3E-9B0B-5C0F4E1B7A11",
    "PayloadContent": b"root",
}


def wifi(**keys: t.Any) -> str:
    payload = {
        "PayloadType": "com.apple.wifi.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi.1",
        "PayloadUUID": "ONE",
        "SSID_STR": "Acme",
        **keys,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi",
        "PayloadUUID": "ANY",
        "PayloadContent": [payload],
    }
    return plistlib.dumps(profile).decode()


def custom(**keys: t.Any) -> Json:
    return {"name": "Wifi", "mobileconfig": wifi(**keys), "blueprints": ["Canary"]}


@dataclass(frozen=True)
class Scenario:
    """A module that writes, its options, and what is done before (modules with their options)."""

    module: str
    options: Json
    before: tuple[tuple[str, Json], ...] = ()
    unseen: int = 0  # requests after the last one that could notice another run's change

    @property
    def subject(self) -> str:
        """What it writes to: scenarios of one subject can meet."""
        return "library" if self.module.startswith("kandji_") else self.module[:18]


SCENARIOS = {
    "create SCEP profile": Scenario(SCEP, CANARY, unseen=1),
    "renew SCEP profile": Scenario(
        SCEP, {**CANARY, "generation": "2027", "max_reissue": 50}, ((SCEP, CANARY),)
    ),
    "widen SCEP profile": Scenario(
        SCEP, {**CANARY, "blueprints": ["Canary", "Engineering"]}, ((SCEP, CANARY),)
    ),
    "remove SCEP profile": Scenario(
        SCEP, {**CANARY, "blueprints_mode": "remove", "max_removed": 50}, ((SCEP, CANARY),)
    ),
    "create profile": Scenario(PROFILE, custom(), unseen=1),
    "change profile": Scenario(
        PROFILE, {**custom(SSID_STR="Acme 2"), "max_reinstall": 50}, ((PROFILE, custom()),)
    ),
    "assign Okta Verify": Scenario(APP, {"name": "Okta Verify", "blueprints": ["Canary"]}),
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
    "change method": Scenario(
        METHOD, {"authenticator": "okta_verify", "method": "push", "status": "INACTIVE"}
    ),
    "reset device": Scenario(RESET, {"serials": [STUCK]}),
}


class Scene:
    """A lab that begins again for each order of runs."""

    def __init__(self, lab: Lab, run_module: t.Callable[..., Json]) -> None:
        self.lab, self._run_module = lab, run_module

    def begin(self, *scenarios: Scenario) -> Watched:
        """Begin another company with what these scenarios need."""
        self.lab.begin(Options(macs=3, limits="high"))
        watched = Watched(self.lab)
        watched.world.clock.advance(days=95)  # nobody uses an app, so nobody is locked out
        if any(scenario.module == RESET for scenario in scenarios):
            ResetFleet(watched).stuck(STUCK)
        steps = [step for scenario in scenarios for step in scenario.before]
        for module, options in steps:
            result = self.run(Scenario(module, options))
            assert not result.get("failed"), result
        watched.live()
        return watched

    def run(self, scenario: Scenario) -> Json:
        return self._run_module(scenario.module, scenario.options, lab=self.lab)


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


def writes_since(watched: Watched, mark: int) -> list[str]:
    return [name for name in watched.writes(mark) if name != "PKIOperation"]


def converges(scene: Scene, watched: Watched, scenario: Scenario) -> list[str]:
    """Return what is wrong with the runs after both: the second has nothing left to do."""
    first = scene.run(scenario)
    watched.live()
    mark = watched.mark()
    second = scene.run(scenario)
    faults = [*judge_lab(watched), *judge_result(first), *judge_result(second)]
    if watched.writes(mark) or bool(first.get("failed")) != bool(second.get("failed")):
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
        faults += [f"{number}: {fault}" for fault in judge_lab(watched)]
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


def profile_of(watched: Watched) -> t.Any:
    return next(
        item
        for item in watched.world.kandji.items.values()
        if item.name.startswith("Okta SCEP - canary")
    )


def add_payload(watched: Watched) -> None:
    item, announced = profile_of(watched), watched.lab.announcement
    plist = plistlib.loads(item.text.encode())
    plist["PayloadContent"].append(ROOT)
    requests.patch(
        f"{announced['kandji_url']}/api/v1/library/custom-profiles/{item.id}",
        headers={"Authorization": f"Bearer {announced['kandji_api_token']}"},
        verify=announced["ca_file"],
        files={"file": ("x.mobileconfig", plistlib.dumps(plist))},
        timeout=30,
    ).raise_for_status()


def rename_profile(watched: Watched) -> None:
    item = profile_of(watched)
    watched.control("PATCH", f"/kandji/items/{item.id}", {"name": f"{item.name} (Ann)"})


def assign_profile(watched: Watched) -> None:
    wanted = {"blueprints": ["Canary", "Engineering"]}
    watched.control("PATCH", f"/kandji/items/{profile_of(watched).id}", wanted)


def delete_profile(watched: Watched) -> None:
    watched.control("DELETE", f"/kandji/items/{profile_of(watched).id}")


def holds_root(watched: Watched) -> bool:
    return "com.apple.security.root" in profile_of(watched).text


def is_renamed(watched: Watched) -> bool:
    return bool(profile_of(watched).name.endswith("(Ann)"))


def is_assigned(watched: Watched) -> bool:
    blueprints = watched.world.kandji.blueprints.values()
    return profile_of(watched).id in next(
        blueprint.item_ids for blueprint in blueprints if blueprint.name == "Engineering"
    )


def is_deleted(watched: Watched) -> bool:
    items = watched.world.kandji.items.values()
    return not any(item.name == CANARY["name"] for item in items)


def policy_of(watched: Watched, name: str) -> t.Any:
    return next(each for each in watched.world.okta.policies.by_id.values() if each.name == name)


def describe_clone(watched: Watched) -> None:
    policy_of(watched, CLONE).description += " Ask Ann."


def rename_clone(watched: Watched) -> None:
    policy_of(watched, CLONE).name = "Kept by Ann"


def give_another_policy(watched: Watched) -> None:
    org = watched.world.okta
    org.assign(org.directory.app("Slack"), org.policies.add("Strict"))


def edit_rule(watched: Watched) -> None:
    rule = rule_of(watched)
    if rule:
        rule.conditions["people"]["users"]["exclude"] = [next(iter(watched.world.okta.users))]


def stop_rule(watched: Watched) -> None:
    policy_of(watched, ORIGINAL).rules[0].status = "INACTIVE"


def add_rule_before(watched: Watched) -> None:
    deny = ("Contractors", None, {"appSignOn": {"access": "DENY"}})
    watched.world.okta.policies.add_rule(policy_of(watched, ORIGINAL), deny, 0)


def record_of(watched: Watched) -> t.Any:
    records = watched.world.okta.devices.values()
    return next((each for each in records if each.profile.get("serialNumber") == STUCK), None)


def become_managed(watched: Watched) -> None:
    for link in record_of(watched).users.values():
        link.set_managed(True)


def register_again(watched: Watched) -> None:
    """Its user adds the account again, which makes another record."""
    org = watched.world.okta
    facts = DeviceFacts(serial=STUCK, udid="again", name=STUCK, model="Mac", os_version="15.1")
    org.registry.register(next(iter(org.users)), facts)


def is_registered_again(watched: Watched) -> bool:
    records = watched.world.okta.devices.values()
    return any(each.profile.get("udid") == "again" for each in records)


@dataclass(frozen=True)
class Edit:
    """An administrator's edit, whether it is still there, and when a run has to notice it.

    ``read_by`` is the request that the plan knows it by: what was edited before is planned for.
    ``window`` is how many requests before the first write the last check of it is sent: nobody can
    see an edit that comes after it.
    """

    scenario: str
    act: t.Callable[[Watched], None]
    stays: t.Callable[[Watched], bool]
    read_by: str
    window: int = 1

    def counts(self, sent: Requests) -> range:
        """Return the numbers of the requests before which it has to be noticed."""
        names = [name for _writes, name in sent.sent]
        first = names.index(self.read_by) + 1 if self.read_by else 0
        return range(first, sent.first_write - self.window + 1)


def app_policy(watched: Watched) -> str:
    org = watched.world.okta
    return str(org.policies.in_force(org.directory.app("Slack")).name)


def rule_of(watched: Watched) -> t.Any:
    rules = policy_of(watched, ORIGINAL).rules
    return next((rule for rule in rules if rule.name == "Managed Macs"), None)


def is_described(watched: Watched) -> bool:
    return "Ask Ann" in policy_of(watched, CLONE).description


def has_strict(watched: Watched) -> bool:
    return app_policy(watched) == "Strict"


def is_kept(watched: Watched) -> bool:
    return any(each.name == "Kept by Ann" for each in watched.world.okta.policies.by_id.values())


def excludes_user(watched: Watched) -> bool:
    rule = rule_of(watched)
    return rule is not None and bool(rule.conditions["people"]["users"]["exclude"])


def is_stopped(watched: Watched) -> bool:
    return rule_of(watched).status == "INACTIVE"


def has_contractors(watched: Watched) -> bool:
    return any(rule.name == "Contractors" for rule in policy_of(watched, ORIGINAL).rules)


def is_registered(watched: Watched) -> bool:
    return record_of(watched) is not None


PROFILES, POLICIES, RULES = "List Custom Profiles", "listPolicies", "listPolicyRules"
EDITS = [
    Edit("renew SCEP profile", add_payload, holds_root, PROFILES),
    Edit("renew SCEP profile", rename_profile, is_renamed, PROFILES),
    Edit("renew SCEP profile", delete_profile, is_deleted, PROFILES),
    Edit("renew SCEP profile", assign_profile, is_assigned, PROFILES),
    Edit("widen SCEP profile", rename_profile, is_renamed, PROFILES, 2),
    Edit("remove SCEP profile", rename_profile, is_renamed, PROFILES, 2),
    Edit("move app", describe_clone, is_described, POLICIES),
    Edit("move app", give_another_policy, has_strict, "listApplications", 0),
    Edit("clone and move", give_another_policy, has_strict, "listApplications", 0),
    Edit("revert apps", give_another_policy, has_strict, "listApplications"),
    Edit("revert apps", describe_clone, is_described, POLICIES, 2),
    Edit("delete policy", rename_clone, is_kept, POLICIES, 2),
    Edit("change rule", edit_rule, excludes_user, RULES),
    Edit("change rule", stop_rule, is_stopped, RULES, 0),
    Edit("change rule", add_rule_before, has_contractors, RULES, 0),
    Edit("delete rule", edit_rule, excludes_user, RULES),
    Edit("reset device", become_managed, is_registered, "", 1),
    Edit("reset device", register_again, is_registered_again, "", 0),
]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edit, marks=pytest.mark.long, id=f"{edit.scenario}, {edit.act.__name__}")
        for edit in EDITS
    ],
)
def test_an_edit_in_the_console_stays_or_the_run_stops(scene, edit):
    scenario, faults = SCENARIOS[edit.scenario], []
    _writes, sent = planned(scene, scenario)
    for number in range(len(sent.sent)):
        watched = scene.begin(scenario)
        with before_request(number, lambda: edit.act(watched)):  # noqa: B023 - called in this loop
            result = scene.run(scenario)
        if number in edit.counts(sent) and not edit.stays(watched):
            faults.append(f"{number} {sent.sent[number][1]}: lost, {result.get('msg')}")
        faults += [f"{number}: {fault}" for fault in judge_result(result)]
        faults += [f"{number}: {fault}" for fault in converges(scene, watched, scenario)]
    assert faults == []
