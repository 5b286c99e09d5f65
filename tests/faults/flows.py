# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flows of the matrix: each runs a module, an event source or the inventory in one situation.

A new flow is an entry of FLOWS. Together they send every operation that the modules declare.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from lab.actors import mac as macs
from lab.actors import person as people
from lab.actors.macos_shims import check_script
from lab.clock import iso
from lab.okta.devices.records import DeviceFacts
from lab.okta.policies.sign_ins import Seat
from tests.faults import plugins
from tests.faults.channel import Company
from tests.faults.observation import DIRECTORY, Json
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.support import module_runs
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
from tools.support.playbook import lab_environment

SCEP, PROFILE, SCRIPT = "kandji_scep_profile", "kandji_custom_profile", "kandji_custom_script"
APP, REDELIVERY, DEVICES = (
    "kandji_app_store_item",
    "kandji_profile_redelivery",
    "kandji_device_info",
)
ITEMS, POLICY, RULE = "kandji_library_item_info", "okta_access_policy", "okta_access_policy_rule"
FORECAST, METHOD, RECORDS = (
    "okta_access_policy_forecast",
    "okta_authenticator_method",
    "okta_device_info",
)
DEVICE, CODE = "okta_device", "okta_temporary_access_code"
ACTION, RELEASE = "kandji_device_action", "kandji_device_release"
FREELY = {"max_percent": 100}
RULES = "okta_access_policy_rules"
INTEGRATION, RESET, DENIALS = (
    "okta_device_integration",
    "okta_device_reset",
    "okta_sign_in_denials_info",
)
LOG, FLEET, GATE = "okta_system_log_info", "device_trust_info", "device_trust_gate"
PREFLIGHT, RENEWAL, REPORT = (
    "device_trust_preflight",
    "device_trust_renewal_info",
    "device_trust_report",
)
CERTIFICATES, VERIFY = "device_trust_certificates", "device_trust_verify"

RINGS = [{"name": "canary", "blueprints": ["Canary"], "scep_profile": "Okta SCEP - canary"}]
DENY = {
    "policy": ORIGINAL,
    "name": "Other Macs",
    "position": "first",
    "platforms": ["MACOS"],
    "managed": False,
    "access": "DENY",
    "groups_excluded": ["Break glass"],
    "break_glass_group": "Break glass",
}

INVENTORY, LOG_SOURCE = "inventory plugin macs", "event source okta_system_log"
RUNNERS: dict[str, Callable[[Mapping[str, t.Any], Mapping[str, str]], Json]] = {
    INVENTORY: plugins.run_inventory,
    LOG_SOURCE: plugins.run_log_source,
}


class Scene:
    """A company, and what flows ask of it."""

    def __init__(self, company: Company) -> None:
        self.company, self.world = company, company.world

    @property
    def environment(self) -> dict[str, str]:
        """The collection's environment variables."""
        return lab_environment(self.company.announcement)

    @property
    def test_macs(self) -> list[str]:
        """The serials of the canary's test Macs."""
        return list(self.company.announcement["rings"][0]["test_macs"])

    def live(self) -> None:
        """Let Macs check in and people open Okta Verify."""
        macs.act(self.world)
        people.act(self.world)

    def module(self, name: str, args: Mapping[str, t.Any], check: bool = False) -> Json:
        """Run a module or plugin. Return its result with warnings and what it printed."""
        if name in RUNNERS:
            return RUNNERS[name](args, self.environment)
        done = module_runs.run_module(name, args, self.environment, check, diff=True)
        printed = "\n".join([done.output, *done.warnings])
        return {**done.result, "warnings": done.warnings, "printed": printed}

    def do(self, name: str, args: Mapping[str, t.Any]) -> Json:
        """Run a module that has to succeed."""
        result = self.module(name, args)
        assert not result.get("failed"), result["msg"]
        return result


