# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a profile of any content, with the simplest content: a note."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    Change,
    Difference,
    differences,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotAsWritten,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
    plan,
    references,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Library,
    Plan,
    ProfileOptions,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    LibraryItem,
)

CANARY, SALES = Blueprint("b-canary", "Canary"), Blueprint("b-sales", "Sales")
FLAGS = {"active": True, "runs_on_mac": True}
KEPT = {"runs_on_iphone": False, "runs_on_ipad": False, "runs_on_tv": False, **FLAGS}


@dataclass(frozen=True)
class Note:
    """A profile that holds one text. ``Written`` in it is the text that was written last."""

    text: str
    write_effect: str = "rings a bell"
    keeps_content: bool = True

    def counts_as(self, current: references.Plist) -> str:
        return "reissue" if current.get("Loud") else "reinstall"

    def find_obstacle(self, current: references.Plist) -> str | None:
        return None if "Note" in current else "holds no note"

    def compare(self, current: references.Plist) -> list[Difference]:
        return differences({"Note": self.text}, current)

    def was_written(self, current: references.Plist) -> bool:
        return bool(current.get("Written") == self.text)

    def build(self, name: str, current: references.Plist | None) -> dict[str, t.Any]:
        return {**(current or {}), "Name": name, "Note": self.text, "Written": self.text}

    def mask(self, difference: Difference) -> tuple[t.Any, t.Any]:
        return f"<{difference.before}>", f"<{difference.after}>"

    def describe(self) -> dict[str, t.Any]:
        return {"Note": f"<{self.text}>"}


NOTE = Note("Hello")


def xml(**plist: t.Any) -> str:
    return mobileconfig.to_xml(plist).decode()


def profile(
    item_id: str = "p1",
    name: str = "Notes",
    flags: t.Mapping[str, bool] | None = None,
    text: str | None = None,
    **plist: t.Any,
) -> CustomProfile:
    """Return a profile of the tenant: with this text, or with these keys, else with NOTE."""
    flags = KEPT if flags is None else flags
    keys = plist or NOTE.build(name, None)
    return CustomProfile(item_id, name, xml(**keys) if text is None else text, flags)


def wanted(name: str | None = "Notes", item_id: str | None = None, **values: t.Any) -> Wanted:
    return Wanted(name, item_id, values.pop("blueprints", [CANARY]), **values)


def planned(current: CustomProfile | None, content: Note = NOTE, name: str = "Notes") -> Plan:
    return plan.plan_content(Plan(wanted(name), name, current), content, FLAGS)


def on(**item_ids: str) -> dict[str, list[LibraryItem]]:
    """Return items by blueprint: canary="p1" for an item with the id p1 on b-canary."""
    return {f"b-{place}": [LibraryItem(item_id)] for place, item_id in item_ids.items()}


# Options


OPTIONS: dict[str, t.Any] = {
    "name": "Notes",
    "library_item_id": None,
    "blueprints": ["Canary"],
    "assignment_nodes": {"Canary": "node"},
    "generation": "2",
    "profiles": None,
}


def test_a_profile_is_named_by_the_options_of_a_module() -> None:
    assert plan.profile_options(OPTIONS) == [
        ProfileOptions("Notes", None, ("Canary",), {"Canary": "node"}, "2")
    ]


def test_each_element_of_profiles_is_a_profile_of_its_own() -> None:
    unset = dict.fromkeys(OPTIONS)
    elements = [
        {**unset, "library_item_id": "p1", "replaces": "Old"},
        {**unset, "library_item": "Item"},
    ]
    assert plan.profile_options({**unset, "profiles": elements}) == [
        ProfileOptions(library_item_id="p1", replaces="Old"),
        ProfileOptions(library_item="Item"),
    ]


# Which profile


@pytest.mark.parametrize(
    "asked, name, item_id",
    [
        (wanted("Notes"), "Notes", "p1"),
        (wanted("New"), "New", None),
        (wanted(None, "P2"), "Other", "p2"),
        (wanted("Renamed", "p2"), "Renamed", "p2"),
        (wanted(None), "", None),
    ],
)
def test_a_profile_is_identified_by_its_id_or_its_name(
    asked: Wanted, name: str, item_id: str | None
) -> None:
    identity = plan.identify(asked, [profile(), profile("p2", "Other")])
    assert (identity[0], identity[1] and identity[1].id) == (name, item_id)


