# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the forecast with Okta's own simulation of the policies in force.

Pure but for ``simulate``, which reads.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import ApiError, Unreachable, Unreadable
from ..._okta.client import Okta
from ..._okta.constants import NOT_WELL_FORMED
from ..rules.rule_order import Rules
from .conditions import DeviceContext, Person
from .evaluation import find_certain_outcome

MAX_QUESTIONS = 20  # requests; recorded orgs allow 50 a minute


class Question(t.NamedTuple):
    """A sign-in to simulate, and the rule that the forecast expects to decide."""

    app_id: str
    person: Person
    device: DeviceContext
    rule: str


@dataclass(frozen=True)
class SimulationReport:
    """How Okta's simulation compares with the forecast.

    ``available`` is None if nothing was simulated, and False if Okta did not answer all questions:
    the org may not have the feature. ``reason`` then says why.
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
            outcome = find_certain_outcome(rules, person, device)
            if outcome and outcome.rule and device.platform:
                key = (outcome.rule, device.platform, device.registered, device.managed)
                questions.setdefault(key, Question(app_id, person, device, outcome.rule))
    return list(questions.values())[:MAX_QUESTIONS]


def question_body(question: Question) -> dict[str, object]:
    """Return a question as createPolicySimulation takes it.

    The description requires a user and groups, and permits ids of one of them only.
    """
    device = question.device
    return {
        "appInstance": question.app_id,
        "policyTypes": ["ACCESS_POLICY"],
        "policyContext": {
            "user": {"id": question.person.id},
            "groups": {"ids": []},
            "device": {
                "platform": device.platform,
                "registered": device.registered,
                "managed": device.managed,
            },
        },
    }


def simulate(okta: Okta, questions: t.Sequence[Question]) -> SimulationReport:
    """Return how Okta answers the questions, one request for each.

    An error of Okta, or no answer, is not an error here: the report says that the forecast is not
    confirmed.
    Okta's guide sends one object, which recorded orgs take; the OpenAPI description has a list.
    """
    if not questions:
        return SimulationReport(None, reason="No sign-in has an outcome without unknowns.")
    answers: list[tuple[Question, tuple[str, ...]]] = []
    reason, as_list = "", False
    for question in questions:
        try:
            names, as_list = _answer(okta, question, as_list)
        except (ApiError, Unreachable, Unreadable) as error:
            reason = error.message
            break
        if not names:
            reason = "Its answer names no rule that matches."
            break
        answers.append((question, names))
    differing = tuple((question, names) for question, names in answers if names != (question.rule,))
    return SimulationReport(not reason, len(answers), differing, reason)


def _answer(okta: Okta, question: Question, as_list: bool) -> tuple[tuple[str, ...], bool]:
    """Return the names of the rules that match, and whether Okta took the question as a list."""
    body = question_body(question)
    try:
        evaluations = okta.simulate(body, as_list=as_list)
    except ApiError as error:
        if as_list or error.error_code != NOT_WELL_FORMED:
            raise
        as_list = True
        evaluations = okta.simulate(body, as_list=True)
    return tuple(name for each in evaluations for name in each.matched_rules), as_list
