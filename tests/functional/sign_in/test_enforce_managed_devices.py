# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/enforce_managed_devices.yml and rollback_managed_devices.yml as a user runs them.

Refused with names, carried out where everybody is ready, and taken back.
"""

from __future__ import annotations

import pytest

from lab.actors import person as people
from lab.okta.devices.records import DeviceFacts
from tests.functional.helpers import console_edits as console
from tools.support.environment import CHECKOUT

ENFORCE, ROLLBACK = (
    CHECKOUT / "playbooks" / f"{name}.yml"
    for name in ("enforce_managed_devices", "rollback_managed_devices")
)
CLONE = "Company apps (managed devices)"
APPS = ["Device check", "Salesforce", "Slack"]
VARIABLES = {
    "device_trust_access_policy": "Company apps",
    "device_trust_access_apps": APPS,
    "device_trust_break_glass_group": "Break glass",
}
MACS = 3


class Company:
    """The lab's people at their Macs, and the apps that they open."""

    def __init__(self, watched):
        self.watched, self.world, self.okta = watched, watched.world, watched.world.okta
        with self.world.lock:
            self.okta.sign_ins.seats.clear()  # nobody but at a Mac of the fleet

    def ready(self, but=()):
        """Everybody's Mac is registered and managed, but for those of ``but``, which are registered
        alone. Then all open their apps.
        """
        with self.world.lock:
            for person in self.world.people:
                mac = next(one for one in self.world.macs if one.serial == person.serial)
                record = self.okta.registry.register(
                    person.user_id,
                    DeviceFacts(
                        serial=mac.serial,
                        udid=mac.udid,
                        name=mac.device.name,
                        model="Mac",
                        os_version="15.0",
                    ),
                )
                mac.accounts[person.user_id] = record.id
                record.users[person.user_id].set_managed(person.serial not in but)
            self.world.clock.advance(minutes=5)
        return self.open()

    def open(self):
        """{(login, app): admitted}."""
        with self.world.lock:
            apps = [self.okta.directory.app(label) for label in APPS]
        return {
            (one.login, one.app): one.admitted
            for one in people.open_apps(self.world, apps)
            if one.reason != "unassigned"
        }

    def policies(self):
        return {
            label: self.okta.policies.in_force(self.okta.directory.app(label)).name
            for label in APPS
        }

    def managed(self, serial, value):
        person = next(one for one in self.world.people if one.serial == serial)
        mac = next(one for one in self.world.macs if one.serial == serial)
        self.okta.devices[mac.accounts[person.user_id]].users[person.user_id].set_managed(value)


@pytest.fixture
def company(watched):
    return Company(watched)


def login_of(company, serial):
    person = next(one for one in company.world.people if one.serial == serial)
    return company.okta.users[person.user_id].login


@pytest.mark.lab(macs=MACS)
def test_one_person_unready_is_named_and_nothing_is_written(company, playbook):
    serial = company.world.people[0].serial
    assert all(company.ready(but=[serial]).values())
    mark = company.watched.mark()
    refused = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert (
        refused.status != 0 and "1 person who used these apps would be locked out" in refused.output
    ), refused.output
    assert login_of(company, serial) in refused.output and "Traceback" not in refused.output
    assert "locked_out_people" not in refused.output  # the whole forecast in one line
    assert company.watched.writes(mark) == [] and set(company.policies().values()) == {
        "Company apps"
    }


@pytest.mark.lab(macs=MACS)
@pytest.mark.parametrize(
    "switched_off, fact",
    [
        ("signed_nonce", "Okta FastPass (method signed_nonce of Okta Verify) is not active"),
        ("okta_verify", "The authenticator Okta Verify is not active"),
    ],
)
def test_an_org_without_okta_fastpass_enforces_nothing(company, playbook, switched_off, fact):
    assert all(company.ready().values())
    company.watched.control("PATCH", "/okta/authenticators", {switched_off: "INACTIVE"})
    mark = company.watched.mark()
    refused = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert refused.status != 0 and "would be locked out" in refused.output, refused.output
    assert f"Okta FastPass: {fact}" in " ".join(refused.output.split())
    assert company.watched.writes(mark) == [] and set(company.policies().values()) == {
        "Company apps"
    }


