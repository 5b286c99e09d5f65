# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replacement waits exactly as long as more Macs hold the other item than may."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.replacement import (
    check_replaced,
    describe_wait,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import outcome_of

blueprints = st.lists(st.builds(Blueprint, st.sampled_from(["b1", "b2"]), st.just("Canary")))


@given(blueprints, st.sets(st.sampled_from(["C1", "C2", "C3"])), st.integers(0, 4))
def test_a_replacement_waits_for_macs_and_blueprints(
    places: list[Blueprint], serials: set[str], limit: int
) -> None:
    found = outcome_of(lambda: check_replaced("Old", places, serials, limit, "New"))
    assert isinstance(found, DeviceTrustError) is (bool(places) or len(serials) > limit)
    if isinstance(found, Refused):
        assert describe_wait(found).endswith(f"{found.details['reason']}.")
