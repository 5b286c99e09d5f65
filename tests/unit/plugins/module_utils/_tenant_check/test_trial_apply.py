# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writes of a trial. Its failures are in tests/functional/vendor_behaviour/test_verify_writes.py."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    NotFound,
    Refused,
    Uncertain,
    Unreachable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    LibraryItem,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import (
    trial,
    trial_apply,
)

ITEM = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1"
CREATED = CustomProfile(ITEM, trial.NAME, trial.CONTENT.decode())
RENAMED = CustomProfile(ITEM, trial.RENAMED, trial.CONTENT.decode())
OTHER = CustomProfile("other", "Wi-Fi", "<plist/>")
LEFT = replace(RENAMED, id="other")


def tenant(*lists: t.Any, may_have_written: bool = False, **methods: t.Any) -> mock.Mock:
    """Return a tenant whose lists of profiles are these, one after the other."""
    kandji = mock.Mock(**{f"{name}.side_effect": effect for name, effect in methods.items()})
    kandji.profiles.side_effect = [
        each if isinstance(each, Exception) else iter(each) for each in lists
    ]
    kandji.transport.may_have_written = may_have_written
    if "create_profile" not in methods:
        kandji.create_profile.return_value = CREATED
    if "update_profile" not in methods:
        kandji.update_profile.return_value = RENAMED
    return kandji


def run(kandji: mock.Mock, leftovers: t.Sequence[CustomProfile] = ()) -> t.Any:
    return trial_apply.make_trial(kandji, list(leftovers), lambda _step: None)


def failing(kandji: mock.Mock, error: type[Exception]) -> str:
    with pytest.raises(error) as raised:
        run(kandji)
    return str(raised.value)


def test_a_profile_is_created_renamed_and_deleted_with_a_list_after_each():
    kandji = tenant([OTHER, CREATED], [RENAMED], [OTHER])
    shown = run(kandji)
    assert [call[0] for call in kandji.method_calls] == [
        "create_profile",
        "profiles",
        "update_profile",
        "profiles",
        "delete_profile",
        "profiles",
    ]
    assert kandji.update_profile.call_args.args == (CREATED, {"name": trial.RENAMED}, None)
    assert (shown.listed, shown.listed_renamed, shown.listed_deleted) == (CREATED, RENAMED, False)


def test_a_list_that_is_behind_shows_none():
    shown = run(tenant([OTHER], [CREATED], [RENAMED]))
    assert (shown.listed, shown.listed_renamed, shown.listed_deleted) == (None, None, True)


def test_leftovers_are_deleted_first():
    kandji = tenant([LEFT], [], [], [])
    run(kandji, [LEFT])
    assert kandji.method_calls[:2] == [mock.call.profiles(), mock.call.delete_profile("other")]
    assert kandji.delete_profile.call_args_list == [mock.call("other"), mock.call(ITEM)]


def test_a_leftover_that_stays_ends_the_run_before_it_creates_another():
    kandji = tenant([], delete_profile=ApiError("Kandji: no", status=403))
    with pytest.raises(ApiError, match=r"of the trial \(other\), named .*, is left.*Kandji: no"):
        run(kandji, [OTHER])
    kandji.create_profile.assert_not_called()


def test_a_change_that_fails_is_followed_by_the_deletion():
    kandji = tenant([CREATED], [CREATED], update_profile=ApiError("Kandji: no", status=500))
    assert failing(kandji, ApiError) == "Kandji: no"
    kandji.delete_profile.assert_called_once_with(ITEM)


def test_a_list_that_fails_is_followed_by_the_deletion():
    kandji = tenant(Unreachable("Kandji: gone"), [CREATED])
    assert failing(kandji, Unreachable) == "Kandji: gone"
    kandji.delete_profile.assert_called_once_with(ITEM)


def test_without_a_list_nothing_is_deleted():
    """Somebody may have edited the profile."""
    kandji = tenant(Unreachable("Kandji: gone."), Unreachable("Kandji: still gone."))
    text = failing(kandji, Unreachable)
    assert text.startswith("Kandji: gone. The Custom Profile") and "may be left" in text
    assert text.endswith("Kandji: still gone.")
    kandji.delete_profile.assert_not_called()


EDITED = CREATED.mobileconfig.replace("<integer>1</integer>", "<integer>2</integer>")
EDITS = [
    (replace(CREATED, name="Wi-Fi"), "now 'Wi-Fi') meanwhile: name."),
    (replace(CREATED, mobileconfig=EDITED), "meanwhile: content."),
    (replace(CREATED, flags={"active": True}), "meanwhile: active."),
    (replace(CREATED, flags={"active": False, "runs_on_iphone": True}), ": runs_on_iphone."),
]
MADE = replace(CREATED, flags={"active": False, "runs_on_iphone": False})


