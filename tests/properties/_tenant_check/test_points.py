# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points: any answers have answers, and these hold nothing of the tenant."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
    POINTS,
    answer_points,
    lab_switches,
)
from hypothesis import given

from tests.support.strategies.answers import CANARY
from tests.support.strategies.material import materials


@given(materials())
def test_each_point_is_answered_or_says_why_not(material) -> None:
    answers = answer_points(material)
    assert [answer.point for answer in answers] == list(POINTS)
    for answer in answers:
        assert answer.state in ("answered", "unseen", "unread")
        assert CANARY not in repr(answer.finding)
    assert answer_points(material) == answers
    assert set(lab_switches(answers)) <= {point.id for point in POINTS if point.is_switch}
