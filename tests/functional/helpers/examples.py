# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documentation, and what each needs in the lab before it runs there as it
stands.

An example that needs nothing but the usual scene needs no entry. Otherwise add one to ``SCENES``
under the example's name: a function that takes the ``Stage`` and prepares it, by ``stage.call`` (a
module), ``stage.example`` (what another example does), ``stage.control`` (the lab's control
surface) or ``stage.put`` (what a text of the examples stands for in the lab).

Examples of modules that only read share a lab where they need the usual scene alone, so that scene
has to bear being set up again.
"""

from __future__ import annotations

import hashlib
import plistlib
import re
import typing as t
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

COLLECTION = "devicetrust.okta_kandji."
FRAGMENTS_PACKAGE = f"ansible_collections.{COLLECTION}plugins.doc_fragments"
# Their options belong to a module as its own do: each has to stand in one of its examples.
FRAGMENTS = ("_assignment", "_device_records", "_max_rows", "_polling", "_profile", "_state_dir")
TEXTS = {
    name: re.compile(rf'^{name} = r?"""(.*?)"""', re.MULTILINE | re.DOTALL)
    for name in ("DOCUMENTATION", "EXAMPLES")
}

PROFILE_ID = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11"
SCRIPT_ID = "5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e"
OKTA_VERIFY_ID = "7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d"
BY_HAND_ID = "3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e"
NODE_ID = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1"
CATEGORY_ID = "2f4e6a8c-1b3d-4f5a-9c7e-0d2b4f6a8c1e"
DEVICE_ID = "guo8a1b2c3d4e5f6g7h8"
FIRST_MAC, SECOND_MAC = "C02XK1ZAJG5J", "FVFXC2ABQ05D"

WIFI = {
    "PayloadType": "Configuration",
    "PayloadVersion": 1,
    "PayloadIdentifier": "com.acme.wifi",
    "PayloadUUID": "ANY",
    "PayloadContent": [
        {
            "PayloadType": "com.apple.wifi.managed",
            "PayloadVersion": 1,
            "PayloadIdentifier": "com.acme.wifi.1",
            "PayloadUUID": "ONE",
            "SSID_STR": "Acme",
            "EncryptionType": "WPA2",
            "Password": "made-up",
        }
    ],
}

Json = dict[str, t.Any]


def documentation(path: Path) -> Json:
    """Return the documentation of a plugin, with the options of the fragments in FRAGMENTS."""
    match = TEXTS["DOCUMENTATION"].search(path.read_text())
    if match is None:
        raise ValueError(f"{path} has no DOCUMENTATION.")
    text: Json = yaml.safe_load(match.group(1))
    for fragment in text.get("extends_documentation_fragment", []):
        name, _dot, part = fragment.removeprefix(COLLECTION).partition(".")
        if name in FRAGMENTS:
            loaded = import_module(f"{FRAGMENTS_PACKAGE}.{name}").ModuleDocFragment
            shared = yaml.safe_load(getattr(loaded, (part or "documentation").upper()))
            text["options"] = {**shared["options"], **text.get("options", {})}
    return text


def example_text(path: Path) -> str:
    found = TEXTS["EXAMPLES"].search(path.read_text())
    return found.group(1) if found else ""


def own_options(options: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, Json]]:
    """Each option and suboption with its documentation."""
    for name, option in options.items():
        yield name, option
        yield from own_options(option.get("suboptions", {}))


def keys_of(value: t.Any) -> set[str]:
    """All keys anywhere in it."""
    if isinstance(value, dict):
        return set(value).union(*(keys_of(one) for one in value.values()))
    return set().union(*(keys_of(one) for one in value)) if isinstance(value, list) else set()


FIRST_MOVE = "Assign the first app to the clone"  # the name of an example
SCOPES = ("okta.authenticators.read", "okta.devices.read", "okta.logs.read")  # of a service app


class Stage:
    """A lab with the usual scene.

    The first ring's SCEP profile is out, and its Macs hold certificates.
    """

    def __init__(self, watched: t.Any, run_module: t.Callable[..., Json], directory: Path) -> None:
        self.watched, self.run_module, self.directory = watched, run_module, directory
        told = watched.lab.announcement
        service_app = watched.control("POST", "/okta/apps", {"scopes": SCOPES})
        self.stands_for: dict[str, str] = {
            "https://acme.okta.com": told["okta_url"],
            "https://acme.api.kandji.io": told["kandji_url"],
            "acme.api.kandji.io": urlsplit(told["kandji_url"]).netloc,
            "acme.okta.com": urlsplit(told["okta_url"]).netloc,
            "/var/lib/device-trust": str(directory / "state"),
            "/srv/reports": str(directory / "reports"),
            FIRST_MAC: watched.canary["test_macs"][0],
            SECOND_MAC: watched.canary["test_macs"][1],
            "0oa1b2c3d4e5f6g7h8i9": service_app["client_id"],
            "{{ vault_okta_private_key }}": service_app["private_key"],
            "{{ vault_okta_api_token }}": told["okta_api_token"],
            "{{ vault_kandji_api_token }}": told["kandji_api_token"],
            "{{ vault_okta_scep_url }}": told["scep_url"],
            "{{ vault_okta_scep_challenge }}": told["scep_challenge"],
            "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}": (
                plistlib.dumps(WIFI).decode()
            ),
            "{{ lookup('ansible.builtin.template', 'okta_verify.mobileconfig.j2') }}": (
                plistlib.dumps(WIFI).decode()
            ),
            "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(now().timestamp() - 30 * 86400, utc=true) }}": (
                f"{watched.world.clock.now() - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
            ),
            "{{ vault_okta_ca_fingerprint }}": _fingerprint(
                watched.world.okta.platform.authority.ca_certificate_der
            ),
        }

    def put(self, text: str, stands_for: str) -> None:
        self.stands_for[text] = stands_for

    def call(self, module: str, **options: t.Any) -> Json:
        result = self.run_module(module, options, lab=self.watched.lab)
        assert not result.get("failed"), result.get("msg", result)
        return result

    def example(self, name: str) -> None:
        """Do what this example does."""
        module, options = next(
            (module, options) for known, module, options in tasks() if known == name
        )
        self.call(module, **self.as_in_the_lab(options))

    def control(self, verb: str, path: str, **body: t.Any) -> t.Any:
        return self.watched.control(verb, path, body)

    def as_in_the_lab(self, example: t.Any) -> t.Any:
        """The example, each text replaced by what it stands for."""
        if isinstance(example, dict):
            return {
                self.as_in_the_lab(key): self.as_in_the_lab(value) for key, value in example.items()
            }
        if isinstance(example, list):
            return [self.as_in_the_lab(one) for one in example]
        if isinstance(example, str):
            for text, there in self.stands_for.items():
                example = example.replace(text, there)
        return example


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


# Scenes


def rolled_out(stage: Stage) -> None:
    """The usual one."""
    profile = stage.call("kandji_scep_profile", name="Okta SCEP - canary", blueprints=["Canary"])[
        "profiles"
    ][0]
    stage.put(PROFILE_ID, profile["library_item_id"])
    stage.put("0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0", profile["payload_uuid"])
    items = stage.watched.world.kandji.describe()["items"]
    stage.put(OKTA_VERIFY_ID, next(item["id"] for item in items if item["name"] == "Okta Verify"))
    stage.put(SCRIPT_ID, next(item["id"] for item in items if item["name"] == "Say hello"))
    stage.watched.live()


def pinned(stage: Stage) -> None:
    """The canary's profile pins the fingerprint of the CA certificate."""
    authority = stage.watched.world.okta.platform.authority
    stage.call(
        "kandji_scep_profile",
        name="Okta SCEP - canary",
        blueprints=["Canary"],
        ca_fingerprint=_fingerprint(authority.ca_certificate_der),
    )
    stage.watched.live()


