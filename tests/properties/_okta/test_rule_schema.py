# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readable part of a rule: nothing that can be read is left out, and the rest is named."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import rule_schema
from hypothesis import given

from tests.support.strategies.rules import RULE_ROWS, conditions, verification
from tests.support.strategies.values import Json, changed_rows


def without_nulls(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@given(conditions, verification)
def test_what_okta_documents_is_read_as_it_is(where: Json, method: Json) -> None:
    assert rule_schema.read_object(where, rule_schema.CONDITIONS, "conditions") == (where, ())
    sign_on = {"access": "ALLOW", "verificationMethod": method}
    assert rule_schema.read_object(sign_on, rule_schema.SIGN_ON, "actions") == (sign_on, ())


@given(changed_rows(RULE_ROWS))
def test_a_part_is_read_or_named(row: Json) -> None:
    value = row.get("conditions")
    readable, unreadable = rule_schema.read_object(value, rule_schema.CONDITIONS, "conditions")
    again = rule_schema.read_object(readable, rule_schema.CONDITIONS, "conditions")
    assert again == (readable, ())
    assert all(path.startswith("conditions") for path in unreadable)
    if not unreadable:
        assert without_nulls(readable) == without_nulls(value or {})
