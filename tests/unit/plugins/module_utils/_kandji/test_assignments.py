# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints by name or id, what is assigned to them, and the limits on how many Macs that may
touch.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotFound,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    assignments,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
    Limit,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    KandjiDevice,
    LibraryItem,
)

CANARY = Blueprint("a1b2c3d4-0000-4000-8000-00000000000a", "Canary")
ENGINEERING = Blueprint("a1b2c3d4-0000-4000-8000-00000000000b", "Engineering")
SALES = Blueprint("a1b2c3d4-0000-4000-8000-00000000000c", "Sales")
ALL = [CANARY, ENGINEERING, SALES]
ITEM = "0c5e1a10-0000-4000-8000-0000000000ff"


@pytest.mark.parametrize(
    "wanted, found",
    [
        ([], []),
        (["Canary"], [CANARY]),
        (["Sales", "Canary"], [SALES, CANARY]),
        ([CANARY.id], [CANARY]),
        ([CANARY.id.upper()], [CANARY]),
        (["Canary", "Canary"], [CANARY]),
        (["Canary", CANARY.id.upper(), "Sales"], [CANARY, SALES]),
    ],
)
def test_a_blueprint_is_named_by_its_name_or_its_id_in_any_case_and_counts_once(
    wanted: list[str], found: list[Blueprint]
) -> None:
    assert assignments.resolve(wanted, ALL) == found


def test_an_id_that_the_tenant_writes_in_upper_case_comes_back_in_lower_case() -> None:
    assert assignments.resolve(
        ["Canary"], [Blueprint.from_row({"id": CANARY.id.upper(), "name": "Canary"})]
    ) == [CANARY]


@pytest.mark.parametrize(
    "wanted, known, said",
    [
        ("Canery", ALL, "no blueprint 'Canery'; did you mean 'Canary'?"),
        ("canary", ALL, "no blueprint 'canary'; did you mean 'Canary'?"),
        ("Engineer", ALL, "did you mean 'Engineering'?"),
        (
            "Macs",
            [Blueprint("1", "Macs EU"), Blueprint("2", "Macs US")],
            "; did you mean 'Macs ",
        ),
        ("Zzz", ALL, "no blueprint 'Zzz'; there are 'Canary', 'Engineering', 'Sales'."),
        ("Canary", [], "no blueprint 'Canary'; there are none."),
        (
            "a1b2c3d4-0000-4000-8000-0000000000ee",
            ALL,
            "no blueprint 'a1b2c3d4-0000-4000-8000-0000000000ee'",
        ),
        ("", ALL, "no blueprint ''"),
    ],
)
def test_an_unknown_blueprint_is_refused_with_the_near_matches(
    wanted: str, known: list[Blueprint], said: str
) -> None:
    with pytest.raises(BadOption) as raised:
        assignments.resolve([wanted], known)
    assert raised.value.message.startswith("blueprints: Kandji has ")
    assert said in raised.value.message


# Reading blueprints


def test_blueprints_given_by_id_need_not_be_read() -> None:
    kandji = mock.Mock(blueprints=mock.Mock(return_value=ALL))
    assert assignments.read_blueprints(kandji, [CANARY.id.upper()]) == (
        [Blueprint(CANARY.id, CANARY.id.upper())],
        [],
    )
    kandji.blueprints.assert_not_called()


def test_one_id_twice_in_different_case_is_one_blueprint() -> None:
    ids = [CANARY.id, SALES.id, CANARY.id.upper()]
    blueprints, _known = assignments.read_blueprints(mock.Mock(), ids)
    assert [blueprint.id for blueprint in blueprints] == [CANARY.id, SALES.id]


@pytest.mark.parametrize(
    "wanted, everything",
    [(["Canary"], False), ([CANARY.id, "Canary"], False), ([CANARY.id], True)],
)
def test_a_name_or_the_mode_exact_reads_them_all(wanted: list[str], everything: bool) -> None:
    found, known = assignments.read_blueprints(
        mock.Mock(blueprints=mock.Mock(return_value=iter(ALL))), wanted, everything
    )
    assert (found, known) == ([CANARY], ALL)


# What to assign and to remove


