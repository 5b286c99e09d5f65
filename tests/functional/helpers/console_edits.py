# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What administrators do in the consoles of Kandji and Okta, and whether it is still there.

The objects are those of the ring canary, of one cloned policy and of one stuck Mac.
"""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import dataclass

import requests

from lab.okta.devices.records import DeviceFacts
from tests.support.write_options import CLONE, MANAGED, ORIGINAL, STUCK

PROFILES = ("Okta SCEP - canary", "Okta SCEP - map")  # whichever of them a test has
RULE = MANAGED["name"]
ROOT = {
    "PayloadType": "com.apple.security.root",
    "PayloadVersion": 1,
    "PayloadIdentifier": "com.example.root",
    "PayloadUUID": "9B2B1E0C-4C7D-4B3E-9B0B-5C0F4E1B7A11",
    "PayloadContent": b"root",
}


@dataclass(frozen=True)
class ConsoleEdit:
    """An administrator's edit, and whether it is still there. Both get the watched lab."""

    act: t.Callable[[t.Any], None]
    stays: t.Callable[[t.Any], bool]

    @property
    def name(self) -> str:
        """The name of the test's case."""
        return self.act.__name__


# Kandji


def find_profile(watched: t.Any) -> t.Any:
    """Return the ring's profile, renamed or not; None if it was deleted."""
    items = watched.world.kandji.items.values()
    return next((item for item in items if item.name.startswith(PROFILES)), None)


def profile_of(watched: t.Any) -> t.Any:
    item = find_profile(watched)
    assert item is not None, PROFILES
    return item


def change_profile(watched: t.Any, wanted: dict[str, t.Any]) -> None:
    watched.control("PATCH", f"/kandji/items/{profile_of(watched).id}", wanted)


def add_payload(watched: t.Any) -> None:
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


def holds_root(watched: t.Any) -> bool:
    return "com.apple.security.root" in profile_of(watched).text


def rename_profile(watched: t.Any) -> None:
    change_profile(watched, {"name": f"{profile_of(watched).name} (Ann)"})


def is_renamed(watched: t.Any) -> bool:
    return bool(profile_of(watched).name.endswith("(Ann)"))


def deactivate_profile(watched: t.Any) -> None:
    change_profile(watched, {"active": False})


def is_inactive(watched: t.Any) -> bool:
    return not profile_of(watched).active


def assign_profile(watched: t.Any) -> None:
    places = places_of(watched, profile_of(watched))
    change_profile(watched, {"blueprints": [*places, "Engineering"]})


def is_assigned(watched: t.Any) -> bool:
    return "Engineering" in blueprints_of(watched, profile_of(watched))


def unassign_profile(watched: t.Any) -> None:
    change_profile(watched, {"blueprints": []})


def is_unassigned(watched: t.Any) -> bool:
    return blueprints_of(watched, profile_of(watched)) == set()


def blueprints_of(watched: t.Any, item: t.Any) -> set[str]:
    return {place["blueprint"] for place in places_of(watched, item)}


def places_of(watched: t.Any, item: t.Any) -> list[dict[str, str]]:
    """Return the blueprints and nodes of an item."""
    return [
        {key: place[key] for key in ("blueprint", "assignment_node_id")}
        for place in watched.world.kandji.assignments.places_of(item)
    ]


def delete_profile(watched: t.Any) -> None:
    watched.control("DELETE", f"/kandji/items/{profile_of(watched).id}")


def is_deleted(watched: t.Any) -> bool:
    return find_profile(watched) is None


def replace_profile(watched: t.Any) -> None:
    """Delete the profile, and upload its file again: the same name, another item."""
    item, library = profile_of(watched), watched.world.kandji.library
    places = places_of(watched, item)
    delete_profile(watched)
    plist = plistlib.loads(item.text.encode())
    library.create_profile(name=item.name, document=plist, runs_on=set(item.runs_on))
    change_profile(watched, {"blueprints": places})


def is_replaced(watched: t.Any) -> bool:
    item = find_profile(watched)
    return item is not None and item.created_at == item.updated_at


# Policies of Okta


def policy_of(watched: t.Any, name: str) -> t.Any:
    return next(each for each in watched.world.okta.policies.by_id.values() if each.name == name)


def describe_clone(watched: t.Any) -> None:
    policy_of(watched, CLONE).description += " Ask Ann."


def is_described(watched: t.Any) -> bool:
    return "Ask Ann" in policy_of(watched, CLONE).description


def rename_clone(watched: t.Any) -> None:
    policy_of(watched, CLONE).name = "Kept by Ann"


def is_kept(watched: t.Any) -> bool:
    return any(each.name == "Kept by Ann" for each in watched.world.okta.policies.by_id.values())


def give_another_policy(watched: t.Any) -> None:
    org = watched.world.okta
    org.assign(org.directory.app("Slack"), org.policies.add("Strict"))


def has_strict(watched: t.Any) -> bool:
    org = watched.world.okta
    return str(org.policies.in_force(org.directory.app("Slack")).name) == "Strict"


def is_strict_remembered(watched: t.Any) -> bool:
    """Return whether the app has the policy, or the clone's marks say that it came from there."""
    strict = policy_of(watched, "Strict").id
    return has_strict(watched) or strict in (policy_of(watched, CLONE).description or "")


def rule_of(watched: t.Any) -> t.Any:
    rules = policy_of(watched, ORIGINAL).rules
    return next((rule for rule in rules if rule.name == RULE), None)


def edit_rule(watched: t.Any) -> None:
    rule = rule_of(watched)
    if rule:
        rule.conditions["people"]["users"]["exclude"] = [next(iter(watched.world.okta.users))]


