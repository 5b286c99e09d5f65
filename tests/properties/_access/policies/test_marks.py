# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks in a description: read as they were written, whatever text people write next to them."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
    parse_marks,
    strip_marks,
    write_marks,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import texts

IDS = st.sampled_from(("rst1", "rst2", "0oa1"))
APPS = st.sampled_from(("0oa1", "0oa2", "0oa3"))
digests = st.dictionaries(APPS, st.sampled_from(("5d1c", "77ab")))
all_marks = st.builds(Marks, st.one_of(st.none(), IDS), st.dictionaries(APPS, IDS), digests)
marks = all_marks.map(lambda each: each.keep(each.came_from))
PARTS = (
    "[made from policy rst9]",
    "[made from policy ",
    "rst8]",
    "[apps from policy rst9: 0oa9]",
    "[apps from policy rst9 as 5d1c: 0oa9]",
    " as 5d1c",
    "[apps from policy rst9:",
    " 0oa9]",
    "[",
    "]",
    " ",
    "\n",
    "words",
)
descriptions = st.one_of(st.none(), texts, st.lists(st.sampled_from(PARTS)).map("".join))


@given(descriptions, marks)
def test_marks_are_read_as_they_were_written(description: str | None, written: Marks) -> None:
    text = write_marks(description, written)
    assert parse_marks(text) == written
    assert write_marks(text, written) == text
    assert strip_marks(text) == strip_marks(description)


@given(descriptions)
def test_a_plain_text_has_no_marks(description: str | None) -> None:
    text = strip_marks(description)
    assert parse_marks(text) == Marks() and strip_marks(text) == text
