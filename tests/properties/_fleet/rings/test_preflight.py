# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight: a blueprint is in one ring, every problem is a sentence, and names come from options."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.preflight import (
    describe_silent_macs,
    find_option_problems,
    find_unprovable_test_macs,
    resolve_rings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import BLUEPRINT_IDS, BLUEPRINTS, devices
from tests.support.strategies.values import assert_sentence, hostile, texts

NAMES = ("Canary", "canary", "Sales & Ops", BLUEPRINT_IDS[2], BLUEPRINT_IDS[0].upper(), "Unknown")
options = st.builds(
    RingOptions,
    st.one_of(st.sampled_from(("canary", "all")), texts),
    st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    st.sampled_from((None, "Okta SCEP")),
    st.dictionaries(st.sampled_from(NAMES), hostile, max_size=1),
    st.sampled_from(((), ("C02XK1ZAJG5J",))),
)


@given(st.lists(options, max_size=3))
def test_rings_without_problems_share_no_blueprint(some: list[RingOptions]) -> None:
    resolved, problems = resolve_rings(some, BLUEPRINTS)
    assert [each.options for each in resolved] == some
    for problem in (*problems, *find_option_problems(some)):
        assert_sentence(problem)
    if not problems and len({ring.name for ring in some}) == len(some):
        ids = [blueprint.id for ring in resolved for blueprint in ring.blueprints]
        assert len(ids) == len(set(ids)) and set(ids) <= set(BLUEPRINT_IDS)
    for each in resolved:
        assert set(each.nodes) <= {blueprint.id for blueprint in each.blueprints}
        each.as_result("Okta SCEP - ")
    sound = [id for each in resolved if each.is_sound for id in {b.id for b in each.blueprints}]
    assert len(sound) == len(set(sound)), "sound rings share no blueprint"


@given(st.lists(options, max_size=3), devices())
def test_what_is_wrong_with_test_macs_is_a_sentence(
    some: list[RingOptions], held: list[KandjiDevice]
) -> None:
    rings, _problems = resolve_rings(some, BLUEPRINTS)
    now = datetime(2026, 11, 26, tzinfo=timezone.utc)
    for ring in rings:
        problems = find_unprovable_test_macs(ring, held)
        for sentence in (*problems, *describe_silent_macs(ring, held, now)):
            assert_sentence(sentence)
        assert len(problems) <= len(ring.options.test_macs)
