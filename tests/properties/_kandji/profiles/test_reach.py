# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reach of a plan: every platform counts, and what is unknown of a device counts too."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Plan,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.reach import (
    describe_reach,
    find_reach,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    KandjiDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import BLUEPRINTS, DEVICE_IDS, custom_profiles, devices
from tests.support.strategies.values import unknown_words

FLAGS = ("active", "runs_on_mac", "runs_on_iphone", "runs_on_ipad", "runs_on_tv", "runs_on_vision")
some_blueprints = st.lists(st.sampled_from(BLUEPRINTS), unique=True)
holders = st.frozensets(st.sampled_from(DEVICE_IDS))
modes = st.sampled_from(("add", "exact", "remove"))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    current: CustomProfile | None = draw(st.one_of(st.none(), custom_profiles()))
    deletes = current is not None and draw(st.booleans())
    fields: dict[str, t.Any] = {}
    for name in draw(st.lists(st.sampled_from(FLAGS), unique=True)):
        fields[name] = draw(st.booleans())
    wanted = Wanted("Okta", None, draw(some_blueprints))
    return Plan(
        wanted,
        "Okta",
        current,
        deletes=deletes,
        fields={} if deletes else fields,
        mobileconfig=draw(st.sampled_from((None, b"<plist/>"))),
        assigned_only=deletes,
        assignment=Assignment(draw(some_blueprints), draw(some_blueprints)),
    )


@given(plans(), devices(), holders, modes)
def test_a_reach_names_devices_that_exist_or_hold_the_profile(
    plan: Plan, some: list[KandjiDevice], held: frozenset[str], mode: str
) -> None:
    reach = find_reach(plan, some, held, mode, plan.wanted.blueprints)
    known = {device.device_id for device in some}
    assert reach.new <= known and reach.changed <= held and reach.removed <= known | held
    counts = reach.counts("reissue")
    assert counts["new"] == len(reach.new) and counts["reissue"] == len(reach.changed)
    if plan.writes_profile:  # a holder installs it again, or loses it by the same write
        assert held - reach.changed <= reach.removed
    if plan.deletes:
        assert held <= reach.removed
    for limit in ("reissue", "new", "removed"):
        assert describe_reach(plan, limit).startswith("profile 'Okta'")


@given(plans(), devices(), holders, modes, st.one_of(st.none(), unknown_words))
def test_a_device_whose_platform_is_unknown_never_lowers_a_count(
    plan: Plan, some: list[KandjiDevice], held: frozenset[str], mode: str, platform: str | None
) -> None:
    unknown = [replace(device, platform=platform) for device in some]
    before, after = (
        find_reach(plan, each, held, mode, plan.wanted.blueprints) for each in (some, unknown)
    )
    assert before.new <= after.new and before.removed <= after.removed
    assert before.changed <= after.changed


@given(plans(), devices(), holders, modes)
def test_a_flag_that_kandji_does_not_list_never_lowers_a_count(
    plan: Plan, some: list[KandjiDevice], held: frozenset[str], mode: str
) -> None:
    if plan.current is None:
        return
    unlisted = replace(plan, current=replace(plan.current, flags={}))
    before, after = (
        find_reach(each, some, held, mode, plan.wanted.blueprints) for each in (plan, unlisted)
    )
    assert before.new <= after.new and before.removed <= after.removed


@given(plans(), devices(), holders, holders, modes)
def test_more_holders_are_never_reached_less(
    plan: Plan, some: list[KandjiDevice], held: frozenset[str], more: frozenset[str], mode: str
) -> None:
    before, after = (
        find_reach(plan, some, each, mode, plan.wanted.blueprints) for each in (held, held | more)
    )
    assert before.changed <= after.changed and before.removed <= after.removed
