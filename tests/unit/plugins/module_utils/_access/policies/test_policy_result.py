# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result holds of a policy and of its apps."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    StayingApp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.policy_result import (
    PolicyResult,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)

SLACK, JIRA = App("a0", "Slack", policy_id="rst1"), App("a1", "Jira", policy_id="rst9")


def test_a_policy_that_does_not_exist_has_no_id() -> None:
    assert PolicyResult(Policy("", "Managed")).as_result() == {
        "changed": False,
        "changes": [],
        "diff": {"before": {}, "after": {}},
        "policy": {
            "id": None,
            "name": "Managed",
            "description": None,
            "made_from": None,
            "created": None,
        },
        "moved_apps": [],
        "staying_apps": [],
        "forecast": None,
    }


def test_an_app_moved_from_its_policy_or_from_that_of_all() -> None:
    clone = Policy("rst2", "Managed", "[made from policy rst1]", "2026-11-24T12:16:08.000Z")
    changes = [Change("assign", "app 'Slack'", {}, {})]
    result = PolicyResult(clone, changes, [SLACK, JIRA], Forecast()).as_result()
    assert result["changed"] and result["policy"]["made_from"] == "rst1"
    assert result["policy"]["id"] == "rst2"
    assert result["policy"]["created"] == "2026-11-24T12:16:08Z"
    assert result["moved_apps"] == [
        {"id": "a0", "label": "Slack", "from_policy": "rst1"},
        {"id": "a1", "label": "Jira", "from_policy": "rst9"},
    ]
    assert result["forecast"] == Forecast().as_result()
    staying = [StayingApp(JIRA, "it stays")]
    back = PolicyResult(clone, changes, [SLACK], came_from="rst2", staying_apps=staying).as_result()
    assert back["moved_apps"] == [{"id": "a0", "label": "Slack", "from_policy": "rst2"}]
    assert back["staying_apps"] == [{"id": "a1", "label": "Jira", "reason": "it stays"}]