@pytest.mark.parametrize(
    "on, wanted, mode, assign, remove",
    [
        ([], [CANARY], "add", [CANARY], []),
        ([CANARY], [CANARY], "add", [], []),
        ([SALES], [CANARY], "add", [CANARY], []),
        ([SALES], [CANARY], "exact", [CANARY], [SALES]),
        ([CANARY, SALES], [CANARY], "exact", [], [SALES]),
        ([CANARY, SALES], [], "exact", [], [CANARY, SALES]),
        ([CANARY, SALES], [], "add", [], []),
        ([CANARY], [SALES, CANARY, ENGINEERING], "exact", [SALES, ENGINEERING], []),
        ([CANARY, SALES], [CANARY, ENGINEERING], "remove", [], [CANARY]),
        ([], [CANARY], "remove", [], []),
    ],
)
def test_add_keeps_what_is_elsewhere_exact_does_not_and_remove_assigns_nothing(
    on: t.Any, wanted: t.Any, mode: str, assign: t.Any, remove: t.Any
) -> None:
    items = {one.id: {ITEM, "other"} if one in on else {"other"} for one in ALL}
    assert assignments.plan_assignment(wanted, ALL, items, ITEM.upper(), mode) == Assignment(
        assign, remove
    )


@pytest.mark.parametrize("mode, kept", [("add", (CANARY,)), ("exact", (CANARY,)), ("remove", ())])
def test_an_item_is_kept_where_a_node_is_named_for_a_blueprint_that_has_it(
    mode: str, kept: t.Any
) -> None:
    items = {CANARY.id: {ITEM}, SALES.id: {ITEM}}
    nodes = {CANARY.id: NODE, ENGINEERING.id: NODE}
    wanted = [CANARY, SALES, ENGINEERING]
    assert assignments.plan_assignment(wanted, ALL, items, ITEM, mode, nodes).kept == kept


def test_of_items_that_stay_in_their_nodes_one_warning_tells_all() -> None:
    stays, other = Assignment([], [], {}, (CANARY, SALES)), Assignment([CANARY], [])
    placed = [("profile 'A'", stays), ("profile 'B'", other), ("script 'C'", stays)]
    [text] = assignments.describe_nodes(placed, check_mode=False)
    assert text == (
        "assignment_nodes: profile 'A' is on 'Canary', 'Sales', script 'C' is on 'Canary', 'Sales'"
        " already and stays in its node there. No API shows which node that is, so a changed or a"
        " wrong id has no effect. If it is not the node that you name, move the item to that node in"
        " Kandji's web app."
    )
    assert assignments.describe_nodes(placed[1:2], check_mode=True) == []


def test_of_more_than_five_items_that_stay_the_others_are_counted() -> None:
    stays = Assignment([], [], {}, (CANARY,))
    placed = [(f"profile {name!r}", stays) for name in "ABCDEFG"]
    [text] = assignments.describe_nodes([*placed, ("profile 'H'", Assignment([SALES], []))], False)
    assert "profile 'E' is on 'Canary' and 2 more already and stays" in text


def test_check_mode_tells_which_maps_may_refuse_an_item_without_a_node() -> None:
    """Each map once; a classic blueprint has no nodes, and the type of one may be unknown."""
    canary, sales = replace(CANARY, type="map"), replace(SALES, type="map")
    classic, unknown = replace(ENGINEERING, type="classic"), replace(ENGINEERING, type=None)
    placed = [
        ("profile 'A'", Assignment([sales, classic, unknown], [])),
        ("script 'B'", Assignment([canary, sales], [], {CANARY.id: NODE})),
        ("script 'C'", Assignment([sales], [canary])),
    ]
    assert assignments.describe_nodes(placed, check_mode=True) == [
        "assignment_nodes: no node is named for 'Sales'. If the assignment map has conditions,"
        " Kandji refuses the assignment. Check mode cannot tell, since no API shows conditions. Name"
        f" a node if there are some. {assignments.NODE_HELP}"
    ]
    assert assignments.describe_nodes(placed, check_mode=False) == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_run_that_assigns_nothing_does_not_warn_of_nodes(check_mode: bool) -> None:
    placed = [("profile 'A'", Assignment([], [SALES], {}, (CANARY,)))]
    assert assignments.describe_nodes(placed, check_mode) == []


def test_an_item_that_is_yet_to_be_made_is_on_no_blueprint() -> None:
    assert assignments.plan_assignment(
        [CANARY], ALL, {CANARY.id: {"none", ""}}, None, "exact"
    ) == Assignment([CANARY], [])


def test_an_assignment_in_words() -> None:
    changes = assignments.assignment_changes("profile 'Okta'", Assignment([CANARY], [SALES]))
    assert [(one.action, one.subject, one.before, one.after) for one in changes] == [
        ("assign", "profile 'Okta' to blueprint 'Canary'", {}, {"assigned": True}),
        (
            "remove",
            "profile 'Okta' from blueprint 'Sales'",
            {"assigned": True},
            {},
        ),
    ]
    assert assignments.assignment_changes("profile 'Okta'", Assignment([], [])) == []


# Nodes of assignment maps