def excludes_user(watched: t.Any) -> bool:
    rule = rule_of(watched)
    return rule is not None and bool(rule.conditions["people"]["users"]["exclude"])


def stop_rule(watched: t.Any) -> None:
    policy_of(watched, ORIGINAL).rules[0].status = "INACTIVE"


def is_stopped(watched: t.Any) -> bool:
    return bool(rule_of(watched).status == "INACTIVE")


def add_rule_before(watched: t.Any) -> None:
    deny = ("Contractors", None, {"appSignOn": {"access": "DENY"}})
    watched.world.okta.policies.add_rule(policy_of(watched, ORIGINAL), deny, 0)


def has_contractors(watched: t.Any) -> bool:
    return any(rule.name == "Contractors" for rule in policy_of(watched, ORIGINAL).rules)


def clone_rule(watched: t.Any) -> t.Any:
    """Return the rule of the clone, renamed or not, that admits managed Macs."""
    policies = watched.world.okta.policies.by_id.values()
    clone = next(each for each in policies if each.name in (CLONE, "Kept by Ann"))
    return next(each for each in clone.rules if not each.system)


def edit_clone_rule(watched: t.Any) -> None:
    clone_rule(watched).conditions["people"]["users"]["exclude"] = ["00uann"]


def clone_excludes_user(watched: t.Any) -> bool:
    return "00uann" in clone_rule(watched).conditions["people"]["users"]["exclude"]


def stop_clone_rule(watched: t.Any) -> None:
    clone_rule(watched).status = "INACTIVE"


def is_clone_rule_stopped(watched: t.Any) -> bool:
    return bool(clone_rule(watched).status == "INACTIVE")


def add_rule_to_clone(watched: t.Any) -> None:
    deny = ("Contractors", None, {"appSignOn": {"access": "DENY"}})
    watched.world.okta.policies.add_rule(policy_of(watched, CLONE), deny, 99)


def clone_has_contractors(watched: t.Any) -> bool:
    return any(rule.name == "Contractors" for rule in policy_of(watched, CLONE).rules)


# Device records of Okta


def record_of(watched: t.Any) -> t.Any:
    """Return the record of the stuck Mac; None if there is none."""
    records = watched.world.okta.devices.values()
    return next((each for each in records if each.profile.get("serialNumber") == STUCK), None)


def become_managed(watched: t.Any) -> None:
    for link in record_of(watched).users.values():
        link.set_managed(True)


def is_registered(watched: t.Any) -> bool:
    return record_of(watched) is not None


def register_again(watched: t.Any) -> None:
    """Its user adds the account again, which makes another record."""
    org = watched.world.okta
    facts = DeviceFacts(serial=STUCK, udid="again", name=STUCK, model="Mac", os_version="15.1")
    org.registry.register(next(iter(org.users)), facts)


def is_registered_again(watched: t.Any) -> bool:
    records = watched.world.okta.devices.values()
    return any(each.profile.get("udid") == "again" for each in records)


def suspend_record(watched: t.Any) -> None:
    record = record_of(watched)
    watched.world.okta.registry.step(record, "suspend")


def is_suspended(watched: t.Any) -> bool:
    record = record_of(watched)
    return record is not None and bool(record.status == "SUSPENDED")


def delete_record(watched: t.Any) -> None:
    registry, record = watched.world.okta.registry, record_of(watched)
    registry.step(record, "deactivate")
    registry.delete(record)


def is_absent(watched: t.Any) -> bool:
    return record_of(watched) is None


def replace_record(watched: t.Any) -> None:
    """An administrator deletes the record, and its user adds the account again."""
    delete_record(watched)
    register_again(watched)


ADD_PAYLOAD = ConsoleEdit(add_payload, holds_root)
RENAME_PROFILE = ConsoleEdit(rename_profile, is_renamed)
DEACTIVATE_PROFILE = ConsoleEdit(deactivate_profile, is_inactive)
ASSIGN_PROFILE = ConsoleEdit(assign_profile, is_assigned)
UNASSIGN_PROFILE = ConsoleEdit(unassign_profile, is_unassigned)
DELETE_PROFILE = ConsoleEdit(delete_profile, is_deleted)
REPLACE_PROFILE = ConsoleEdit(replace_profile, is_replaced)
DESCRIBE_CLONE = ConsoleEdit(describe_clone, is_described)
RENAME_CLONE = ConsoleEdit(rename_clone, is_kept)
GIVE_ANOTHER_POLICY = ConsoleEdit(give_another_policy, has_strict)
# For a playbook that reads the app after the edit, and moves it as it was asked to.
GIVE_ANOTHER_POLICY_BEFORE = ConsoleEdit(give_another_policy, is_strict_remembered)
EDIT_RULE = ConsoleEdit(edit_rule, excludes_user)
STOP_RULE = ConsoleEdit(stop_rule, is_stopped)
ADD_RULE_BEFORE = ConsoleEdit(add_rule_before, has_contractors)
BECOME_MANAGED = ConsoleEdit(become_managed, is_registered)
REGISTER_AGAIN = ConsoleEdit(register_again, is_registered_again)
SUSPEND_RECORD = ConsoleEdit(suspend_record, is_suspended)
DELETE_RECORD = ConsoleEdit(delete_record, is_absent)
REPLACE_RECORD = ConsoleEdit(replace_record, is_registered_again)
EDIT_CLONE_RULE = ConsoleEdit(edit_clone_rule, clone_excludes_user)
STOP_CLONE_RULE = ConsoleEdit(stop_clone_rule, is_clone_rule_stopped)
ADD_RULE_TO_CLONE = ConsoleEdit(add_rule_to_clone, clone_has_contractors)
