# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trial: whatever a tenant makes of its profile is judged, and what is another's is refused."""

from __future__ import annotations

import contextlib

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import trial
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.answers import CANARY
from tests.support.strategies.material import profiles, trials

JUDGES = (
    trial.judge_identity,
    trial.judge_uuid_case,
    trial.judge_top_level_keys,
    trial.judge_tabs,
    trial.judge_inner_identity,
    trial.judge_flags,
    trial.judge_list,
)


@given(st.sampled_from(JUDGES), trials())
def test_a_finding_is_a_word_or_a_truth_value(judge, shown) -> None:
    finding = judge(shown)
    if finding is not None:
        assert isinstance(finding.position, (bool, str)) and CANARY not in repr(finding)


@given(st.lists(profiles(), max_size=4), st.sampled_from(((), ("Canary",))))
def test_what_may_be_deleted_is_of_the_trial_and_nowhere(listed, places) -> None:
    deleted = []
    with contextlib.suppress(Refused):
        deleted = trial.find_leftovers(listed, {each.id: places for each in listed})
    assert all(trial.is_of_trial(each) for each in deleted) and not (deleted and places)
    assert all(each in listed for each in deleted)