@pytest.mark.parametrize(
    "asked, message",
    [
        (
            wanted("Notes"),
            "name: Kandji has 2 custom profiles named 'Notes' (p1, p2)."
            " Rename all but one of them in Kandji, or set library_item_id to the id of one.",
        ),
        (
            wanted(None, "p3"),
            "library_item_id: Kandji has no custom profile with the id p3. Correct it.",
        ),
    ],
)
def test_an_ambiguous_name_and_an_unknown_id_are_refused(asked: Wanted, message: str) -> None:
    with pytest.raises(BadOption) as raised:
        plan.identify(asked, [profile(), profile("p2")])
    assert raised.value.message == message


# What to write


def test_a_new_profile_is_created_with_its_content_and_all_flags() -> None:
    result = planned(None)
    assert result.changes == (Change("create", "profile 'Notes'", {}, {"Note": "<Hello>"}),)
    assert result.fields == FLAGS and result.counts_as == "reinstall"
    assert mobileconfig.parse(result.mobileconfig) == NOTE.build("Notes", None)
    assert result.writes_profile and result.enrolls_macs and result.item_id is None


@pytest.mark.parametrize("loud, counts_as", [(False, "reinstall"), (True, "reissue")])
def test_the_content_decides_by_what_macs_hold_which_limit_counts(
    loud: bool, counts_as: str
) -> None:
    assert planned(profile(Name="Notes", Note="Bye", Loud=loud)).counts_as == counts_as


def test_a_profile_that_is_as_wanted_has_no_changes() -> None:
    result = planned(profile())
    assert (result.changes, result.fields, result.mobileconfig) == ((), {}, None)
    assert not result.writes_profile and not result.enrolls_macs and result.item_id == "p1"


def test_other_content_is_written_with_what_the_profile_already_holds() -> None:
    result = planned(profile(Note="Hi", More=1))
    assert result.changes == (
        Change("update", "profile 'Notes'", {"Note": "<Hi>"}, {"Note": "<Hello>"}),
    )
    assert mobileconfig.parse(result.mobileconfig) == {**NOTE.build("Notes", None), "More": 1}
    assert result.fields == {} and result.writes_profile


@pytest.mark.parametrize(
    "current, field, before, after",
    [
        (profile(name="Old"), "name", "Old", "Notes"),
        (profile(flags={**KEPT, "active": False}), "active", False, True),
        (profile(flags={**FLAGS, "runs_on_mac": False}, Note="Hello"), "runs_on_mac", False, True),
    ],
)
def test_a_field_that_differs_is_the_only_field_to_write(
    current: CustomProfile, field: str, before: object, after: object
) -> None:
    result = planned(current)
    assert result.fields == {field: after}
    assert result.changes == (Change("update", "profile 'Notes'", {field: before}, {field: after}),)


@pytest.mark.parametrize("flags", [{}, {"active": True}, {"runs_on_mac": True}])
def test_a_field_that_kandji_does_not_list_is_unknown_and_no_reason_for_a_write(
    flags: dict[str, bool],
) -> None:
    result = planned(profile(flags=flags))
    assert (result.fields, result.changes, result.writes_profile) == ({}, (), False)
    assert result.unknown == tuple(sorted(FLAGS.keys() - flags.keys())), "it is named"


def test_a_field_that_kandji_lists_is_not_unknown() -> None:
    assert planned(profile()).unknown == planned(None).unknown == ()


@pytest.mark.parametrize("field", ["active", "runs_on_mac", "name"])
@pytest.mark.parametrize("value", [None, 1.5, 0, []])
def test_a_plan_that_depends_on_a_malformed_field_is_refused(field: str, value: object) -> None:
    row = {"id": "p1", "name": "Notes", "profile": "<plist/>", **FLAGS, field: value}
    current = CustomProfile.from_row(row)
    with pytest.raises(Unreadable, match=f"List Custom Profiles has no readable {field}, so"):
        plan.plan_content(Plan(wanted(), "Notes", current), NOTE, FLAGS)


def test_a_malformed_flag_that_no_option_sets_is_not_compared() -> None:
    assert planned(replace(profile(), malformed=frozenset({"runs_on_android"}))).changes == ()


def test_a_name_that_kandji_does_not_list_is_no_reason_for_a_write() -> None:
    assert planned(profile(name="")).fields == {}


def test_a_plan_keeps_the_changes_that_it_has_already() -> None:
    earlier = Change("assign", "profile 'Notes' to blueprint 'Canary'", {}, {})
    begun = Plan(wanted(), "Notes", None, changes=(earlier,))
    assert plan.plan_content(begun, NOTE, FLAGS).changes[0] == earlier
    begun = replace(begun, current=profile(Note="Hi"))
    assert plan.plan_content(begun, NOTE, FLAGS).changes[0] == earlier