@pytest.mark.parametrize(("edited", "words"), EDITS)
@pytest.mark.parametrize("before", ["update", "delete", "answer"])
def test_what_somebody_edited_between_two_requests_is_left(edited, words, before):
    lists = {"update": [[edited]], "delete": [[MADE], [edited]], "answer": [[], []]}[before]
    kandji = tenant(*lists)
    kandji.create_profile.return_value = MADE
    if before == "answer":  # the list is behind
        kandji.update_profile.return_value = edited
    assert words in failing(kandji, Refused)
    assert kandji.update_profile.called is (before != "update")
    kandji.delete_profile.assert_not_called()


@pytest.mark.parametrize(("edited", "words"), EDITS)
def test_an_edit_before_a_failure_is_named_beside_it(edited, words):
    kandji = tenant([MADE], [edited], update_profile=ApiError("Kandji: no.", status=500))
    kandji.create_profile.return_value = MADE
    text = failing(kandji, ApiError)
    assert text.startswith("Kandji: no. writes: another run or person changed") and words in text
    kandji.delete_profile.assert_not_called()


@pytest.mark.parametrize(("edited", "words"), EDITS)
def test_a_leftover_that_somebody_edited_since_it_was_read_is_left(edited, words):
    kandji = tenant([edited])
    with pytest.raises(Refused) as raised:
        run(kandji, [MADE])
    assert words in str(raised.value)
    kandji.delete_profile.assert_not_called()
    kandji.create_profile.assert_not_called()


def test_what_kandji_may_rewrite_by_itself_is_no_edit():
    rewritten = CREATED.mobileconfig.replace("0A9C5E7E", "1A9C5E7E").replace("7D1B6C52", "8D1B6C52")
    rewritten = rewritten.replace("Kandji\trewrites", "Kandji rewrites")
    shown = run(
        tenant([replace(CREATED, mobileconfig=rewritten)], [replace(RENAMED, flags={})], [])
    )
    assert shown.listed_renamed.name == trial.RENAMED
    assert run(tenant([replace(CREATED, mobileconfig=None)], [RENAMED], [])).listed is not None


def test_a_profile_that_another_run_deleted_is_no_mystery():
    kandji = tenant([CREATED], [], update_profile=NotFound("Kandji: Not found.", status=404))
    assert "another run or person deleted" in failing(kandji, Refused)
    kandji.delete_profile.assert_called_once_with(ITEM)  # what was not found may be the list


def test_a_refused_creation_is_all_that_is_said():
    kandji = tenant(create_profile=ApiError("Kandji: no", status=403))
    assert failing(kandji, ApiError) == "Kandji: no"
    kandji.profiles.assert_not_called()


def test_a_creation_of_unknown_fate_is_found_by_the_list():
    kandji = tenant([OTHER, CREATED], may_have_written=True, create_profile=Uncertain("Unknown."))
    assert failing(kandji, Uncertain) == "Unknown."
    kandji.delete_profile.assert_called_once_with(ITEM)


def test_a_creation_of_unknown_fate_without_a_list_may_be_left():
    lost = Unreachable("Kandji: gone")
    kandji = tenant(lost, may_have_written=True, create_profile=Uncertain("Unknown."))
    text = failing(kandji, Uncertain)
    assert text.startswith("Unknown. The Custom Profile") and "may be left" in text
    assert text.endswith("Kandji: gone")


def test_a_deletion_that_fails_after_another_failure_names_both():
    no = ApiError("Kandji: no.", status=403)
    kandji = tenant(
        [CREATED],
        [CREATED],
        update_profile=ApiError("Kandji: never.", status=500),
        delete_profile=no,
    )
    text = failing(kandji, ApiError)
    assert text.startswith("Kandji: never. Kandji: The Custom Profile") and text.endswith("no.")
    assert ITEM in text and "set writes: true" in text


def test_blueprints_are_read_only_if_something_is_left():
    kandji = tenant([OTHER])
    assert trial_apply.read_leftovers(kandji) == []
    kandji.blueprints.assert_not_called()


@pytest.mark.parametrize("holds", [True, False])
def test_a_leftover_is_looked_for_on_each_blueprint(holds):
    kandji = tenant([OTHER, CREATED])
    kandji.blueprints.return_value = [Blueprint("a", "Canary"), Blueprint("b", "Sales")]
    item = LibraryItem(ITEM if holds else "other", "x")
    kandji.library_items.side_effect = [[], [item]]
    if not holds:
        assert trial_apply.read_leftovers(kandji) == [CREATED]
        return
    with pytest.raises(Refused, match="on the blueprint 'Sales'"):
        trial_apply.read_leftovers(kandji)
