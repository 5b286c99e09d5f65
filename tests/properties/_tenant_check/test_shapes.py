# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes: any JSON has one, and nothing of it is in it."""

from __future__ import annotations

import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.generated_keys import (
    KEYS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.pseudonyms import (
    Pseudonyms,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.shapes import (
    Shape,
    form_of,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.answers import CANARY, answers


@given(st.sampled_from(sorted(KEYS)), answers())
def test_a_shape_holds_no_text_of_the_answer(operation: str, body: object) -> None:
    shape = Shape(operation)
    shape.add(body)
    result = shape.as_result(Pseudonyms())
    assert CANARY not in json.dumps(result)
    again = Shape(operation)
    again.add(body)
    assert again.as_result(Pseudonyms()) == result


@given(answers())
def test_a_form_is_one_of_few_words(value: object) -> None:
    assert CANARY not in form_of(value) and len(form_of(value)) < 40
