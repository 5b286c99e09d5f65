# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be read of a tenant: any answers, of any statuses, to any operations."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._verify.material import (
    READ,
    REFUSED,
    SKIPPED,
    Material,
    Outcome,
    Reply,
    Surroundings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._verify.reads import (
    OBSERVED,
    READS,
)
from hypothesis import strategies as st

from tests.support.strategies.answers import answers, texts

_HEADERS = ("content-type", "x-rate-limit-limit", "x-total-count", "retry-after", "link")


def replies() -> st.SearchStrategy[Reply]:
    """Return answers to an operation."""
    names = st.sampled_from(("policyId", "userId", "device_id", "library_item_id"))
    return st.builds(
        Reply,
        st.dictionaries(names, texts(), max_size=1),
        st.dictionaries(st.sampled_from(("limit", "offset", "type")), st.integers(0, 300)),
        st.sampled_from((200, 200, 400, 401, 403, 404, 429, 503)),
        st.dictionaries(st.sampled_from(_HEADERS) | texts(), texts(), max_size=3),
        answers(),
        st.binary(max_size=20),
    )


def materials() -> st.SearchStrategy[Material]:
    """Return what was read of a tenant."""
    outcomes = st.builds(Outcome, st.sampled_from((READ, REFUSED, SKIPPED)), st.just(403), texts())
    return st.builds(
        Material,
        st.dictionaries(
            st.sampled_from(sorted(OBSERVED)), st.lists(replies(), max_size=3), max_size=6
        ),
        st.dictionaries(st.sampled_from(sorted(READS)), outcomes, max_size=4),
        st.builds(Surroundings, texts(), texts(), texts()),
    )
