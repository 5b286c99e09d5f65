# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trial shows, and whose a profile with its name is."""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import trial
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    Material,
    Reply,
    Trial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.point_type import (
    Finding,
)

ITEM, UUID = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1", "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"


def content(top: t.Any = None, **payload: t.Any) -> str:
    """Return the content with other keys, of the whole and of its payload. None removes a key."""
    plist = {**plistlib.loads(trial.CONTENT), **(top or {})}
    plist["PayloadContent"] = [{**trial.PAYLOAD, **payload}]
    kept = {key: value for key, value in plist.items() if value is not None}
    return plistlib.dumps(kept).decode()


def profile(text: str | None, name: str = trial.NAME, **fields: t.Any) -> CustomProfile:
    return CustomProfile(ITEM, name, text, **fields)


def tried(text: str | None, later: str | None = None) -> Trial:
    """Return a trial whose lists show what the answers do."""
    first, second = profile(text), profile(later or text, trial.RENAMED)
    return Trial(first, second, first, second, False)


def with_uuid(uuid: object) -> str:
    return content({"PayloadUUID": uuid})


# What is sent


def test_a_mac_would_install_the_content_and_it_has_tabs():
    text = trial.CONTENT.decode()
    assert mobileconfig.read(text)["PayloadContent"] == [trial.PAYLOAD]
    assert "\n\t" in text and not mobileconfig.enrolls(mobileconfig.parse(text))
    assert trial.FLAGS["active"] is False


@pytest.mark.parametrize("phrase", ["", "write acme.test", "WRITE", "WRITE other.test"])
def test_another_phrase_is_refused_and_the_right_one_is_named(phrase):
    with pytest.raises(Refused, match="set confirm: WRITE acme.test$") as refused:
        trial.check_confirmed("acme.test", phrase)
    assert refused.value.details["confirm"] == "WRITE acme.test"


def test_the_phrase_may_have_spaces_around_it():
    trial.check_confirmed("acme.test", " WRITE acme.test\n")


# Leftovers


@pytest.mark.parametrize("name", [trial.NAME, trial.RENAMED])
def test_a_leftover_is_known_by_its_name_and_the_type_of_its_payload(name):
    other_identity = content({"PayloadUUID": UUID}, PayloadUUID=UUID, PayloadIdentifier="x")
    left = profile(other_identity, name)
    others = [profile(content(), "Wi-Fi"), profile(content(), name.upper())]
    assert trial.find_leftovers([left, *others], {}) == [left]


@pytest.mark.parametrize("text", [None, "", "<plist/>", content(PayloadType="com.apple.wifi")])
def test_a_name_of_the_trial_with_another_content_is_refused(text):
    with pytest.raises(Refused, match="Rename or delete it") as refused:
        trial.find_leftovers([profile(text)], {})
    assert refused.value.details["library_item_id"] == ITEM


def test_a_leftover_that_somebody_assigned_is_refused():
    with pytest.raises(Refused, match="on the blueprint 'Canary', 'Sales'. Nothing was written"):
        trial.find_leftovers([profile(content())], {ITEM: ["Canary", "Sales"]})
    assert trial.find_leftovers([profile(content())], {UUID: ["Canary"]})


def test_a_leftover_that_somebody_activated_is_refused():
    left = replace(profile(content()), flags={"active": True})
    with pytest.raises(Refused, match="is active, and no run of this module leaves it so"):
        trial.find_leftovers([left], {})
    assert trial.find_leftovers([replace(left, flags={"active": False})], {})


def test_a_run_that_reads_names_what_is_left():
    row = {"id": ITEM, "name": trial.NAME, "profile": content()}
    rows = {"results": [row, {**row, "name": "Wi-Fi"}, {**row, "profile": None}, {}]}
    read = Material({"List Custom Profiles": [Reply({}, {}, 200, {}, rows)]})
    [text] = trial.describe_leftovers(read)
    assert ITEM in text and trial.NAME in text


# What it shows


def test_a_tenant_that_rewrites_nothing_but_the_identity():
    shown = tried(with_uuid(UUID), with_uuid(ITEM))
    assert trial.judge_identity(shown) == Finding(True, 1)
    assert trial.judge_top_level_keys(shown) == Finding(True, 1, more={"kept": 2})
    assert trial.judge_tabs(shown) == Finding(False, 1)
    assert trial.judge_inner_identity(shown) == Finding(True, 1, more={"other_keys_rewritten": 0})
    assert trial.judge_list(shown).position is True


