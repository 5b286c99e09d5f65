# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a policy: once written it is done."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
    parse_marks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.plan import (
    PolicyPlan,
    find_leftover_clones,
    plan_policy,
    require_policy_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.clones import app_marks, clones
from tests.support.strategies.okta import apps, policies
from tests.support.strategies.values import outcome_of, texts

descriptions = st.one_of(st.none(), texts)


@given(
    descriptions,
    st.one_of(st.none(), clones()),
    st.one_of(st.none(), policies("rst1")),
    app_marks(),
)
def test_a_policy_that_was_written_needs_no_further_write(
    description: str | None,
    current: Policy | None,
    original: Policy | None,
    moved: Marks,
) -> None:
    plan = outcome_of(lambda: plan_policy("Strict", description, current, original, moved))
    if isinstance(plan, DeviceTrustError):
        assert current is not None and original is not None
        return
    assert isinstance(plan, PolicyPlan)
    written = replace(plan.future, id=plan.future.id or "rst8")
    again = plan_policy("Strict", description, written, original, moved)
    assert again.changes == () and again.future == written
    if current is None and original is not None:
        assert parse_marks(written.description) == replace(moved, original_id=original.id)
    if current is not None and parse_marks(current.description).original_id is None:
        assert parse_marks(written.description).original_id == parse_marks(description).original_id


@given(apps(), clones(), policies("rst1"))
def test_a_policy_that_okta_does_not_show_is_never_guessed(
    some: list[App], clone: Policy, original: Policy
) -> None:
    for app in some:
        found = outcome_of(lambda app=app: require_policy_of(app))
        assert found == app.policy_id or not app.policy_id
    names = find_leftover_clones([clone, original], original)
    assert parse_marks(clone.description).original_id is None or clone.name not in names
