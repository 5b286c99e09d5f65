# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both spellings of Okta Verify, of any rule: respelled back and forth, nothing else changes."""

from __future__ import annotations

import copy
import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.okta_verify_spellings import (
    METHODS,
    fold_rule,
    spell_rule,
    spelling_of,
)
from hypothesis import given

from tests.support.strategies.rules import rule_rows
from tests.support.strategies.values import Json


@given(rule_rows("one", 1))
def test_both_spellings_have_one_meaning(row: Json) -> None:
    before = copy.deepcopy(row)
    folded = fold_rule(row)
    for split in (False, True):
        spelled = spell_rule(row, split)
        assert fold_rule(spelled) == folded
        assert spell_rule(spelled, split) == spelled
        assert spelling_of(spelled) in (None, split)
        assert (spelling_of(spelled) is None) == (spelling_of(row) is None)
    assert row == before
    if spelling_of(row) is None:
        assert spell_rule(row, True) == row


@given(rule_rows("one", 1))
def test_a_folded_rule_has_no_key_of_a_single_method(row: Json) -> None:
    text = json.dumps(fold_rule(row))
    assert not any(f'"key": "{key}"' in text for key in METHODS)
