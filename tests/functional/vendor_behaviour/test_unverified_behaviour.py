# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a live tenant could settle.

The collection copes with it either way. docs/dev/unverified-vendor-behaviour.md lists the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.clock import iso
from lab.state import Switches
from tests.support.client_operations import client_operations

PAGE = Path(__file__).parents[3] / "docs" / "dev" / "unverified-vendor-behaviour.md"
PROFILE = "Okta SCEP - canary"

# Switch -> the positions in which the whole way is walked. The vendors' documents leave each of
# them open.
ON_THE_WAY = {
    "certificate_target_field": ("alternateId", "displayName", "detailEntry"),
    "repeated_lifecycle": (204, 400),
    "ca_certificate_answer": ("der", "pkcs7"),
    "new_identity_on_every_patch": (True, False),
    "profile_uuid_case": ("lower", "upper"),
    "profile_uuid_variable": ("payload_uuid", "item_id"),
    "top_level_keys_survive": (True, False),
    "tabs_become_spaces": (False, True),
    "profile_flags_listed": (True, False),
    "mixed_case_ids": (False, True),
    "next_links_on_web_host": (True, False),
    "page_rows": (300, 5),
    "inner_identity_survives": (True, False),
    "status_of_console_items": (True, False),
    "retry_after": (True, False),
    "too_many_body": ("detail", "empty", "html"),
    "per_second_limit": (50, 20, 0),
    "scep_capabilities": ("modern", "old", "none", "missing"),
    "scep_content_types": ("rfc", "generic", "html"),
    "scep_host": ("org", "alternate"),
    "log_lag_seconds": (0.0, 600.0),
    "native_scep_type": ("profile", "scep"),
    "native_scep_identifier": ("item_id", "opaque"),
    "one_per_node_types": (
        "macos-release,kandji-setup,threat-security-policy",
        "profile,scep,vpp-app",
    ),
    "one_per_node_first": (False, True),
    "certificate_rows": ("certificate", "common_name"),
}
# Open points of a SCEP item of the web app: a ring that has one, beside.
BY_CONSOLE = ("native_scep_type", "native_scep_identifier")
THROTTLED = ("retry_after", "too_many_body")
# On no module's ordinary way: the tests below.
BESIDE_THE_WAY = {"delete_active_error", "unknown_tag"}
# Walked through in test_reset_playbook.py and test_okta_device_reset.py.
OF_RESET = {"record_before_certificate", "sign_in_touches_record", "lifecycle_lag_seconds"}
# Walked through in test_device_trust_certificates.py.
OF_SCRIPTS = {"script_log_length"}
# Walked through in test_kandji_device_action.py.
OF_COMMANDS = {"command_request_types"}
# Walked through in test_unverified_scep_behaviour.py.
OF_SCEP = {"scep_capabilities", "scep_content_types", "scep_host"}
# Walked through in test_unverified_policy_behaviour.py.
OF_POLICIES = {
    "risk_scoring",
    "registered_false",
    "users_and_groups",
    "unknown_group",
    "catch_all_changes",
    "rule_numbers",
    "parallel_rule_writes",
    "delete_mapped_policy",
    "simulation",
    "deny_access_events",
    "denial_rules",
    "policy_resource",
    # in test_forecast_agrees.py
    "uncollected_devices",
    "required_false",
    "unregistered_assurance",
    "other_platforms",
    "user_verification",
    "ignored_fastpass",
    "flexible_okta_verify",
    "legacy_okta_verify_listed",
    "expressions_hold",
}
# Walked through in test_event_sources.py.
OF_EVENTS = {"hook_verification_authorized"}
# Walked through in test_certificate_authority.py and test_okta_device_integration.py.
OF_AUTHORITIES = {"api_token_reads_authorities", "certificate_authorities"}
# No open points but the lab's own clockwork, and what the tests of single modules are about.
NOT_OPEN = {
    "tenant_changes_profile",
    "search_lag_seconds",
    "stale_managed_in_search",
    "people_act",
    "macs_act",
    "hook_delivers_twice",
}


