# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties draw recorded values where DEVICE_TRUST_RECORDINGS names them, and none are invented."""

from __future__ import annotations

import typing as t

import pytest

from tests.conformance import recordings
from tests.support.strategies import kandji, okta, rules
from tests.support.strategies.recorded import recorded_rows

RULES = ("listPolicyRules", "createPolicyRule", "getPolicyRule", "replacePolicyRule")
DRAWN: dict[tuple[str, ...], t.Sequence[t.Any]] = {
    ("getDevice", "listDevices"): okta.DEVICE_ROWS,
    ("listAuthenticators",): okta.AUTHENTICATOR_ROWS,
    ("listAuthenticatorMethods",): okta.METHOD_ROWS,
    ("listApplications",): okta.APP_ROWS,
    ("listPolicies", "createPolicy", "clonePolicy"): okta.POLICY_ROWS,
    ("events",): okta.EVENT_ROWS,
    RULES: rules.RULE_ROWS,
    ("List Devices",): kandji.DEVICE_ROWS,
}
pytestmark = pytest.mark.skipif(
    recordings.directory() is None, reason=f"{recordings.VARIABLE} is not set."
)


@pytest.mark.parametrize("operations", DRAWN, ids="-".join)
def test_recorded_rows_are_drawn(operations: tuple[str, ...]) -> None:
    recorded = recorded_rows(*operations)
    assert recorded and all(row in DRAWN[operations] for row in recorded)


@pytest.mark.parametrize("operations", [RULES, ("List Devices",)], ids="-".join)
def test_rows_of_our_own_have_recorded_keys(operations: tuple[str, ...]) -> None:
    """Newer keys of Okta's and Kandji's descriptions are in the lab's own conformance tests."""
    recorded = recorded_rows(*operations)
    known = {key for row in recorded for key in row} | {"tags"}
    assert {key for row in DRAWN[operations] for key in row} <= known
