# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a policy: once written it is done, and apps go back to where they were."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
    parse_marks,
    with_marks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.plan import (
    PolicyPlan,
    leftover_clones,
    plan_policy,
    plan_reversal,
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

from tests.support.strategies.okta import apps, policies
from tests.support.strategies.values import outcome_of, texts

came_from = st.dictionaries(st.sampled_from(("0oa1", "0oa2")), st.sampled_from(("rst1", "rst2")))


@st.composite
def app_marks(draw: st.DrawFn) -> Marks:
    """Return the marks of apps, some with a digest of the rules that they left."""
    apps = draw(came_from)
    digests = draw(st.dictionaries(st.sampled_from(("0oa1", "0oa2")), st.just("5d1c")))
    return Marks(None, apps, {app: digest for app, digest in digests.items() if app in apps})


descriptions = st.one_of(st.none(), texts)


@st.composite
def clones(draw: st.DrawFn) -> Policy:
    """Return a policy that may be a clone of ours."""
    policy = draw(policies("rst9"))
    origin = draw(st.sampled_from(("rst1", "rst2", None)))
    if origin is None:
        return policy
    text = with_marks(policy.description, replace(draw(app_marks()), origin=origin))
    return replace(policy, description=text)


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
        assert parse_marks(written.description) == replace(moved, origin=original.id)
    if current is not None and parse_marks(current.description).origin is None:
        assert parse_marks(written.description).origin == parse_marks(description).origin


@given(clones(), apps(), st.lists(policies("rst1"), max_size=1), st.randoms(use_true_random=False))
def test_apps_go_back_to_a_policy_that_exists_or_stay(
    policy: Policy, used_by: list[App], others: list[Policy], chance: t.Any
) -> None:
    known = [policy, *others]
    reversal = outcome_of(lambda: plan_reversal(policy, used_by, known))
    marks = parse_marks(policy.description)
    if isinstance(reversal, DeviceTrustError):
        assert marks.origin is None
        return
    assert [*(app for app, _policy in reversal.moves), *reversal.left] or not used_by
    assert len(reversal.moves) + len(reversal.left) == len(used_by)
    for app, target in reversal.moves:
        assert target in known and target.id == marks.came_from[app.id] != policy.id
    kept = parse_marks(reversal.description)
    assert kept.origin == marks.origin
    assert set(kept.came_from) <= {app.id for app in reversal.left}
    assert set(kept.digests) <= set(kept.came_from)
    chance.shuffle(used_by)
    again = plan_reversal(policy, used_by, known)
    assert {app.id: to.id for app, to in again.moves} == {
        app.id: to.id for app, to in reversal.moves
    }
    assert again.description == reversal.description


@given(apps(), clones(), policies("rst1"))
def test_a_policy_that_okta_does_not_show_is_never_guessed(
    some: list[App], clone: Policy, original: Policy
) -> None:
    for app in some:
        found = outcome_of(lambda app=app: require_policy_of(app))
        assert found == app.policy_id or not app.policy_id
    names = leftover_clones([clone, original], original)
    assert parse_marks(clone.description).origin is None or clone.name not in names
