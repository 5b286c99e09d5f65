#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_custom_script
short_description: Manage a Custom Script in Kandji
version_added: 0.1.0
description:
  - Creates and changes a Custom Script in Kandji (Iru), and assigns it to blueprints.
  - Nothing is written without a difference. Kandji does not store a newline at the end of a text,
    so newlines there are not compared.
  - Every API token that may list Custom Scripts can read their texts. Do not put a secret into
    them.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._assignment.required
  - devicetrust.okta_kandji._assignment.mode
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
options:
  name:
    description: Name of the script in Kandji. With O(library_item_id), the name that it is to have.
    type: str
  library_item_id:
    description: Id of an existing Custom Script to manage, instead of the one named O(name).
    type: str
  script:
    description: The text of the script, which is never shown. Kandji replaces its global variables
      in it, such as C($SERIAL_NUMBER). It has line feeds alone, and nothing before C(#!). The same
      applies to O(remediation_script).
    type: str
    required: true
  remediation_script:
    description: The text of the script that runs when O(script) fails, which is never shown. Not
      compared if not set. An empty text removes it.
    type: str
  execution_frequency:
    description: How often the script runs. V(no_enforcement) leaves it to Self Service.
    type: str
    choices: [once, every_15_min, every_day, no_enforcement]
    default: every_day
  active:
    description: Whether the script runs at all.
    type: bool
    default: true
  restart:
    description: Whether the Mac restarts after the script.
    type: bool
    default: false
  show_in_self_service:
    description: Whether Self Service offers the script. It needs O(self_service_category_id).
    type: bool
    default: false
  self_service_category_id:
    description: Id of the category in Self Service. Kandji does not return it, so it is sent with
      each write and not compared.
    type: str
  self_service_recommended:
    description: Whether Self Service recommends the script. Like O(self_service_category_id), it is
      not compared.
    type: bool
seealso:
  - module: devicetrust.okta_kandji.device_trust_certificates
"""

EXAMPLES = r"""
- name: Run a script every day on the canary ring
  devicetrust.okta_kandji.kandji_custom_script:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Say hello
    script: |
      #!/bin/zsh
      echo hello
    execution_frequency: every_day
    blueprints:
      - Canary

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Add a remediation script and Self Service to a script, and assign it to one node alone
  devicetrust.okta_kandji.kandji_custom_script:
    library_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    name: Repair the clock
    script: |
      #!/bin/zsh
      systemsetup -getusingnetworktime | grep -q On
    remediation_script: |
      #!/bin/zsh
      systemsetup -setusingnetworktime on
    execution_frequency: no_enforcement
    active: true
    restart: false
    show_in_self_service: true
    self_service_category_id: 2f4e6a8c-1b3d-4f5a-9c7e-0d2b4f6a8c1e
    self_service_recommended: true
    blueprints:
      - All Macs
    assignment_nodes:
      All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
    blueprints_mode: exact
    max_removed: 200
"""

RETURN = r"""
script:
  description:
    - The script, without its text. C(sha256) is the digest of the text as Kandji stores it.
    - C(id) and C(updated_at) are null if check mode would create the script.
  returned: success
  type: dict
  sample:
    id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    name: Say hello
    execution_frequency: every_day
    sha256: 3b0f6f3f2f6d6d9d0c8b1a2e3f4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d
    updated_at: "2026-11-23T10:00:00.000Z"
macs_removed:
  description: Number of Macs that lose the script.
  returned: success
  type: int
  sample: 0
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create script 'Say hello'", "assign script 'Say hello' to blueprint 'Canary'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Custom Scripts, verb: GET, count: 1}
"""

import typing as t

from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, REQUIRED_ASSIGNMENT, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.text import abbreviate
from ..module_utils._kandji import assignments, scripts
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignment_apply import apply_assignment
from ..module_utils._kandji.recheck import (
    check_assignment,
    check_last_write,
    check_unchanged,
    find_older_twin,
    twin_left,
)
from ..module_utils._kandji.records import Blueprint, CustomScript
from ..module_utils._kandji.unreadable_fields import describe_unknown

OPTIONS: ArgumentSpec = {
    **REQUIRED_ASSIGNMENT,
    "name": {"type": "str"},
    "library_item_id": {"type": "str"},
    # Scripts hold tokens.
    "script": {"type": "str", "required": True, "no_log": True},
    "remediation_script": {"type": "str", "no_log": True},
    "execution_frequency": {
        "type": "str",
        "choices": list(scripts.FREQUENCIES),
        "default": "every_day",
    },
    "active": {"type": "bool", "default": True},
    "restart": {"type": "bool", "default": False},
    "show_in_self_service": {"type": "bool", "default": False},
    "self_service_category_id": {"type": "str"},
    "self_service_recommended": {"type": "bool"},
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_SCRIPTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.CREATE_SCRIPT,
    kandji_api.UPDATE_SCRIPT,
    kandji_api.ASSIGN_ITEM,
    kandji_api.REMOVE_ITEM,
)


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params = ctx.params
    for text in scripts.secret_texts(params):
        ctx.masker.add(text, ordinary=True)
    scripts.check_options(params)
    exact = params["blueprints_mode"] == "exact"
    wanted, known = assignments.read_blueprints(ctx.kandji, params["blueprints"], everything=exact)
    nodes = assignments.resolve_nodes(params["assignment_nodes"], wanted, known, everywhere=exact)
    items = assignments.item_ids(assignments.read_items(ctx.kandji, known if exact else wanted))
    places = scripts.Places(wanted, known, items, nodes)
    plan = scripts.plan_script(params, list(ctx.kandji.scripts()), places)
    if plan.unknown:
        ctx.warn(describe_unknown(f"script {plan.name!r}", plan.unknown))
    placed = [(f"script {plan.name!r}", plan.assignment)]
    for text in assignments.describe_nodes(placed, ctx.check_mode):
        ctx.warn(text)
    removed = _limit_removed(ctx, plan, wanted)
    script = plan.current if ctx.check_mode else _apply(ctx, plan, wanted)
    return build_result(plan.changes, script=scripts.summarize(script, plan), macs_removed=removed)


def _limit_removed(ctx: ModuleContext, plan: scripts.Plan, wanted: t.Sequence[Blueprint]) -> int:
    """Return how many Macs lose the script. Raises Refused if they are more than the limit."""
    if not plan.assignment.remove:
        return 0
    devices = list(ctx.kandji.devices(platform="Mac"))
    losing = assignments.macs_in_scope(devices, plan.assignment.remove)
    count = len(losing - assignments.macs_on(devices, wanted))
    places = abbreviate([repr(each.name) for each in plan.assignment.remove], 5)
    action = f"The removal of the script {plan.name!r} from {places} would take it from"
    allowed = ctx.params["max_removed"]
    assignments.check_limits([assignments.Limit("max_removed", allowed, count, action)])
    return count


def _apply(
    ctx: ModuleContext, plan: scripts.Plan, wanted: t.Sequence[Blueprint]
) -> CustomScript | None:
    script, subject = plan.current, f"script {plan.name!r}"
    if plan.changes:
        places = [*plan.assignment.assign, *plan.assignment.remove]
        now = assignments.item_ids(assignments.read_items(ctx.kandji, places))
        check_unchanged(subject, plan.name, plan.current, ctx.kandji.scripts())
        check_assignment(subject, plan.item_id, plan.assignment, now)
        _limit_removed(ctx, plan, wanted)  # a Mac may have joined
    if plan.fields:
        script = _write(ctx, plan, subject)
    if script is not None:
        apply_assignment(ctx.kandji, script.id, plan.assignment)
    return script


def _write(ctx: ModuleContext, plan: scripts.Plan, subject: str) -> CustomScript:
    """Create or change the script and return it.

    No operation of this collection deletes a script. If another run created the script first, the
    copy of this run stays, assigned to nothing. Raises NotAsWritten and Refused.
    """
    if plan.current is not None:
        script = ctx.kandji.update_script(plan.current, plan.fields)
        scripts.check_written(plan, script)
        check_last_write(subject, plan.current, script, ctx.kandji.scripts())
        return script
    script = ctx.kandji.create_script(plan.fields)
    twin = find_older_twin(script, ctx.kandji.scripts())
    if twin is not None:
        raise twin_left(subject, twin, script)
    scripts.check_written(plan, script)
    return script


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(KANDJI, OPTIONS),
        required_one_of=[("name", "library_item_id")],
    )


if __name__ == "__main__":
    main()
