# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a run whose plan was made for what Kandji no longer holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import recheck
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    LibraryItem,
)

EARLY, LATE = "2026-11-26T05:00:00.000001Z", "2026-11-26T05:00:00.000002Z"
PROFILE = CustomProfile("b", "SCEP", "<plist/>", {"active": True}, created_at=LATE)
CANARY = Blueprint("c", "Canary")


class Tenant:
    """A tenant whose blueprints hold these items."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def library_items(self, _blueprint_id: str) -> list[LibraryItem]:
        return [LibraryItem(each) for each in self.ids]


def check(planned: CustomProfile | None, *listed: CustomProfile, name: str = "SCEP") -> None:
    recheck.check_unchanged(f"profile {name!r}", name, planned, listed)


@pytest.mark.parametrize(
    ("planned", "listed", "text"),
    [
        (None, [PROFILE], "it was created in Kandji"),
        (PROFILE, [], "it was deleted in Kandji"),
        (PROFILE, [replace(PROFILE, mobileconfig="<other/>")], "it was changed in Kandji"),
        (PROFILE, [replace(PROFILE, flags={"active": False})], "it was changed in Kandji"),
        (PROFILE, [replace(PROFILE, name="Renamed")], "it was changed in Kandji"),
    ],
)
def test_a_change_since_the_plan_stops_the_run(planned, listed, text):
    with pytest.raises(Refused, match=text):
        check(planned, *listed)


def test_a_new_name_that_another_profile_got_meanwhile_stops_the_run():
    with pytest.raises(Refused, match="got a namesake"):
        check(PROFILE, PROFILE, replace(PROFILE, id="a", name="New"), name="New")


def test_other_profiles_and_a_new_timestamp_alone_stop_nothing():
    check(None, replace(PROFILE, name="Other"))
    check(PROFILE, replace(PROFILE, updated_at=LATE), replace(PROFILE, id="a", name="Other"))


@pytest.mark.parametrize(
    ("on_blueprint", "assignment", "text"),
    [
        (["b"], Assignment([CANARY], []), "was assigned to the blueprint 'Canary'"),
        ([], Assignment([], [CANARY]), "was removed from the blueprint 'Canary'"),
    ],
)
def test_an_assignment_since_the_plan_stops_the_run(on_blueprint, assignment, text):
    with pytest.raises(Refused, match=text):
        recheck.check_assignment(Tenant(*on_blueprint), "profile 'SCEP'", "B", assignment)


def test_an_assignment_as_planned_stops_nothing():
    recheck.check_assignment(Tenant("x"), "profile 'SCEP'", "B", Assignment([CANARY], []))
    recheck.check_assignment(Tenant("b"), "profile 'SCEP'", "B", Assignment([], [CANARY]))
    recheck.check_assignment(Tenant("b"), "profile 'SCEP'", None, Assignment([CANARY], []))


@pytest.mark.parametrize(
    ("twin", "first"),
    [
        (replace(PROFILE, id="z", created_at=EARLY), "z"),
        (replace(PROFILE, id="a"), "a"),
        (replace(PROFILE, id="z"), "b"),
        (replace(PROFILE, id="a", name="Other", created_at=EARLY), "b"),
    ],
)
def test_both_runs_agree_on_the_twin_that_stays(twin, first):
    listed = [PROFILE, twin]
    older = recheck.find_older_twin(PROFILE, listed)
    assert (older.id if older else PROFILE.id) == first
    if twin.name == PROFILE.name:
        assert (recheck.find_older_twin(twin, listed) is None) == (first == twin.id)
