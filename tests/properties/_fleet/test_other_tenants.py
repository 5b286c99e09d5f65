# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declaration of other orgs and tenants never does."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.other_tenants import (
    Elsewhere,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import assert_sentence, texts

names = st.one_of(st.sampled_from(("Labs", "labs ", "IT", "")), texts)
serials = st.one_of(st.sampled_from(("C01", "c01", "")), texts)
macs = st.builds(
    MacFacts,
    serial=serials,
    ring=st.sampled_from((None, "canary")),
    in_kandji=st.booleans(),
    blueprint=names,
    blueprint_id=names,
)
declarations = st.builds(
    Elsewhere, st.lists(names, max_size=4).map(tuple), st.lists(serials, max_size=4).map(tuple)
)


@given(declarations, st.lists(macs, max_size=8))
def test_no_mac_of_a_ring_is_of_others_and_no_declaration_marks_none(
    declared: Elsewhere, fleet: list[MacFacts]
) -> None:
    declared.mark(fleet)
    assert not [mac for mac in fleet if mac.elsewhere and mac.ring and mac.in_kandji]
    if text := declared.describe_unknown(fleet):
        assert_sentence(text)
    Elsewhere().mark(fleet)
    assert not [mac for mac in fleet if mac.elsewhere]


@given(declarations, st.lists(macs, max_size=8))
def test_to_mark_again_changes_nothing(declared: Elsewhere, fleet: list[MacFacts]) -> None:
    declared.mark(fleet)
    first = [mac.elsewhere for mac in fleet]
    declared.mark(fleet)
    assert [mac.elsewhere for mac in fleet] == first