def walk(watched, run_module):
    """The guide, by the modules: profile, proof, app, people, report, and everything once more."""
    canary, lab = watched.canary, watched.lab
    profile = {"name": PROFILE, "blueprints": canary["blueprints"]}
    app = {"name": "Okta Verify", "blueprints": canary["blueprints"]}
    written = run_module("kandji_scep_profile", profile, lab=lab)
    assert written["changed"], written
    assert run_module("kandji_app_store_item", app, lab=lab)["changed"]
    watched.live(rounds=2)
    row = run_module("kandji_scep_profile", profile, lab=lab)["profiles"][0]
    gate = {
        "test_macs": canary["test_macs"],
        **{key: row[key] for key in ("library_item_id", "payload_uuid", "updated_at")},
    }
    looked = run_module("device_trust_gate", gate, lab=lab)
    assert looked["met"], looked
    rings = [{"name": "canary", "blueprints": canary["blueprints"], "scep_profile": PROFILE}]
    report = run_module("device_trust_info", {"rings": rings}, lab=lab)
    assert report["by_ring"]["canary"]["MANAGED"] >= len(canary["test_macs"]), report
    assert not [one for one in report["macs"] if one["serial_number"] in canary["test_macs"]]
    mark = watched.mark()
    assert not run_module("kandji_scep_profile", profile, lab=lab)["changed"]
    assert (
        not run_module("kandji_app_store_item", app, lab=lab)["changed"]
        and watched.writes(mark) == []
    )


@pytest.mark.parametrize(
    ("switch", "position"),
    [(name, one) for name, positions in ON_THE_WAY.items() for one in positions],
)
def test_the_whole_way_is_walked_either_way(watched, run_module, switch, position):
    watched.switch(**{switch: position})
    if switch in THROTTLED:
        watched.fault("429", "List Custom Profiles", seconds=1)
    if switch in BY_CONSOLE:
        walk_by_console(watched, run_module)
    walk(watched, run_module)


def walk_by_console(watched, run_module):
    """A SCEP item of the web app.

    Assigned, seen on the Macs, and taken off again until none has it.
    """
    item = watched.control("POST", "/kandji/items", {"type": "scep", "name": "Okta SCEP by hand"})[
        "id"
    ]
    wanted = {"library_item": "Okta SCEP by hand", "blueprints": watched.canary["blueprints"]}
    gate = {"library_item_id": item, "test_macs": watched.canary["test_macs"]}
    assert run_module("kandji_scep_profile", wanted, lab=watched.lab)["changed"]
    watched.live()
    assert run_module("device_trust_gate", gate, lab=watched.lab)["met"]
    off = {**wanted, "blueprints_mode": "remove", "max_removed": 25}
    assert run_module("kandji_scep_profile", off, lab=watched.lab)["changed"]
    assert not run_module("device_trust_gate", {**gate, "state": "absent"}, lab=watched.lab)["met"]
    watched.live()
    assert run_module("device_trust_gate", {**gate, "state": "absent"}, lab=watched.lab)["met"]


def test_two_unknowns_at_once(watched, run_module):
    watched.switch(
        profile_uuid_case="lower", mixed_case_ids=True, certificate_target_field="detailEntry"
    )
    walk(watched, run_module)


@pytest.mark.parametrize("code", ["E0000152", "E0000001", "E0000006"])
def test_the_deletion_of_an_active_record_is_refused_by_any_code(watched, code):
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
        ApiError,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
        Masker,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
        Settings,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
        ApiToken,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
        Okta,
    )

    watched.switch(delete_active_error=code)
    told = watched.lab.announcement
    okta = Okta(
        told["okta_url"],
        ApiToken(told["okta_api_token"]),
        Settings(ca_path=told["ca_file"]),
        Masker(),
    )
    active = next(one for one in okta.devices('status eq "ACTIVE"'))
    with pytest.raises(ApiError) as refused:
        okta.take_step("delete", active.id)
    assert refused.value.error_code == code and active.id in watched.world.okta.devices


