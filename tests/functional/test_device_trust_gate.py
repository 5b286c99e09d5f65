# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of a ring whose test Macs have their profile and certificates."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab(macs=6)


@pytest.mark.parametrize("mixed_case_ids", [False, True])
def test_the_proof_is_the_same_in_whatever_case_kandji_writes_ids(
    watched, run_module, profile_args, mixed_case_ids
):
    watched.switch(mixed_case_ids=mixed_case_ids)
    [profile] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    watched.live()
    item_id = profile["library_item_id"]
    gate = {
        "library_item_id": item_id[:18].upper() + item_id[18:] if mixed_case_ids else item_id,
        "test_macs": watched.canary["test_macs"],
    }
    result = run_module("device_trust_gate", gate, lab=watched.lab)
    assert result["met"]
    assert {row["proof"] for row in result["test_macs"]} == {
        "a certificate with the profile's UUID in Kandji's inventory, and the installed profile"
    }
