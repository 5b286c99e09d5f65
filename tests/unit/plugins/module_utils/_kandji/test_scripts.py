# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Custom Script: its plan, what of it is compared, and the error if Kandji keeps another."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotAsWritten,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import scripts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomScript,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.scripts import (
    Places,
    Plan,
)

KEPT = {
    "id": "a",
    "name": "Look",
    "script": "echo",
    "remediation_script": "",
    "execution_frequency": "every_day",
    "active": True,
    "restart": False,
    "updated_at": "2026-11-01T10:00:00Z",
}
LOOK = CustomScript.from_row(KEPT)
CANARY = Blueprint("b1", "Canary")
SALES = Blueprint("b2", "Sales")
# printf echo | sha256sum, and of nothing
ECHO = "092c79e8f80e559e404bcf660c48f3522b67aba9ff1484b0367e1a4ddef7431d"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def params(**options: t.Any) -> dict[str, t.Any]:
    """Return the module's options: those that are not named are not set."""
    unset = dict.fromkeys((*scripts.COMPARED, *scripts.WRITE_ONLY, "library_item_id"))
    return {**unset, "name": "Look", "blueprints_mode": "add", **options}


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"script": " \n"}, "script: it is empty. Set the text of the script."),
        (
            {"execution_frequency": "no_enforcement"},
            "execution_frequency: no_enforcement leaves the script to Self Service. Set"
            " show_in_self_service, or another frequency.",
        ),
        (
            {"show_in_self_service": True},
            "self_service_category_id: Self Service shows a script in a category. Set its id.",
        ),
        (
            {"script": "#!/bin/zsh\r\necho hi\r\n"},
            "script: it has carriage returns, which macOS takes for a part of the interpreter's"
            " name. Save it with line feeds alone.",
        ),
        (
            {"remediation_script": "#!/bin/zsh\r\necho hi\r\n"},
            "remediation_script: it has carriage returns, which macOS takes for a part of the"
            " interpreter's name. Save it with line feeds alone.",
        ),
        (
            {"script": "#!/bin/zsh\necho \0"},
            "script: it holds a NUL character, at which a shell ends or refuses a script. Set the"
            " text of a script, not that of a program.",
        ),
        *(
            (
                {option: f"{before}#!/bin/zsh\necho hi\n"},
                f"{option}: something precedes #!, such as an empty line or a byte order mark, so"
                " macOS does not find the interpreter. Begin the text with #!.",
            )
            for option in scripts.TEXTS
            for before in ("\ufeff", "\n", " ", "\t\n")
        ),
    ],
)
def test_options_that_kandji_would_refuse(options, message):
    with pytest.raises(BadOption) as caught:
        scripts.check_options(params(**{"script": "echo", **options}))
    assert caught.value.message == message


@pytest.mark.parametrize(
    "options",
    [
        {"execution_frequency": "once"},
        {"script": "# runs under sh, says #!\necho hi\n", "remediation_script": ""},
        {"show_in_self_service": True, "self_service_category_id": "c"},
        {
            "execution_frequency": "no_enforcement",
            "show_in_self_service": True,
            "self_service_category_id": "c",
        },
    ],
)
def test_options_that_kandji_accepts(options):
    scripts.check_options(params(**{"script": "echo", **options}))


# The script that the options name


def test_both_scripts_and_their_longer_lines_are_secret():
    text = "#!/bin/zsh\n  TOKEN=abcdefgh\nexit 0\n"
    options = params(script=text, remediation_script="echo hello there")
    assert scripts.secret_texts(options) == [
        text,
        "echo hello there",
        "TOKEN=abcdefgh",
        "echo hello there",
    ]
    assert scripts.secret_texts(params(script="echo")) == ["echo"]


@pytest.mark.parametrize(
    ("name", "item_id", "expected"),
    [
        ("Look", None, LOOK),
        ("Looks", None, None),
        ("look", "a", LOOK),
        (None, "a", LOOK),
        (None, "A", LOOK),
        ("Renamed", "a", LOOK),
    ],
)
def test_a_script_is_selected_by_id_or_by_exact_name(name, item_id, expected):
    assert scripts.find_script(name, item_id, [CustomScript("b", "Other"), LOOK]) == expected