@pytest.mark.lab(macs=0)
@pytest.mark.parametrize(
    ("group", "says"),
    [
        ("Nope", "Okta has no group 'Nope'. Correct the name."),
        ("Break glass", "rule 'Managed devices' of policy 'Company apps' would apply to nobody"),
    ],
)
def test_a_wrong_group_is_refused_in_the_name_of_the_variable(watched, playbook, group, says):
    """The groups are an option of each rule, and the rules are one option of the modules."""
    wrong = {**VARIABLES, "device_trust_access_groups": [group]}
    refused = playbook(watched.lab, ENFORCE, check=True, variables=wrong)
    assert refused.status != 0, refused.output
    assert f"device_trust_access_groups: {says}" in " ".join(refused.output.split())


@pytest.mark.long
@pytest.mark.lab(macs=0)
@pytest.mark.parametrize(
    ("path", "left_out", "says"),
    [
        (
            ENFORCE,
            "device_trust_access_policy",
            "device_trust_access_policy: it is not set.",
        ),
        (
            ROLLBACK,
            "device_trust_access_policy",
            "device_trust_access_policy: it is not set.",
        ),
        (ENFORCE, "device_trust_access_apps", "device_trust_access_apps: it is not set."),
        (
            ENFORCE,
            "device_trust_break_glass_group",
            "device_trust_break_glass_group: it is not set.",
        ),
    ],
)
def test_what_was_not_said_is_asked_for(watched, playbook, path, left_out, says):
    done = playbook(
        watched.lab,
        path,
        variables={name: value for name, value in VARIABLES.items() if name != left_out},
    )
    assert (
        done.status != 0
        and says in " ".join(done.output.split())
        and "Traceback" not in done.output
    ), done.output
    assert watched.writes() == []


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_carried_out_as_predicted_then_unchanged_then_taken_back(company, playbook):
    assert all(company.ready().values())
    mark = company.watched.mark()
    predicted = playbook(company.watched.lab, ENFORCE, check=True, variables=VARIABLES)
    assert predicted.status == 0 and company.watched.writes(mark) == [], predicted.output
    assert "WARNING" not in predicted.output  # of rules and a policy that the run creates itself
    done = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and predicted.changed == done.changed, done.output
    assert set(company.policies().values()) == {CLONE} and "simulated sign-ins agree" in done.output
    assert all(company.open().values())
    mark = company.watched.mark()
    again = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert again.status == 0 and again.changed == [] and company.watched.writes(mark) == [], (
        again.output
    )
    back = playbook(company.watched.lab, ROLLBACK, variables=VARIABLES)
    assert back.status == 0 and set(company.policies().values()) == {"Company apps"}, back.output
    assert playbook(company.watched.lab, ROLLBACK, variables=VARIABLES).changed == []


@pytest.fixture
def moved(company, playbook):
    """All apps have the clone, and a second break-glass group has the members of the first."""
    company.ready()
    with company.world.lock:
        groups = company.okta.directory
        groups.add_group("Emergencies", members=list(groups.group("Break glass").members))
    done = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    return company


OTHERS = {**VARIABLES, "device_trust_break_glass_group": "Emergencies"}


def refused_after_each_write(company):
    """Return a list that gets, for each write of a rule, whom the apps refuse after it."""
    policies, refused = company.okta.policies, []

    def watched(write):
        def write_then_people_come(*arguments, **options):
            result = write(*arguments, **options)
            refused.append([place for place, admitted in company.open().items() if not admitted])
            return result

        return write_then_people_come

    for name in ("add_rule", "replace_rule", "delete_rule"):
        setattr(policies, name, watched(getattr(policies, name)))
    return refused