@dataclass(frozen=True)
class Flow:
    """What runs, and in which situation.

    :arg options: the options, or a function that returns them after ``prepare``. The text
        DIRECTORY stands for a directory of the run.
    :arg prepare: brings the company into the situation. Its value is given to ``options``.
    :arg at_pause: what happens while the run waits.
    :arg guarded: whether a guard or a limit refuses what the flow wants, so that faults can open it.
    :arg other_truth: the reason why other answers give another result that is right, "" if not.
    :arg resume: returns other options of the next run from what a failed one wrote, {} for the same,
        where the failure asks for them.
    :arg check: whether it runs in check mode, which writes nothing whatever it reads.
    :arg idle: whether there is nothing to do, so that faults can make up a difference.
    """

    module: str
    options: Json | Callable[[Scene, t.Any], Json]
    prepare: Callable[[Scene], t.Any] = lambda _scene: None
    at_pause: Callable[[Scene], None] = lambda _scene: None
    macs: int = 3
    guarded: bool = False
    other_truth: str = ""
    resume: Callable[[Json], Json] = lambda _result: {}
    idle: bool = False
    check: bool = False

    @property
    def situation(self) -> str:
        """What faults can do to it besides what they can do to a run that writes."""
        return "guarded" if self.guarded else "idle" if self.idle else "check" * self.check

    def run(self, scene: Scene, prepared: t.Any, directory: Path, more: Json | None = None) -> Json:
        """Run it once and return the result.

        :arg more: other options, None as the value of one that is left out.
        """
        options = self.options(scene, prepared) if callable(self.options) else self.options
        merged = {**options, **(more or {})}
        options = {name: value for name, value in merged.items() if value is not None}
        return scene.module(self.module, _with_directory(options, str(directory)), self.check)


def _with_directory(value: t.Any, directory: str) -> t.Any:
    if isinstance(value, dict):
        return {key: _with_directory(each, directory) for key, each in value.items()}
    return value.replace(DIRECTORY, directory) if isinstance(value, str) else value


def after(*steps: tuple[str, Json], living: bool = True, days: int = 0) -> Callable[[Scene], Json]:
    """Return a preparation: modules with their options, then a day of Macs and people."""

    def prepare(scene: Scene) -> Json:
        result: Json = {}
        for module, options in steps:
            result = scene.do(module, options)
        if living:
            scene.live()
        if days:
            scene.world.clock.advance(days=days)
        return result

    return prepare


def nobody_signs_in(*steps: tuple[str, Json]) -> Callable[[Scene], Json]:
    """Return a preparation after which no app was used for months, so nobody is locked out."""

    def prepare(scene: Scene) -> Json:
        scene.world.clock.advance(days=95)
        return after(*steps, living=False)(scene)

    return prepare


def people_sign_in(scene: Scene) -> None:
    """Let everybody use every app, also somebody whose Mac is registered and not managed."""
    scene.world.clock.advance(days=95)
    org = scene.world.okta
    user = org.add_user("Un", "Ready", "unready@example.com")
    facts = DeviceFacts(
        serial="UNREADY00001", udid="unready", name="Mac of Un", model="Mac", os_version="15.0"
    )
    record = org.registry.register(user.id, facts)
    org.sign_ins.seats.append(Seat(user.id, "MACOS", record.id))
    people.open_apps(scene.world)


def _map(scene: Scene) -> Json:
    """Prepare two Macs whose certificates on an assignment map are half a year old."""
    from lab.kandji.model import Node  # the lab's models need its state first

    tenant, world = scene.world.kandji, scene.world
    tenant.add_tag("vip")
    tenant.add_tag("okta-scep-redelivery")
    blueprint = tenant.add_blueprint("All Macs", kind="map")
    blueprint.nodes[:] = [
        Node(world.uuid()),
        Node(world.uuid(), "okta-scep-redelivery", without=True),
    ]
    serials = scene.test_macs
    for device in tenant.devices.values():
        if device.serial in serials:
            device.blueprint_id, device.tags = blueprint.id, ["vip"]
    tenant.changed()
    wanted = {
        "name": "Okta SCEP - map",
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": blueprint.nodes[1].id},
    }
    profile = scene.do(SCEP, wanted)["profiles"][0]
    scene.live()
    world.clock.advance(days=180)
    scene.live()
    begun = iso(world.clock.now())
    world.clock.advance(hours=1)
    return {
        "library_item_id": profile["library_item_id"],
        "serials": serials,
        "issued_before": begun,
    }