def nothing_yet(_stage: Stage) -> None:
    """Nothing of ours is there."""


def after_the_last_write(stage: Stage) -> None:
    rolled_out(stage)
    profile = stage.call("kandji_scep_profile", name="Okta SCEP - canary", blueprints=["Canary"])[
        "profiles"
    ][0]
    stage.put("2026-11-24T08:00:00Z", profile["updated_at"])


def with_a_map(stage: Stage) -> None:
    """An assignment map with a node for engineers, and the canary's Macs on it."""
    rolled_out(stage)
    nodes = stage.control(
        "POST",
        "/kandji/blueprints",
        name="All Macs",
        type="map",
        nodes=[{"tag": None}, {"tag": "engineer"}],
    )["nodes"]
    stage.put(NODE_ID, nodes[1]["id"])
    stage.put(CATEGORY_ID, next(iter(stage.watched.world.kandji.self_service_categories)))
    stage.control("POST", "/kandji/items", type="scep", name="Okta SCEP", blueprints=["Staging"])


def test_macs_on_a_map(stage: Stage) -> None:
    with_a_map(stage)
    for serial in stage.watched.canary["test_macs"]:
        stage.control("PATCH", f"/kandji/devices/{serial}", blueprint="All Macs")


def made_by_hand(stage: Stage) -> None:
    """A SCEP item of Kandji's web app, on blueprints outside the ring."""
    stage.control("POST", "/kandji/items", type="scep", name="Okta SCEP", blueprints=["Staging"])


