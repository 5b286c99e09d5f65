# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of vendors: the keys that they describe, and others, with values that name a canary."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.generated_keys import (
    KEYS,
    VALUES,
)
from hypothesis import strategies as st

CANARY = "Qxjv8Kz"
_KEYS = sorted(
    {key for paths in KEYS.values() for keys in paths.values() for key in keys.split()} - {"*"}
)
_WORDS = sorted(
    {word for paths in VALUES.values() for words in paths.values() for word in words.split("|")}
)
_TIMES = ("2026-11-27T08:00:00.000Z", "2026-11-27", "2026-11-28T08:00:00Z")
_IDS = ("6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1", "00u1b2c3d4e5f6g7h8i9")


def texts() -> st.SearchStrategy[str]:
    """Return texts, many of which are of the tenant."""
    return st.one_of(
        st.sampled_from((*_TIMES, *_IDS, "", "\t", "https://acme.okta.com/1")),
        st.sampled_from(_WORDS),
        st.text(max_size=10).map(lambda text: f"{text}{CANARY}"),
    )


def keys() -> st.SearchStrategy[str]:
    """Return keys, known ones and others."""
    return st.one_of(st.sampled_from(_KEYS), texts())


def answers() -> st.SearchStrategy[t.Any]:
    """Return the JSON of answers."""
    scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts())
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=5)
        ),
        max_leaves=12,
    )