@pytest.mark.parametrize(
    ("name", "item_id", "message"),
    [
        (None, "z", "library_item_id: Kandji has no custom script with the id z. Correct it."),
        (
            "look",
            None,
            "name: Kandji has no custom script 'look'; did you mean 'Look'? Give that name, or rename"
            " the custom script in Kandji.",
        ),
        (
            "Look",
            None,
            "name: Kandji has 2 custom scripts named 'Look' (a, b). Rename all but one of them in"
            " Kandji, or set library_item_id to the id of one.",
        ),
    ],
)
def test_an_unknown_id_and_an_ambiguous_name_are_refused(name, item_id, message):
    with pytest.raises(BadOption) as caught:
        scripts.find_script(name, item_id, [LOOK, replace(LOOK, id="b")])
    assert caught.value.message == message


# The plan


def test_the_plan_of_a_new_script_writes_what_is_set_and_shows_no_text():
    options = params(script="echo\n", active=False, self_service_recommended=True)
    plan = scripts.plan_script(options, [], Places([CANARY], nodes={"b1": "n1"}))
    assert plan == Plan(
        "Look",
        None,
        {"name": "Look", "script": "echo\n", "active": False, "self_service_recommended": True},
        Assignment([CANARY], [], {"b1": "n1"}),
        [
            Change(
                "create",
                "script 'Look'",
                {},
                {"name": "Look", "script": f"sha256:{ECHO} (1 lines)", "active": False},
            ),
            Change(
                "assign",
                "script 'Look' to blueprint 'Canary'",
                {},
                {"assigned": True, "assignment_node_id": "n1"},
            ),
        ],
    )
    assert plan.item_id is None


def test_the_plan_of_an_existing_script_writes_the_differences_alone():
    options = params(
        name=None,
        library_item_id="A",
        script="echo",
        remediation_script="a\nb",
        restart=True,
        self_service_category_id="c",
        blueprints_mode="exact",
    )
    places = Places([CANARY], [CANARY, SALES], {"b1": {"a"}, "b2": {"a"}})
    plan = scripts.plan_script(options, [LOOK], places)
    digest = scripts.digest("a\nb")
    assert plan == Plan(
        "Look",
        LOOK,
        {"remediation_script": "a\nb", "restart": True, "self_service_category_id": "c"},
        Assignment([], [SALES]),
        [
            Change(
                "update",
                "script 'Look'",
                {"remediation_script": f"sha256:{EMPTY} (0 lines)", "restart": False},
                {"remediation_script": f"sha256:{digest} (2 lines)", "restart": True},
            ),
            Change(
                "remove",
                "script 'Look' from blueprint 'Sales'",
                {"assigned": True},
                {},
            ),
        ],
    )
    assert plan.item_id == "a"


def test_a_script_as_asked_for_is_not_written_for_a_write_only_option():
    options = params(script="echo\n", self_service_category_id="c")
    plan = scripts.plan_script(options, [LOOK], Places([]))
    assert plan == Plan("Look", LOOK, {}, Assignment([], []), [])


def test_a_script_that_is_selected_by_id_is_renamed():
    plan = scripts.plan_script(params(name="New", library_item_id="a"), [LOOK], Places([]))
    assert (plan.name, plan.fields) == ("New", {"name": "New"})
    assert plan.changes == [Change("update", "script 'New'", {"name": "Look"}, {"name": "New"})]


# Comparison


@pytest.mark.parametrize(
    ("desired", "paths"),
    [
        ({"script": "echo\n"}, []),
        ({"script": "echo\n\n"}, []),
        ({"script": "\necho"}, ["script"]),
        ({"name": "Look "}, ["name"]),
        ({"show_in_self_service": False}, []),  # older answers leave it out
        ({"show_in_self_service": True}, ["show_in_self_service"]),
        ({"remediation_script": ""}, []),
        ({"active": 1}, ["active"]),
    ],
)
def test_what_differs(desired, paths):
    assert [each.path for each in scripts.compare(desired, LOOK)] == paths


