# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over time: what is said for certain holds under any answer to what nobody can know."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    decide,
    list_unknowns,
    select_candidates,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.report_access import (
    JudgedApp,
    Users,
    judge_app_access,
    judge_candidates,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    Horizon,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs
from tests.support.strategies.rules import contexts, people
from tests.support.strategies.rules import rules as policies
from tests.support.strategies.values import NOW

HORIZON = Horizon(NOW, NOW + timedelta(days=30))


@given(policies(), people(), contexts(), st.data())
def test_a_certain_verdict_holds_under_any_answer(
    rules: list[PolicyRule], person: Person, device: DeviceContext, data: st.DataObject
) -> None:
    chosen = select_candidates(rules, person, device)
    verdict = judge_candidates(chosen)
    names = sorted(list_unknowns(chosen))
    holding = frozenset(data.draw(st.lists(st.sampled_from(names)))) if names else frozenset()
    admitted = decide(chosen, holding).admitted
    assert verdict.state in ("unknown", "yes" if admitted else "no")
    assert verdict.reason.endswith(".")


@given(policies(), st.lists(macs(), max_size=2))
def test_each_person_of_each_mac_is_judged_once(
    rules: list[PolicyRule], some: list[MacFacts]
) -> None:
    people_ = judge_app_access(
        JudgedApp(App("0oa1", "Wiki"), rules), some, Users(), LIMITS, HORIZON
    )
    logins = [person.login for person in people_]
    assert len({login.casefold() for login in logins}) == len(logins)
    for person in people_:
        assert person.app == "Wiki" and person.macs
        for mac in person.macs:
            assert mac.today == "yes" or mac.reason
