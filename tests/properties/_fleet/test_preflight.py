# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight: a blueprint is in one ring, every problem is a sentence, and names come from options."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.preflight import (
    fleet_problems,
    okta_verify,
    okta_verify_problems,
    resolve_rings,
    ring_problems,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import BLUEPRINT_IDS, BLUEPRINTS
from tests.support.strategies.okta import authenticators, methods
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
    for problem in (*problems, *ring_problems(some)):
        assert_sentence(problem)
    if not problems and len({ring.name for ring in some}) == len(some):
        ids = [blueprint.id for ring in resolved for blueprint in ring.blueprints]
        assert len(ids) == len(set(ids)) and set(ids) <= set(BLUEPRINT_IDS)
    for each in resolved:
        assert set(each.nodes) <= {blueprint.id for blueprint in each.blueprints}
        each.as_result()


@given(authenticators(), st.lists(methods(), max_size=3))
def test_fastpass_is_active_only_if_okta_says_so(
    some: list[Authenticator], listed: list[AuthenticatorMethod]
) -> None:
    problems = okta_verify_problems(some, listed)
    found = okta_verify(some)
    assert found is None or found in some
    for problem in problems:
        assert_sentence(problem)
    if not problems:
        assert any(each.status == "ACTIVE" for each in some)
    unknown = [Authenticator(each.id, each.key, "UNKNOWN_TO_US") for each in some]
    assert okta_verify_problems(unknown, listed)
    assert fleet_problems(None)
