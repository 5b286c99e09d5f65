# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a stage is unconfirmed: what a read left open is never silent."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    STAGES,
    classify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.unconfirmed import (
    explain_unconfirmed,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs


@given(macs(), st.sampled_from(STAGES))
def test_each_stage_of_each_mac_is_confirmed_or_has_a_reason(mac: MacFacts, stage: str) -> None:
    reason = explain_unconfirmed(mac, stage, LIMITS)
    assert reason == "" or reason.endswith(".")


@given(macs())
def test_a_join_that_is_incomplete_is_the_first_reason(mac: MacFacts) -> None:
    mac.incomplete = "Kandji's tables changed while they were read."
    assert classify(mac, LIMITS).unconfirmed_reason == mac.incomplete


@given(macs())
def test_a_stage_after_the_certificate_rests_on_more_than_a_serial(mac: MacFacts) -> None:
    mac.certificates, mac.issued, mac.expires, mac.expiry_source = (), "", "", ""
    mac.unproved = ["2026-11-01T10:00:00Z"]
    found = classify(mac, LIMITS)
    if found.stage in ("NOT_REGISTERED", "REGISTERED_NOT_MANAGED", "OKTA_VERIFY_MISSING"):
        assert found.unconfirmed_reason