def rules_of_the_clone(company):
    policies = company.okta.policies.by_id.values()
    clone = next(each for each in policies if each.name == CLONE)
    groups = {group.id: group.name for group in company.okta.directory.groups.values()}
    return [
        (
            rule.name,
            [groups[each] for each in rule.conditions["people"]["groups"].get("exclude", [])],
            [each["os"]["type"] for each in rule.conditions["platform"]["include"]],
        )
        for rule in clone.rules[:2]
    ]


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_other_groups_and_platforms_after_the_apps_moved(moved, playbook):
    """Nobody is refused at any time, though each rule changes."""
    wanted = {**OTHERS, "device_trust_access_platforms": ["MACOS", "WINDOWS"]}
    mark = moved.watched.mark()
    predicted = playbook(moved.watched.lab, ENFORCE, check=True, variables=wanted)
    assert predicted.status == 0 and moved.watched.writes(mark) == [], predicted.output
    refused = refused_after_each_write(moved)
    done = playbook(moved.watched.lab, ENFORCE, variables=wanted)
    assert done.status == 0 and done.changed == predicted.changed, done.output
    assert len(refused) == 4 and not any(refused)
    platforms = ["MACOS", "WINDOWS"]
    assert rules_of_the_clone(moved) == [
        ("Managed devices", ["Emergencies"], platforms),
        ("Devices that are not managed", ["Emergencies"], platforms),
    ]
    again = playbook(moved.watched.lab, ENFORCE, variables=wanted)
    assert again.status == 0 and again.changed == [], again.output


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_an_app_joins_as_predicted_while_the_rules_change(company, playbook):
    """The rules of the clone refuse the only members of the group that is to keep access."""
    company.ready()
    with company.world.lock:
        groups = company.okta.directory
        groups.add_group("Emergencies", members=[company.world.people[0].user_id])
    first = {**VARIABLES, "device_trust_access_apps": APPS[:2]}
    assert playbook(company.watched.lab, ENFORCE, variables=first).status == 0
    mark = company.watched.mark()
    predicted = playbook(company.watched.lab, ENFORCE, check=True, variables=OTHERS)
    assert predicted.status == 0 and company.watched.writes(mark) == [], predicted.output
    done = playbook(company.watched.lab, ENFORCE, variables=OTHERS)
    assert done.status == 0 and done.changed == predicted.changed, done.output
    assert set(company.policies().values()) == {CLONE} and all(company.open().values())


def require_reauthentication(company, name):
    """Somebody changes the catch-all rule of a policy in the console. It refuses nobody."""
    with company.world.lock:
        policies = company.okta.policies.by_id.values()
        rule = next(each for each in policies if each.name == name).rules[-1]
        rule.actions["appSignOn"]["verificationMethod"]["reauthenticateIn"] = "PT1H"
        rule.last_updated = company.world.clock.now()


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_an_app_does_not_lose_what_its_policy_requires_since_it_was_cloned(company, playbook):
    company.ready()
    first = {**VARIABLES, "device_trust_access_apps": APPS[:2]}
    assert playbook(company.watched.lab, ENFORCE, variables=first).status == 0
    require_reauthentication(company, "Company apps")
    mark = company.watched.mark()
    differ = "do not have the same rules. They differ in Catch-all Rule."
    refusal = (
        f"Slack: the move from policy 'Company apps' to '{CLONE}' would also change rules that are"
        " not of this run (Catch-all Rule). Nothing was written."
    )
    for check in (True, False):
        refused = playbook(company.watched.lab, ENFORCE, check=check, variables=VARIABLES)
        text = " ".join(refused.output.split())
        assert refused.status != 0 and refusal in text and differ in text, refused.output
    assert company.watched.writes(mark) == []
    known = playbook(company.watched.lab, ENFORCE, variables=first)  # no app moves
    assert known.status == 0 and known.changed == [], known.output
    assert differ in " ".join(known.output.split())
    require_reauthentication(company, CLONE)
    done = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    assert "do not have the same rules" not in done.output


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_an_app_of_another_policy_with_other_rules_is_not_enforced_with_the_rest(company, playbook):
    with company.world.lock:
        strict = company.okta.policies.add("Strict")
        company.okta.assign(company.okta.directory.app("Slack"), strict)
    require_reauthentication(company, "Strict")
    company.ready()
    mark = company.watched.mark()
    refused = playbook(company.watched.lab, ENFORCE, check=True, variables=VARIABLES)
    assert refused.status != 0 and company.watched.writes(mark) == [], refused.output
    assert "Slack: the move from policy 'Strict' to" in " ".join(refused.output.split())
    own = {"device_trust_access_policy": "Strict", "device_trust_access_apps": ["Slack"]}
    done = playbook(company.watched.lab, ENFORCE, variables={**VARIABLES, **own})
    assert done.status == 0 and company.policies()["Slack"] == "Strict (managed devices)"


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ("createPolicyRule", 0),
        ("activatePolicyRule", 0),
        ("replacePolicyRule", 0),
        ("replacePolicyRule", 1),
        ("deletePolicyRule", 0),
    ],
)
@pytest.mark.parametrize("fault", ["truncate", "5xx"])
def test_other_groups_cut_off_at_any_write_the_next_run_completes_it(
    moved, playbook, operation, after, fault
):
    moved.watched.fault(fault, operation, after=after, times=1, status=418)
    playbook(moved.watched.lab, ENFORCE, variables=OTHERS)
    assert all(moved.open().values())
    finished = playbook(moved.watched.lab, ENFORCE, variables=OTHERS)
    assert finished.status == 0 and all(moved.open().values()), finished.output
    assert rules_of_the_clone(moved) == [
        ("Managed devices", ["Emergencies"], ["MACOS"]),
        ("Devices that are not managed", ["Emergencies"], ["MACOS"]),
    ]


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_whom_other_groups_would_refuse_is_named_before_the_first_write(moved, playbook):
    serial = moved.world.people[0].serial
    wanted = {**VARIABLES, "device_trust_access_platforms": ["MACOS", "WINDOWS"]}
    moved.managed(serial, False)
    person = next(one for one in moved.world.people if one.serial == serial)
    with moved.world.lock:
        groups = moved.okta.directory
        groups.add_group(
            "Emergencies 2", members=[*groups.group("Break glass").members, person.user_id]
        )
    admitted = {**VARIABLES, "device_trust_break_glass_group": "Emergencies 2"}
    done = playbook(moved.watched.lab, ENFORCE, variables=admitted)
    assert done.status == 0 and all(moved.open().values()), done.output
    mark = moved.watched.mark()
    refused = playbook(moved.watched.lab, ENFORCE, variables=wanted)
    assert refused.status != 0 and login_of(moved, serial) in refused.output, refused.output
    assert moved.watched.writes(mark) == []


