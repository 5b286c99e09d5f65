# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's own word on a policy that is in force (/policies/simulate), held against the forecast.

Pure but for ``confirm``.
"""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError
from .._okta.client import Okta
from .forecast import Person, Rules, Way, certain

MOST_ASKED = 20  # sign-ins of one request


class Question(t.NamedTuple):
    app_id: str
    person: Person
    way: Way
    rule: str  # which the forecast says will decide


def questions(app_id: str, rules: Rules, people: t.Iterable[Person]) -> list[Question]:
    """One sign-in for each rule and kind of device that somebody has, where nothing unknown has a
    say.
    """
    found: dict[t.Any, Question] = {}
    for person in people:
        for way in person.ways:
            outcome = certain(rules, person, way)
            if outcome and outcome.rule:
                found.setdefault(
                    (outcome.rule, way.platform, way.registered, way.managed),
                    Question(app_id, person, way, outcome.rule),
                )
    return list(found.values())[:MOST_ASKED]


def body_of(question: Question) -> dict[str, t.Any]:
    way = question.way
    return {
        "appInstance": question.app_id,
        "policyTypes": ["ACCESS_POLICY"],
        "policyContext": {
            "user": {"id": question.person.id},
            "device": {
                "platform": way.platform,
                "registered": way.registered,
                "managed": way.managed,
            },
        },
    }


def matched_rules(answer: t.Any) -> list[str]:
    """The names of the rules of app sign-in policies that an answer says match, whichever of the
    two shapes it has: one evaluation, or a list of them.
    """
    found = []
    for evaluation in answer.get("evaluation") or [answer]:
        kinds = evaluation.get("policyType")
        if "ACCESS_POLICY" not in (kinds if isinstance(kinds, list) else [kinds]):
            continue
        for policy in (evaluation.get("result") or {}).get("policies") or []:
            found += [
                str(rule.get("name"))
                for rule in policy.get("rules") or []
                if rule.get("status") == "MATCH"
            ]
    return found


def confirm(okta: Okta, asked: t.Sequence[Question]) -> dict[str, t.Any]:
    """{available, asked, agreed, differing}:

    differing are rows of {login, way, expected, simulated}. An org without the feature says so, and
    is no error.
    """
    if not asked:
        return {
            "available": None,
            "asked": 0,
            "agreed": 0,
            "differing": [],
            "reason": "There was nothing to ask.",
        }
    try:
        answers = okta.simulate([body_of(one) for one in asked])
    except ApiError as error:
        return {
            "available": False,
            "asked": 0,
            "agreed": 0,
            "differing": [],
            "reason": error.message,
        }
    differing = []
    for one, answer in zip(asked, answers):
        names = matched_rules(answer)
        if names != [one.rule]:
            differing.append(
                {
                    "login": one.person.login,
                    "way": one.way.text,
                    "expected": one.rule,
                    "simulated": ", ".join(names),
                }
            )
    told = min(len(asked), len(answers))
    return {
        "available": True,
        "asked": told,
        "agreed": told - len(differing),
        "differing": differing,
        "reason": "",
    }