@pytest.mark.parametrize(
    "current, obstacle",
    [
        (profile(text="not XML"), "is not a readable configuration profile"),
        (profile(Other=1), "holds no note"),
    ],
)
def test_a_profile_that_cannot_be_managed_is_refused(current: CustomProfile, obstacle: str) -> None:
    with pytest.raises(BadOption) as raised:
        planned(current)
    assert raised.value.message == (
        f"The custom profile 'Notes' (p1) {obstacle}. Choose another name, or correct it in Kandji."
    )


def test_a_profile_that_would_lose_something_by_a_write_is_refused() -> None:
    text = xml(Note="Hi").replace("<dict>", "<dict><key>Note</key><string>x</string>")
    with pytest.raises(BadOption) as raised:
        planned(profile(text=text))
    assert raised.value.message == (
        "The custom profile 'Notes' (p1) cannot be written again without a loss: line 5 (key"
        " 'Note'): the dictionary has this key twice. Correct it in Kandji."
    )
    assert planned(profile(text=text), replace(NOTE, keeps_content=False)).writes_profile


def test_a_value_that_xml_cannot_hold_is_refused_before_a_write() -> None:
    with pytest.raises(BadOption) as raised:
        planned(None, name="Notes\x1b[0m")
    assert raised.value.message == (
        "The profile cannot be written. 'Name': its value holds a control character. Set another"
        " value."
    )


@pytest.mark.parametrize(
    "current, keys, pair",
    [
        (profile(Note="Hi", Written="Hello"), ["Note"], ("<Hi>", "<Hello>")),
        (profile(flags={**KEPT, "runs_on_mac": False}), ["runs_on_mac"], (False, True)),
    ],
)
def test_what_kandji_did_not_keep_is_not_written_again(
    current: CustomProfile, keys: list[str], pair: tuple[object, object]
) -> None:
    with pytest.raises(NotAsWritten) as raised:
        planned(current)
    message = raised.value.message
    assert f"with another {keys[0]} than was written to it: Kandji did not keep it, or" in message
    assert "(differences shows both). It is not written again, since each write rings a" in message
    assert "Set the option to what Kandji keeps, or set another generation to write" in message
    assert raised.value.details == {
        "vendor": "kandji",
        "keys": keys,
        "differences": {keys[0]: {"in_kandji": pair[0], "asked_for": pair[1]}},
    }


def test_all_that_kandji_did_not_keep_is_named() -> None:
    current = profile(flags={**KEPT, "runs_on_mac": False}, Note="Hi", Written="Hello")
    with pytest.raises(NotAsWritten, match="with another Note, runs_on_mac than was written"):
        planned(current)


# Blueprints


def test_a_profile_is_assigned_to_the_node_of_its_blueprint() -> None:
    library = Library([profile()], [CANARY, SALES], on(sales="p1"))
    begun = Plan(wanted(nodes={"b-canary": "node"}), "Notes", profile())
    result = plan.plan_places(begun, library, "exact")
    assert result.assignment == Assignment([CANARY], [SALES], {"b-canary": "node"})
    assert [change.subject for change in result.changes] == [
        "profile 'Notes' to blueprint 'Canary'",
        "profile 'Notes' from blueprint 'Sales'",
    ]
    assert result.enrolls_macs


# Deletion


def test_a_profile_is_deleted_with_the_names_of_the_blueprints_that_it_is_on() -> None:
    library = Library([profile("p2", "Other"), profile()], [CANARY, SALES], on(sales="p1"))
    for asked in (wanted("Notes"), wanted(None, "P1")):
        assert plan.plan_deletion(asked, library) == Plan(
            asked,
            "Notes",
            library.profiles[1],
            assigned_only=True,
            deletes=True,
            assignment=Assignment([], [SALES]),
            changes=(Change("delete", "profile 'Notes'", {"blueprints": ["Sales"]}, {}),),
        )


@pytest.mark.parametrize("name", ["Notes", "Gone"])
def test_a_profile_is_not_deleted_under_the_name_of_another(name: str) -> None:
    library = Library([profile("p2", "Other"), profile()], [CANARY], on(canary="p1"))
    said = f"^name: the item with .* p2 is named 'Other', not '{name}'"
    with pytest.raises(BadOption, match=said):
        plan.plan_deletion(wanted(name, "P2"), library)
    assert plan.plan_deletion(wanted("Other", "P2"), library).item_id == "p2"


