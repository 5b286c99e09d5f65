# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display what the site playbook will do, or everything that prevents it, on the controller."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._core.options import Params
from ..module_utils._core.results import Result
from ..module_utils._fleet.rings import rollout
from ..module_utils._kandji import client as kandji_api
from ..plugin_utils._failure_display import omit_place
from ..plugin_utils._tenants import tenant_of

# Of the writes of a rollout.
PERMISSIONS = {
    "create": kandji_api.CREATE_PROFILE.permission,
    "update": kandji_api.UPDATE_PROFILE.permission,
    "delete": kandji_api.DELETE_PROFILE.permission,
    "assign": kandji_api.ASSIGN_ITEM.permission,
    "remove": kandji_api.REMOVE_ITEM.permission,
    "gate": kandji_api.DAILY_CHECK_IN.permission,
}
_PARTS = ("preflight", "certificate_authority", "okta_verify", "stages", "settings", "scep")
_SPEC: dict[str, dict[str, object]] = {
    **{part: {"type": "dict", "default": {}} for part in _PARTS},
    "ca_fingerprint": {"type": "str"},
    "deploys": {"type": "bool", "default": True},
    "others": {"type": "list", "elements": "dict", "default": []},
}


class ActionModule(ActionBase):
    """Returns the plan ring by ring, or fails after it displayed all problems as one list."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: Params | None = None) -> Result:
        """Return the module's result."""
        result: Result = super().run(tmp, task_vars)
        _validation, parts = self.validate_argument_spec(_SPEC)
        problems, steps = rollout.collect_problems(
            [*(parts[part] for part in _PARTS), *parts["others"]]
        )
        if not parts["ca_fingerprint"]:
            problems += rollout.find_outdated_pins(parts["stages"], parts["certificate_authority"])
        rings = parts["preflight"].get("rings") or []
        predicted = ("scep", "settings", "okta_verify") if parts["deploys"] else ()
        predictions = rollout.Predictions(**{part: parts[part] for part in predicted})
        plans = rollout.plan_rings(rings, predictions)
        gated = set(rollout.needed_gates(plans))
        unknown = parts["deploys"] and (problems or steps)  # what would change
        problems += rollout.find_test_mac_problems(rings, None if unknown else gated)
        tenant = tenant_of(task_vars)
        if problems or steps:
            omit_place(self._task)
            _display(tenant, rollout.describe_problems(problems, steps))
            return {**result, "failed": True, "msg": _describe_failure(tenant, problems, steps)}
        if parts["deploys"]:
            _display(tenant, rollout.describe_plan(rings, plans, predictions, PERMISSIONS))
            _display(tenant, rollout.describe_test_macs(rings, gated))
        return {
            **result,
            "changed": False,
            "rings": [plan.as_result(rings[plan.number]) for plan in plans if plan.is_changed],
            "profiles": rollout.predicted_profiles(rings, predictions),
            "gates": [plan.as_result(rings[plan.number]) for plan in rollout.gates_to_check(plans)],
        }


def _describe_failure(tenant: str, problems: t.Sequence[str], steps: t.Sequence[str]) -> str:
    """Return the message of the task. The list is far above the summary of several tenants."""
    count = rollout.count_problems(problems, steps)
    return f"{[*problems, *steps][0]} {count}" if tenant else count


def _display(tenant: str, lines: t.Sequence[str]) -> None:
    """Show lines as one text, which the lines of other tenants do not break."""
    if lines:
        Display().display("\n".join([f"{tenant}: {lines[0]}" if tenant else lines[0], *lines[1:]]))
