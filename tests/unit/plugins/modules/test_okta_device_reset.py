# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What okta_device_reset and okta_device document, against what their plan returns."""

from __future__ import annotations

import ast
import inspect
import re
import typing as t

import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import (
    approval,
    clean_up,
    duplicates,
    guards,
    last_authenticator,
    messages,
    plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    Decision,
    ReasonCode,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import (
    okta_device,
    okta_device_reset,
)


def documented_codes(module: t.Any) -> set[str]:
    """Return the values of ``allow`` and the codes that RETURN adds to them."""
    returned = yaml.safe_load(module.RETURN)
    lines = " ".join(returned["devices"]["contains"]["reason_code"]["description"])
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    return {*options["allow"]["choices"], *re.findall(r"C\((\w+)\)", lines)}


def planned_codes() -> set[str]:
    """Return the codes that the sources of the plan give to its refusals and decisions."""
    places = {"Refusal": 0, "Decision": 3}
    codes = set()
    sources = map(inspect.getsource, (guards, duplicates, last_authenticator, plan, approval))
    for node in (each for source in sources for each in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = places.get(node.func.id, len(node.args))
            for code in node.args[place : place + 1]:
                if isinstance(code, ast.Constant):
                    codes.add(str(code.value))
    return codes | clean_up_codes()


def clean_up_codes() -> set[str]:
    """Return the codes of the guards of a clean-up, which return (code, text)."""
    returned = [
        node.value.elts[0]
        for node in ast.walk(ast.parse(inspect.getsource(clean_up)))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)
    ]
    return {str(code.value) for code in returned if isinstance(code, ast.Constant)}


def test_each_reason_code_of_the_plan_is_documented() -> None:
    documented = documented_codes(okta_device_reset) | documented_codes(okta_device)
    assert documented == planned_codes() == set(t.get_args(ReasonCode))


def test_allow_lifts_what_the_plan_calls_liftable() -> None:
    for module, liftable in ((okta_device_reset, guards.ALLOW), (okta_device, guards.STATE_ALLOW)):
        options = yaml.safe_load(module.DOCUMENTATION)["options"]
        assert options["allow"]["choices"] == list(liftable)


def test_a_notification_has_each_code_of_a_clean_up_but_those_of_records_in_use() -> None:
    """A clean-up leaves the latter as they are, so nobody decides about them."""
    quiet = {"in_use", "other_record", "registration_time_unknown", "not_suspended"}
    nothing = messages.build_notification([], GOALS["absent"])
    named = set()
    for code in clean_up_codes():
        decision = Decision(RecordTarget("C01"), "skip", "Because.", t.cast(ReasonCode, code))
        outcome = messages.RecordOutcome(decision, "skipped")
        if messages.build_notification([outcome], GOALS["absent"]) != nothing:
            named.add(code)
    assert named and named == clean_up_codes() - quiet
