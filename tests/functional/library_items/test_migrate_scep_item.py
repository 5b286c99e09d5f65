# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a SCEP item of the web app to Custom Profiles and back: at no moment does a Mac hold two."""

from __future__ import annotations

import pytest

from tools.support.environment import CHECKOUT

PLAYBOOK = CHECKOUT / "playbooks" / "migrate_scep_item.yml"
MODULE, ITEM, PROFILE = "kandji_scep_profile", "Okta SCEP (web app)", "Okta SCEP - canary"

pytestmark = pytest.mark.lab(macs=4)


@pytest.fixture
def item(watched) -> str:
    """The web app's item, on the canary's Macs and held by them."""
    made = watched.control(
        "POST",
        "/kandji/items",
        {"type": "scep", "name": ITEM, "blueprints": watched.canary["blueprints"]},
    )["id"]
    watched.live()
    assert holding(watched)
    return made


def holding(watched) -> set[str]:
    """Serials of the Macs that hold a certificate of the authority, by the Macs themselves.

    It goes with the profile that brought it.
    """
    return {mac.serial for mac in watched.world.macs if mac.certificates}


def twice(watched) -> list[str]:
    """Serials of the Macs that hold two at once."""
    return [mac.serial for mac in watched.world.macs if len(mac.certificates) > 1]


def replacing(watched, **more):
    return {"name": PROFILE, "replaces": ITEM, "blueprints": watched.canary["blueprints"], **more}


def test_it_is_not_assigned_while_the_other_is_on_the_blueprint(watched, run_module, item):
    predicted = run_module(MODULE, replacing(watched), lab=watched.lab, check=True)
    assert predicted["changed"] and "a real run would wait" in " ".join(
        map(str, predicted["warnings"])
    ), predicted
    refused = run_module(MODULE, replacing(watched), lab=watched.lab)
    assert (
        refused["failed"]
        and "which is still on 'Canary'" in refused["msg"]
        and watched.writes() == []
    ), refused


