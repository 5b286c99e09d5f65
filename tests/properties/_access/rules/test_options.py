# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a rule: a body that asks for what they say, or one sentence."""

from __future__ import annotations

import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.options import (
    CONDITIONS,
    build_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import ABSENT
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from hypothesis import given

from tests.support.strategies.rules import hostile_options, rule_options
from tests.support.strategies.values import Json, outcome_of


@given(rule_options)
def test_a_body_holds_what_is_asked_for_and_nothing_else(options: Json) -> None:
    body = outcome_of(lambda: build_rule(options))
    if isinstance(body, BadOption):
        return
    assert isinstance(body, dict) and body["name"] == options["name"]
    sign_on = body.get("actions", {}).get("appSignOn", {})
    assert sign_on.get("access") == options.get("access")
    if options.get("access") == "DENY":
        assert "verificationMethod" not in sign_on
    for option, path in CONDITIONS.items():
        value: object = body.get("conditions", {})
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if option in options:
            assert value == options[option]
        elif option != "registered":
            assert value is None
    for name in options.get("remove_conditions", ()):
        assert ABSENT in body["conditions"].values(), name


@given(hostile_options())
def test_values_of_any_form_give_a_body_or_a_sentence(options: Json) -> None:
    body = outcome_of(lambda: build_rule(options))
    if isinstance(body, dict):
        json.dumps(body, default=str)


@given(rule_options)
def test_equal_options_give_equal_bodies(options: Json) -> None:
    first, second = (outcome_of(lambda: build_rule(dict(options))) for _run in range(2))
    assert repr(first) == repr(second)