def _app_on_no_blueprint(scene: Scene) -> None:
    scene.world.kandji.library.add_item(
        "Okta Verify 9", "automatic-app", bundle_id="com.okta.mobile"
    )


def _stuck(scene: Scene) -> None:
    fleet = ResetFleet(scene)
    fleet.stuck(STUCK, fleet.user("stuck@example.com"))


def _another_address(scene: Scene) -> None:
    """A record of a user whose e-mail address is another text than the login."""
    _stuck(scene)
    org = scene.world.okta
    with scene.world.lock:
        next(
            each for each in org.users.values() if each.login == "stuck@example.com"
        ).email = "s.user@example.com"


def _assigned(scene: Scene) -> None:
    """A Mac that Kandji assigns to somebody."""
    _stuck(scene)
    tenant = scene.world.kandji
    with scene.world.lock:
        device = next(each for each in tenant.devices.values() if each.serial == STUCK)
        device.user = tenant.add_user("Stuck", "stuck@example.com")
        tenant.changed()


def _unused(scene: Scene) -> None:
    """A record that nobody has used for a hundred days, of a Mac that Kandji does not know.

    Another Mac is in both, so that org and tenant belong together.
    """
    _stuck(scene)
    ResetFleet(scene).record("ORPHANMAC001", age=2400.0)


def _suspended(scene: Scene) -> None:
    _unused(scene)
    scene.do(DEVICE, {"unused_days": 60, "state": "suspended", **FREELY})
    scene.world.clock.advance(days=15)


def _locked_out(scene: Scene) -> None:
    """A person of a group whose own enrollment policy permits temporary access codes."""
    org = scene.world.okta
    with scene.world.lock:
        org.add_temporary_codes()
        user = org.add_user("Stuck", "User", "stuck@example.com")
        group = org.directory.add_group("Staff", members={user.id})
        org.enrollment.add("Staff", [group.id], {"tac": "OPTIONAL"})


def _managed(scene: Scene) -> None:
    fleet = ResetFleet(scene)
    fleet.mac(STUCK)
    user = fleet.user("stuck@example.com")
    fleet.record(STUCK, user, managed_by=user)


def _denying_clone(scene: Scene) -> None:
    people_sign_in(scene)
    scene.do(POLICY, COPY)
    scene.do(RULE, {**DENY, "policy": CLONE, "max_locked_out": 1000})


def _script_of_check(scene: Scene) -> Json:
    scene.do(SCEP, CANARY)
    scene.live()
    result = scene.do(SCRIPT, {"name": "Check", "script": check_script(), "blueprints": ["Canary"]})
    scene.live()
    return result


def _confirmed(scene: Scene, _prepared: t.Any) -> Json:
    host = urlsplit(scene.company.announcement["kandji_url"]).netloc
    return {"dest": DIRECTORY, "writes": True, "confirm": f"WRITE {host}"}


