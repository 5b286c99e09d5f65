# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac needs next while its profile is delivered anew, for everything that Kandji can show of
it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.redelivery import (
    MacState,
    Step,
    console_steps,
    describe_wait,
    next_step,
    with_tag,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    KandjiDevice,
    PrismCertificate,
)

BEGUN = datetime(2026, 11, 24, 8, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
OLD, NEW = BEGUN - timedelta(days=300), BEGUN + timedelta(minutes=5)

MAC = KandjiDevice("one", "C02X")


@pytest.mark.parametrize(
    "mac, action, state",
    [
        (MacState(False, True, OLD, True, OLD), "tag", "excluding"),
        (MacState(False, True, OLD), "tag", "excluding"),
        (MacState(True, True, OLD, True, OLD), "wait", "excluding"),
        (MacState(True, False), "untag", "delivering"),
        (MacState(True, False, None, True, OLD), "untag", "delivering"),
        (MacState(False, False), "wait", "delivering"),
        (MacState(False, False, None, True, NEW), "wait", "delivering"),
        (MacState(False, True, NEW, True, OLD), "wait", "certifying"),
        (MacState(False, True, NEW), "wait", "certifying"),
        (MacState(False, True, NEW, True, NEW), "nothing", "done"),
        (MacState(False, True, OLD, True, BEGUN), "nothing", "done"),
        (MacState(True, True, NEW, True, NEW), "untag", "done"),
        # Without times nobody can tell an old one from a new one, and a Mac must not go round for
        # ever.
        (MacState(False, True, None, True, OLD), "nothing", "unclear"),
        (MacState(False, True, OLD, True, None), "nothing", "unclear"),
        (MacState(False, True, None), "nothing", "unclear"),
        (MacState(False, True, BEGUN, True, OLD), "wait", "certifying"),
        (MacState(False, True, BEGUN - SECOND, True, BEGUN - SECOND), "tag", "excluding"),
        (MacState(False, True, None, True, NEW), "nothing", "done"),
        (MacState(True, True, NEW, True, OLD), "wait", "excluding"),
        (MacState(True, True, NEW, True, None), "wait", "excluding"),
        (MacState(True, False, None, True, NEW), "untag", "delivering"),
        # No check-in installs a profile that is not on the Mac's blueprint.
        (MacState(False, False, is_assigned=False), "nothing", "unassigned"),
        (MacState(True, False, is_assigned=False), "untag", "unassigned"),
        (MacState(False, True, OLD, True, OLD, is_assigned=False), "nothing", "unassigned"),
        (MacState(False, True, NEW, is_assigned=False), "nothing", "unassigned"),
        (MacState(False, True, NEW, True, NEW, is_assigned=False), "nothing", "done"),
    ],
)
def test_the_next_step(mac, action, state):
    step = next_step(mac, BEGUN)
    assert (step.action, step.state) == (action, state)


def test_a_mac_comes_to_its_end_from_every_step():
    mac, actions = MacState(False, True, OLD, True, OLD), []
    after = {
        ("tag", True): MacState(True, True, OLD, True, OLD),
        ("wait", True): MacState(True, False),
        ("untag", False): MacState(False, False),
        ("wait", False): MacState(False, True, NEW, True, NEW),
    }
    while (step := next_step(mac, BEGUN)).state != "done":
        actions.append(step.action)
        mac = (
            after[(step.action, mac.has_profile)] if step.action != "tag" else after[("tag", True)]
        )
    assert actions == ["tag", "wait", "untag", "wait"]


UUID = "0a1b0000-0000-4000-8000-00000000000a"
SUBJECT = Subject(frozenset({"item"}), holds_uuid=True, holds_serial=True)


def state(profiles=(), certificates=(), tagged=False, subject=SUBJECT):
    return MacState.of_device(MAC, tagged, profiles, certificates, subject)


def test_another_macs_rows_do_not_count():
    profiles = [
        InstalledProfile("other", created_at=NEW.isoformat(), payload_uuid=UUID),
        InstalledProfile("one", created_at=OLD.isoformat(), payload_uuid=UUID),
    ]
    names = {"one": f"VMC02X {UUID}", "other": f"C02X {UUID}"}
    certificates = [
        PrismCertificate(device, common_name=name, created_at=(NEW + SECOND).isoformat())
        for device, name in names.items()
    ]
    assert state(profiles, certificates) == MacState(False, True, OLD)
    certificates += [
        PrismCertificate("one", common_name=f"c02x {UUID.upper()}", created_at=NEW.isoformat()),
        PrismCertificate("one", common_name="C02X item", created_at=OLD.isoformat()),
    ]
    assert state(profiles, certificates, tagged=True) == MacState(True, True, OLD, True, NEW)
    assert state() == MacState(False, False)


@pytest.mark.parametrize("name", ["C02X", "C02X.wifi.acme.com", "com.apple.kerberos.kdc"])
def test_certificates_of_other_authorities_do_not_count(name):
    """A redelivery is not done before it began."""
    profiles = [InstalledProfile("one", created_at=OLD.isoformat(), payload_uuid=UUID)]
    certificates = [PrismCertificate("one", common_name=name, created_at=NEW.isoformat())]
    assert state(profiles, certificates) == MacState(False, True, OLD)


def test_without_the_uuid_in_the_subject_the_end_cannot_be_seen():
    subject = replace(SUBJECT, holds_uuid=False)
    profiles = [InstalledProfile("one", created_at=NEW.isoformat(), payload_uuid=UUID)]
    certificates = [PrismCertificate("one", common_name="C02X", created_at=NEW.isoformat())]
    mac = state(profiles, certificates, subject=subject)
    assert mac == MacState(False, True, NEW, is_provable=False)
    step = next_step(mac, BEGUN)
    assert (step.action, step.state) == ("nothing", "unclear")
    assert "$PROFILE_UUID" in step.reason


@pytest.mark.parametrize(
    "tags, wanted, after",
    [
        (["vip"], True, ["vip", "x"]),
        (["x", "vip"], True, ["vip", "x"]),
        (["vip", "x"], False, ["vip"]),
        ([], False, []),
    ],
)
def test_other_tags_stay(tags, wanted, after):
    assert with_tag(tags, "x", wanted) == after


@pytest.mark.parametrize(
    "mac, reason",
    [
        (
            MacState(False, True, OLD, True, NEW),
            "The profile is installed, and its certificate is new.",
        ),
        (MacState(False, False), "The next check-in installs the profile."),
        (
            MacState(False, True, NEW),
            "The profile was redelivered; its certificate was not seen yet.",
        ),
        (
            MacState(False, True, None),
            "Kandji does not report since when the Mac has its profile or certificate, so a renewal"
            " cannot be confirmed.",
        ),
        (MacState(False, True, OLD), "The exclusion tag removes the profile."),
        (
            MacState(True, True, OLD, True, NEW),
            "An exclusion tag was left over; the certificate is new already.",
        ),
        (
            MacState(True, False),
            "The profile is removed. The exclusion tag is removed too, and the next check-in"
            " installs the profile.",
        ),
        (
            MacState(True, True, OLD),
            "The exclusion tag is set. The next check-in removes the profile. If it stays after"
            " one, no node of the map excludes the tag.",
        ),
    ],
)
def test_each_step_has_its_reason(mac, reason):
    assert next_step(mac, BEGUN).reason == reason


@pytest.mark.parametrize(
    "state, is_final",
    [
        ("done", True),
        ("unclear", True),
        ("excluding", False),
        ("delivering", False),
        ("certifying", False),
    ],
)
def test_a_mac_checks_in_until_its_state_is_final(state, is_final):
    step = Step("wait", state, "")
    assert (step.is_final, step.needs_check_in) == (is_final, not is_final)


def test_what_a_redelivery_waits_for_is_said_with_the_states():
    states = {"C01": "excluding", "C02": "done", "C03": "delivering", "C04": "unclear"}
    steps = {serial: Step("wait", state, "") for serial, state in states.items()}
    assert describe_wait(steps) == "waiting for 2 of 4 Macs: C01 (excluding), C03 (delivering)"
    steps = {f"C{number}": Step("wait", "excluding", "") for number in range(4)}
    assert describe_wait(steps).endswith(
        "C0 (excluding), C1 (excluding), C2 (excluding) and 1 more"
    )


def test_the_steps_in_the_console_name_the_tag_and_the_profile():
    steps = console_steps("x", "Okta SCEP - canary")
    assert len(steps) == 5 and "create the tag 'x'" in steps[0]
    assert "tags do not contain 'x'" in steps[2] and "'Okta SCEP - canary'" in steps[3]
    assert steps[1] == (
        "Open the blueprint's assignment map. It has to be an assignment map; a classic blueprint"
        " has no conditions."
    )
    assert steps[3].endswith("every other item stays where it is.")
    assert steps[4] == (
        "Save the map, then run again. Or renew the whole ring's certificates by another generation"
        " (playbooks/renew_certificates.yml)."
    )