NODE, OTHER_NODE = "b1b2c3d4-0000-4000-8000-00000000000a", "b1b2c3d4-0000-4000-8000-00000000000b"
TYPED = [
    replace(CANARY, type="map"),
    replace(ENGINEERING, type="classic"),
    replace(SALES, type="map"),
]


@pytest.mark.parametrize("name", ["Canary", CANARY.id, CANARY.id.upper()])
def test_a_node_is_named_by_its_blueprints_name_or_id(name: str) -> None:
    assert assignments.resolve_nodes({name: NODE.upper()}, [CANARY], TYPED) == {CANARY.id: NODE}
    assert assignments.resolve_nodes(None, [CANARY], TYPED) == {}


def test_with_blueprints_by_id_alone_nodes_go_by_id() -> None:
    wanted = [Blueprint(CANARY.id, CANARY.id)]
    assert assignments.resolve_nodes({CANARY.id.upper(): NODE}, wanted, []) == {CANARY.id: NODE}


@pytest.mark.parametrize(
    "given, said",
    [
        ({"Sales": NODE}, "'Sales' is not in blueprints; there are 'Canary', 'Engineering'."),
        ({"Canery": NODE}, "'Canery' is not in blueprints; did you mean 'Canary'?"),
        (
            {"Canary": "the root"},
            "'the root', for the blueprint 'Canary', is not the id of a node."
            f" {assignments.NODE_HELP}",
        ),
        (
            {"Canary": None},
            f"None, for the blueprint 'Canary', is not the id of a node. {assignments.NODE_HELP}",
        ),
        (
            {"Engineering": NODE},
            "the blueprint 'Engineering' is a classic one and has no nodes. Remove it from"
            " assignment_nodes.",
        ),
        (
            {"Canary": NODE, CANARY.id: OTHER_NODE},
            f"the blueprint {CANARY.id!r} has two nodes. Name it once, with one node.",
        ),
    ],
)
def test_wrong_nodes_are_refused_in_one_sentence(given: t.Any, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        assignments.resolve_nodes(given, [CANARY, ENGINEERING], TYPED)
    assert raised.value.message == f"assignment_nodes: {said}"


def test_where_items_are_taken_off_too_any_blueprint_may_have_a_node() -> None:
    assert assignments.resolve_nodes({"Sales": NODE}, [CANARY], TYPED, everywhere=True) == {
        SALES.id: NODE
    }
    with pytest.raises(BadOption) as raised:
        assignments.resolve_nodes({"Marketing": NODE}, [CANARY], TYPED, everywhere=True)
    assert raised.value.message == (
        "assignment_nodes: 'Marketing' is not in blueprints; there are 'Canary', 'Engineering',"
        " 'Sales'."
    )


def test_a_name_of_two_blueprints_does_not_select_one_for_a_node() -> None:
    twins = [CANARY, replace(SALES, name="Canary")]
    with pytest.raises(
        BadOption, match="^assignment_nodes: Kandji has 2 blueprints named 'Canary'"
    ):
        assignments.resolve_nodes({"Canary": NODE}, twins, twins)
    assert assignments.resolve_nodes({SALES.id: NODE}, twins, twins) == {SALES.id: NODE}


def test_a_removal_keeps_the_nodes_of_its_blueprints() -> None:
    nodes = {CANARY.id: NODE}
    plan = assignments.plan_assignment([CANARY], ALL, {CANARY.id: {ITEM}}, ITEM, "remove", nodes)
    assert plan == Assignment([], [CANARY], nodes)


def test_the_node_goes_with_the_assignment_and_is_seen_in_the_diff() -> None:
    plan = assignments.plan_assignment(
        [CANARY],
        ALL,
        {SALES.id: {ITEM}},
        ITEM,
        "exact",
        {CANARY.id: NODE, SALES.id: OTHER_NODE},
    )
    changes = assignments.assignment_changes("profile 'Okta'", plan)
    assert (
        changes[0].after == {"assigned": True, "assignment_node_id": NODE}
        and changes[0].before == {}
    )


def test_a_blueprint_that_is_not_there_is_a_wrong_option() -> None:
    absent = NotFound("Kandji: not found.", status=404)
    with pytest.raises(BadOption) as raised:
        assignments.read_items(mock.Mock(**{"library_items.side_effect": absent}), [CANARY])
    assert raised.value.message == (
        f"blueprints: Kandji has no blueprint with the id {CANARY.id}. Set the name or the id of an"
        " existing blueprint."
    )
    assert raised.value.details == {"status": 404}


def test_items_are_read_per_blueprint_and_their_ids_compared_in_lower_case() -> None:
    kandji = mock.Mock(
        library_items=lambda blueprint: [
            LibraryItem.from_row({"id": ITEM.upper(), "name": blueprint}),
            LibraryItem.from_row({"name": "without id"}),
        ]
    )
    items = assignments.read_items(kandji, [CANARY, SALES])
    assert list(items) == [CANARY.id, SALES.id]
    assert items[SALES.id][0].name == SALES.id
    assert assignments.item_ids(items)[SALES.id] == {ITEM, ""}


# Macs in scope


def test_only_macs_of_these_blueprints_are_in_scope() -> None:
    """A device whose platform Kandji does not show may be a Mac."""
    devices = [
        KandjiDevice("1", "MAC1", platform="Mac", blueprint_id=CANARY.id),
        KandjiDevice("2", "MAC2", platform="Mac", blueprint_id=SALES.id),
        KandjiDevice("3", "MAC3", platform="Mac"),
        KandjiDevice("4", "PAD1", platform="iPad", blueprint_id=CANARY.id),
        KandjiDevice("5", "ANY1", blueprint_id=CANARY.id),
    ]
    assert assignments.macs_on(devices, [CANARY]) == {"MAC1", "ANY1"}
    assert assignments.macs_on(devices, [CANARY, SALES]) == {"MAC1", "MAC2", "ANY1"}
    assert assignments.macs_on(devices, []) == assignments.macs_in_scope(devices, []) == set()
    # For a limit, one whose blueprint Kandji does not show may be on any.
    assert assignments.macs_in_scope(devices, [CANARY]) == {"MAC1", "MAC3", "ANY1"}


def test_macs_without_a_serial_count_each() -> None:
    devices = [
        KandjiDevice(str(number), "", platform="Mac", blueprint_id=CANARY.id) for number in range(3)
    ]
    assert assignments.macs_on(devices, [CANARY]) == {"0", "1", "2"}


def test_devices_of_every_platform_are_on_a_blueprint() -> None:
    devices = [
        KandjiDevice("d-1", "MAC1", platform="Mac", blueprint_id=CANARY.id),
        KandjiDevice("d-2", "", platform="iPad", blueprint_id=CANARY.id),
        KandjiDevice("d-3", "MAC3", platform="Mac", blueprint_id="elsewhere"),
    ]
    assert assignments.devices_on(devices, [CANARY]) == {"d-1", "d-2"}


@pytest.mark.parametrize("limit, count", [(None, 10000), (0, 0), (5, 5), (5, 4)])
def test_up_to_the_limit_all_is_well(limit: int | None, count: int) -> None:
    assignments.check_limits([Limit("max_new", limit, count, "The change would bring it to")])


@pytest.mark.parametrize("allowed, count, devices", [(0, 1, "1 device"), (5, 6, "6 devices")])
def test_beyond_the_limit_one_sentence_says_how_many_and_what_to_set(
    allowed: int, count: int, devices: str
) -> None:
    limit = Limit("max_removed", allowed, count, "The change would take it from")
    with pytest.raises(Refused) as raised:
        assignments.check_limits([Limit("max_new", None, 9, "It comes to"), limit])
    reason = (
        f"max_removed: The change would take it from {devices}, and {allowed} is the limit. Nothing"
        " was written."
    )
    assert raised.value.message == f"{reason} Set max_removed: {count} if that is intended."
    row = {"limit": "max_removed", "count": count, "allowed": allowed}
    assert raised.value.details == {**row, "limits": [row], "reason": reason}


def test_every_limit_that_a_change_exceeds_is_named_at_once() -> None:
    limits = [
        Limit("max_reissue", 0, 2, "It would give new certificates to"),
        Limit("max_new", 3, 3, "It would come to"),
        Limit("max_removed", 0, 1, "It would go from"),
    ]
    with pytest.raises(Refused) as raised:
        assignments.check_limits(limits)
    assert raised.value.message == (
        "max_reissue: It would give new certificates to 2 devices, and 0 is the limit. max_removed:"
        " It would go from 1 device, and 0 is the limit. Nothing was written. Set max_reissue: 2"
        " and max_removed: 1 if that is intended."
    )
    assert [each["limit"] for each in raised.value.details["limits"]] == [
        "max_reissue",
        "max_removed",
    ]


def test_macs_whose_blueprint_is_not_shown_are_named() -> None:
    macs = [KandjiDevice("d1", "C01", platform="Mac", blueprint_id="b1")]
    assert assignments.describe_unplaced(macs, "macs_in_scope") == ""
    macs += [KandjiDevice("d2", platform="Mac"), KandjiDevice("d3", "PAD", platform="iPad")]
    assert assignments.describe_unplaced(macs, "macs_in_scope") == (
        "macs_in_scope: Kandji does not show the blueprint of d2. They may be in scope, and are"
        " counted."
    )