def test_where_nothing_is_named_it_warns_of_a_scep_profile_of_the_web_app(
    watched, run_module, item
):
    plain = run_module(
        MODULE,
        {"name": PROFILE, "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
        check=True,
    )
    assert plain["changed"] and "run the playbook migrate_scep_item" in " ".join(
        map(str, plain["warnings"])
    ), plain
    named = run_module(MODULE, replacing(watched), lab=watched.lab, check=True)
    assert "run the playbook migrate_scep_item" not in " ".join(map(str, named["warnings"]))
    elsewhere = run_module(
        MODULE, {"name": PROFILE, "blueprints": ["Engineering"]}, lab=watched.lab, check=True
    )
    assert elsewhere["changed"] and "name its item" not in str(elsewhere.get("warnings")), elsewhere


@pytest.mark.parametrize(
    ("told", "identifier"),
    [(True, "item_id"), (True, "opaque"), (False, "item_id"), (False, "opaque")],
)
def test_it_is_not_assigned_while_macs_hold_the_other(watched, run_module, told, identifier):
    watched.switch(status_of_console_items=told, native_scep_identifier=identifier)
    item = watched.control(
        "POST",
        "/kandji/items",
        {"type": "scep", "name": ITEM, "blueprints": watched.canary["blueprints"]},
    )["id"]
    watched.live()
    holders = holding(watched)
    assert holders
    off = {
        "library_item": ITEM,
        "blueprints": watched.canary["blueprints"],
        "blueprints_mode": "remove",
        "max_removed": 9,
    }
    assert run_module(MODULE, off, lab=watched.lab)["changed"]
    refused = run_module(MODULE, replacing(watched), lab=watched.lab)
    assert (
        refused["failed"] and refused["replaces"] == ITEM and set(refused["held_by"]) == holders
    ), refused
    assert run_module("device_trust_gate", absent(watched, item), lab=watched.lab)["met"] is False
    watched.live()
    assert holding(watched) == set()
    assert run_module("device_trust_gate", absent(watched, item), lab=watched.lab)["met"]
    assert run_module(MODULE, replacing(watched), lab=watched.lab)["changed"]
    watched.live()
    assert (
        twice(watched) == []
        and run_module(MODULE, replacing(watched), lab=watched.lab)["changed"] is False
    )


def absent(watched, item):
    return {"library_item_id": item, "state": "absent", "test_macs": watched.canary["test_macs"]}


def test_a_mac_that_never_checks_in_is_left_behind_deliberately(watched, run_module, item):
    watched.mac(watched.canary["test_macs"][0]).device.is_missing = True
    off = {
        "library_item": ITEM,
        "blueprints": watched.canary["blueprints"],
        "blueprints_mode": "remove",
        "max_removed": 9,
    }
    run_module(MODULE, off, lab=watched.lab)
    watched.live()
    refused = run_module(MODULE, replacing(watched), lab=watched.lab)
    assert refused["failed"] and "max_remaining: 1" in refused["msg"], refused
    assert run_module(MODULE, replacing(watched, max_remaining=1), lab=watched.lab)["changed"]


def test_taking_off_is_counted_and_needs_neither_url_nor_challenge(watched, run_module, item):
    off = {
        "library_item": ITEM,
        "blueprints": watched.canary["blueprints"],
        "blueprints_mode": "remove",
        "url": "",
        "challenge": "",
    }
    refused = run_module(MODULE, off, lab=watched.lab)
    assert refused["failed"] and refused["limit"] == "max_removed" and watched.writes() == [], (
        refused
    )
    count = refused["count"]
    predicted = run_module(
        MODULE, {**off, "max_removed": count}, lab=watched.lab, check=True, diff=True
    )
    done = run_module(MODULE, {**off, "max_removed": count}, lab=watched.lab, diff=True)
    assert done["diff"] == predicted["diff"] and watched.writes() == ["Remove Library Item"]
    assert not run_module(MODULE, off, lab=watched.lab)["changed"]


def test_a_profile_that_is_not_there_is_not_made_to_be_taken_off(watched, run_module):
    off = {
        "name": PROFILE,
        "blueprints": watched.canary["blueprints"],
        "blueprints_mode": "remove",
        "url": "",
        "challenge": "",
    }
    assert not run_module(MODULE, off, lab=watched.lab)["changed"] and watched.writes() == []


def test_nothing_takes_its_own_place(watched, run_module, item):
    asked = {"library_item": ITEM, "replaces": item, "blueprints": ["Engineering"]}
    refused = run_module(MODULE, asked, lab=watched.lab)
    assert refused["failed"] and "is the item itself" in refused["msg"]


@pytest.mark.parametrize("readable", [True, False])
def test_the_site_playbook_brings_no_second_one_next_to_one_of_okta(
    watched, playbook, item, readable
):
    """As after a way back, if the rings do not name the item yet. Okta's log shows whose it is."""
    if not readable:
        watched.forbid("listLogEvents")
    for check in (True, False) if readable else (True,):
        mark = watched.mark()
        variables = {"device_trust_rings": [watched.canary], "device_trust_gate_wait": 0}
        result = playbook(watched.lab, check=check, variables=variables)
        text = " ".join(result.output.split())
        refused = "hold a SCEP profile that was made in Kandji's web app, and Okta issued" in text
        assert refused is readable and watched.writes(mark) == [], result.output
        assert "migrate_scep_item" in text
        assert ("Okta's log, which may show it, cannot be read" in text) is not readable
        assert not readable or result.status != 0
    named = [{**watched.canary, "library_item": ITEM}]
    done = playbook(watched.lab, check=True, variables={"device_trust_rings": named})
    assert "and Okta issued" not in done.output


@pytest.mark.long
def test_there_and_back_by_the_playbook(watched, playbook, item):
    common = {
        "device_trust_rings": [watched.canary],
        "device_trust_console_item": ITEM,
        "device_trust_max_removed": 9,
        "device_trust_gate_wait": 0,
        "device_trust_poll_interval": 1,
    }

    def change(to: str, check: bool = False):
        result = playbook(
            watched.lab, PLAYBOOK, check=check, variables={**common, "device_trust_migrate_to": to}
        )
        assert twice(watched) == []
        return result

    for to in ("profile", "console"):
        mark = watched.mark()
        check = change(to, check=True)
        assert check.status == 0 and watched.writes(mark) == [] and check.changed, check.output
        assert "Unassign that item" not in check.output, check.output
        begun = change(to)
        assert begun.status == 0 and "Waiting at ring canary" in begun.output, begun.output
        assert "a real run would wait" not in begun.output, begun.output
        assert not {"Assign Library Item", "Create Custom Profile"} & set(watched.writes(mark))
        watched.live()
        assert twice(watched) == []
        done = change(to)
        assert done.status == 0 and done.changed, done.output
        watched.live(2)
        assert twice(watched) == []
        mark = watched.mark()
        again = change(to)
        assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], (
            again.output
        )


