# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random people, devices, groups, rules and past use of apps, to test forecasts against.

Equal seeds give equal orgs. Take the world's lock around every call.
"""

from __future__ import annotations

import copy
import random
import typing as t
from datetime import timedelta

from lab.okta.devices.records import PROVIDERS, DeviceFacts, User
from lab.okta.directory.groups_and_apps import BREAK_GLASS, App
from lab.okta.org import Org
from lab.okta.policies import access_policies
from lab.okta.policies.access_policies import Json
from lab.okta.policies.sign_ins import RISKS, Seat, Surroundings

ZONES = ("nzoOffice00000000000", "nzoAbroad00000000000")
ASSURANCES = ("daeDiskEncrypted00000", "daeNewSystem0000000000")
GROUPS = ("Engineering", "Office", "Contractors")
PLATFORMS = ("MACOS", "MACOS", "MACOS", "IOS", "ANDROID", "WINDOWS")  # Macs are most
# Devices on which Okta Verify does not register: those whose system has no word are OTHER
UNREGISTERED = ("LINUX", "CHROMEOS", "OTHER")
LOCKS = ("BIOMETRIC", "BIOMETRIC", "PASSCODE", "NONE")
TYPES = {"MACOS": "DESKTOP", "WINDOWS": "DESKTOP", "IOS": "MOBILE", "ANDROID": "MOBILE"}
# Platforms of a rule other than one system with its type
WIDE_PLATFORMS: tuple[Json, ...] = tuple(
    {"type": kind, "os": {"type": system}}
    for kind, system in (
        ("DESKTOP", "LINUX"),
        ("DESKTOP", "CHROMEOS"),
        ("DESKTOP", "OTHER"),
        ("DESKTOP", "ANY"),
        ("MOBILE", "ANY"),
        ("OTHER", "OTHER"),
        ("ANY", "ANY"),
    )
)
STEPS: tuple[Json, ...] = (
    {"key": "okta_verify", "method": "signed_nonce"},
    {"key": "okta_verify", "method": "push"},
    {"key": "okta_verify"},
    {"key": "okta_password", "method": "password"},
    {"key": "okta_email", "method": "email"},
    {"key": "phone_number", "method": "sms"},
)
USER_VERIFICATION = (["BIOMETRICS"], ["PIN"], ["BIOMETRICS", "PIN"])
FASTPASS: Json = {
    "possession": {
        "deviceBound": "REQUIRED",
        "phishingResistant": "REQUIRED",
        "userPresence": "REQUIRED",
        "authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}],
    }
}
PASSWORD: Json = {"required": True, "types": ["password"], "reauthenticateIn": "PT0S"}
# Constraints as real orgs answered them: ``required: false`` limits what it names all the same.
RECORDED: tuple[list[Json], ...] = (
    [
        {
            "knowledge": PASSWORD,
            "possession": {
                "required": False,
                "excludedAuthenticationMethods": [
                    {"key": "okta_email", "method": "email"},
                    {"key": "phone_number", "method": "sms"},
                    {"key": "phone_number", "method": "voice"},
                ],
                "userPresence": "REQUIRED",
                "userVerification": "OPTIONAL",
            },
        }
    ],
    [
        {
            "knowledge": {**PASSWORD, "required": False},
            "possession": {"required": False, "deviceBound": "REQUIRED"},
        },
        {
            "possession": {
                "required": False,
                "hardwareProtection": "REQUIRED",
                "deviceBound": "REQUIRED",
                "userPresence": "OPTIONAL",
                "userVerification": "OPTIONAL",
            }
        },
    ],
    [{"possession": {"required": True, "deviceBound": "REQUIRED"}}],
    [{}],
)


def draw_fleet(org: Org, seed: int, people: int = 12) -> Json:
    """Replace everything in an org, people and devices included. Return what draw_policy does."""
    draws = random.Random(f"fleet {seed}")
    accounts = random.Random(f"accounts {seed}")  # apart: a seed has the same people and devices
    org.empty()
    for number in range(people):
        user = org.add_user(f"Person{number}", f"Of {seed}", f"person{number:03d}@example.com")
        user.has_phone = draws.random() < 0.7
        for platform in draws.sample(PLATFORMS, draws.choice((1, 1, 1, 2, 3))):
            place = add_seat(org, user, platform, draws.random() < 0.7)
            _change_device(org, place, draws)
        if draws.random() < 0.2:
            zones, assurances = (
                frozenset(draws.sample(those, draws.randrange(3))) for those in (ZONES, ASSURANCES)
            )
            org.sign_ins.surroundings[user.id] = Surroundings(
                zones, draws.choice(RISKS), assurances
            )
        if draws.random() < 0.05:
            user.status = "SUSPENDED"
        if accounts.random() < 0.2:
            user.provider = accounts.choice(PROVIDERS)
        user.has_email = accounts.random() < 0.8
        if accounts.random() < 0.3:
            add_seat(org, user, accounts.choice(UNREGISTERED), registered=False)
    return draw_policy(org, org.directory.app("Salesforce"), org.sign_ins.seats, seed)


def add_seat(org: Org, user: User, platform: str, registered: bool) -> Seat:
    """Add a device of a user. Return its seat. Raises RegistrationRefused."""
    device_id = None
    if registered:
        number = f"X{len(org.devices):011d}"
        device_id = org.registry.register(
            user.id,
            DeviceFacts(
                serial=number,
                udid=number,
                name=f"{platform.title()} of {user.first_name}",
                model=platform,
                os_version="1.0",
                platform=platform,
            ),
        ).id
    place = Seat(user.id, platform, device_id)
    org.sign_ins.seats.append(place)
    return place


def _change_device(org: Org, place: Seat, draws: random.Random) -> None:
    record, link = org.sign_ins.find_registration(place)
    if record is None or link is None:
        return
    link.screen_lock_type = draws.choice(LOCKS)
    record.profile["secureHardwarePresent"] = draws.random() < 0.9
    if place.platform == "MACOS" and draws.random() < 0.6:
        link.set_managed(True)
    if draws.random() < 0.08:
        org.registry.step(record, draws.choice(("suspend", "deactivate")))


def draw_policy(org: Org, app: App, seats: t.Sequence[Seat], seed: int) -> Json:
    """Add groups, a policy for ``app`` and past use of it.

    Return {app_id, policy_id, break_glass_id, rules}.
    """
    draws = random.Random(f"policy {seed}")
    users = list(dict.fromkeys(place.user_id for place in seats))
    for name in (*GROUPS, BREAK_GLASS):
        share = 0.4 if name in GROUPS else 0.05
        members = {user_id for user_id in users if draws.random() < share}
        known = next(
            (group for group in org.directory.groups.values() if group.name == name), None
        ) or org.directory.add_group(name)
        known.members = members or set(users[:1])
    policy = org.policies.add(f"Drawn {seed} {len(org.policies.by_id)}")
    for number in range(draws.randrange(5)):
        body = draw_rule(org, draws, f"Rule {number}", users)
        org.policies.add_rule(
            policy, access_policies.Rules().accept(body), active=draws.random() < 0.9
        )
    if draws.random() < 0.4:
        policy.catch_all.actions = access_policies.accept_actions({"appSignOn": {"access": "DENY"}})
    org.assign(app, policy)
    uses = [
        (app, place, org.now() - timedelta(days=draws.uniform(0.1, 60)))
        for place in seats
        if draws.random() < 0.8
    ]
    org.sign_ins.remember(uses, org.random_number)
    return {
        "app_id": app.id,
        "policy_id": policy.id,
        "break_glass_id": org.directory.group(BREAK_GLASS).id,
        "rules": len(policy.rules),
    }


def draw_rule(org: Org, draws: random.Random, name: str, users: t.Sequence[str]) -> Json:
    """Return the body of a rule. ``users`` are ids that it may name."""
    conditions: Json = {}
    if draws.random() < 0.6:
        conditions["device"] = draws.choice(
            (
                {"registered": True, "managed": True},
                {"registered": True},
                {"registered": True, "managed": False},
            )
        )
    if draws.random() < 0.1:
        assurance = {"include": [draws.choice(ASSURANCES)]}
        conditions["device"] = {**conditions.get("device", {}), "assurance": assurance}
    if draws.random() < 0.5:
        conditions["people"] = _draw_people(org, draws, users)
    if draws.random() < 0.5:
        conditions["platform"] = _draw_platforms(draws)
    if draws.random() < 0.1:
        conditions["network"] = {
            "connection": "ZONE",
            draws.choice(("include", "exclude")): [draws.choice(ZONES)],
        }
    if draws.random() < 0.1:
        conditions["riskScore"] = {"level": draws.choice(RISKS)}
    if draws.random() < 0.05:
        conditions["elCondition"] = {"condition": "user.profile.department == 'Sales'"}
    return {
        "type": access_policies.TYPE,
        "name": name,
        "conditions": conditions or None,
        "actions": {"appSignOn": _draw_actions(draws)},
    }


def _draw_platforms(draws: random.Random) -> Json:
    if draws.random() < 0.3:
        side = draws.choice(("include", "include", "exclude"))
        return {side: draws.sample(WIDE_PLATFORMS, draws.choice((1, 2)))}
    systems = sorted(set(draws.sample(PLATFORMS, 2)))
    return {"include": [{"type": TYPES[system], "os": {"type": system}} for system in systems]}


def _draw_people(org: Org, draws: random.Random, users: t.Sequence[str]) -> Json:
    groups = [org.directory.group(name).id for name in (*GROUPS, BREAK_GLASS)]
    people: Json = {}
    for kind, ids, share in (("groups", groups, 0.8), ("users", users, 0.3)):
        sides = {
            side: draws.sample(ids, min(len(ids), draws.randrange(1, 3)))
            for side in ("include", "exclude")
            if draws.random() < share / 2
        }
        if sides:
            people[kind] = sides
    return people


def _draw_actions(draws: random.Random) -> Json:
    if draws.random() < 0.3:
        return {"access": "DENY"}
    method: Json = {
        "type": "ASSURANCE",
        "factorMode": draws.choice(("1FA", "2FA")),
        "reauthenticateIn": "PT2H",
        "constraints": [],
    }
    asks = draws.random()
    if asks < 0.3:
        method["constraints"] = [FASTPASS]
    elif asks < 0.4:
        method = {"type": "AUTH_METHOD_CHAIN", "chains": [_draw_chain(draws)]}
    elif asks < 0.45:
        method["constraints"] = [
            {"knowledge": {"types": ["password"]}, "possession": {"hardwareProtection": "REQUIRED"}}
        ]
    elif asks < 0.65:
        method["constraints"] = copy.deepcopy(draws.choice(RECORDED))
    elif asks < 0.7:
        verified: Json = {"userVerification": "REQUIRED"}
        verified |= {"userVerificationMethods": draws.choice(USER_VERIFICATION)}
        method["constraints"] = [{"possession": {**FASTPASS["possession"], **verified}}]
    elif asks < 0.75:
        method["constraints"] = [{"knowledge": PASSWORD}]
    return {"access": "ALLOW", "verificationMethod": method}


def _draw_chain(draws: random.Random) -> Json:
    """Return a chain of one step or two; one may permit several methods of Okta Verify, or all."""
    steps = copy.deepcopy(draws.sample(STEPS, draws.choice((1, 1, 2, 3))))
    for step in steps:
        if step["key"] == "okta_verify" and draws.random() < 0.4:
            step["userVerification"] = draws.choice(("OPTIONAL", "REQUIRED"))
        if step.get("userVerification") == "REQUIRED" and draws.random() < 0.5:
            step["userVerificationMethods"] = draws.choice(USER_VERIFICATION)
    chain: Json = {"authenticationMethods": steps}
    if draws.random() < 0.3:
        chain["next"] = [{"authenticationMethods": [copy.deepcopy(draws.choice(STEPS))]}]
    return chain