@pytest.mark.parametrize(
    ("first", "second", "identity", "case"),
    [
        (UUID, UUID.upper(), False, "upper"),
        (UUID.upper(), UUID, False, "lower"),
        (UUID, ITEM.upper(), True, "upper"),
        (UUID, "6F1d", True, "lower"),
        (None, UUID, None, "lower"),
        (UUID, 7, None, "lower"),
        (None, None, None, None),
    ],
)
def test_the_identity_is_compared_without_case_and_the_last_one_shows_it(
    first, second, identity, case
):
    shown = tried(with_uuid(first), with_uuid(second))
    found = trial.judge_identity(shown)
    assert (found and found.position) == identity
    written = trial.judge_uuid_case(shown)
    assert (written and written.position) == case


@pytest.mark.parametrize(
    ("top", "position", "kept"),
    [
        ({"PayloadDescription": None, "PayloadOrganization": None}, False, 0),
        ({"PayloadDescription": None}, False, 1),
        ({"PayloadOrganization": "Acme"}, False, 1),
        ({}, True, 2),
    ],
)
def test_top_level_keys(top, position, kept):
    found = trial.judge_top_level_keys(tried(content(top)))
    assert found == Finding(position, 1, more={"kept": kept})


def test_tabs_of_a_value_are_a_difference_that_the_collection_does_not_cope_with():
    spaces = content().replace("\n\t", "\n    ")
    assert trial.judge_tabs(tried(spaces.replace("    \t", "     "))) == Finding(True, 1)
    everywhere = content().replace("\t", "    ")
    assert trial.judge_tabs(tried(everywhere)) == Finding(True, 1, copes=False)


@pytest.mark.parametrize(
    ("payload", "position", "others"),
    [
        ({"PayloadUUID": UUID}, False, 0),
        ({"PayloadIdentifier": "x"}, False, 0),
        ({"Number": 2}, True, 1),
        ({"Number": 2, "PayloadVersion": 2, "PayloadUUID": UUID}, False, 2),
        ({trial.TAB: "x", "More": 1}, True, 0),
    ],
)
def test_other_keys_of_the_payload_have_to_be_as_sent(payload, position, others):
    found = trial.judge_inner_identity(tried(content(**payload)))
    assert found == Finding(position, 1, others == 0, {"other_keys_rewritten": others})


def test_flags_count_in_the_list_alone():
    shown, flags = tried(content()), {"active": False, "runs_on_mac": True}
    assert trial.judge_flags(shown) == Finding(False, 1)
    listed = replace(shown, listed=profile(content(), flags=flags))
    assert trial.judge_flags(listed) == Finding(True, 1)
    answered = replace(shown, created=profile(content(), flags=flags), listed=None)
    assert trial.judge_flags(answered) is None


@pytest.mark.parametrize("changed", ["listed", "listed_renamed", "listed_deleted"])
def test_a_list_that_is_behind_once_is_behind(changed):
    behind = replace(tried(content()), **{changed: True if changed == "listed_deleted" else None})
    found = trial.judge_list(behind)
    assert found.position is False and sum(found.more.values()) == 2 and found.copes


def test_without_a_list_the_answers_to_the_writes_count():
    shown = replace(tried(with_uuid(UUID), with_uuid(ITEM)), listed=None, listed_renamed=None)
    assert trial.judge_identity(shown) == Finding(True, 1)
    assert trial.judge_tabs(shown) == Finding(False, 1)


JUDGES = (
    trial.judge_identity,
    trial.judge_uuid_case,
    trial.judge_top_level_keys,
    trial.judge_tabs,
    trial.judge_inner_identity,
)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("text", [None, "", "<plist/>"])
def test_a_content_that_is_not_shown_shows_nothing(judge, text):
    assert judge(tried(text)) is None


def test_the_trial_counts_more_than_what_was_read():
    shown, read = Finding("shown", 1), Finding("read", 1)
    with_trial, without = Material(trial=tried(content())), Material()
    judge = trial.or_read(lambda _trial: shown, lambda _material: read)
    assert (judge(with_trial), judge(without)) == (shown, read)
    assert trial.or_read(lambda _trial: None, lambda _material: read)(with_trial) == read
    assert trial.or_read(lambda _trial: shown)(without) is None


def test_the_steps_name_what_is_deleted():
    steps = trial.describe_changes([profile(content())])
    assert [step.action for step in steps] == ["delete", "create", "update", "delete"]
    assert ITEM in steps[0].subject and trial.RENAMED in steps[-1].subject
