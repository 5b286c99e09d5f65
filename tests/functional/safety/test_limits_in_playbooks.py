# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook says when a limit refuses a change, or when the secret is the old one.

A refusal names the item with its ring, the keys that change, the number, and the variable to set.
"""

from __future__ import annotations

import re

import pytest

from tests.functional.helpers.interleaving import act_while_held
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.sign_in.test_enforce_managed_devices import ENFORCE, VARIABLES, Company
from tools.support.environment import CHECKOUT

MIGRATE, RESET, ROTATE, SITE = (
    CHECKOUT / "playbooks" / f"{name}.yml"
    for name in ("migrate_scep_item", "reset_devices", "rotate_scep_challenge", "site")
)
ITEM = "Okta SCEP (web app)"
QUICK = {
    "device_trust_gate_wait": 60,
    "device_trust_poll_interval": 1,
    "device_trust_wait_for_people": 0,
}
SETTINGS = {
    "device_trust_okta_verify_settings": True,
    "device_trust_okta_verify_user_principal_name": "$EMAIL",
}
BOTH = r"profile '{0} - canary' on 'Canary'{1}; profile '{0} - wide' on 'Engineering', [^;]*?{1}\)"
OF_SETTINGS = BOTH.format("Okta Verify settings", r" changing com\.apple\.loginitems\.managed")
OF_SUBJECT = BOTH.format("Okta SCEP", " changing Subject")
SUBJECT = {"device_trust_scep_subject": "CN=$SERIAL_NUMBER $PROFILE_UUID,O=Acme"}
# Options of modules, which a user of a playbook never set.
OPTIONS = re.compile(
    r"(?<![\w.])(max_\w+|licenses:|confirm:|confirm_above|test_enrollment|serials)"
)


def failures(result):
    """Return the messages of the tasks that failed, as one text."""
    failed = [task["result"] for task in result.tasks if task["outcome"] == "failed"]
    return "\n".join(str(each["msg"]) for each in failed)


def check_refusal(result, pattern):
    """Check that the run was refused with this sentence, in the names of the user."""
    assert result.status != 0, result.output
    sentence = re.search(f"[^\n]*{pattern}[^\n]*", result.output)
    assert sentence, result.output
    assert "Nothing was written" in sentence[0] and not OPTIONS.findall(sentence[0]), sentence[0]


@pytest.mark.lab(macs=6)
@pytest.mark.parametrize(
    ("variables", "pattern"),
    [
        (
            {"device_trust_max_new": 0},
            rf"device_trust_max_new: The change \({BOTH.format('Okta SCEP', '')} would bring the"
            r" profile for the first time to 6 devices, and 0 is the limit\. .* Set"
            r" device_trust_max_new: 6 if that is intended\.",
        ),
        (
            {"device_trust_okta_verify_licenses": 1},
            r"device_trust_okta_verify_licenses: 6 devices would be in scope of 'Okta Verify', and 1"
            r" is the limit\. .* then set device_trust_okta_verify_licenses to 6 or more\.",
        ),
    ],
)
def test_a_first_run_is_refused_by_the_number_of_macs(watched, playbook, variables, pattern):
    result = playbook(watched.lab, check=True, variables={**QUICK, **variables})
    check_refusal(result, pattern)
    assert watched.writes() == []


@pytest.mark.long
@pytest.mark.lab(macs=6)
def test_each_change_of_a_rollout_has_its_limit(watched, playbook):
    watched.switch(macs_act=True, people_act=True)
    known = {**QUICK, **SETTINGS}
    done = playbook(watched.lab, variables=known)
    assert done.status == 0, done.output
    rings = [{**ring, "blueprints": ring["blueprints"][:1]} for ring in watched.ring_variables]
    for variables, pattern in (
        (
            SUBJECT,
            rf"device_trust_max_reissue: The change \({OF_SUBJECT}"
            r" would give new certificates to \d devices, and 0 is the limit\. .* Set"
            r" device_trust_max_reissue: \d if",
        ),
        (
            {"device_trust_okta_verify_login_item": False},
            rf"device_trust_max_reinstall: The change \({OF_SETTINGS} would be installed again by"
            r" \d devices, and 0 is the limit\. .* Set device_trust_max_reinstall: \d if",
        ),
        (
            {"device_trust_rings": rings, "device_trust_blueprints_mode": "exact"},
            r"device_trust_max_removed: The change \(profile 'Okta SCEP - wide' on"
            r" 'Everyone else'\) would take the profile, .* from \d devices?, and 0 is the limit\."
            r" .* Set device_trust_max_removed: \d if",
        ),
    ):
        mark = watched.mark()
        check_refusal(playbook(watched.lab, check=True, variables={**known, **variables}), pattern)
        assert watched.writes(mark) == []


@pytest.mark.long
@pytest.mark.lab(macs=8)
@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (SITE, "device_trust_max_new"),
        (SITE, "device_trust_max_reissue"),
        (MIGRATE, "device_trust_max_new"),
        (MIGRATE, "device_trust_max_removed"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_macs_that_join_a_later_ring_at_a_gate_count_with_those_of_the_first(
    watched, playbook, path, limit
):
    """The limit is as many as were planned: two more Macs join, fewer than the first ring has.

    A ring that lost the old item of a migration gets the new one all the same.
    """
    watched.switch(macs_act=True, people_act=True)
    first, second = watched.canary["blueprints"][0], "Engineering"
    rings = [watched.canary, {"name": "wide", "blueprints": [second]}]
    variables = {
        **QUICK,
        "device_trust_rings": rings,
        # A request is held for longer than a run waits for an answer.
        "_device_trust_connection": {
            "ca_path": watched.lab.announcement["ca_file"],
            "api_timeout": 600,
        },
    }
    names = {each.id: each.name for each in watched.world.kandji.blueprints.values()}
    places = {mac.serial: names[mac.device.blueprint_id] for mac in watched.world.macs}
    planned = [serial for serial, place in places.items() if place in (first, second)]
    joining = [serial for serial, place in places.items() if place not in (first, second)][:2]
    if path is MIGRATE:
        options = {"type": "scep", "name": ITEM, "blueprints": [*dict.fromkeys(places.values())]}
        watched.control("POST", "/kandji/items", options)
        variables |= {"device_trust_migrate_to": "profile", "device_trust_console_item": ITEM}
        variables["device_trust_max_removed"] = 50
    elif limit == "device_trust_max_reissue":
        assert playbook(watched.lab, path, variables=variables).status == 0
        variables["device_trust_rings"] = [{**ring, "generation": "2"} for ring in rings]
    watched.switch(macs_act=False, people_act=False)
    watched.live()
    variables[limit] = len(planned)

    def join():
        watched.switch(macs_act=True)
        for serial in joining:
            watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": second})
        watched.live()

    result, _joined = act_while_held(
        watched,
        ["Daily check-in"],
        lambda: playbook(watched.lab, path, variables=variables),
        join,
    )
    assert len(joining) == 2
    items = [
        item.name
        for blueprint in watched.world.kandji.blueprints.values()
        if blueprint.name == second
        for item in map(watched.world.kandji.items.get, blueprint.item_ids)
    ]
    if path is MIGRATE:
        migrated = limit == "device_trust_max_new"
        assert (ITEM in items, "Okta SCEP - wide" in items) == (not migrated, migrated)
    if path is MIGRATE and limit == "device_trust_max_new":
        assert result.status == 0, result.output
        return
    left = len(planned) - sum(place == first for place in places.values())
    refused = rf"{limit}: [^\n]* {left + 2} devices, and {left} is the limit\."
    assert result.status != 0 and re.search(refused, failures(result)), result.output


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("variables", "pattern"),
    [
        (
            {},
            r"device_trust_reset_max_devices: 12 device records \(RESETMAC0001, .* and 7 more\)"
            r" would be deleted, and 10 is the limit\. .* Set device_trust_reset_max_devices: 12",
        ),
        (
            {"device_trust_reset_max_devices": 12, "device_trust_reset_max_percent": 50},
            r"device_trust_reset_max_percent: 12 device records \(RESETMAC0001, .*\) would be"
            r" deleted, and 50 % of \d+ Macs is \d+\. .* Set device_trust_reset_max_percent: \d+",
        ),
        (
            {"device_trust_reset_max_devices": 12, "device_trust_reset_max_percent": 100},
            r"device_trust_reset_confirm: 12 device records \(RESETMAC0001, .*\) would be deleted,"
            r" which is more than device_trust_reset_confirm_above \(5\)\. .* set"
            r" device_trust_reset_confirm: RESET 12 DEVICES localhost",
        ),
    ],
)
def test_a_reset_names_the_macs_and_the_variable(watched, playbook, variables, pattern):
    fleet, serials = ResetFleet(watched), [f"RESETMAC{number:04d}" for number in range(1, 13)]
    for serial in serials:
        fleet.stuck(serial)
    asked = {"device_trust_reset_serials": serials, "device_trust_reset_confirm_above": 5}
    result = playbook(watched.lab, RESET, variables={**asked, **variables})
    check_refusal(result, pattern)
    assert watched.writes() == []


@pytest.mark.lab(macs=3)
def test_a_lock_out_names_the_policy_and_its_apps(watched, playbook):
    company = Company(watched)
    company.ready(but=[company.world.people[0].serial])
    result = playbook(watched.lab, ENFORCE, check=True, variables=VARIABLES)
    check_refusal(
        result,
        r"device_trust_max_locked_out: 1 person who used these apps would be locked out: \S+\. The"
        r" change: policy '[^']+' for 'Device check', 'Salesforce', 'Slack'\. .* set"
        r" device_trust_max_locked_out to 1 for this run\.",
    )


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_a_stale_secret_names_the_playbook_that_rotates_it(watched, playbook):
    watched.switch(macs_act=True, people_act=True)
    assert playbook(watched.lab, variables=QUICK).status == 0
    watched.world.clock.advance(minutes=5)
    watched.control("POST", "/secret/reset")
    warned = playbook(watched.lab, check=True, variables=QUICK)
    assert warned.status == 0, warned.output
    warning = " ".join(warned.output.split())
    assert "The deployed challenge is stale" in warning, warned.output
    assert "then run the playbook rotate_scep_challenge." in warning, warned.output
    limit = {"device_trust_max_reissue": 50}
    refused = playbook(watched.lab, variables={**QUICK, **SUBJECT, **limit})
    assert "then run the playbook rotate_scep_challenge." in failures(refused), refused.output
    old = playbook(watched.lab, ROTATE, variables=QUICK)
    assert "then run the playbook rotate_scep_challenge again." in failures(old), old.output