@pytest.mark.long
@pytest.mark.parametrize("limit", ["device_trust_max_removed", "device_trust_max_new"])
def test_the_limits_count_the_macs_of_all_rings_before_the_first_change(watched, playbook, limit):
    places = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    watched.control("POST", "/kandji/items", {"type": "scep", "name": ITEM, "blueprints": places})
    watched.live()
    canary, everybody = len(watched.canary["test_macs"]), len(holding(watched))
    assert everybody > canary
    variables = {
        "device_trust_rings": watched.ring_variables,
        "device_trust_console_item": ITEM,
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": everybody,
        "device_trust_gate_wait": 0,
    }
    mark = watched.mark()
    for check in (True, False):
        refused = playbook(
            watched.lab, PLAYBOOK, check=check, variables={**variables, limit: everybody - 1}
        )
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        assert f"{everybody - 1} is the limit" in " ".join(refused.output.split())
    allowed = playbook(watched.lab, PLAYBOOK, variables={**variables, limit: everybody})
    assert allowed.status == 0 and "Remove Library Item" in watched.writes(mark), allowed.output


@pytest.mark.long
@pytest.mark.parametrize("to", ["profile", "console"])
def test_the_limit_counts_a_ring_that_an_earlier_run_left_in_between(watched, playbook, to):
    """The old item is off the first ring already, the new one is not yet on it."""
    rings, places = watched.ring_variables[:2], []
    for ring in rings:
        places += ring["blueprints"]
    watched.control("POST", "/kandji/items", {"type": "scep", "name": ITEM, "blueprints": places})
    watched.live()
    everybody = {
        mac.serial
        for mac in watched.world.macs
        if watched.world.kandji.blueprints[mac.device.blueprint_id].name in places
    }
    variables = {
        "device_trust_rings": rings,
        "device_trust_console_item": ITEM,
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": 50,
        "device_trust_gate_wait": 0,
        "device_trust_poll_interval": 1,
    }
    if to == "console":
        for _run in range(5):  # a ring without test Macs ends a run until its Macs checked in
            done = playbook(watched.lab, PLAYBOOK, variables=variables)
            watched.live(2)
        assert done.status == 0 and done.changed == [], done.output
        variables["device_trust_migrate_to"] = "console"
    begun = playbook(watched.lab, PLAYBOOK, variables=variables)
    assert begun.status == 0 and "Waiting at ring canary" in begun.output, begun.output
    watched.live(2)
    mark, limit = watched.mark(), len(everybody) - 1
    for check in (True, False):
        limited = {**variables, "device_trust_max_new": limit}
        refused = playbook(watched.lab, PLAYBOOK, check=check, variables=limited)
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        text = " ".join(refused.output.split())
        assert f"would reach {limit + 1} Macs of these rings, and {limit} is the limit" in text
    limited = {**variables, "device_trust_max_new": len(everybody)}
    allowed = playbook(watched.lab, PLAYBOOK, variables=limited)
    assert allowed.status == 0 and "Assign Library Item" in watched.writes(mark), allowed.output


def test_an_old_secret_is_found_before_a_mac_loses_its_item(watched, playbook, item):
    """The Macs would lose their certificates, and the profile that replaces them be refused."""
    variables = {
        "device_trust_rings": [watched.canary],
        "device_trust_console_item": ITEM,
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": 9,
        "device_trust_gate_wait": 0,
        "device_trust_scep_challenge": "old-secret-key-of-okta-0815",
    }
    mark, holders = watched.mark(), holding(watched)
    refused = playbook(watched.lab, PLAYBOOK, variables=variables)
    watched.live(2)
    assert refused.status != 0 and holding(watched) == holders, refused.output
    assert set(watched.writes(mark)) <= {"PKIOperation"}
    assert "the secret key" in refused.output


