# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies that are clones, with the marks of their apps."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
    write_marks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import Policy
from hypothesis import strategies as st

from tests.support.strategies.okta import policies

came_from = st.dictionaries(st.sampled_from(("0oa1", "0oa2")), st.sampled_from(("rst1", "rst2")))


@st.composite
def app_marks(draw: st.DrawFn) -> Marks:
    """Return the marks of apps, some with a digest of the rules that they left."""
    apps = draw(came_from)
    digests = draw(st.dictionaries(st.sampled_from(("0oa1", "0oa2")), st.just("5d1c")))
    return Marks(None, apps, {app: digest for app, digest in digests.items() if app in apps})


@st.composite
def clones(draw: st.DrawFn) -> Policy:
    """Return a policy that may be a clone of ours."""
    policy = draw(policies("rst9"))
    original_id = draw(st.sampled_from(("rst1", "rst2", None)))
    if original_id is None:
        return policy
    text = write_marks(policy.description, replace(draw(app_marks()), original_id=original_id))
    return replace(policy, description=text)
