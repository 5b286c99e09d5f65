# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edit in the console while a run waits: for a check-in, for people, or for an approval.

Nothing is doubled, the edit stays, and the run ends well or with a sentence. Runs afterwards
converge.
"""

from __future__ import annotations

import pytest

from tests.functional.helpers import console_edits as console
from tests.functional.helpers.interleaving import at_pauses, judge_lab, judge_result
from tests.functional.helpers.reset_fleet import ResetFleet

SCEP, GATE, REDELIVERY = "kandji_scep_profile", "device_trust_gate", "kandji_profile_redelivery"
RESET = "okta_device_reset"
TAG = "okta-scep-redelivery"
PROFILE_EDITS = (
    console.ADD_PAYLOAD,
    console.RENAME_PROFILE,
    console.DEACTIVATE_PROFILE,
    console.ASSIGN_PROFILE,
    console.UNASSIGN_PROFILE,
    console.DELETE_PROFILE,
    console.REPLACE_PROFILE,
)


def cases(edits, quick):
    """Return a case for each edit, of which the quick ones are not marked long."""
    return [
        pytest.param(edit, id=edit.name, marks=[] if edit in quick else pytest.mark.long)
        for edit in edits
    ]


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize("edit", cases(PROFILE_EDITS, [console.DELETE_PROFILE]))
def test_the_profile_of_a_gate_is_edited_while_it_waits(watched, run_module, profile_args, edit):
    [profile] = run_module(SCEP, profile_args, lab=watched.lab)["profiles"]
    gate = {
        **{key: profile[key] for key in ("library_item_id", "payload_uuid", "updated_at")},
        "test_macs": watched.canary["test_macs"],
        "wait": 1,
        "poll_interval": 1,
    }
    mark = watched.mark()
    with at_pauses([lambda: edit.act(watched), watched.live]) as pauses:
        result = run_module(GATE, gate, lab=watched.lab)
    assert pauses
    assert [*judge_result(result), *judge_lab(watched)] == []
    assert edit.stays(watched), result
    collection = [name for name in watched.writes(mark) if name == "Update Custom Profile"]
    assert len(collection) <= (edit is console.ADD_PAYLOAD), "a gate writes no profile"
    again = run_module(GATE, gate, lab=watched.lab)
    assert judge_result(again) == []
    assert not again.get("failed") or again["msg"] == result.get("msg", again["msg"])


# A redelivery, which waits for a check-in with the exclusion tag, and for another one without it


def move_mac(watched):
    watched.control("PATCH", f"/kandji/devices/{first_mac(watched)}", {"blueprint": "Canary"})


def is_moved(watched):
    tenant = watched.world.kandji
    blueprint = tenant.blueprints[watched.mac(first_mac(watched)).device.blueprint_id]
    return blueprint.name == "Canary"


def tag_mac(watched):
    tags = watched.mac(first_mac(watched)).device.tags
    watched.control("PATCH", f"/kandji/devices/{first_mac(watched)}", {"tags": [*tags, "loaner"]})


def is_tagged(watched):
    return "loaner" in watched.mac(first_mac(watched)).device.tags


def untag_mac(watched):
    watched.control("PATCH", f"/kandji/devices/{first_mac(watched)}", {"tags": []})


def is_untagged(watched):
    return watched.mac(first_mac(watched)).device.tags in ([], [TAG])


def drop_condition(watched):
    """The node of the map excludes another tag."""
    root, node = map_nodes(watched)
    wanted = [{"id": root.id, "tag": None}, {"id": node.id, "tag": "other", "without": True}]
    watched.control("PATCH", "/kandji/blueprints/All Macs", {"nodes": wanted})


def has_no_condition(watched):
    return map_nodes(watched)[-1].tag == "other"


def map_nodes(watched):
    blueprints = watched.world.kandji.blueprints.values()
    return next(each for each in blueprints if each.name == "All Macs").nodes


def first_mac(watched):
    return watched.canary["test_macs"][0]


MAC_EDITS = (
    console.ConsoleEdit(move_mac, is_moved),
    console.ConsoleEdit(tag_mac, is_tagged),
    console.ConsoleEdit(untag_mac, is_untagged),
    console.ConsoleEdit(drop_condition, has_no_condition),
)
QUICK = {("delete_profile", "next run"), ("tag_mac", "delivering")}


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("edit", "pause"),
    [
        pytest.param(
            edit,
            pause,
            id=f"{edit.name}, {pause}",
            marks=[] if (edit.name, pause) in QUICK else pytest.mark.long,
        )
        for edit in (*PROFILE_EDITS, *MAC_EDITS)
        for pause in ("excluding", "delivering", "next run")
    ],
)
def test_an_edit_while_a_redelivery_waits_for_a_check_in(
    watched, run_module, prepared, edit, pause
):
    """The edit comes while the Macs have the tag, or do not have it any more."""

    def act():
        edit.act(watched)
        watched.live()

    wait = {**prepared, "wait": 0 if pause == "next run" else 180, "poll_interval": 30}
    begin = [watched.live] if pause == "delivering" else []
    with at_pauses([*begin, act, watched.live]) as pauses:
        result = run_module(REDELIVERY, wait, lab=watched.lab)
    if not pauses:
        act()
    assert [*judge_result(result), *judge_lab(watched)] == []
    assert edit.stays(watched), result
    for _run in range(3):
        result = run_module(REDELIVERY, prepared, lab=watched.lab)
        watched.live()
    assert [*judge_result(result), *judge_lab(watched)] == []
    left = [serial for serial in prepared["serials"] if TAG in watched.mac(serial).device.tags]
    explained = str(result.get("macs", result.get("msg")))
    assert (
        not left
        or "no node of the map excludes the tag" in explained
        or (result["failed"] and f"left the tag {TAG!r} on {', '.join(left)}." in explained)
    ), result
    if left and edit is console.REPLACE_PROFILE:
        item = console.profile_of(watched)
        run_module(REDELIVERY, {**prepared, "library_item_id": item.id}, lab=watched.lab)
        assert [TAG in watched.mac(serial).device.tags for serial in left] == [False] * len(left)


# A reset that waits for its approval

RECORD_EDITS = (
    console.BECOME_MANAGED,
    console.REGISTER_AGAIN,
    console.SUSPEND_RECORD,
    console.DELETE_RECORD,
    console.REPLACE_RECORD,
)


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    "edit", cases(RECORD_EDITS, [console.REGISTER_AGAIN, console.SUSPEND_RECORD])
)
def test_a_record_is_edited_while_its_reset_waits_for_approval(watched, run_module, edit):
    ResetFleet(watched).stuck(console.STUCK)
    reset = {"serials": [console.STUCK], "max_percent": 100}
    plan = run_module(RESET, reset, lab=watched.lab, check=True)
    assert plan["counts"]["reset"] == 1, plan
    approved = {**reset, "plan_digest": plan["plan_digest"]}
    edit.act(watched)
    mark = watched.mark()
    result = run_module(RESET, approved, lab=watched.lab)
    assert [*judge_result(result), *judge_lab(watched)] == []
    assert edit.stays(watched), result
    assert "was approved" in result["msg"], result
    assert watched.writes(mark) == []
    mark = watched.mark()
    again = run_module(RESET, approved, lab=watched.lab)
    assert judge_result(again) == []
    assert watched.writes(mark) == []