@pytest.mark.parametrize("position", ["create", "error"])
def test_a_tag_that_kandji_does_not_know_is_never_written(watched, run_module, position):
    watched.switch(unknown_tag=position)
    watched.control("POST", "/kandji/blueprints", {"name": "All Macs", "type": "map"})
    serial = watched.canary["test_macs"][0]
    watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": "All Macs"})
    profile = run_module(
        "kandji_scep_profile", {"name": PROFILE, "blueprints": ["All Macs"]}, lab=watched.lab
    )["profiles"][0]
    watched.live()
    watched.world.clock.advance(days=180)
    begun = watched.world.clock.now()
    watched.world.clock.advance(hours=1)
    mark = watched.mark()
    wanted = {
        "library_item_id": profile["library_item_id"],
        "serials": [serial],
        "issued_before": iso(begun),
    }
    refused = run_module("kandji_profile_redelivery", wanted, lab=watched.lab)
    assert (
        refused["failed"]
        and "does not have the tag 'okta-scep-redelivery'" in refused["msg"]
        and refused["console_steps"]
    ), refused
    assert watched.writes(mark) == [] and "okta-scep-redelivery" not in watched.world.kandji.tags


@pytest.mark.parametrize("position", ON_THE_WAY["certificate_rows"])
def test_a_certificate_that_seems_older_than_it_is_makes_no_second_generation(
    watched, run_module, position
):
    """The common name has nothing but the serial, so that the new certificate may be the old row of
    the inventory.
    """
    watched.switch(certificate_rows=position)
    profile = {
        "name": PROFILE,
        "blueprints": watched.canary["blueprints"],
        "subject": "CN=$SERIAL_NUMBER",
    }
    run_module("kandji_scep_profile", profile, lab=watched.lab)
    watched.live()
    watched.world.clock.advance(days=340)
    watched.live()
    rings = {
        "rings": [
            {"name": "canary", "blueprints": watched.canary["blueprints"], "scep_profile": PROFILE}
        ]
    }
    [due] = run_module("device_trust_renewal_info", rings, lab=watched.lab)["rings"]
    assert due["renew"], due
    written = run_module(
        "kandji_scep_profile",
        {**profile, "generation": due["generation"], "max_reissue": due["macs_to_enroll"]},
        lab=watched.lab,
    )
    watched.live()
    row = written["profiles"][0]
    gate = {
        "test_macs": watched.canary["test_macs"],
        **{key: row[key] for key in ("library_item_id", "payload_uuid", "updated_at")},
    }
    assert run_module("device_trust_gate", gate, lab=watched.lab)["met"]
    for _unused in range(5):
        watched.world.clock.advance(days=10)
        watched.live()
        [decision] = run_module("device_trust_renewal_info", rings, lab=watched.lab)["rings"]
        assert not decision["renew"], decision


def test_undocumented_operations_are_never_asked_for():
    paths = [operation.path.lower() for operation in client_operations()]
    assert len(paths) > 40
    assert not [
        path
        for path in paths
        if "certificateauthorities" in path or "internal" in path or "/app/v1" in path
    ]


def test_the_page_names_the_switches_that_are_walked():
    named = set(
        re.findall(
            r"`([a-z_]+)`",
            "\n".join(
                line.split("|")[3]
                for line in PAGE.read_text().splitlines()
                if line.startswith("| ")
            ),
        )
    )
    assert (
        named
        == set(ON_THE_WAY)
        | BESIDE_THE_WAY
        | OF_SCEP
        | OF_SCRIPTS
        | OF_COMMANDS
        | OF_RESET
        | OF_POLICIES
        | OF_EVENTS
        | OF_AUTHORITIES
    )
    assert named == set(Switches().as_dict()) - NOT_OPEN
