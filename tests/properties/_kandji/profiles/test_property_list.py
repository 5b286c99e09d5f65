# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Property lists: every value survives the way through XML, or is named as one that does not."""

from __future__ import annotations

import plistlib
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.json_fields import (
    is_too_deep,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.property_list import (
    PropertyListError,
    find_unwritable,
    read_xml,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import hostile, texts

values = st.recursive(
    st.one_of(hostile, texts, st.integers(), st.booleans(), st.binary(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=3))
def test_what_can_be_written_is_read_again(value: dict[str, t.Any]) -> None:
    if find_unwritable(value) is None:
        xml = plistlib.dumps(value, sort_keys=False)
        assert repr(read_xml(xml)) == repr(plistlib.loads(xml)) == repr(value)
        assert not is_too_deep(value)


@given(st.binary())
def test_bytes_of_any_form_are_read_or_refused(data: bytes) -> None:
    try:
        read_xml(data)
    except PropertyListError as error:
        assert str(error)
