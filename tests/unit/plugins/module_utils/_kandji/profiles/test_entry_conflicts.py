# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of option profiles that name one profile or one blueprint."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    entry_conflicts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Plan,
    ProfileOptions,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    Plan as ScepPlan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    LibraryItem,
)

CANARY, SALES = Blueprint("c", "Canary"), Blueprint("s", "Sales")


def entry(name: str | None, *blueprints: str, **values: str) -> ProfileOptions:
    return ProfileOptions(name, blueprints=blueprints, **values)


def plan(
    name: str,
    *blueprints: Blueprint,
    current: CustomProfile | None = None,
    nodes: dict[str, str] | None = None,
    assigned_only: bool = False,
) -> Plan:
    wanted = Wanted(name, None, blueprints, nodes=nodes or {})
    return Plan(
        wanted, name, current, assigned_only=assigned_only, fields={"name": name} if current else {}
    )


def shared(other: str) -> str:
    """Return the sentence about a blueprint in two entries."""
    return (
        f"the blueprint 'Canary' is in the entries 'a' and {other!r}, so that its Macs would get"
        " both profiles. Name each blueprint in one entry."
    )


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (entry("a", "Sales"), "two entries name 'a'. Name each profile in one entry."),
        (entry(" A", "Sales"), "two entries name 'a'. Name each profile in one entry."),
        (entry("b", "canary "), shared("b")),
        (entry(None, "Canary", library_item_id="i"), shared("i")),
        (entry(None, "Canary", library_item="By hand"), shared("By hand")),
    ],
)
def test_two_entries_that_name_one_thing_are_refused(second, text):
    with pytest.raises(BadOption) as refused:
        entry_conflicts.check_options([entry("a", "Canary"), second])
    assert refused.value.message == f"profiles: {text}"


@pytest.mark.parametrize("option", ["name", "generation"])
def test_a_text_with_a_line_break_is_not_written_to_kandji(option):
    wrong = {"name": "a", **{option: "Okta SCEP\n"}}
    with pytest.raises(BadOption) as refused:
        entry_conflicts.check_options([entry(wrong.pop("name"), "Canary", **wrong)])
    assert refused.value.message == (
        f"{option}: 'Okta SCEP\\n' holds a line break or another control character. Remove it."
    )


@pytest.mark.parametrize("option", ["library_item_id", "library_item"])
def test_an_item_in_two_entries_is_refused(option):
    both = [entry(None, name, **{option: item}) for name, item in (("A", "x-1"), ("B", "X-1"))]
    with pytest.raises(BadOption, match="two entries name 'x-1'"):
        entry_conflicts.check_options(both, is_exact=True)


def test_several_rings_may_have_one_console_managed_item():
    both = [entry(None, name, library_item="Okta SCEP") for name in ("Canary", "Sales")]
    entry_conflicts.check_options(both)
    item = LibraryItem("i", "Okta SCEP")
    plans = [
        ScepPlan(
            wanted=Wanted(None, None, [each]),
            name=item.name,
            current=None,
            assigned_only=True,
            console_item=item,
        )
        for each in (CANARY, SALES)
    ]
    entry_conflicts.check_plans(plans)
    with pytest.raises(BadOption, match=r"two entries name 'Okta SCEP' \(i\)"):
        entry_conflicts.check_plans(plans, is_exact=True)


def test_entries_of_their_own_are_accepted():
    entry_conflicts.check_options([entry("a", "Canary", "canary"), entry("b", "Sales")])
    entry_conflicts.check_options(
        [entry("a", "Canary"), entry("b", "Canary")], shares_blueprints=True
    )
    with pytest.raises(BadOption):
        entry_conflicts.check_options([entry("a", "Canary"), entry("a")], shares_blueprints=True)


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (plan("a", CANARY), plan("b", CANARY), "'Canary' is in the entries 'a' and 'b'"),
        (
            plan("a", current=CustomProfile("i", "a")),
            plan("b", current=CustomProfile("i", "a")),
            r"two entries name 'a' \(i\)",
        ),
        (
            plan("a", current=CustomProfile("i", "a")),
            plan("A", current=CustomProfile("j", "b")),
            "two entries name 'a'",
        ),
        (plan("a"), plan("a", current=CustomProfile("j", "a")), "two entries name 'a'"),
    ],
)
def test_two_plans_for_one_thing_are_refused(first, second, text):
    with pytest.raises(BadOption, match=text):
        entry_conflicts.check_plans([first, second])


def test_a_new_name_with_a_space_around_it_is_refused():
    with pytest.raises(BadOption, match="^profile 'a ': its name begins or ends with a space"):
        entry_conflicts.check_plans([replace(plan("a "), fields={"name": "a "}, mobileconfig=b"x")])
    old = CustomProfile("i", "a ")
    entry_conflicts.check_plans([plan("a ", current=old)])  # it has the name already


def test_two_old_profiles_of_one_name_are_managed_by_their_ids():
    twins = [plan("a", each, current=CustomProfile(each.id, "a")) for each in (CANARY, SALES)]
    entry_conflicts.check_plans(twins)


def test_profiles_are_removed_from_a_blueprint_together():
    entry_conflicts.check_plans([plan("a", CANARY), plan("b", CANARY)], shares_blueprints=True)


@pytest.mark.parametrize(
    ("first", "second", "accepted"),
    [({"c": "n1"}, {"c": "n2"}, True), ({"c": "n1"}, {"c": "n1"}, False), ({"c": "n1"}, {}, False)],
)
def test_different_nodes_of_one_map_are_accepted_where_conflicts_are(first, second, accepted):
    plans = [plan("a", CANARY, nodes=first), plan("b", CANARY, nodes=second)]
    with pytest.raises(BadOption):
        entry_conflicts.check_plans(plans)
    if accepted:
        entry_conflicts.check_plans(plans, shares_maps=True)
    else:
        with pytest.raises(BadOption):
            entry_conflicts.check_plans(plans, shares_maps=True)
