# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pseudonyms: what is shown consists of the vendors' words, whatever the text."""

from __future__ import annotations

import re

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.pseudonyms import (
    VOCABULARY,
    Pseudonyms,
    words_of,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.text(max_size=30), max_size=8))
def test_a_text_is_shown_by_known_words_or_by_a_number(texts: list[str]) -> None:
    pseudonyms = Pseudonyms()
    rows = {text: pseudonyms.show("key", text) for text in texts}
    for text, row in rows.items():
        assert row == text or re.fullmatch(r"key \d+", row)
        if row == text:
            assert VOCABULARY.issuperset(words_of(text)) and row.isascii()
        assert pseudonyms.show("key", text) == row
    numbers = [row for text, row in rows.items() if row != text]
    assert len(set(numbers)) == len(numbers)