def _trial_left(scene: Scene) -> None:
    """What a run left that ended between its writes, next to a profile on a blueprint."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import trial

    from lab.kandji.profiles import parse  # as in _map

    scene.do(SCEP, CANARY)
    with scene.world.lock:
        scene.world.kandji.library.create_profile(
            name=trial.NAME, document=parse(trial.CONTENT), runs_on={"Mac"}, active=False
        )


def _denied(scene: Scene) -> None:
    people_sign_in(scene)
    scene.do(RULE, {**DENY, "max_locked_out": 1000})
    people.open_apps(scene.world)


def _other_policies(scene: Scene) -> None:
    """People sign in, and policies of other kinds decide too: none of them refuses anybody here."""
    people_sign_in(scene)
    org = scene.world.okta
    with scene.world.lock:
        groups = sorted(org.directory.groups)
        policy = next(each for each in org.policies.by_id.values() if each.name == ORIGINAL)
        session = org.others.add("OKTA_SIGN_ON", "Session", groups)
        zone = {"network": {"connection": "ZONE", "include": ["nzoElsewhere"]}}
        org.others.add_session_rule(session, "Elsewhere", "DENY", zone)
        org.others.add_session_rule(session, "Everybody", "ALLOW")
        signals = org.others.add("DEVICE_SIGNAL_COLLECTION", "Signals", resources=[policy.id])
        org.others.add_signal_rule(signals, "Chrome", None, zone)
        org.others.add_signal_rule(signals, "Everybody", "ALLOW")


def _refused_sessions(scene: Scene) -> None:
    """A global session policy refuses everybody, and a signal policy hides every device."""
    _other_policies(scene)
    org = scene.world.okta
    with scene.world.lock:
        for policy in org.others.policies:
            for rule in policy.rules:
                rule.conditions["network"] = {"connection": "ANYWHERE"}


def _stuck_and(*steps: tuple[str, Json]) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        _stuck(scene)
        for module, options in steps:
            scene.do(module, options)

    return prepare


def _by_deactivated_id(result: Json) -> Json:
    """Name the record that a failed run deactivated: it is of no user any more."""
    ids = [
        each["target"]["deviceId"]
        for each in result.get("writes", ())
        if each["operation"] == "deactivateDevice" and "device_ids" in result.get("msg", "")
    ]
    return {"users": None, "device_ids": ids, "revoke_sessions": None} if ids else {}


ALLOW = ["last_authenticator"]
WITH_SESSIONS = {"revoke_sessions": True, **FREELY}
LOCK = {"action": "lock", "serials": [STUCK], "confirm": f"LOCK {STUCK}"}
HELLO = {"name": "Hello", "script": "#!/bin/sh\necho hello\n", "blueprints": ["Canary"]}
CHECK_ID = "certificate_check_item_id"

TWO_RULES: Json = {
    "policy": ORIGINAL,
    "break_glass_group": "Break glass",
    "rules": [without_policy(MANAGED), without_policy({**DENY, "position": "last"})],
}
SUSPENDED: Json = {"serials": [STUCK], "state": "suspended"}
# Flows that are also run in check mode, one of each module that writes.
CHECKED = (
    "widen SCEP profile",
    "change profile",
    "change script",
    "move Okta Verify",
    "redelivery begins",
    "clone and move",
    "change rule",
    "rules",
    "method off",
    "reset",
    "delete record",
    "temporary access code",
    "lock",
    "release",
)

FLOWS: dict[str, Flow] = {
    "create SCEP profile": Flow(SCEP, CANARY),
    "renew SCEP profile": Flow(SCEP, RENEWED, after((SCEP, CANARY))),
    "widen SCEP profile": Flow(
        SCEP,
        WIDENED,
        after((SCEP, CANARY)),
        macs=4,
    ),
    "remove SCEP profile": Flow(
        SCEP,
        REMOVED,
        after((SCEP, CANARY)),
    ),
    "create profile": Flow(PROFILE, wifi()),
    "change profile": Flow(
        PROFILE, {**wifi(SSID_STR="Acme 2"), "max_reinstall": 50}, after((PROFILE, wifi()))
    ),
    "delete profile": Flow(
        PROFILE, {"name": "Wifi", "state": "absent", "max_removed": 50}, after((PROFILE, wifi()))
    ),
    "create script": Flow(SCRIPT, HELLO),
    "change script": Flow(
        SCRIPT,
        {
            **HELLO,
            "script": "#!/bin/sh\n",
            "blueprints": ["Engineering"],
            "blueprints_mode": "exact",
            "max_removed": 50,
        },
        after((SCRIPT, HELLO)),
    ),
    "assign Okta Verify": Flow(APP, OKTA_VERIFY),
    "find an app in the audit log": Flow(
        APP, {"name": "Okta Verify 9", "blueprints": ["Canary"]}, _app_on_no_blueprint
    ),
    "move Okta Verify": Flow(
        APP,
        {
            "name": "Okta Verify",
            "blueprints": ["Engineering"],
            "blueprints_mode": "exact",
            "max_removed": 50,
        },
        after((APP, OKTA_VERIFY)),
    ),
    "redelivery begins": Flow(REDELIVERY, lambda _scene, args: args, _map),
    "redelivery in one run": Flow(
        REDELIVERY,
        lambda _scene, args: {**args, "wait": 600, "poll_interval": 30},
        _map,
        at_pause=Scene.live,
    ),
    "devices": Flow(DEVICES, {"blueprints": ["Canary"], "library_items": True}),
    "library items": Flow(
        ITEMS, {"names": ["Okta SCEP - canary"], "statuses": True}, after((SCEP, CANARY))
    ),
    "create policy": Flow(POLICY, {"name": "Managed apps", "description": "By hand"}),
    "describe policy": Flow(
        POLICY, {"name": CLONE, "description": "For managed Macs"}, after((POLICY, COPY))
    ),
    "clone and move": Flow(POLICY, MOVE, nobody_signs_in()),
    "revert apps": Flow(
        POLICY,
        {"name": CLONE, "state": "reverted", "break_glass_group": "Break glass"},
        nobody_signs_in((POLICY, MOVE)),
    ),
    "delete policy": Flow(POLICY, {"name": CLONE, "state": "absent"}, after((POLICY, COPY))),
    "create rule": Flow(RULE, MANAGED, nobody_signs_in()),
    "create rule, people sign in": Flow(
        RULE, {**DENY, "max_locked_out": 1000}, people_sign_in, macs=2
    ),
    "rule is refused": Flow(RULE, DENY, people_sign_in, macs=2, guarded=True),
    "move is refused": Flow(
        POLICY,
        {"name": CLONE, "apps": ["Slack"], "break_glass_group": "Break glass"},
        _denying_clone,
        macs=2,
        guarded=True,
    ),
    "new profile is refused": Flow(SCEP, {**CANARY, "max_new": 0}, guarded=True),
    "change is refused": Flow(
        PROFILE, wifi(SSID_STR="Acme 2"), after((PROFILE, wifi())), guarded=True
    ),
    "removal of an app is refused": Flow(
        APP,
        {"name": "Okta Verify", "blueprints": ["Engineering"], "blueprints_mode": "exact"},
        after((APP, OKTA_VERIFY)),
        guarded=True,
    ),
    "removal of a script is refused": Flow(
        SCRIPT,
        {**HELLO, "blueprints": ["Engineering"], "blueprints_mode": "exact"},
        after((SCRIPT, HELLO)),
        guarded=True,
    ),
    "redelivery is refused": Flow(
        REDELIVERY, lambda _scene, args: {**args, "max_started": 1}, _map, guarded=True
    ),
    "managed Mac is not reset": Flow(RESET, {"serials": [STUCK]}, _managed, guarded=True),
    "managed record is not deleted": Flow(
        DEVICE, {"serials": [STUCK], "state": "absent"}, _managed, guarded=True
    ),
    "change rule": Flow(
        RULE, {**MANAGED, "reauthenticate_in": "PT4H"}, nobody_signs_in((RULE, MANAGED))
    ),
    "rules": Flow(RULES, TWO_RULES, nobody_signs_in()),
    "rule off": Flow(RULE, {**MANAGED, "status": "INACTIVE"}, nobody_signs_in((RULE, MANAGED))),
    "rule on": Flow(
        RULE,
        {**MANAGED, "status": "ACTIVE"},
        nobody_signs_in((RULE, MANAGED), (RULE, {**MANAGED, "status": "INACTIVE"})),
    ),
    "delete rule": Flow(
        RULE,
        {
            "policy": ORIGINAL,
            "name": "Managed Macs",
            "state": "absent",
            "break_glass_group": "Break glass",
        },
        nobody_signs_in((RULE, MANAGED)),
    ),
    "forecast": Flow(
        FORECAST,
        {
            "policy": ORIGINAL,
            "rules": [without_policy(DENY)],
            "break_glass_group": "Break glass",
            "refuse": False,
        },
        people_sign_in,
        macs=2,
    ),
    "forecast beside the simulation": Flow(
        FORECAST,
        {"policy": ORIGINAL, "break_glass_group": "Break glass", "simulate": True, "refuse": False},
        people_sign_in,
        macs=2,
    ),
    "forecast with policies of other kinds": Flow(
        FORECAST,
        {
            "policy": ORIGINAL,
            "rules": [without_policy(DENY)],
            "break_glass_group": "Break glass",
            "refuse": False,
        },
        _other_policies,
        macs=2,
    ),
    "create rule with policies of other kinds": Flow(
        RULE, {**DENY, "max_locked_out": 1000}, _other_policies, macs=2
    ),
    "rule is refused, nobody has a session": Flow(
        RULE, {**DENY, "max_locked_out": 0}, _refused_sessions, macs=2, guarded=True
    ),
    "method off": Flow(METHOD, NO_PUSH),
    "method off is refused": Flow(METHOD, {"method": "push", "status": "INACTIVE"}, guarded=True),
    "method on, with settings": Flow(
        METHOD,
        {"status": "ACTIVE", "show_sign_in_with_ov": "ALWAYS"},
        after((METHOD, {"status": "INACTIVE", "allow_lock_out": True})),
    ),
    "method, other settings": Flow(
        METHOD, {"key_protection": "HARDWARE", "algorithms": ["ES256"], "allow_lock_out": True}
    ),
    "temporary access code": Flow(
        CODE, {"user": "stuck@example.com", "dest": f"{DIRECTORY}/code"}, _locked_out
    ),
    "lock": Flow(ACTION, {**LOCK, "pin_dir": DIRECTORY}, _stuck),
    "lock without its phrase": Flow(ACTION, {**LOCK, "confirm": ""}, _stuck, guarded=True),
    "erase": Flow(ACTION, {**LOCK, "action": "erase", "confirm": f"ERASE {STUCK}"}, _stuck),
    "release": Flow(RELEASE, {"person": "stuck@example.com", "blueprint": "Staging"}, _assigned),
    "delete records of a user": Flow(
        DEVICE,
        {"users": ["stuck@example.com"], "state": "absent", "allow": ALLOW, **WITH_SESSIONS},
        _stuck,
        resume=_by_deactivated_id,
    ),
    "records": Flow(RECORDS, {"serial_numbers": [STUCK]}, _stuck),
    "records by address": Flow(RECORDS, {"users": ["s.user@example.com"]}, _another_address),
    "record by id": Flow(
        RECORDS, lambda scene, _p: {"device_ids": [next(iter(scene.world.okta.devices))]}, _stuck
    ),
    "integration": Flow(INTEGRATION, {}),
    "test enrollment": Flow(INTEGRATION, {"test_enrollment": True}),
    "integration by key": Flow(
        INTEGRATION,
        lambda scene, _p: {
            "okta_client_id": scene.company.announcement["okta_client_id"],
            "okta_private_key": scene.company.announcement["okta_private_key"],
            "okta_key_id": scene.company.announcement["okta_key_id"],
        },
    ),
    "reset": Flow(RESET, {"serials": [STUCK]}, _stuck),
    "suspend": Flow(DEVICE, {"serials": [STUCK], "state": "suspended"}, _stuck),
    "suspend and end sessions": Flow(
        DEVICE, {"serials": [STUCK], "state": "suspended", "revoke_sessions": True}, _stuck
    ),
    "unsuspend": Flow(
        DEVICE,
        {"serials": [STUCK], "state": "active"},
        _stuck_and((DEVICE, {"serials": [STUCK], "state": "suspended"})),
    ),
    "activate": Flow(
        DEVICE,
        {"serials": [STUCK], "state": "active"},
        _stuck_and((DEVICE, {"serials": [STUCK], "state": "deactivated"})),
    ),
    # By its serial: between its steps, a record is of no user, and the error names its id.
    "delete record": Flow(DEVICE, {"serials": [STUCK], "state": "absent", "allow": ALLOW}, _stuck),
    "suspend records of a user": Flow(
        DEVICE, {"users": ["stuck@example.com"], "state": "suspended"}, _stuck
    ),
    "suspend unused": Flow(DEVICE, {"unused_days": 60, "state": "suspended", **FREELY}, _unused),
    "delete unused": Flow(DEVICE, {"unused_days": 60, "state": "absent", **FREELY}, _suspended),
    "denials": Flow(DENIALS, {"apps": ["Slack"], "minutes": 60}, _denied, macs=2),
    "system log": Flow(LOG, {"max_rows": 20}),
    "fleet": Flow(FLEET, {"rings": RINGS}, after((SCEP, CANARY))),
    "fleet with the certificate check": Flow(
        FLEET,
        lambda _scene, done: {"rings": RINGS, CHECK_ID: done["script"]["id"]},
        _script_of_check,
    ),
    "gate": Flow(
        GATE,
        lambda scene, done: {
            "library_item_id": done["profiles"][0]["library_item_id"],
            "payload_uuid": done["profiles"][0]["payload_uuid"],
            "test_macs": scene.test_macs,
        },
        after((SCEP, CANARY)),
    ),
    "gate that waits": Flow(
        GATE,
        lambda scene, done: {
            "library_item_id": done["profiles"][0]["library_item_id"],
            "payload_uuid": done["profiles"][0]["payload_uuid"],
            "test_macs": scene.test_macs,
            "wait": 300,
        },
        after((SCEP, CANARY), living=False),
        at_pause=Scene.live,
    ),
    "preflight": Flow(
        PREFLIGHT, lambda scene, _p: {"rings": scene.company.announcement["rings"][:1]}
    ),
    "renewal": Flow(RENEWAL, {"rings": RINGS}, after((SCEP, CANARY), days=330)),
    "report": Flow(
        REPORT, {"rings": RINGS, "dest": DIRECTORY, "formats": ["json"]}, after((SCEP, CANARY))
    ),
    "verify": Flow(
        VERIFY,
        {"dest": DIRECTORY},
        after((SCEP, CANARY), (APP, OKTA_VERIFY)),
        other_truth="its result says what the answers look like",
    ),
    "verify with a trial": Flow(
        VERIFY,
        _confirmed,
        other_truth="its result says what the answers look like",
    ),
    "verify with a trial, in check mode": Flow(
        VERIFY,
        _confirmed,
        other_truth="its result says what the answers look like",
        check=True,
    ),
    "verify after a trial that was interrupted": Flow(
        VERIFY,
        _confirmed,
        _trial_left,
        other_truth="its result says what the answers look like",
    ),
    "certificates": Flow(
        CERTIFICATES, lambda _scene, done: {CHECK_ID: done["script"]["id"]}, _script_of_check
    ),
    "inventory": Flow(INVENTORY, {"rings": RINGS}, after((SCEP, CANARY))),
    "log source": Flow(
        LOG_SOURCE,
        {"state_file": DIRECTORY + "/log.json", "since": "2020-01-01T00:00:00Z", "interval": 1},
    ),
    "ledger": Flow(CERTIFICATES, {"state_dir": DIRECTORY + "/state"}, after((SCEP, CANARY))),
}

# Runs with nothing to do: a fault must not make up a difference.
_IDLE: dict[str, tuple[str, Json, Callable[[Scene], t.Any]]] = {
    "SCEP profile as it is": (SCEP, CANARY, after((SCEP, CANARY))),
    "profile as it is": (PROFILE, wifi(), after((PROFILE, wifi()))),
    "no profile to delete": (PROFILE, {"name": "Wifi", "state": "absent"}, lambda _scene: None),
    "script as it is": (SCRIPT, HELLO, after((SCRIPT, HELLO))),
    "app as it is": (APP, OKTA_VERIFY, after((APP, OKTA_VERIFY))),
    "clone and apps as they are": (POLICY, MOVE, nobody_signs_in((POLICY, MOVE))),
    "rule as it is": (RULE, MANAGED, nobody_signs_in((RULE, MANAGED))),
    "rules as they are": (RULES, TWO_RULES, nobody_signs_in((RULES, TWO_RULES))),
    "method as it is": (METHOD, NO_PUSH, after((METHOD, NO_PUSH))),
    "record as it is": (DEVICE, SUSPENDED, _stuck_and((DEVICE, SUSPENDED))),
    "no record to reset": (RESET, {"serials": [STUCK]}, _stuck_and((RESET, {"serials": [STUCK]}))),
    "Mac that is locked": (ACTION, LOCK, _stuck_and((ACTION, LOCK))),
}
FLOWS |= {
    name: Flow(module, options, prepare, idle=True)
    for name, (module, options, prepare) in _IDLE.items()
}

# Check mode, which writes nothing and says what a real run does.
FLOWS |= {f"{name}, in check mode": replace(FLOWS[name], check=True) for name in CHECKED}
