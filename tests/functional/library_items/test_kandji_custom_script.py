# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_custom_script against the lab.

Created, changed and assigned, each only where something differs.
"""

from __future__ import annotations

import json

import pytest

MODULE = "kandji_custom_script"


@pytest.fixture
def wanted(watched):
    return {
        "name": "Look",
        "script": "#!/bin/zsh\necho looked\n\n",
        "blueprints": watched.canary["blueprints"],
    }


def script_of(watched, name="Look"):
    return next(one for one in watched.world.kandji.library.scripts() if one.name == name)


def test_a_second_run_writes_nothing_although_kandji_trims_the_text(watched, run_module, wanted):
    first = run_module(MODULE, wanted, lab=watched.lab)
    assert first["changed"] and watched.writes() == [
        "Create Custom Script",
        "Assign Library Item",
    ], first
    assert (
        script_of(watched).script == "#!/bin/zsh\necho looked"
        and first["script"]["id"] == script_of(watched).id
    )
    mark = watched.mark()
    second = run_module(MODULE, wanted, lab=watched.lab)
    assert (
        not second["changed"]
        and watched.writes(mark) == []
        and second["script"]["sha256"] == first["script"]["sha256"]
    )


def test_check_mode_predicts_and_writes_nothing(watched, run_module, wanted):
    predicted = run_module(MODULE, wanted, lab=watched.lab, check=True)
    assert predicted["changed"] and watched.writes() == [] and predicted["script"]["id"] is None
    assert run_module(MODULE, wanted, lab=watched.lab)["changes"] == predicted["changes"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"script": "#!/bin/zsh\necho again"}, "script"),
        ({"remediation_script": "exit 0\n"}, "remediation_script"),
        ({"execution_frequency": "once"}, "execution_frequency"),
        ({"active": False}, "active"),
        ({"restart": True}, "restart"),
    ],
)
def test_a_change_sends_what_differs_alone(watched, run_module, wanted, change, named):
    run_module(MODULE, wanted, lab=watched.lab)
    mark = watched.mark()
    changed = run_module(MODULE, {**wanted, **change}, lab=watched.lab)
    assert changed["changes"] == [f"update script 'Look': {named}"] and watched.writes(mark) == [
        "Update Custom Script"
    ]
    assert not run_module(MODULE, {**wanted, **change}, lab=watched.lab)["changed"]


@pytest.mark.parametrize("option", ["script", "remediation_script"])
def test_no_result_shows_the_text_of_a_script(watched, run_module, wanted, option):
    args = {**wanted, option: "#!/bin/sh\nTOKEN=canary-secret-5\n"}
    for check in (True, False):
        result = run_module(MODULE, args, lab=watched.lab, check=check, diff=True)
        assert result["changed"] and "canary-secret-5" not in json.dumps(result)


def test_a_diff_shows_no_text_of_a_script(watched, run_module, wanted):
    secret = "hunter2hunter2hunter2"
    result = run_module(
        MODULE,
        {**wanted, "script": f"#!/bin/zsh\ncurl -H '{secret}' https://example.com"},
        lab=watched.lab,
        diff=True,
    )
    assert "sha256:" in json.dumps(result["diff"]) and secret not in json.dumps(result["diff"])


def test_what_others_set_and_nobody_asked_for_stays(watched, run_module, wanted):
    run_module(MODULE, {**wanted, "remediation_script": "exit 0"}, lab=watched.lab)
    assert not run_module(MODULE, wanted, lab=watched.lab)["changed"]
    assert script_of(watched).remediation_script == "exit 0"


def test_by_id_it_is_given_another_name(watched, run_module, wanted):
    item_id = run_module(MODULE, wanted, lab=watched.lab)["script"]["id"]
    renamed = run_module(
        MODULE,
        {**wanted, "name": "Look again", "library_item_id": item_id.upper()},
        lab=watched.lab,
    )
    assert (
        renamed["changes"] == ["update script 'Look again': name"]
        and script_of(watched, "Look again").id == item_id
    )


def test_of_two_with_one_name_none_is_guessed(watched, run_module, wanted):
    for _unused in range(2):
        watched.world.kandji.library.create_script("Look", script="exit 0")
    refused = run_module(MODULE, wanted, lab=watched.lab)
    assert (
        refused["failed"]
        and "2 custom scripts named 'Look'" in refused["msg"]
        and watched.writes() == []
    )


def test_a_new_name_with_spaces_around_it_is_refused(watched, run_module, wanted):
    """A tenant that removes them would get one more script in each run."""
    refused = run_module(MODULE, {**wanted, "name": "Look "}, lab=watched.lab)
    assert "script 'Look ': its name begins or ends with a space" in refused["msg"]
    assert watched.writes() == []


def test_taking_it_off_is_limited_by_the_macs_that_lose_it(watched, run_module, wanted):
    run_module(MODULE, {**wanted, "blueprints": ["Canary", "Engineering"]}, lab=watched.lab)
    mark = watched.mark()
    exact = {**wanted, "blueprints": ["Canary"], "blueprints_mode": "exact"}
    refused = run_module(MODULE, exact, lab=watched.lab)
    assert refused["failed"] and refused["allowed"] == 0 and watched.writes(mark) == []
    done = run_module(MODULE, {**exact, "max_removed": refused["count"]}, lab=watched.lab)
    assert done["macs_removed"] == refused["count"] > 0 and watched.writes(mark) == [
        "Remove Library Item"
    ]


def test_a_map_with_conditions_needs_a_node(watched, run_module, wanted):
    told = run_module(MODULE, {**wanted, "blueprints": ["Sales"]}, lab=watched.lab)
    assert told["failed"] and "assignment_nodes" in told["msg"]
    node = (
        next(one for one in watched.world.kandji.blueprints.values() if one.name == "Sales")
        .nodes[1]
        .id
    )
    placed = run_module(
        MODULE,
        {**wanted, "blueprints": ["Sales"], "assignment_nodes": {"Sales": node}},
        lab=watched.lab,
    )
    assert placed["changes"] == ["assign script 'Look' to blueprint 'Sales'"]


def test_interrupted_before_the_assignment_the_next_run_finishes(watched, run_module, wanted):
    watched.fault("5xx", "Assign Library Item", times=None)
    assert run_module(MODULE, {**wanted, "api_retries": 0}, lab=watched.lab)["failed"]
    watched.world.faults.clear()
    mark = watched.mark()
    assert run_module(MODULE, wanted, lab=watched.lab)["changed"] and watched.writes(mark) == [
        "Assign Library Item"
    ]


@pytest.mark.parametrize("name", ["Create Custom Script", "Update Custom Script"])
def test_an_answer_that_is_lost_is_no_reason_to_write_twice(watched, run_module, wanted, name):
    if name.startswith("Update"):
        run_module(MODULE, {**wanted, "script": "exit 0"}, lab=watched.lab)
    mark = watched.mark()
    watched.fault("drop", name)
    assert run_module(MODULE, wanted, lab=watched.lab)["failed"]
    assert watched.writes(mark).count(name) <= 1
    run_module(MODULE, wanted, lab=watched.lab)
    assert [one.name for one in watched.world.kandji.library.scripts()].count(
        "Look"
    ) == 1 and script_of(watched).script == wanted["script"].rstrip()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"script": " \n"}, "script: it is empty"),
        ({"remediation_script": "#!/bin/sh\r\ntrue\r\n"}, "remediation_script: it has carriage"),
        ({"script": "\ufeff#!/bin/zsh\necho hi"}, "Begin the text with #!"),
        ({"script": "#!/bin/zsh\necho \0"}, "NUL character"),
        ({"execution_frequency": "no_enforcement"}, "show_in_self_service"),
        ({"show_in_self_service": True}, "self_service_category_id"),
        ({"blueprints": ["Canaries"]}, "did you mean 'Canary'"),
        (
            {"library_item_id": "00000000-0000-4000-8000-000000000000"},
            "no custom script with the id",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    watched, run_module, wanted, given, said
):
    refused = run_module(MODULE, {**wanted, **given}, lab=watched.lab)
    assert refused["failed"] and said in refused["msg"] and watched.writes() == []