@pytest.mark.lab(macs=MACS)
def test_each_app_goes_back_to_the_policy_that_it_had(company, playbook):
    with company.world.lock:
        strict = company.okta.policies.add("Strict")
        company.okta.assign(company.okta.directory.app("Slack"), strict)
    assert all(company.ready().values())
    before = company.policies()
    done = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    with company.world.lock:  # by hand, so that nobody knows its earlier policy
        clone = next(each for each in company.okta.policies.by_id.values() if each.name == CLONE)
        company.okta.assign(company.okta.directory.app("Payroll"), clone)
    back = playbook(company.watched.lab, ROLLBACK, variables=VARIABLES)
    assert company.policies() == before, back.output
    assert back.status != 0 and "Payroll: the policy before" in " ".join(back.output.split())


@pytest.mark.lab(macs=MACS)
def test_a_rollback_names_an_app_that_somebody_gave_a_third_policy(moved, playbook):
    with moved.world.lock:
        third = moved.okta.policies.add("Third")
        moved.okta.assign(moved.okta.directory.app("Slack"), third)
    for check in (True, False):
        back = playbook(moved.watched.lab, ROLLBACK, variables=VARIABLES, check=check)
        assert "'Slack': its policy is 'Third' now" in " ".join(back.output.split()), back.output
    assert moved.policies() == {**dict.fromkeys(APPS, "Company apps"), "Slack": "Third"}


def refuse_some(company):
    """Add a rule to the policy which refuses people by an expression, which no forecast knows."""
    policies = company.okta.policies
    policy = next(each for each in policies.by_id.values() if each.name == "Company apps")
    groups = company.okta.directory.groups.values()
    glass = next(group.id for group in groups if group.name == "Break glass")
    conditions = {
        "elCondition": {"condition": "user.profile.userType == 'Contractor'"},
        "people": {"groups": {"exclude": [glass]}},
    }
    content = ("Contractors", conditions, {"appSignOn": {"access": "DENY"}})
    with company.world.lock:
        company.world.switches.set(expressions_hold=False)
        policies.add_rule(policy, content, 0)


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_a_rollback_by_hand_is_not_refused_for_whom_the_policy_refused_before(company, playbook):
    refuse_some(company)
    assert all(company.ready().values())
    done = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    only = {"device_trust_access_policy": "Company apps"}
    back = playbook(company.watched.lab, ROLLBACK, variables=only)
    assert back.status == 0 and set(company.policies().values()) == {"Company apps"}, back.output


