# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the forecast with Okta's own simulation of the policies in force.

Pure but for ``simulate``.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import ApiError
from .._okta.client import Okta
from .conditions import DeviceContext, Person
from .forecast import certain_outcome
from .rule_order import Rules

MAX_QUESTIONS = 20  # sign-ins of one request


class Question(t.NamedTuple):
    """A sign-in to simulate, and the rule that the forecast expects to decide."""

    app_id: str
    person: Person
    device: DeviceContext
    rule: str


@dataclass(frozen=True)
class SimulationReport:
    """How Okta's simulation compares with the forecast.

    ``available`` is None if nothing was simulated, and False if the org does not have the feature.
    ``differing`` are the questions to which Okta's answer names other rules, with their names.
    """

    available: bool | None
    asked: int = 0
    differing: tuple[tuple[Question, tuple[str, ...]], ...] = ()
    reason: str = ""

    def as_result(self) -> dict[str, object]:
        """Return the comparison as results show it."""
        return {
            "available": self.available,
            "asked": self.asked,
            "agreed": self.asked - len(self.differing),
            "differing": [
                {
                    "login": question.person.login,
                    "device": question.device.label,
                    "expected": question.rule,
                    "simulated": ", ".join(names),
                }
                for question, names in self.differing
            ],
            "reason": self.reason,
        }


def select_questions(app_id: str, rules: Rules, people: t.Iterable[Person]) -> list[Question]:
    """Return one sign-in for each rule and kind of device, whose outcome has no unknowns."""
    questions: dict[tuple[object, ...], Question] = {}
    for person in people:
        for device in person.devices:
            outcome = certain_outcome(rules, person, device)
            if outcome and outcome.rule:
                key = (outcome.rule, device.platform, device.registered, device.managed)
                questions.setdefault(key, Question(app_id, person, device, outcome.rule))
    return list(questions.values())[:MAX_QUESTIONS]


def question_body(question: Question) -> dict[str, object]:
    """Return a question as createPolicySimulation takes it."""
    device = question.device
    return {
        "appInstance": question.app_id,
        "policyTypes": ["ACCESS_POLICY"],
        "policyContext": {
            "user": {"id": question.person.id},
            "device": {
                "platform": device.platform,
                "registered": device.registered,
                "managed": device.managed,
            },
        },
    }


def simulate(okta: Okta, questions: t.Sequence[Question]) -> SimulationReport:
    """Return how Okta answers the questions. An org without the feature is not an error."""
    if not questions:
        return SimulationReport(None, reason="No sign-in has an outcome without unknowns.")
    try:
        answers = okta.simulate([question_body(question) for question in questions])
    except ApiError as error:
        return SimulationReport(False, reason=error.message)
    answered = list(zip(questions, answers))
    differing = tuple(
        (question, answer.matched_rules)
        for question, answer in answered
        if answer.matched_rules != (question.rule,)
    )
    return SimulationReport(True, len(answered), differing)
