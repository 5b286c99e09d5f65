# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the check of a challenge: taken, or refused by a sentence without it."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.challenge import (
    check_challenge,
)
from hypothesis import given

from tests.support.strategies.values import outcome_of, texts


@given(texts)
def test_a_challenge_is_taken_or_refused_without_being_shown(text: str) -> None:
    refused = outcome_of(lambda: check_challenge(text))
    if isinstance(refused, DeviceTrustError) and len(text) > 3:
        assert text not in refused.message