@pytest.mark.lab(macs=MACS)
@pytest.mark.long
def test_a_rollback_after_which_all_apps_stay_names_them(company, playbook):
    """They were assigned to the clone by hand. Without apps, the output says so."""
    assert all(company.ready().values())
    slack = {**VARIABLES, "device_trust_access_apps": ["Slack"]}
    assert playbook(company.watched.lab, ENFORCE, variables=slack).status == 0
    only = {"device_trust_access_policy": "Company apps"}
    back = playbook(company.watched.lab, ROLLBACK, variables=only)
    assert back.status == 0 and company.policies()["Slack"] == "Company apps", back.output
    none = playbook(company.watched.lab, ROLLBACK, variables=only)
    assert none.status == 0 and f"No app had the policy {CLONE}." in none.output, none.output
    clone = next(each for each in company.okta.policies.by_id.values() if each.name == CLONE)
    with company.world.lock:
        company.okta.assign(company.okta.directory.app("Slack"), clone)
    left = playbook(company.watched.lab, ROLLBACK, variables=only)
    sentence = f"No app went back. These stay with the policy {CLONE}: Slack."
    assert left.status != 0 and sentence in left.output, left.output
    assert "No app had the policy" not in left.output


@pytest.mark.lab(macs=MACS)
def test_a_rollback_on_denials_is_not_refused_for_whom_the_policy_refused_before(company, playbook):
    refuse_some(company)
    serial = company.world.people[0].serial
    company.ready(but=[serial])
    real = company.okta.assign

    def assign_then_people_come(app, policy):
        real(app, policy)
        if policy.name == CLONE:
            for place in people.seats(company.world):
                company.okta.sign_ins.open(app, place)

    company.okta.assign = assign_then_people_come
    options = {"device_trust_max_locked_out": 1, "device_trust_rollback_on_denials": True}
    done = playbook(company.watched.lab, ENFORCE, variables={**VARIABLES, **options})
    assert "All apps went back to the policy that they had" in done.output, done.output
    assert done.status != 0 and set(company.policies().values()) == {"Company apps"}


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
@pytest.mark.parametrize(("rollback", "left"), [(True, "Company apps"), (False, CLONE)])
def test_a_rise_of_denials_is_named_and_ends_in_a_rollback_where_asked(
    company, playbook, rollback, left
):
    """The forecast is overruled, so that somebody is refused at the canary app while the run waits."""
    serial = company.world.people[0].serial
    company.ready(but=[serial])
    real = company.okta.assign

    def assign_then_people_come(app, policy):
        real(app, policy)
        if policy.name == CLONE:
            for place in people.seats(company.world):
                company.okta.sign_ins.open(app, place)

    company.okta.assign = assign_then_people_come
    done = playbook(
        company.watched.lab,
        ENFORCE,
        variables={
            **VARIABLES,
            "device_trust_max_locked_out": 1,
            "device_trust_rollback_on_denials": rollback,
        },
    )
    assert (done.status != 0) == rollback and login_of(company, serial) in done.output, done.output
    assert (
        "People who were denied at sign-in and were not before: " in done.output
        and "1 person was denied at these apps" in done.output
        and "The apps: 'Device check'. " in " ".join(done.output.split())
    )
    assert company.policies() == {
        "Device check": left,
        "Salesforce": "Company apps",
        "Slack": "Company apps",
    }


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_a_later_run_does_not_forget_who_was_denied_since_the_canary_app_moved(company, playbook):
    serial = company.world.people[0].serial
    company.ready(but=[serial])
    real = company.okta.assign

    def people_come():
        canary = company.okta.directory.app("Device check")
        for place in people.seats(company.world):
            company.okta.sign_ins.open(canary, place)

    def assign_then_people_come(app, policy):
        real(app, policy)
        if policy.name == CLONE:
            people_come()

    company.okta.assign = assign_then_people_come
    options = {**VARIABLES, "device_trust_max_locked_out": 1}
    playbook(company.watched.lab, ENFORCE, variables=options)
    for _hour in range(2):  # as many before the last hour as in it
        company.world.clock.advance(minutes=50)
        people_come()
    later = playbook(company.watched.lab, ENFORCE, variables=options)
    assert later.changed == [] and login_of(company, serial) in later.output, later.output
    assert "set managed_access_max_denied (device_trust_max_denied) to 1." in later.output
    assert list(company.policies().values()).count(CLONE) == 1
    allowed = {**options, "device_trust_max_denied": 1}
    done = playbook(company.watched.lab, ENFORCE, variables=allowed)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_a_rule_that_somebody_deactivated_does_not_pass_for_enforced(company, playbook):
    company.ready()
    assert playbook(company.watched.lab, ENFORCE, variables=VARIABLES).status == 0
    console.stop_clone_rule(company.watched)
    again = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert again.status == 0 and again.changed == [], again.output
    text = " ".join(again.output.split())
    assert "is inactive and has no effect. Somebody deactivated it." in text
    assert "Of its rules, these are inactive and have no effect: " in text


