# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of Kandji: no answer of any form breaks a judge, or is shown by it."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.kandji_points import (
    KANDJI_POINTS,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.answers import CANARY
from tests.support.strategies.material import materials


@given(st.sampled_from(KANDJI_POINTS), materials())
def test_a_finding_is_a_word_or_a_number(point, material) -> None:
    finding = point.judge(material)
    if finding is not None:
        assert CANARY not in repr(finding) and finding.seen >= 0
        assert finding.position is not None or not finding.copes
