# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the site playbook does in each ring, and how it says what prevents it."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import rollout
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.rollout import (
    Predictions,
)


def ring(name: str, *blueprints: str, test_macs: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {
        "name": name,
        "blueprints": [{"id": f"b-{each}", "name": each} for each in blueprints],
        "test_macs": list(test_macs),
        "scep_profile": {"name": f"Okta SCEP - {name}"},
        "settings_profile": {"name": f"Okta Verify settings - {name}"},
    }


PERMISSIONS = {
    "create": "Create Custom Profile",
    "update": "Update Custom Profile",
    "assign": "Assign Library Item",
    "gate": "Daily check-in",
}
RINGS = [ring("canary", "Canary", test_macs=["C02A", "C02B"]), ring("wide", "Sales", "Support")]


def profiles(*changed: bool) -> list[dict[str, t.Any]]:
    return [{"changed": each, "payload_uuid": str(number)} for number, each in enumerate(changed)]


NEW = Predictions(
    scep={
        "profiles": profiles(True, True),
        "macs_touched": {"new": 25, "reissue": 0, "removed": 0},
        "changes": ["create profile 'Okta SCEP - canary'", "assign profile 'X' to blueprint 'Y'"],
    },
    settings={"profiles": profiles(True, False), "changes": ["update profile 'S': OrgUrl"]},
    okta_verify={"assigned_to": ["b-Canary", "b-Support"], "changes": ["assign library item 'V'"]},
)
CONVERGED = Predictions(
    scep={"profiles": profiles(False, False), "macs_touched": {"new": 0}, "changes": []},
    okta_verify={"assigned_to": [], "changes": []},
)


def test_a_new_tenant_gets_everything_ring_by_ring() -> None:
    plans = rollout.plan_rings(RINGS, NEW)
    assert rollout.describe_plan(RINGS, plans, NEW, PERMISSIONS) == [
        "Plan, in this order (25 Macs get a SCEP profile for the first time, 0 a new certificate, 0"
        " lose it):",
        "  ring canary: SCEP profile 'Okta SCEP - canary'; gate with C02A, C02B; profile 'Okta"
        " Verify settings - canary'; Okta Verify on Canary",
        "  ring wide: SCEP profile 'Okta SCEP - wide'; Okta Verify on Support",
        "  Only a write can check these permissions: Assign Library Item, Create Custom Profile,"
        " Daily check-in, Update Custom Profile.",
    ]
    assert [plan.as_result(RINGS[plan.number]) for plan in plans] == [
        {"ring": RINGS[0], "number": 0, "scep_profile": True, "okta_verify": True},
        {"ring": RINGS[1], "number": 1, "scep_profile": True, "okta_verify": True},
    ]
    assert rollout.gates_to_check(plans) == [], "no profile exists whose gate could be open"
    assert rollout.predicted_profiles(RINGS, NEW)["wide"]["payload_uuid"] == "1"


def test_a_converged_tenant_gets_nothing() -> None:
    plans = rollout.plan_rings(RINGS, CONVERGED)
    assert not any(plan.is_changed for plan in plans) and rollout.gates_to_check(plans) == []
    assert rollout.describe_plan(RINGS, plans, CONVERGED, PERMISSIONS) == [
        "Nothing to deploy: profiles and Okta Verify are as they should be in all rings."
    ]


def test_the_gate_of_a_ring_that_stays_is_checked_for_the_next_ring_and_for_its_own_app() -> None:
    next_ring = Predictions(scep={"profiles": profiles(False, True)})
    own_app = Predictions(
        scep={"profiles": profiles(False, False)}, okta_verify={"assigned_to": ["b-Sales"]}
    )
    for predictions, name in ((next_ring, "canary"), (own_app, "wide")):
        plans = rollout.plan_rings(RINGS, predictions)
        assert [plan.name for plan in rollout.gates_to_check(plans)] == [name]


def test_the_plan_names_the_gate_before_the_next_ring() -> None:
    """The item of Okta Verify is on the first ring already."""
    for first, line in (
        (True, "  ring canary: SCEP profile 'Okta SCEP - canary'; gate with C02A, C02B"),
        (False, "  ring canary: gate with C02A, C02B"),
    ):
        predictions = Predictions(scep={"profiles": profiles(first, True)})
        plans = rollout.plan_rings(RINGS, predictions)
        lines = rollout.describe_plan(RINGS, plans, predictions, PERMISSIONS)
        assert lines[1:3] == [line, "  ring wide: SCEP profile 'Okta SCEP - wide'"]


def test_a_console_managed_item_is_called_by_its_id() -> None:
    by_console = {**RINGS[0], "scep_profile": {"library_item": "item-1"}}
    predictions = Predictions(scep={"profiles": profiles(True)})
    (plan,) = rollout.plan_rings([by_console], predictions)
    assert plan.describe(by_console, False) == "  ring canary: SCEP profile 'library item item-1'"


def test_a_run_that_leaves_the_profiles_out_plans_none() -> None:
    plans = rollout.plan_rings(RINGS, Predictions(okta_verify={"assigned_to": ["b-Sales"]}))
    assert [(plan.name, plan.scep_profile, plan.is_changed) for plan in plans] == [
        ("canary", False, False),
        ("wide", False, True),
    ]


def test_every_problem_and_every_step_is_listed_once() -> None:
    results = [
        {"msg": "Not ready: A. B.", "problems": ["A.", "B."]},
        {"skipped": True, "skip_reason": "Conditional result was False"},
        {"msg": "A."},
        {"msg": ["C."], "console_steps": ["Open Library.", "Click Add."]},
        {"changed": False, "profiles": []},
        {},
    ]
    problems, steps = rollout.collect_problems(results)
    assert rollout.describe_problems(problems, steps) == [
        "Problems:",
        "  1. A.",
        "  2. B.",
        "  3. C.",
        "Steps in the console, in this order:",
        "  1. Open Library.",
        "  2. Click Add.",
    ]
    assert rollout.count_problems(problems, steps) == (
        "Nothing was written. The list above has 3 problems and 2 steps in the console."
    )
    assert rollout.count_problems(["A."], []) == (
        "Nothing was written. The list above has 1 problem."
    )
    assert rollout.describe_problems([], []) == []


def test_what_a_module_says_of_an_entry_and_a_variable_is_one_problem() -> None:
    sentence = "Kandji has no custom profile 'A'; did you mean 'a'?"
    of_rings, of_entry = f"device_trust_rings: {sentence}", f"name: {sentence}"
    results = [{"msg": text} for text in (of_rings, of_entry, "name: It is empty.")]
    assert rollout.collect_problems(results) == ([of_rings, "name: It is empty."], [])
    assert rollout.collect_problems([{"msg": of_entry}]) == ([of_entry], [])
    of_other = f"url: {sentence}"
    assert rollout.collect_problems([{"msg": of_rings}, {"msg": of_other}]) == (
        [of_rings, of_other],
        [],
    )
    assert rollout.collect_problems([{"msg": of_rings}, {"msg": sentence}]) == ([of_rings], [])


def test_an_assertion_that_passed_is_not_a_problem() -> None:
    """Its result has a message, too."""
    passed = {"changed": False, "msg": ""}
    wrong = {"assertion": "x is defined", "evaluated_to": False, "msg": "x: it is wrong."}
    assert rollout.collect_problems([passed, {}]) == ([], [])
    assert rollout.collect_problems([passed, wrong]) == (["x: it is wrong."], [])


def test_a_pin_that_the_endpoint_does_not_return_is_a_problem() -> None:
    authority = {"ca_certificates": [{"sha1": "AA", "sha256": "BB"}]}
    pins = ["AA", "BB", None, "CC"]
    stages = {
        "profiles": [{"ring": f"r{n}", "pinned_fingerprint": pin} for n, pin in enumerate(pins)]
    }
    (problem,) = rollout.find_outdated_pins(stages, authority)
    assert problem == (
        "The profiles of these rings pin a CA certificate that the SCEP endpoint does not return:"
        " r3. No Mac can enroll with them. Set device_trust_ca_fingerprint to the fingerprint of its"
        " certificate, or to absent."
    )
    assert rollout.find_outdated_pins(stages, {}) == [], "the endpoint was not read"
    assert rollout.find_outdated_pins({}, authority) == []


def test_a_test_mac_matters_if_the_run_needs_its_gate() -> None:
    rings = [
        {**RINGS[0], "test_mac_problems": ["C02A is gone."], "silent_test_macs": ["C02B is off."]},
        {**RINGS[1], "test_mac_problems": ["C02W is gone."], "silent_test_macs": ["C02X is off."]},
    ]
    plans = rollout.plan_rings(rings, Predictions(scep={"profiles": profiles(False, True)}))
    gated = rollout.needed_gates(plans)
    assert gated == [0], "the gate of the first ring comes before the profile of the second"
    assert rollout.find_test_mac_problems(rings, gated) == ["C02A is gone."]
    assert rollout.describe_test_macs(rings, gated) == ["  C02B is off.", "  C02W is gone."]
    assert rollout.find_test_mac_problems(rings, None) == ["C02A is gone.", "C02W is gone."]
    assert rollout.find_test_mac_problems(rings, []) == []