def by_hand_on_everyone_else(stage: Stage) -> None:
    rolled_out(stage)
    item = stage.control(
        "POST", "/kandji/items", type="scep", name="Okta SCEP", blueprints=["Everyone else"]
    )
    stage.put(BY_HAND_ID, item["id"])
    stage.watched.live()


def was_made_by_hand(stage: Stage) -> None:
    rolled_out(stage)
    item = stage.control(
        "POST", "/kandji/items", type="scep", name="Okta SCEP", blueprints=["Staging"]
    )
    stage.put(BY_HAND_ID, item["id"])


def after_half_a_year(stage: Stage, tag: str = "okta-scep-redelivery") -> None:
    """On a map whose node excludes the tag, two Macs with certificates of half a year ago, which
    check in whenever they are asked.
    """
    nodes = [{"tag": None}, {"tag": tag, "without": True}]
    made = stage.control("POST", "/kandji/blueprints", name="All Macs", type="map", nodes=nodes)[
        "nodes"
    ]
    for serial in stage.watched.canary["test_macs"]:
        stage.control("PATCH", f"/kandji/devices/{serial}", blueprint="All Macs")
    nodes_of = {"All Macs": made[1]["id"]}
    profile = stage.call(
        "kandji_scep_profile",
        name="Okta SCEP - map",
        blueprints=["All Macs"],
        assignment_nodes=nodes_of,
    )["profiles"][0]
    stage.put(PROFILE_ID, profile["library_item_id"])
    stage.watched.live()
    stage.watched.world.clock.advance(days=180)
    stage.watched.live()
    stage.put(
        "2026-11-24T08:00:00Z", stage.watched.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    stage.watched.world.clock.advance(hours=1)
    stage.watched.switch(macs_act=True)


def after_half_a_year_by_another_tag(stage: Stage) -> None:
    after_half_a_year(stage, "new-certificate")


def redelivery_was_interrupted(stage: Stage) -> None:
    after_half_a_year(stage)
    options = {
        "library_item_id": PROFILE_ID,
        "serials": [stage.watched.canary["test_macs"][0]],
        "issued_before": "2026-11-24T08:00:00Z",
    }
    assert stage.call("kandji_profile_redelivery", **stage.as_in_the_lab(options))["changed"]
    stage.watched.live()  # the Mac checks in, and loses the profile


def registered_too_early(stage: Stage) -> None:
    rolled_out(stage)
    fleet = ResetFleet(stage.watched)
    for number, text in enumerate((FIRST_MAC, SECOND_MAC)):
        fleet.stuck(f"RESETMAC000{number}")
        stage.put(text, f"RESETMAC000{number}")


def before_any_certificate(stage: Stage, blueprint: str, **whose: t.Any) -> None:
    """Okta Verify came, and people registered, two days before any certificate."""
    stage.call("kandji_app_store_item", name="Okta Verify", blueprints=[blueprint])
    stage.control("POST", "/act/macs", **whose)
    stage.control("POST", "/act/people", **whose)
    stage.watched.world.clock.advance(days=2)


def ring_registered_too_early(stage: Stage) -> None:
    before_any_certificate(stage, "Canary", serials=stage.watched.canary["test_macs"])
    rolled_out(stage)
    stage.put("RESET 25 DEVICES", "RESET 2 DEVICES")


def ring_by_hand_registered_too_early(stage: Stage) -> None:
    before_any_certificate(stage, "Everyone else")
    by_hand_on_everyone_else(stage)


def approved(stage: Stage) -> None:
    registered_too_early(stage)
    plan = {"serials": [stage.stands_for[FIRST_MAC]]}
    stage.put(
        "{{ plan.plan_digest }}",
        stage.run_module("okta_device_reset", plan, lab=stage.watched.lab, check=True)[
            "plan_digest"
        ],
    )


def lost(stage: Stage, status: str = "ACTIVE") -> None:
    ResetFleet(stage.watched).stuck("RESETMAC0001").status = status
    stage.put(FIRST_MAC, "RESETMAC0001")


def with_pins(stage: Stage) -> None:
    (stage.directory / "pins").mkdir(exist_ok=True)
    stage.put("~/pins", str(stage.directory / "pins"))


def assigned_to_ann(stage: Stage) -> None:
    tenant = stage.watched.world.kandji
    with stage.watched.world.lock:
        device = stage.watched.mac(stage.stands_for[FIRST_MAC]).device
        device.user = tenant.add_user("Ann", "ann@acme.com")
        tenant.changed()


def unlocked_and_lost_again(stage: Stage) -> None:
    """The first Mac carried out a lock, and somebody entered its PIN."""
    serial = stage.stands_for[FIRST_MAC]
    confirm = f"LOCK {serial}"
    stage.call("kandji_device_action", action="lock", serials=[serial], confirm=confirm)
    stage.control("POST", "/act/macs", serials=[serial])
    stage.watched.mac(serial).device.unlock_pin = ""


def found(stage: Stage) -> None:
    lost(stage, "SUSPENDED")


def left_by_ann(stage: Stage) -> None:
    fleet = ResetFleet(stage.watched)
    fleet.stuck("RESETMAC0001", fleet.user("ann@example.com", has_phone=False))


def stolen_delivery(stage: Stage) -> None:
    serials = [f"RESETMAC000{number}" for number in range(3)]
    for serial in serials:
        ResetFleet(stage.watched).stuck(serial)
    stage.put("{{ stolen }}", ",".join(serials))
    stage.put("SUSPEND 25 DEVICES", "SUSPEND 3 DEVICES")


def unused(stage: Stage) -> None:
    """A record that nobody has used for a hundred days, of a Mac that Kandji does not know."""
    fleet = ResetFleet(stage.watched)
    fleet.record("ORPHANMAC001", age=2400.0)
    fleet.mac("SHAREDMAC001", certificate=None, profile=False)
    fleet.record("SHAREDMAC001", age=1.0)


def suspended_unused(stage: Stage) -> None:
    unused(stage)
    stage.call("okta_device", unused_days=60, state="suspended", max_percent=100)
    stage.watched.world.clock.advance(days=15)


def old_records(stage: Stage) -> None:
    fleet = ResetFleet(stage.watched)
    ids = [fleet.stuck(f"RESETMAC000{number}").id for number in range(2)]
    stage.put("{{ old_records }}", ",".join(ids))
    plan = {"device_ids": ids, "state": "deactivated", "max_percent": 100}
    stage.put(
        "{{ plan.plan_digest }}",
        stage.run_module("okta_device", plan, lab=stage.watched.lab, check=True)["plan_digest"],
    )


def registered_by_ann(stage: Stage) -> None:
    rolled_out(stage)
    fleet = ResetFleet(stage.watched)
    fleet.stuck("RESETMAC0001", fleet.user("ann@example.com"), fleet.user("carl@example.com"))
    stage.put(
        "2026-11-23T00:00:00Z", (stage.watched.world.clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def a_record_left_over(stage: Stage) -> None:
    rolled_out(stage)
    fleet = ResetFleet(stage.watched)
    fleet.mac("RESETMAC0001", certificate=72)  # so long ago that nobody's sign-in is waited for
    user = fleet.user()
    old = fleet.record("RESETMAC0001", user)
    fleet.record("RESETMAC0001", user, age=2, managed_by=user)
    stage.put(DEVICE_ID, old.id)


def old_profile(stage: Stage) -> None:
    stage.call(
        "kandji_custom_profile",
        name="Old Wi-Fi",
        mobileconfig=plistlib.dumps(WIFI).decode(),
        blueprints=["Canary"],
    )


def another_script(stage: Stage) -> None:
    """The lab has the example's own from its beginning."""
    stage.put("Say hello", "Say good morning")


def without_its_button(stage: Stage) -> None:
    stage.call("okta_authenticator_method", show_sign_in_with_ov="NEVER")


def locked_out(stage: Stage) -> None:
    """Ann is, in an org that has temporary access codes."""
    org = stage.watched.world.okta
    with stage.watched.world.lock:
        configuration = (org.add_temporary_codes().provider or {})["configuration"]
        configuration["multiUseAllowed"] = True
        org.enrollment.policies[-1].enroll["tac"] = "OPTIONAL"
        org.add_user("Ann", "Adams", "ann@acme.com")
    stage.put("~/ann.code", str(stage.directory / "ann.code"))


def record_of_a_mac(stage: Stage) -> None:
    rolled_out(stage)
    stage.put(DEVICE_ID, ResetFleet(stage.watched).stuck("RESETMAC0001").id)


def suspended(stage: Stage) -> None:
    rolled_out(stage)
    ResetFleet(stage.watched).stuck("RESETMAC0001").status = "SUSPENDED"


def nobody_uses_apps(stage: Stage) -> None:
    """So long after people last opened an app that nobody can be locked out."""
    stage.watched.world.clock.advance(days=95)


def cloned_policy(stage: Stage) -> None:
    nobody_uses_apps(stage)
    stage.example("Clone a sign-in policy for managed devices")


def first_rule(stage: Stage) -> None:
    cloned_policy(stage)
    stage.example("Admit managed Macs by Okta FastPass")


def both_rules(stage: Stage) -> None:
    first_rule(stage)
    stage.example("Refuse other Macs")


def another_rule(stage: Stage) -> None:
    both_rules(stage)
    stage.call(
        "okta_access_policy_rule",
        policy="Company apps (managed devices)",
        name="Contractors",
        platforms=["WINDOWS"],
        access="DENY",
        groups_excluded=["Break glass"],
        break_glass_group="Break glass",
    )


def planned_rules_written(stage: Stage) -> None:
    """As the example before it does, which is of another module."""
    cloned_policy(stage)
    move = next(each for name, _module, each in tasks() if name == FIRST_MOVE)
    shared = ("okta_org_url", "okta_api_token", "break_glass_group")
    stage.call(
        "okta_access_policy_rules",
        policy=move["name"],
        rules=move["planned_rules"],
        **stage.as_in_the_lab({name: move[name] for name in shared}),
    )


def first_app_moved(stage: Stage) -> None:
    planned_rules_written(stage)
    stage.example(FIRST_MOVE)


def a_quarter_of_an_hour_ago(stage: Stage) -> None:
    stage.put(
        "2026-11-25T08:00:00Z",
        f"{stage.watched.world.clock.now() - timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}",
    )


def two_platforms(stage: Stage) -> None:
    """The second one is that whose URL and secret key are known."""
    rolled_out(stage)
    second = stage.watched.control("POST", "/okta/platforms", {"name": "Endpoint management 2"})
    announcement = stage.watched.lab.announcement
    announcement.update({name: second[name] for name in ("scep_url", "scep_challenge")})


Scene = t.Callable[[Stage], None]
SCENES: dict[str, Scene] = {
    "Choose one of several platforms": two_platforms,
    "Check that both vendors are ready for two rings": nothing_yet,
    "Create the SCEP profile for the canary ring": nothing_yet,
    "Remove the pinned fingerprint before Okta's platform is moved to a renewed CA certificate": (
        pinned
    ),
    "Assign a SCEP item that you created in Kandji's web app": made_by_hand,
    "Replace a SCEP item of Kandji's web app after you removed it from the blueprint": (
        made_by_hand
    ),
    "Assign a SCEP profile to the node for engineers of an assignment map": with_a_map,
    "Check rings with an assignment map, with a generation, and with a console-managed item": (
        test_macs_on_a_map
    ),
    "Check the profile as kandji_scep_profile last wrote it": after_the_last_write,
    "Wait until no test Mac holds the old item": was_made_by_hand,
    "Assign one of several items of that name to a node of an assignment map alone": (with_a_map),
    "Add a remediation script and Self Service to a script, and assign it to one node alone": (
        with_a_map
    ),
    "Deploy a profile to two rings alone, one of them a node of an assignment map": (with_a_map),
    "Renew the certificates of two Macs": after_half_a_year,
    "Check that two Macs could get new certificates, and take nothing from them": (
        after_half_a_year
    ),
    "Finish what an interrupted run began": redelivery_was_interrupted,
    "Use another tag, two Macs at a time, and make no test enrollment": (
        after_half_a_year_by_another_tag
    ),
    "Reset the records of two Macs": registered_too_early,
    "Reset the records of all Macs of a ring that registered too early": ring_registered_too_early,
    "Plan a reset for approval": registered_too_early,
    "Carry out the approved plan alone": approved,
    "Lock a lost Mac": with_pins,
    "Release the Macs of a person who left, and move them to the blueprint for stock": (
        assigned_to_ann
    ),
    "Lock it again, since it was found, unlocked and lost again": unlocked_and_lost_again,
    "Suspend a lost Mac": lost,
    "Unsuspend it after it was found": found,
    "Delete the device records of a person who left": left_by_ann,
    "Plan to deactivate many records for approval": old_records,
    "Carry out the approved deactivation alone": old_records,
    "Delete the records that a clean-up suspended two weeks ago": suspended_unused,
    "Suspend the records that nobody has used for 60 days": unused,
    "Suspend the records of a stolen delivery": stolen_delivery,
    "Reset the old records of one person in spite of some guards": (registered_by_ann),
    "Delete an old record of a Mac that has a newer one": (a_record_left_over),
    "Reset the records of a ring whose SCEP item was made in Kandji's web app": (
        ring_by_hand_registered_too_early
    ),
    "Read one device record by its id": record_of_a_mac,
    "Read the device records of suspended Macs": suspended,
    "Clone a sign-in policy for managed devices": nothing_yet,
    FIRST_MOVE: planned_rules_written,
    "Return all apps to the policies that they had": first_app_moved,
    "Admit managed Macs by Okta FastPass": cloned_policy,
    "Refuse other Macs": first_rule,
    "Require managed Macs of two groups": cloned_policy,
    "Delete a rule": another_rule,
    "Fail if a clone that does not exist yet would lock somebody out of two apps": (
        nobody_uses_apps
    ),
    "Compare the forecast for an app that has moved with Okta's simulation": first_app_moved,
    "Turn Okta FastPass on and show its button": without_its_button,
    "Create a temporary access code for a person who is locked out": locked_out,
    "Delete a profile that 12 Macs hold": old_profile,
    "Run a script every day on the canary ring": another_script,
    "Require hardware keys for Okta FastPass": nothing_yet,
    "Turn the one-time codes of Okta Verify off": nothing_yet,
    "Wait a quarter of an hour after a change, and accept two newly denied people": (
        a_quarter_of_an_hour_ago
    ),
}
# Check mode makes no test enrollment, and says so by no change.
NOT_IN_CHECK_MODE = {"Verify the secret key in the vault by a test enrollment"}
CHANGES_EACH_TIME = {
    *NOT_IN_CHECK_MODE,
    "Verify what Kandji rewrites, with a profile that no device gets",
}
# What is done once, and why the second time is refused: what was approved is another plan then, and
# a file that exists is not written.
ANOTHER_PLAN = "the plan is not the one that was approved. 0 device records would be "
DONE_ONCE = {
    "Carry out the approved plan alone": ANOTHER_PLAN,
    "Carry out the approved deactivation alone": ANOTHER_PLAN,
    "Create a temporary access code for a person who is locked out": "exists already",
}
# It keeps no file, and so has nothing to write.
CHANGES_NOTHING = {
    "Read expiry dates from the certificate check on the Macs",
    "Check that two Macs could get new certificates, and take nothing from them",
}


# Waiting brings something only where Macs act by themselves: so many seconds at most, one between
# two looks. Elsewhere it is left out.
PATIENCE = {"kandji_profile_redelivery": 20}


def without_patience(module: str, options: Json) -> Json:
    shorter = {
        name: min(value, PATIENCE.get(module, 0))
        for name, value in options.items()
        if name == "wait"
    }
    looks = "wait" in options and "poll_interval" in module_documentation(module)["options"]
    return {**options, **shorter, **({"poll_interval": 1} if looks else {})}


def modules() -> list[Path]:
    return sorted(
        path for path in (CHECKOUT / "plugins" / "modules").glob("*.py") if path.stem != "__init__"
    )


def plugins() -> list[Path]:
    """Everything with documentation of its own; an action plugin has that of its module."""
    return [
        *modules(),
        *(
            path
            for kind in ("filter", "inventory")
            for path in sorted((CHECKOUT / "plugins" / kind).glob("*.py"))
        ),
    ]


def documents() -> list[Path]:
    """The pages for people that may hold whole plays."""
    return [
        CHECKOUT / "README.md",
        *sorted((CHECKOUT / "docs").glob("*.md")),
        *sorted((CHECKOUT / "roles").glob("*/README.md")),
    ]


def blocks(path: Path) -> list[t.Any]:
    """What the YAML blocks of a page say."""
    return [
        yaml.safe_load(text)
        for text in re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    ]


def plays(path: Path) -> list[Json]:
    """Its plays.

    What has rules is for ansible-rulebook, which tests/functional/events/test_rulebooks.py runs.
    """
    shown = [
        play
        for block in blocks(path)
        if isinstance(block, list)
        for play in block
        if isinstance(play, dict)
    ]
    return [play for play in shown if "hosts" in play and "rules" not in play]


def sources(text: str) -> list[Json]:
    """The inventory sources in the examples of an inventory plugin.

    One that is commented out begins with its plugin.
    """
    commented = re.findall(r"^# plugin: .*\n(?:# .*\n)*", text, re.MULTILINE)
    return [
        yaml.safe_load(text),
        *(yaml.safe_load(re.sub(r"^# ", "", one, flags=re.MULTILINE)) for one in commented),
    ]


@cache
def module_documentation(module: str) -> Json:
    return documentation(CHECKOUT / "plugins" / "modules" / f"{module}.py")


def only_reads(module: str, name: str) -> bool:
    return (
        COLLECTION + "_attributes.reads"
        in module_documentation(module)["extends_documentation_fragment"]
        and name not in CHANGES_EACH_TIME
    )


def changes_something(module: str, name: str) -> bool:
    return not only_reads(module, name) and name not in CHANGES_NOTHING


@cache
def tasks() -> list[tuple[str, str, Json]]:
    """Name, module and options of each example of each module."""
    return [
        (task["name"], path.stem, task[COLLECTION + path.stem])
        for path in modules()
        for task in yaml.safe_load(example_text(path)) or []
        if COLLECTION + path.stem in task
        # They judge the variables of a play and the results of its tasks, which an example lacks.
        and path.stem not in ("device_trust_plan", "validate_variables")
    ]
