# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an assignment is carried out, and Kandji's refusals in the words of the options."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    NotFound,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    assignment_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    LibraryItem,
)

CANARY = Blueprint("a1b2c3d4-0000-4000-8000-00000000000a", "Canary")
ENGINEERING = Blueprint("a1b2c3d4-0000-4000-8000-00000000000b", "Engineering")
SALES = Blueprint("a1b2c3d4-0000-4000-8000-00000000000c", "Sales")
ITEM = "e1b2c3d4-0000-4000-8000-00000000000e"
NODE, OTHER_NODE = "b1b2c3d4-0000-4000-8000-00000000000a", "b1b2c3d4-0000-4000-8000-00000000000b"


def test_everything_is_assigned_before_anything_is_removed() -> None:
    kandji = mock.Mock()
    assignment_apply.apply_assignment(kandji, ITEM, Assignment([CANARY, ENGINEERING], [SALES]))
    assert kandji.method_calls == [
        mock.call.assign_item(CANARY.id, ITEM, None),
        mock.call.assign_item(ENGINEERING.id, ITEM, None),
        mock.call.remove_item(SALES.id, ITEM, None),
    ]


def test_each_blueprint_has_its_own_node() -> None:
    kandji, nodes = mock.Mock(), {CANARY.id: NODE, SALES.id: OTHER_NODE}
    assignment_apply.apply_assignment(kandji, ITEM, Assignment([CANARY], [SALES], nodes))
    assert kandji.method_calls == [
        mock.call.assign_item(CANARY.id, ITEM, NODE),
        mock.call.remove_item(SALES.id, ITEM, OTHER_NODE),
    ]


def refusing(text: str, error: type = ApiError, items: t.Sequence[str] = ()) -> mock.Mock:
    """A tenant that answers writes with this, and has these items on Canary."""
    refusal = error(f"Kandji: {text}", status=404 if error is NotFound else 400, error_text=text)
    return mock.Mock(
        **{
            "assign_item.side_effect": refusal,
            "remove_item.side_effect": refusal,
            "library_items.side_effect": {CANARY.id: [LibraryItem(each) for each in items]}.get,
        }
    )


@pytest.mark.parametrize("plan", [Assignment([CANARY], []), Assignment([], [CANARY])])
@pytest.mark.parametrize(
    "text, error, raises, said",
    [
        (
            assignment_apply.NODE_NEEDED,
            ApiError,
            BadOption,
            "Name its id in assignment_nodes ('Canary': id). Hold the Option key",
        ),
        (
            assignment_apply.NODE_REFUSED,
            ApiError,
            BadOption,
            "'Canary' is a classic one and has no nodes. Remove it from assignment_nodes",
        ),
        (
            "Not found.",
            NotFound,
            NotFound,
            f"does not know the library item {ITEM}, the blueprint 'Canary' or its node: one of"
            " them was deleted, or an id is wrong. Check them in Kandji's web app, then run again.",
        ),
        ("Something else.", ApiError, ApiError, "Kandji: Something else."),
    ],
)
def test_kandjis_refusals_in_the_words_of_our_options(
    plan: Assignment, text: str, error: type, raises: type, said: str
) -> None:
    with pytest.raises(raises) as raised:
        assignment_apply.apply_assignment(refusing(text, error), ITEM, plan)
    assert said in raised.value.message
    assert raised.value.details["error_text"] == text


def test_one_of_its_type_is_the_item_itself_or_another_one() -> None:
    assignment_apply.apply_assignment(
        refusing(assignment_apply.ONE_OF_ITS_TYPE, items=[ITEM]), ITEM, Assignment([CANARY], [])
    )
    with pytest.raises(Refused) as raised:
        assignment_apply.apply_assignment(
            refusing(assignment_apply.ONE_OF_ITS_TYPE, items=[NODE]), ITEM, Assignment([CANARY], [])
        )
    assert raised.value.message == (
        "The node of the blueprint 'Canary' holds another library item of this type already, and"
        " takes one only. Remove that item from the node in Kandji's web app, or name another node"
        " in assignment_nodes."
    )
    assert raised.value.details["error_text"] == assignment_apply.ONE_OF_ITS_TYPE


def test_an_item_that_another_node_keeps_is_not_removed() -> None:
    """Kandji answers that the node does not have it, and the blueprint lists it still."""
    plan = Assignment([], [CANARY], {CANARY.id: NODE})
    kandji = refusing("unused", items=[ITEM])
    kandji.remove_item = mock.Mock(return_value=False)
    with pytest.raises(Refused) as raised:
        assignment_apply.apply_assignment(kandji, ITEM, plan)
    assert raised.value.message == (
        f"Kandji still lists the library item {ITEM} on the blueprint 'Canary': another node of its"
        " map has it, and the devices of that node keep it. Name that node in assignment_nodes, or"
        " remove the item in Kandji's web app."
    )
    kandji.library_items.side_effect = {CANARY.id: []}.get
    assignment_apply.apply_assignment(kandji, ITEM, plan)


def test_a_blueprint_that_was_deleted_meanwhile_is_a_wrong_option() -> None:
    taken = ApiError("Kandji: taken.", error_text=assignment_apply.ONE_OF_ITS_TYPE)
    absent = NotFound("Kandji: not found.", status=404)
    kandji = mock.Mock(**{"assign_item.side_effect": taken, "library_items.side_effect": absent})
    with pytest.raises(BadOption, match=f"Kandji has no blueprint with the id {CANARY.id}"):
        assignment_apply.apply_assignment(kandji, ITEM, Assignment([CANARY], []))