# Requests of a first run, and which of its kind is cut off. A write is cut off before it is done,
# or after, with the answer lost.
CUTS = [
    ("clonePolicy", 0, "truncate"),
    ("clonePolicy", 0, "5xx"),
    ("replacePolicy", 0, "5xx"),
    ("createPolicyRule", 0, "truncate"),
    ("createPolicyRule", 1, "5xx"),
    ("assignApplicationPolicy", 0, "5xx"),
    ("assignApplicationPolicy", 1, "truncate"),
    ("assignApplicationPolicy", 2, "5xx"),
    ("listPolicyMappings", 2, "5xx"),
    ("listLogEvents", 1, "5xx"),
    ("createPolicySimulation", 0, "html"),
]


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
@pytest.mark.parametrize(("operation", "after", "fault"), CUTS)
def test_cut_off_anywhere_the_next_run_finishes_and_rollback_restores(
    company, playbook, operation, after, fault
):
    company.ready()
    company.watched.fault(fault, operation, after=after, times=1, status=418)
    cut = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert "Traceback" not in cut.output
    finished = playbook(company.watched.lab, ENFORCE, variables=VARIABLES)
    assert finished.status == 0 and set(company.policies().values()) == {CLONE}, finished.output
    names = [one.name for one in company.okta.policies.by_id.values()]
    assert names.count(CLONE) == 1
    # A clone that the first run could not name was deleted by it: no next run could know it.
    assert not [name for name in names if name.startswith("[cloned]")]
    company.world.faults.clear()
    company.watched.fault(
        "5xx", "assignApplicationPolicy", after=after % len(APPS), times=1, status=418
    )
    assert playbook(company.watched.lab, ROLLBACK, variables=VARIABLES).status != 0
    assert playbook(company.watched.lab, ROLLBACK, variables=VARIABLES).status == 0
    assert set(company.policies().values()) == {"Company apps"} and all(company.open().values())


@pytest.mark.lab(macs=MACS)
@pytest.mark.parametrize(
    "tags", [["--tags", "managed_access"], ["--skip-tags", "scep_profile"]], ids=" ".join
)
def test_the_site_playbook_enforces_nothing_if_its_tags_leave_the_rings_out(
    company, playbook, tags
):
    """No ring was looked at, so that none can be said to wait."""
    mark = company.watched.mark()
    refused = playbook(
        company.watched.lab,
        arguments=tags,
        variables={**VARIABLES, "device_trust_gate_wait": 0, "device_trust_enforce": True},
    )
    text = " ".join(refused.output.split())
    assert refused.status != 0 and company.watched.writes(mark) == [], refused.output
    assert "device_trust_enforce: this run leaves the rings out (--tags, --skip-tags)" in text


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_the_site_playbook_ends_with_it_where_that_is_asked_for(company, playbook):
    for _round in range(2):
        first = playbook(company.watched.lab, variables={"device_trust_gate_wait": 0})
        company.watched.live(rounds=2)
    assert first.status == 0 and set(company.policies().values()) == {"Company apps"}, first.output
    company.world.clock.advance(days=31)  # what people used before their Macs were managed is past
    with company.world.lock:
        for record in company.okta.devices.values():
            for link in record.users.values():
                link.set_managed(True)
    people.open_apps(company.world, [company.okta.directory.app(label) for label in APPS])
    done = playbook(
        company.watched.lab,
        variables={**VARIABLES, "device_trust_gate_wait": 0, "device_trust_enforce": True},
    )
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
