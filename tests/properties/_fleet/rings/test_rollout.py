# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the site playbook: a ring is in it exactly if something of it changes."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.rollout import (
    Predictions,
    collect_problems,
    describe_plan,
    describe_problems,
    gates_to_check,
    plan_rings,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import names, texts

PERMISSIONS = {
    "create": "Create Custom Profile",
    "update": "Update Custom Profile",
    "assign": "Assign Library Item",
    "gate": "Daily check-in",
}
changes = st.lists(st.booleans(), min_size=3, max_size=3)
steps = st.lists(st.sampled_from(("create x", "update x: y", "assign x", "remove x", "delete x")))
results = st.fixed_dictionaries(
    {},
    optional={
        "msg": st.one_of(texts, st.lists(texts, max_size=2)),
        "problems": st.lists(texts, max_size=3),
        "console_steps": st.lists(texts, max_size=3),
    },
)


def predictions(scep: list[bool], settings: list[bool], assigned: list[bool]) -> Predictions:
    return Predictions(
        {"profiles": [{"changed": each} for each in scep]},
        {"profiles": [{"changed": each} for each in settings]},
        {"assigned_to": [f"b-{number}" for number, each in enumerate(assigned) if each]},
    )


@given(st.lists(names, max_size=3), changes, changes, changes, steps)
def test_a_ring_is_planned_exactly_if_something_of_it_changes(
    some: list[str], scep: list[bool], settings: list[bool], assigned: list[bool], did: list[str]
) -> None:
    rings: list[dict[str, t.Any]] = [
        {
            "name": name,
            "blueprints": [{"id": f"b-{number}", "name": name}],
            "test_macs": ["C02A"] * (number % 2),
            "scep_profile": {"name": name},
            "settings_profile": {"name": name},
        }
        for number, name in enumerate(some)
    ]
    predicted = predictions(scep, settings, assigned)
    predicted = Predictions(
        {**predicted.scep, "changes": did}, predicted.settings, predicted.okta_verify
    )
    plans = plan_rings(rings, predicted)
    assert [plan.is_changed for plan in plans] == [
        any(parts) for parts in zip(scep, settings, assigned)
    ][: len(rings)]
    lines = describe_plan(rings, plans, predicted, PERMISSIONS)
    named = sum(line.startswith("  ring ") for line in lines)
    assert sum(plan.is_changed for plan in plans) <= named <= len(plans)
    assert not any(plan.scep_profile for plan in gates_to_check(plans))


@given(st.lists(results, max_size=4))
def test_no_problem_is_lost_and_none_comes_twice(some: list[dict[str, t.Any]]) -> None:
    problems, console = collect_problems(some)
    assert len(problems) == len(set(problems)) and len(console) == len(set(console))
    for result in some:
        assert set(result.get("problems") or ()) <= set(problems)
        assert set(result.get("console_steps") or ()) <= set(console)
    lines = describe_problems(problems, console)
    assert len(lines) == len(problems) + len(console) + bool(problems) + bool(console)
