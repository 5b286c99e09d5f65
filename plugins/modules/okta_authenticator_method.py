#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_authenticator_method
short_description: Manage Okta FastPass or another method of an authenticator
version_added: 0.1.0
description:
  - Switches a method of an authenticator on or off, and sets its settings. By default this is Okta
    FastPass (C(signed_nonce) of Okta Verify).
  - Settings are merged into those of Okta, because its API replaces all of them, and orgs have
    undocumented settings.
  - The module fails before it writes if Okta does not show the status or a setting that it compares
    or keeps. The error names the field.
  - An org with flexible Okta Verify has a separate authenticator for each method, such as
    C(okta_verify_fastpass). The module finds the method either way, and writes to that
    authenticator.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.okta
options:
  authenticator:
    description: Key of the authenticator.
    type: str
    default: okta_verify
  method:
    description: Type of the method. V(signed_nonce) is Okta FastPass.
    type: str
    choices: [signed_nonce, push, totp]
    default: signed_nonce
  status:
    description:
      - Whether the method can be used. If not set, it is not changed.
      - Okta does not switch FastPass off while rules have device conditions. The error names the
        reason of a refusal.
    type: str
    choices: [ACTIVE, INACTIVE]
  allow_lock_out:
    description:
      - Switch a method off, or accept fewer keys, although people may use it. Without it this is
        refused. Whom it locks out cannot be known, because Okta does not show which methods of Okta
        Verify people have, nor their keys.
      - Fewer keys are O(key_protection=HARDWARE) where it was V(ANY), and O(algorithms) without one
        that is accepted now. This holds for the whole org.
      - Set it to V(true) once each person has another second factor.
    type: bool
    default: false
  show_sign_in_with_ov:
    description: Whether the sign-in page always has a button for Okta FastPass. For
      O(method=signed_nonce) alone.
    type: str
    choices: [ALWAYS, NEVER]
  key_protection:
    description: V(HARDWARE) accepts only devices that store keys in hardware, and refuses Macs
      without a Secure Enclave. Not for O(method=totp).
    type: str
    choices: [ANY, HARDWARE]
  algorithms:
    description: Algorithms of the keys. Not for O(method=totp).
    type: list
    elements: str
    choices: [RS256, ES256]
"""

EXAMPLES = r"""
- name: Turn Okta FastPass on and show its button
  devicetrust.okta_kandji.okta_authenticator_method:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    status: ACTIVE
    show_sign_in_with_ov: ALWAYS

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Require hardware keys for Okta FastPass
  devicetrust.okta_kandji.okta_authenticator_method:
    key_protection: HARDWARE
    algorithms: [ES256]
    allow_lock_out: true

- name: Turn the one-time codes of Okta Verify off
  devicetrust.okta_kandji.okta_authenticator_method:
    authenticator: okta_verify
    method: totp
    status: INACTIVE
    allow_lock_out: true
"""

RETURN = r"""
method:
  description: The method as Okta returns it. In check mode, the method before the change.
  returned: success
  type: dict
  sample: {type: signed_nonce, status: ACTIVE, settings: {algorithms: [RS256, ES256], keyProtection:
    ANY, showSignInWithOV: ALWAYS}}
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update method signed_nonce of okta_verify: status"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listAuthenticatorMethods, verb: GET, count: 1}
"""


from ..module_utils._core.errors import ApiError
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.authenticators import methods
from ..module_utils._okta.records import Authenticator, AuthenticatorMethod

OPTIONS: ArgumentSpec = {
    "authenticator": {"type": "str", "default": methods.FAST_PASS[0]},
    "method": {
        "type": "str",
        "choices": ["signed_nonce", "push", "totp"],
        "default": methods.FAST_PASS[1],
    },
    "status": {"type": "str", "choices": ["ACTIVE", "INACTIVE"]},
    "allow_lock_out": {"type": "bool", "default": False},
    "show_sign_in_with_ov": {"type": "str", "choices": ["ALWAYS", "NEVER"]},
    "key_protection": {"type": "str", "choices": ["ANY", "HARDWARE"]},
    "algorithms": {"type": "list", "elements": "str", "choices": ["RS256", "ES256"]},
}
USES = (
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_METHODS,
    okta_api.REPLACE_METHOD,
    okta_api.ACTIVATE_METHOD,
    okta_api.DEACTIVATE_METHOD,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    methods.check_settings(params["method"], params)
    authenticator, current = _find(ctx)
    authenticator_id = authenticator.id
    settings = {
        key: params[option]
        for option, key in methods.SETTINGS.items()
        if params[option] is not None
    }
    request = methods.MethodRequest(
        params["authenticator"], params["method"], params["status"], settings
    )
    plan = methods.plan_method(current, request)
    is_used = authenticator.status != "INACTIVE"
    methods.check_switch_off(current, request, params["allow_lock_out"], is_used)
    methods.check_narrowing(current, request, params["allow_lock_out"], is_used)
    if plan.changes and not ctx.check_mode:
        _apply(ctx, authenticator_id, request, plan)
        current = methods.verify_method(request, ctx.okta.authenticator_methods(authenticator_id))
    method = {key: value for key, value in current.row.items() if key != "_links"}
    return build_result(plan.changes, method=method)


def _find(ctx: ModuleContext) -> tuple[Authenticator, AuthenticatorMethod]:
    """Return the authenticator that has the method, and the method."""
    key, method = ctx.params["authenticator"], ctx.params["method"]
    known = ctx.okta.authenticators()
    for authenticator in methods.authenticators_with(known, key, method):
        match = methods.find_method(ctx.okta.authenticator_methods(authenticator.id), method)
        if match:
            return authenticator, match
    raise methods.missing_method(key, method, known)


def _apply(
    ctx: ModuleContext,
    authenticator_id: str,
    request: methods.MethodRequest,
    plan: methods.MethodPlan,
) -> None:
    """Switch on first and off last, since Okta may refuse settings of a method that is off.

    Settings are replaced in full, so the method is read again right before that: this keeps what
    was set in the Admin Console since it was planned.
    """
    if plan.status == "ACTIVE":
        ctx.okta.set_method_status(authenticator_id, request.method, True)
    if plan.body is not None:
        known = ctx.okta.authenticator_methods(authenticator_id)
        body = methods.plan_method(methods.require_method(request, known), request).body
        if body is not None:
            ctx.okta.replace_method(authenticator_id, request.method, body)
    if plan.status == "INACTIVE":
        try:
            ctx.okta.set_method_status(authenticator_id, request.method, False)
        except ApiError as error:
            raise methods.translate_refusal(error, request.subject) from None


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS))


if __name__ == "__main__":
    main()
