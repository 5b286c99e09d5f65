# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to Okta's simulation: of people and rules that exist, and only where nothing is unknown."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    find_certain_outcome,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.simulation import (
    MAX_QUESTIONS,
    Question,
    SimulationReport,
    question_body,
    select_questions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import hostile_rules, people, rules


@given(st.one_of(rules(), hostile_rules()), st.lists(people(), max_size=4))
def test_a_question_has_one_certain_answer_among_the_rules(
    policy: list[PolicyRule], somebody: list[Person]
) -> None:
    questions = select_questions("0oa1", policy, somebody)
    assert len(questions) <= MAX_QUESTIONS
    for question in questions:
        outcome = find_certain_outcome(policy, question.person, question.device)
        assert outcome and outcome.rule == question.rule
        assert question.person in somebody and question.device in question.person.devices
        assert question.rule in {rule.name for rule in policy}
        body = json.loads(json.dumps(question_body(question)))
        assert body["policyContext"]["user"]["id"] == question.person.id
    kinds = [
        (each.rule, each.device.platform, each.device.registered, each.device.managed)
        for each in questions
    ]
    assert len(kinds) == len(set(kinds))


@given(rules(), people(), st.data())
def test_each_answer_agrees_or_differs(
    policy: list[PolicyRule], person: Person, data: st.DataObject
) -> None:
    questions: list[Question] = select_questions("0oa1", policy, [person])
    agrees = [data.draw(st.booleans()) for _question in questions]
    differing = tuple(
        (each, ("one",)) for each, same in zip(questions, agrees, strict=True) if not same
    )
    row: dict[str, t.Any] = SimulationReport(True, len(questions), differing).as_result()
    assert (row["asked"], row["agreed"]) == (len(questions), sum(agrees))
    assert len(row["differing"]) == agrees.count(False)
