# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device records, and what the tests decide about them."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    Decision,
    Evidence,
    Guards,
    Mac,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    OktaDevice,
    OktaUser,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import guard_options

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


OLD, NEW = "2026-11-01T10:00:00.000Z", "2026-11-23T10:00:01.000Z"


REGISTERED = datetime(2026, 11, 1, 10, tzinfo=timezone.utc)


CERTIFIED = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


GUARDS = Guards(START, START, guard_options())


MAC = Mac("C02A", profile_live=True, certificates=(CERTIFIED,))


PHONE = Enrollment("phone_number", "ACTIVE")


VERIFY = Enrollment("okta_verify", "ACTIVE")


FASTPASS = Enrollment("okta_verify_fastpass", "ACTIVE")  # of flexible Okta Verify


SPLIT = [FASTPASS, *(Enrollment(f"okta_verify_{each}", "ACTIVE") for each in ("push", "totp"))]


def device(device_id: str = "guo1", created: str | None = OLD, **values: t.Any) -> OktaDevice:
    values = {"status": "ACTIVE", "platform": "MACOS", "serial_number": "C02A", **values}
    return OktaDevice(device_id, created=created, **values)


def user(name: str = "ada", management: str | None = "NOT_MANAGED", **values: t.Any) -> DeviceUser:
    return DeviceUser(OktaUser(f"00u-{name}", f"{name}@acme.com", **values), management)


def target(record: OktaDevice | None = None, *users: DeviceUser, **values: t.Any) -> RecordTarget:
    return RecordTarget(**{"name": "C02A", "device": record, "users": users, "mac": MAC, **values})


def with_phones(*names: str) -> Evidence:
    """Everybody has a phone, and an earlier record of the serial of guo-again was deleted."""
    return Evidence(
        enrollments={f"00u-{name}": [PHONE] for name in names},
        earlier_deletions={"guo-again": REGISTERED - timedelta(hours=1)},
    )


def decide(
    one: RecordTarget, guards: Guards = GUARDS, evidence: Evidence | None = None
) -> Decision:
    return plan_records([one], guards, evidence or with_phones("ada", "bob"))[0]


def allowing(*reasons: str, **values: t.Any) -> Guards:
    return guarding(allow=reasons, **values)


def guarding(**values: t.Any) -> Guards:
    return replace(GUARDS, options=guard_options(**values))


LIFTED = [
    (
        target(device(status="SUSPENDED"), user()),
        "suspended",
        "It is suspended: an administrator blocked it, and a new registration would lift the block",
    ),
    (
        target(device(), user(management="MANAGED")),
        "managed",
        "It works: ada@acme.com is MANAGED on it",
    ),
    (
        target(device(), user("bob", status="SUSPENDED"), user("ada", "MANAGED")),
        "managed",
        "It works: ada@acme.com is MANAGED",
    ),
    (
        target(device(), user("ada", "MANAGED"), user("bob", "MANAGED", status="SUSPENDED")),
        "managed",
        "ada@acme.com, bob@acme.com is MANAGED",
    ),
    (
        target(device(), user(management=None)),
        "managed",
        "Okta does not say whether it is managed for ada@acme.com",
    ),
    (
        target(device(), user("ada"), user("bob", "PENDING", status="SUSPENDED")),
        "managed",
        "Okta does not say whether it is managed for bob@acme.com",
    ),
    (
        target(device(), user("ada"), user("bob")),
        "shared",
        "It is shared: ada@acme.com, bob@acme.com would all",
    ),
    (target(device(), user("ada"), user("bob", status="ACTIVE")), "shared", "bob@acme.com"),
    (
        target(device(), user("eve")),
        "last_authenticator",
        "the last strong authenticator of eve@acme.com, who",
    ),
    (target(device(), mac=None), "unknown_to_kandji", "Kandji has no Mac with the serial C02A ("),
    (
        target(device(serial_number=""), mac=None),
        "unknown_to_kandji",
        "The record has no serial by which Kandji",
    ),
    (
        target(device(), mac=replace(MAC, profile_live=False)),
        "no_profile",
        "No live SCEP profile is known on its Mac, so",
    ),
    (
        target(device(), mac=replace(MAC, certificates=())),
        "no_profile",
        "No certificate of its Mac is known yet, so",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_undated=True)),
        "no_profile",
        "When a certificate of its Mac was first seen cannot be read in Kandji's answer"
        " (Certificates: created_at), so a new",
    ),
    (
        target(device(), user(), mac=replace(MAC, has_undated=True)),
        "registered_after_certificate",
        "(Certificates: created_at), so it may have been registered after that",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_unproved=True)),
        "no_profile",
        "No certificate of its Mac is known: those that were seen hold its serial alone, and not",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_unattested=True)),
        "no_profile",
        "The certificate of its Mac is of another authority than the one that attests management",
    ),
    (
        target(device(), user(), mac=replace(MAC, former=(REGISTERED - timedelta(days=1),))),
        "registered_after_certificate",
        "so it needs a FastPass sign-in",
    ),
    (
        target(device(created="2026-11-20T10:00:00Z"), user()),
        "registered_after_certificate",
        "so it needs a FastPass sign-in",
    ),
    (
        target(device(), user(), mac=replace(MAC, certificates=(START - timedelta(hours=1),))),
        "sign_in_pending",
        "seen at 2026-11-23T09:00:00Z, and a FastPass sign-in may",
    ),
    (
        target(device("guo-again"), user()),
        "registered_again",
        "A record of its serial was deleted at 2026-11-01T09:00:00Z, and it was registered"
        " after that, at 2026-11-01T10:00:00Z: a new registration is kept",
    ),
]


def two_records(**values: t.Any) -> list[RecordTarget]:
    new = device("guo2", "2026-11-02T10:00:00.000Z")
    return [target(device(), **values), target(new, **values)]


CLEAN_UP = guarding(duplicates="clean_up")


def codes(targets: t.Sequence[RecordTarget], guards: Guards) -> list[str | None]:
    return [one.code for one in plan_records(targets, guards, with_phones("ada"))]


def decisions_of(*actions: str) -> list[Decision]:
    return [
        Decision(RecordTarget(str(number)), action, "") for number, action in enumerate(actions)
    ]


def to_state(state: t.Any, **values: t.Any) -> Guards:
    return guarding(goal=GOALS[state], duplicates="each", **values)