@pytest.mark.long
@pytest.mark.parametrize("item_is_off", [False, True])
def test_an_old_secret_that_the_new_profile_holds_is_predicted(
    watched, playbook, run_module, item, item_is_off
):
    """As after a way back: the profile is still there, and check mode makes no test enrollment."""
    blueprints = watched.canary["blueprints"]
    if item_is_off:
        off = {"library_item": ITEM, "blueprints": blueprints, "blueprints_mode": "remove"}
        done = run_module(MODULE, {**off, "max_removed": 9}, lab=watched.lab)
        assert not done.get("failed"), done
        watched.live(2)
    made = run_module(MODULE, {"name": PROFILE, "blueprints": ["Staging"]}, lab=watched.lab)
    assert not made.get("failed"), made
    watched.world.clock.advance(hours=1)
    variables = {
        "device_trust_rings": [watched.canary],
        "device_trust_console_item": ITEM,
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": 9,
        "device_trust_gate_wait": 0,
    }
    mark = watched.mark()
    predicted = playbook(watched.lab, PLAYBOOK, variables=variables, check=True)
    assert predicted.status == 0 and watched.writes(mark) == [], predicted.output
    watched.control("POST", "/secret/reset")
    for check in (True, False):
        refused = playbook(watched.lab, PLAYBOOK, variables=variables, check=check)
        text = " ".join(refused.output.split())
        assert refused.status != 0 and set(watched.writes(mark)) <= {"PKIOperation"}, text
        assert ("device_trust_scep_challenge: it is the old one" in text) is check, text


def test_a_profile_with_an_outdated_pin_is_found_before_a_mac_loses_its_item(
    watched, playbook, run_module, item
):
    made = run_module(MODULE, {"name": PROFILE, "blueprints": ["Staging"]}, lab=watched.lab)
    profile = watched.world.kandji.items[made["profiles"][0]["library_item_id"]]
    pin = "<key>CAFingerprint</key><data>f39/f39/f39/f39/f39/f39/f38=</data><key>Challenge</key>"
    profile.text = profile.text.replace("<key>Challenge</key>", pin)
    variables = {
        "device_trust_rings": [watched.canary],
        "device_trust_console_item": ITEM,
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": 9,
        "device_trust_gate_wait": 0,
    }
    mark, holders = watched.mark(), holding(watched)
    for check in (True, False):
        refused = playbook(watched.lab, PLAYBOOK, check=check, variables=variables)
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        text = " ".join(refused.output.split())
        assert f"pin a CA certificate that the SCEP endpoint does not return: {PROFILE}." in text
    watched.live(2)
    assert holding(watched) == holders


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("to", ["profile", "console"])
def test_an_id_that_no_item_has_is_found_before_a_mac_loses_or_gets_anything(
    watched, run_module, playbook, request, to, check
):
    if to == "profile":
        request.getfixturevalue("item")
    else:
        run_module(
            MODULE,
            {"name": PROFILE, "blueprints": watched.canary["blueprints"]},
            lab=watched.lab,
        )
    mark = watched.mark()
    variables = {
        "device_trust_migrate_to": to,
        "device_trust_console_item": "00000000-0000-4000-8000-000000000000",
        "device_trust_rings": [watched.ring_variables[0]],
        "device_trust_max_removed": 9,
    }
    refused = playbook(watched.lab, PLAYBOOK, check=check, variables=variables)
    text = " ".join(refused.output.split())
    assert refused.status != 0 and "no library item with the id 00000000" in text, refused.output
    assert watched.writes(mark) == []


def test_what_is_to_be_done_has_to_be_said(watched, playbook):
    result = playbook(watched.lab, PLAYBOOK)
    assert (
        result.status != 0
        and "device_trust_migrate_to: it is not set." in result.output
        and watched.writes() == []
    )
