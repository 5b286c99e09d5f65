# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last authenticator: a user whose record is deleted keeps a strong one."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.last_authenticator import (
    refuse_last_authenticator,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    Guards,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import USER_IDS
from tests.support.strategies.resets import evidence, guards, targets

Targets = list[RecordTarget]


@given(targets(), guards(allow=False), evidence())
def test_a_user_keeps_a_strong_authenticator(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    decisions = plan_records(some, limits, facts)
    deleted = [each.target for each in decisions if each.writes and not each.target.is_idle]
    weak = limits.options.weak_authenticators
    for user_id in USER_IDS:
        gone = {
            target.id
            for target in deleted
            if user_id in [user.user.id for user in target.active_users]
        }
        strong = [
            each.key
            for each in facts.enrollments.get(user_id, ())
            if each.status == "ACTIVE" and each.key not in weak
        ]
        if gone:
            others = [key for key in strong if key != "okta_verify"]
            assert others or strong.count("okta_verify") > len(gone)
            assert others or set(facts.active_records.get(user_id, ())) - gone


@given(targets(), guards(allow=False), st.lists(st.just(Enrollment("okta_verify", "ACTIVE"))))
def test_who_has_okta_verify_alone_keeps_one_of_several(
    some: Targets, limits: Guards, verify: list[Enrollment]
) -> None:
    for target in some:
        facts = Evidence(enrollments={user_id: verify for user_id in USER_IDS})
        refusal = refuse_last_authenticator(target, limits, facts, {})
        if target.device is not None and not target.is_idle and target.active_users:
            assert refusal is not None and refusal.code == "last_authenticator"