@pytest.mark.parametrize(
    ("desired", "paths"),
    [
        ({"remediation_script": "", "show_in_self_service": False}, []),
        ({"active": False, "restart": False}, ["active", "restart"]),
    ],
)
def test_a_script_of_which_kandji_returns_little(desired, paths):
    little = CustomScript("a", "Look", "echo")
    assert [each.path for each in scripts.compare(desired, little)] == paths


def test_a_text_that_kandji_keeps_with_a_newline_is_equal():
    assert scripts.compare({"script": "echo"}, replace(LOOK, script="echo\n")) == []


def test_what_is_to_be_written_is_the_text_as_it_was_given():
    differences = scripts.compare({"script": "echo again\n"}, LOOK)
    assert [(each.before, each.after) for each in differences] == [("echo", "echo again\n")]


@pytest.mark.parametrize("field", ["active", "restart", "execution_frequency"])
def test_what_kandji_does_not_list_is_unknown_and_no_reason_for_a_write(field):
    current = CustomScript.from_row({key: KEPT[key] for key in KEPT if key != field})
    wanted = {"active": False, "restart": True, "execution_frequency": "once"}
    result = scripts.plan_script(params(**{field: wanted[field]}), [current], Places([]))
    assert (result.fields, result.changes, result.unknown) == ({}, [], (field,))


@pytest.mark.parametrize("field", ["active", "restart", "execution_frequency", "script"])
def test_a_plan_that_depends_on_a_malformed_field_is_refused(field):
    current = CustomScript.from_row({**KEPT, field: None})
    with pytest.raises(Unreadable, match=f"List Custom Scripts has no readable {field}, so"):
        scripts.plan_script(params(**{field: KEPT[field]}), [current], Places([]))
    assert scripts.plan_script(params(), [current], Places([])).changes == []


# After a write


def test_a_script_that_kandji_kept_as_written_passes():
    fields = {"script": "echo\n", "restart": False, "self_service_category_id": "x"}
    scripts.check_written(Plan("Look", None, fields), LOOK)


def test_what_kandji_keeps_otherwise_is_named():
    fields = {"name": "See", "script": "echo\n", "restart": True, "self_service_category_id": "x"}
    with pytest.raises(NotAsWritten) as caught:
        scripts.check_written(Plan("Look", None, fields), LOOK)
    assert caught.value.message == (
        "Kandji accepted the script 'Look' (a), yet returned another name, restart than was"
        " written. It was assigned to nothing in this run. Inspect it in Kandji."
    )
    assert caught.value.details == {
        "vendor": "kandji",
        "keys": ["name", "restart"],
        "library_item_id": "a",
    }


@pytest.mark.parametrize(
    ("script", "fields", "expected"),
    [
        (
            LOOK,
            {},
            {
                "id": "a",
                "name": "Look",
                "execution_frequency": "every_day",
                "sha256": ECHO,
                "updated_at": "2026-11-01T10:00:00Z",
            },
        ),
        (
            None,
            {"script": "echo\n", "execution_frequency": "once"},
            {
                "id": None,
                "name": "Look",
                "execution_frequency": "once",
                "sha256": ECHO,
                "updated_at": None,
            },
        ),
        (
            None,
            {},
            {
                "id": None,
                "name": "Look",
                "execution_frequency": None,
                "sha256": EMPTY,
                "updated_at": None,
            },
        ),
    ],
)
def test_the_result_shows_a_digest_in_place_of_the_text(script, fields, expected):
    assert scripts.summarize(script, Plan("Look", script, fields)) == expected


def test_a_plan_does_not_show_the_text_in_its_representation():
    assert "echo" not in repr(Plan("Look", None, {"script": "echo"}))


def test_a_script_of_kandji_with_a_lone_surrogate_has_a_digest():
    assert len(scripts.digest("\ud800")) == 64
