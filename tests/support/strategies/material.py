# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be read of a tenant: any answers, of any statuses, to any operations."""

from __future__ import annotations

import plistlib

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import trial
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    READ,
    REFUSED,
    SKIPPED,
    Material,
    ReadOutcome,
    Reply,
    Surroundings,
    Trial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.reads import (
    OBSERVED,
    READS,
)
from hypothesis import strategies as st

from tests.support.strategies.answers import CANARY, answers, texts

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


def profiles() -> st.SearchStrategy[CustomProfile]:
    """Return what a tenant may make of the profile of a trial."""
    keys = st.sampled_from([*trial.PAYLOAD, *trial.KEPT])
    values = st.sampled_from((CANARY, "", "\t", "6F1D2C3B-4A59-4E68-9777-8695A4B3C2D1"))
    contents = st.none() | texts() | st.dictionaries(keys, values, max_size=3).map(rewritten)
    return st.builds(
        CustomProfile,
        texts(),
        st.sampled_from((trial.NAME, trial.RENAMED)) | texts(),
        contents,
        st.dictionaries(st.sampled_from(("active", "runs_on_mac")), st.booleans()),
    )


def rewritten(values: dict[str, str]) -> str:
    """Return the content of a trial with other values of its keys."""
    plist = plistlib.loads(trial.CONTENT)
    [payload] = plist["PayloadContent"]
    for keys in (plist, payload):
        keys.update({key: value for key, value in values.items() if key in keys})
    return plistlib.dumps(plist).decode()


def trials() -> st.SearchStrategy[Trial]:
    """Return what a trial may show."""
    listed = st.none() | profiles()
    return st.builds(Trial, profiles(), profiles(), listed, listed, st.booleans())


def materials() -> st.SearchStrategy[Material]:
    """Return what was read of a tenant."""
    outcomes = st.builds(
        ReadOutcome, st.sampled_from((READ, REFUSED, SKIPPED)), st.just(403), texts()
    )
    return st.builds(
        Material,
        st.dictionaries(
            st.sampled_from(sorted(OBSERVED)), st.lists(replies(), max_size=3), max_size=6
        ),
        st.dictionaries(st.sampled_from(sorted(READS)), outcomes, max_size=4),
        st.builds(Surroundings, texts(), texts(), texts()),
        st.none() | trials(),
    )
