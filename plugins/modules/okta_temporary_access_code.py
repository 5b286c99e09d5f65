#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_temporary_access_code
short_description: Create a temporary access code for a person who is locked out
version_added: 0.1.0
description:
  - Creates a temporary access code in Okta for one person, and writes it to a file that only the
    user who runs the module can read. The result never holds the code, and nothing shows it again.
  - An earlier code of the person is void then.
  - Refuses if the org does not have the authenticator for such codes, if the enrollment policy of
    the person does not permit it, or if the account of the person does not work. Okta itself
    refuses such a code at the sign-in alone.
  - Fails if it is unknown which enrollment policy applies, for example because each rule of the
    policy excludes the person.
  - A code is something that the person knows. A rule that asks for a device or a second factor
    still refuses them.
  - Okta is asked again if a request had no answer, which makes another code. Only the one in the
    file works. If no request has an answer, the module fails without a file, and an earlier code
    may be void. The next run makes another code.
  - Calls are four for the person, the authenticators, the policies and the rules of the one that
    applies, and one for each 200 groups of the person if there is a policy besides the default one.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.okta
attributes:
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second
      invocation indicates no change.
    support: none
    details: Each run creates a code. The second run is refused, because the file exists.
options:
  user:
    description: Login or id of the person.
    type: str
    required: true
  dest:
    description: Path of the file to write the code to. The module refuses a file that exists.
      Delete the file when the person has the code.
    type: path
    required: true
  valid_minutes:
    description: How many minutes the code is valid, from V(10) to V(14400). V(0) is the default of
      the org. The org may permit less.
    type: int
    default: 0
  multi_use:
    description: Whether the code can be used more than once until it expires.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Create a temporary access code for a person who is locked out
  devicetrust.okta_kandji.okta_temporary_access_code:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    user: ann@acme.com
    dest: ~/ann.code
    valid_minutes: 60
    multi_use: true
"""

RETURN = r"""
user:
  description: Id and login of the person.
  returned: success
  type: dict
  sample: {id: 00u1n8sbwArJ7OQRw406, login: ann@acme.com}
policy:
  description: Name of the enrollment policy that applies to the person.
  returned: success
  type: str
  sample: Default Policy
file:
  description: Path of the file with the code. In check mode, of the file that would be written.
  returned: success
  type: str
  sample: /home/ops/ann.code
expires_at:
  description: When the code expires, in ISO 8601. Null in check mode, and if Okta does not show it.
  returned: success
  type: str
  sample: "2026-11-26T10:00:00.000Z"
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create temporary access code for ann@acme.com"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: createTacAuthenticatorEnrollment, verb: POST, count: 1}
"""

from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption, Unreadable
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import OKTA, ArgumentSpec, arguments
from ..module_utils._core.private_files import check_dest, private_file
from ..module_utils._core.results import Result, build_result
from ..module_utils._http.operations import NOT_IDS
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.authenticators import temporary_access
from ..module_utils._okta.policy_order import active_in_order, policy_of, possibly_excluded
from ..module_utils._okta.records import EnrollmentPolicy, OktaUser, TemporaryCode

OPTIONS: ArgumentSpec = {
    "user": {"type": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "valid_minutes": {"type": "int", "default": 0},
    "multi_use": {"type": "bool", "default": False},
}
USES = (
    okta_api.GET_USER,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_USER_GROUPS,
    okta_api.CREATE_TEMPORARY_CODE,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result, which never holds the code."""
    params, dest = ctx.params, ctx.params["dest"]
    check_dest(dest)
    options = temporary_access.CodeOptions(params["valid_minutes"], params["multi_use"])
    user = _find_user(ctx, params["user"])
    authenticator = temporary_access.find_authenticator(ctx.okta.authenticators())
    temporary_access.check_options(authenticator, options)
    policy = _policy_of(ctx, user)
    if policy:
        excluded = possibly_excluded(policy, ctx.okta.enrollment_rules(policy.id))
        temporary_access.check_exclusion(policy, user, excluded)
    temporary_access.check_policy(policy, user)
    expires_at = None
    if not ctx.check_mode:
        with private_file(dest) as file:
            code = ctx.okta.create_temporary_code(user.id, authenticator.id, options.as_profile())
            ctx.masker.add(code.code)
            file.write(f"{_require_code(code)}\n")
        expires_at = code.expires_at
    change = Change("create", f"temporary access code for {user.name}", {}, {"file": dest})
    return build_result(
        [change],
        user={"id": user.id, "login": user.login},
        policy=policy.name if policy else None,
        file=dest,
        expires_at=expires_at,
    )


def _find_user(ctx: ModuleContext, wanted: str) -> OktaUser:
    if wanted in NOT_IDS or not wanted.isprintable():
        raise BadOption(f"user: {wanted!r} is neither an id nor a login. Write the whole login.")
    user = ctx.okta.user(wanted)
    if user is None:
        raise BadOption(
            f"user: Okta has no user with the id or login {wanted!r}. Write the whole login,"
            " and check upper and lower case."
        )
    temporary_access.check_user(user)
    return user


def _policy_of(ctx: ModuleContext, user: OktaUser) -> EnrollmentPolicy | None:
    """Return the first enrollment policy with a group of a person, None if it is not known.

    The groups of the default policy have everybody. The person's are read where a policy asks.
    """
    policies = active_in_order(ctx.okta.enrollment_policies())
    groups = {group for each in policies if each.system for group in each.groups}
    if policies and not policies[0].system:
        groups |= {group.id for group in ctx.okta.user_groups(user.id)}
    return policy_of(policies, groups.__contains__)


def _require_code(code: TemporaryCode) -> str:
    """Return the code. Raises Unreadable if Okta's answer does not have it."""
    if not code.code:
        raise Unreadable(
            "Okta created a temporary access code and did not show it. Run again, which makes"
            " another one.",
            vendor="okta",
        )
    return code.code


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS))


if __name__ == "__main__":
    main()