@pytest.mark.parametrize(
    "asked, name",
    [
        (wanted("Gone"), "Gone"),
        (wanted("Gone", "p9"), "Gone"),
        (wanted(None, "P9"), "P9"),
    ],
)
def test_a_profile_that_does_not_exist_needs_no_deletion(asked: Wanted, name: str) -> None:
    library = Library([profile()], [CANARY], on(canary="p1"))
    assert plan.plan_deletion(asked, library) == Plan(asked, name, None, assigned_only=True)


# What a write returned


def check_answer(answer: CustomProfile, **fields: bool | str) -> list[str]:
    """Return the keys that the answer to a write has otherwise than was written."""
    try:
        plan.check_written(replace(planned(None), fields=fields), NOTE, answer)
    except NotAsWritten as error:
        keys: list[str] = error.details["keys"]
        return keys
    return []


@pytest.mark.parametrize(
    "answer, fields, keys",
    [
        (profile(), FLAGS, []),
        (profile(name="Old"), {"name": "Notes"}, ["name"]),
        (profile(name="Old"), FLAGS, ["name"]),
        (profile(name=""), {"name": "Notes"}, []),
        (profile(flags={}), FLAGS, []),
        (replace(profile(flags={}), malformed=frozenset({"active"})), FLAGS, ["active"]),
        (profile(flags={"active": False}), FLAGS, ["active"]),
        (profile(Note="Hi"), {"name": "Other"}, ["Note", "name"]),
        (profile(text="not XML"), FLAGS, ["PayloadContent"]),
        (profile(Other=1), FLAGS, ["PayloadContent"]),
    ],
)
def test_the_answer_to_a_write_is_compared_as_far_as_it_goes(
    answer: CustomProfile, fields: dict[str, bool | str], keys: list[str]
) -> None:
    assert check_answer(answer, **fields) == keys


def test_an_answer_that_differs_names_the_profile_to_inspect() -> None:
    with pytest.raises(NotAsWritten) as raised:
        plan.check_written(planned(None), NOTE, profile(flags={"active": False}, Note="Hi"))
    assert raised.value.message == (
        "Kandji accepted the profile 'Notes' (p1), yet returned another Note, active than was"
        " written. It is not written again. Inspect it in Kandji."
    )
    assert raised.value.details == {
        "vendor": "kandji",
        "keys": ["Note", "active"],
        "library_item_id": "p1",
    }


# Conflicts


def test_neighbours_are_the_other_active_readable_profiles_on_these_blueprints() -> None:
    profiles = [
        profile("elsewhere"),
        profile("own"),
        profile("inactive", flags={"active": False}),
        profile("unreadable", text="not XML"),
        profile("near"),
    ]
    both = [LibraryItem(item_id) for item_id in ("own", "inactive", "unreadable", "near")]
    library = Library(profiles, [CANARY, SALES], {"b-canary": both, "b-sales": both})
    (neighbour,) = plan.find_neighbours({"own"}, [CANARY, SALES], library)
    assert neighbour == (profiles[-1], NOTE.build("Notes", None), "'Canary', 'Sales'")
    warning = plan.warn_unreadable({"own"}, [CANARY, SALES], library)
    assert warning == (
        "Whether these custom profiles configure the same is unknown, because their content is not a"
        f" readable configuration profile: '{profiles[3].name}' (unreadable) on 'Canary', 'Sales'."
        " Inspect them in Kandji."
    )
    assert plan.warn_unreadable({"own", "unreadable"}, [CANARY, SALES], library) == ""


@pytest.mark.parametrize(
    "count, macs",
    [
        (1, "1 Mac of these blueprints already (M0)"),
        (5, "5 Macs of these blueprints already (M0, M1, M2, M3, M4)"),
        (6, "6 Macs of these blueprints already (M0, M1, M2, M3, M4 and 1 more)"),
    ],
)
def test_up_to_five_macs_of_kandjis_own_integration_are_named(count: int, macs: str) -> None:
    installed = [
        InstalledProfile(f"d{number}", serial=f"M{number}", blueprint_id="b-canary")
        for number in range(count)
    ]
    elsewhere = InstalledProfile("d", serial="X", blueprint_id="b-sales")
    (sentence,) = plan.device_trust_conflicts([*installed, elsewhere], [CANARY])
    assert sentence == f"Kandji's own Okta Device Trust integration serves {macs}"


def test_a_conflict_that_fails_names_the_rule_and_both_remedies() -> None:
    with pytest.raises(Refused) as raised:
        plan.check_conflicts(["a profile", "an app"], "fail", "One note is enough")
    assert raised.value.message == (
        "One note is enough: a profile; an app. Nothing was written. Remove one of them, or set"
        " on_conflict: warn."
    )
