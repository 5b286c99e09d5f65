# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of any Custom Profile: its limits, deletions and conflicts are of what exists."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.file_content import (
    FileContent,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Library,
    Plan,
    Wanted,
    check_conflicts,
    check_written,
    device_trust_conflicts,
    find_neighbours,
    identify,
    plan_content,
    plan_deletion,
    plan_places,
    platform_flags,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.properties._kandji.profiles.test_scep import written
from tests.support.strategies.kandji import (
    BLUEPRINTS,
    ITEM_IDS,
    custom_profiles,
    installed_profiles,
    items,
    plists,
)
from tests.support.strategies.values import Json, outcome_of

names = st.sampled_from(("Okta SCEP", "Wi-Fi", "new"))
libraries = st.builds(
    Library, st.lists(custom_profiles(), max_size=1), st.just(BLUEPRINTS), items()
)


@given(libraries, names, plists(), st.sampled_from((None, "1")), st.sampled_from(("mac", "ipad")))
def test_a_file_that_was_written_needs_no_further_write(
    library: Library, name: str, plist: Json, generation: str | None, platform: str
) -> None:
    wanted = Wanted(name, None, BLUEPRINTS[:2], generation)
    content = FileContent(plist, generation, (platform,))
    flags = {"active": True, **platform_flags((platform,))}

    def plan_for(profiles: t.Sequence[CustomProfile]) -> Plan:
        return plan_content(Plan(wanted, *identify(wanted, profiles)), content, flags)

    plan = outcome_of(lambda: plan_for(library.profiles))
    if isinstance(plan, DeviceTrustError):
        assert "canary-" not in repr((plan.message, plan.details))
        return
    assert "canary-" not in repr((plan.changes, plan))
    after = written(plan)
    if plan.mobileconfig is not None:
        check_written(plan, content, after)
    again = plan_for([after])
    assert again.changes == () and again.mobileconfig is None and not again.fields
    if plan.current is not None:  # an absent flag is unknown, and never a reason for a write
        assert set(plan.fields) <= {"name", *plan.current.flags}


@given(libraries, names, st.sampled_from((None, *ITEM_IDS)), st.sampled_from(("add", "exact")))
def test_a_deletion_is_of_a_profile_that_exists(
    library: Library, name: str, item_id: str | None, mode: str
) -> None:
    plan = outcome_of(lambda: plan_deletion(Wanted(name, item_id, ()), library))
    if isinstance(plan, DeviceTrustError):
        return
    ids = {profile.id for profile in library.profiles}
    assert plan.deletes is (plan.current is not None) is bool(plan.changes)
    assert plan.item_id is None or plan.item_id in ids
    after = Library([each for each in library.profiles if each.id != plan.item_id])
    assert plan_deletion(Wanted(name, item_id, ()), after).changes == ()
    placed = plan_places(Plan(Wanted(name, None, BLUEPRINTS[:1]), name, None), library, mode)
    assert placed.assignment.assign == [BLUEPRINTS[0]]


@given(libraries, st.lists(installed_profiles(), max_size=3))
def test_conflicts_are_of_profiles_and_macs_that_exist(
    library: Library, installed: list[InstalledProfile]
) -> None:
    found = list(find_neighbours({ITEM_IDS[1]}, BLUEPRINTS, library))
    assert all(each.profile in library.profiles and each.profile.is_active for each in found)
    conflicts = device_trust_conflicts(installed, BLUEPRINTS)
    assert bool(conflicts) is bool(installed)
    check_conflicts(conflicts, "warn", "One")
    refused = outcome_of(lambda: check_conflicts(conflicts, "fail", "One"))
    assert isinstance(refused, Refused) is bool(conflicts)
