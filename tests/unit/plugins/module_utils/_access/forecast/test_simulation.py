# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of the forecast with Okta's own simulation of sign-ins."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    simulation,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import ApiError
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
    PolicySimulation,
)

MANAGED, PHONE = DeviceContext("MACOS", True, True), DeviceContext("IOS")
MATCH = {
    "policies": [
        {
            "name": "Apps",
            "status": "MATCH",
            "rules": [
                {"name": "Managed", "status": "MATCH"},
                {"name": "Other", "status": "NOT_MATCH"},
            ],
        }
    ]
}


def rule(name: str, access: str = "ALLOW", **conditions: t.Any) -> PolicyRule:
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    return PolicyRule(name=name, status="ACTIVE", conditions=conditions, sign_on=sign_on)


LAST = rule("Catch-all Rule")


def people(count: int, *devices: DeviceContext) -> list[Person]:
    return [Person(f"u{n}", login=f"u{n}@acme.com", devices=devices) for n in range(count)]


@pytest.mark.parametrize(
    "answer",
    [
        {
            "evaluation": [
                {"policyType": "OKTA_SIGN_ON", "result": MATCH},
                {"policyType": "ACCESS_POLICY", "result": MATCH},
            ]
        },
        {"policyType": ["ACCESS_POLICY"], "result": MATCH},
    ],
)
def test_a_simulation_is_read_in_either_shape(answer: t.Any) -> None:
    assert PolicySimulation.from_row(answer).matched_rules == ("Managed",)


# What is asked


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        # One sign-in for each kind of device
        ([LAST], [("MACOS", "Catch-all Rule"), ("IOS", "Catch-all Rule")]),
        (
            [rule("Managed", device={"managed": True}), LAST],
            [("MACOS", "Managed"), ("IOS", "Catch-all Rule")],
        ),
        # None whose outcome has unknowns, or that no rule decides
        (
            [
                rule(
                    "Risky",
                    "DENY",
                    riskScore={"level": "HIGH"},
                    platform={"include": [{"type": "MOBILE"}]},
                ),
                LAST,
            ],
            [("MACOS", "Catch-all Rule")],
        ),
        ([rule("Managed", device={"managed": True})], [("MACOS", "Managed")]),
        ([], []),
    ],
)
def test_one_sign_in_is_asked_for_each_rule_and_kind_of_device(
    rules: t.Any, asked: list[tuple[str, str]]
) -> None:
    questions = simulation.select_questions("app1", rules, people(5, MANAGED, PHONE))
    assert [(each.device.platform, each.rule) for each in questions] == asked
    assert {(each.app_id, each.person.id) for each in questions} <= {("app1", "u0")}


def test_not_more_is_asked_than_fits_a_request() -> None:
    rules = [rule(f"r{n}", people={"users": {"include": [f"u{n}"]}}) for n in range(30)]
    questions = simulation.select_questions("app1", rules, people(30, MANAGED))
    assert len(questions) == simulation.MAX_QUESTIONS


QUESTION = simulation.Question("app1", people(1)[0], MANAGED, "Managed")
OTHER = simulation.Question("app1", people(1)[0], PHONE, "Catch-all Rule")


def test_a_question_is_sent_as_okta_takes_it() -> None:
    assert simulation.question_body(QUESTION) == {
        "appInstance": "app1",
        "policyTypes": ["ACCESS_POLICY"],
        "policyContext": {
            "user": {"id": "u0"},
            "groups": {"ids": []},
            "device": {"platform": "MACOS", "registered": True, "managed": True},
        },
    }


# What Okta answers


NOT_WELL_FORMED = ApiError(
    "The request body was not well-formed.", status=400, error_code="E0000003"
)


class FakeOkta:
    """An org whose simulation answers with these rules or errors, one for each request."""

    def __init__(self, *answers: tuple[str, ...] | ApiError) -> None:
        self.answers = list(answers)
        self.asked: list[t.Any] = []

    def simulate(self, body: t.Any, *, as_list: bool = False) -> list[PolicySimulation]:
        self.asked.append([body] if as_list else body)
        answer = self.answers.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return [PolicySimulation(answer)]


def simulate(okta: t.Any, *questions: simulation.Question) -> dict[str, object]:
    return simulation.simulate(okta, questions).as_result()


def test_a_simulation_that_agrees_has_nothing_to_show() -> None:
    okta = FakeOkta(("Managed",), ("Catch-all Rule",))
    assert simulate(okta, QUESTION, OTHER) == {
        "available": True,
        "asked": 2,
        "agreed": 2,
        "differing": [],
        "reason": "",
    }
    assert okta.asked == [simulation.question_body(QUESTION), simulation.question_body(OTHER)]


def test_a_sign_in_that_okta_decides_by_other_rules_is_listed() -> None:
    result = simulate(FakeOkta(("Managed", "More"), ("Catch-all Rule",)), QUESTION, OTHER)
    assert (result["asked"], result["agreed"]) == (2, 1)
    assert result["differing"] == [
        {
            "login": "u0@acme.com",
            "device": "MACOS (managed)",
            "expected": "Managed",
            "simulated": "Managed, More",
        }
    ]


def test_without_questions_okta_is_not_asked() -> None:
    result = simulate(None)
    assert (result["available"], result["asked"]) == (None, 0)
    assert result["reason"] == "No sign-in has an outcome without unknowns."


def test_an_org_without_the_feature_is_not_an_error() -> None:
    result = simulate(FakeOkta(ApiError("Okta: not enabled.")), QUESTION)
    assert (result["available"], result["reason"]) == (False, "Okta: not enabled.")
    assert (result["asked"], result["differing"]) == (0, [])


def test_an_answer_that_names_no_rule_confirms_nothing() -> None:
    result = simulate(FakeOkta(("Managed",), ()), QUESTION, OTHER)
    assert (result["available"], result["asked"], result["differing"]) == (False, 1, [])
    assert result["reason"] == "Its answer names no rule that matches."


def test_an_org_that_takes_a_list_is_asked_by_lists_from_then_on() -> None:
    okta = FakeOkta(NOT_WELL_FORMED, ("Managed",), ("Catch-all Rule",))
    result = simulate(okta, QUESTION, OTHER)
    assert (result["available"], result["asked"], result["agreed"]) == (True, 2, 2)
    first, second = map(simulation.question_body, (QUESTION, OTHER))
    assert okta.asked == [first, [first], [second]]


def test_an_org_that_takes_neither_form_confirms_nothing() -> None:
    okta = FakeOkta(NOT_WELL_FORMED, NOT_WELL_FORMED)
    result = simulate(okta, QUESTION, OTHER)
    assert (result["available"], result["asked"]) == (False, 0)
    assert result["reason"] == "The request body was not well-formed."
    assert len(okta.asked) == 2


def test_a_simulation_that_ends_half_way_shows_what_it_answered() -> None:
    result = simulate(FakeOkta(("More",), ApiError("Okta: 500.")), QUESTION, OTHER)
    assert (result["available"], result["asked"], result["agreed"]) == (False, 1, 0)
    assert result["reason"] == "Okta: 500."
