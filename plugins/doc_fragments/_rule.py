# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of one rule of an app sign-in policy."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  status:
    description: V(INACTIVE) keeps the rule and does not evaluate it. If not set, a new rule is
      active and the status of an existing one does not change.
    type: str
    choices: [ACTIVE, INACTIVE]
  position:
    description:
      - V(first), or V(last), which is before the catch-all rule. Only the order is compared,
        because Okta renumbers rules when others are added or deleted.
      - Without one of O(position), O(before) and O(after) a rule stays where it is, and a new one
        comes last.
    type: str
    choices: [first, last]
  before:
    description: Name of a rule that comes later, not necessarily next.
    type: str
  after:
    description: Name of a rule that comes earlier, not necessarily next.
    type: str
  managed:
    description:
      - Whether the device is managed. If not set, the condition does not change.
        O(remove_conditions=device) removes it.
      - Okta treats only registered devices as managed, so the rule also gets O(registered=true).
    type: bool
  registered:
    description: Whether the device is registered. If not set, the condition does not change.
    type: bool
  device_assurances:
    description: Ids of device assurance policies. The device must meet one of them.
    type: list
    elements: str
  platforms:
    description: Operating systems that the rule is for. An empty list is any.
    type: list
    elements: str
    choices: [MACOS, WINDOWS, CHROMEOS, LINUX, IOS, ANDROID]
  groups:
    description: Ids or exact names of groups that the rule is for. An empty list is everybody.
    type: list
    elements: str
  groups_excluded:
    description: Ids or exact names of groups that the rule is not for.
    type: list
    elements: str
  users:
    description: Ids or logins of users that the rule is for.
    type: list
    elements: str
  users_excluded:
    description: Ids or logins of users that the rule is not for.
    type: list
    elements: str
  user_types:
    description: Ids of user types that the rule is for.
    type: list
    elements: str
  user_types_excluded:
    description: Ids of user types that the rule is not for.
    type: list
    elements: str
  network_connection:
    description:
      - Where a person has to be. A rule with V(ZONE) needs O(zones) or O(zones_excluded), and one
        with these needs V(ZONE). What the rule has already counts.
      - V(ANYWHERE) removes the zones of a rule.
    type: str
    choices: [ANYWHERE, ZONE]
  zones:
    description: Ids of network zones that the rule is for.
    type: list
    elements: str
  zones_excluded:
    description: Ids of network zones that the rule is not for.
    type: list
    elements: str
  risk_level:
    description: Level of risk that the rule is for.
    type: str
    choices: [ANY, LOW, MEDIUM, HIGH]
  expression:
    description: An expression in Okta's expression language that has to hold.
    type: str
  remove_conditions:
    description: Conditions to take away.
    type: list
    elements: str
    choices: [device, platforms, people, user_types, network, risk_level, expression]
    default: []
  access:
    description:
      - Whether the rule admits. A new rule needs it.
      - A rule with V(DENY) does not ask for authenticators. O(factor_mode), O(reauthenticate_in),
        O(inactivity_period), O(constraints) and O(chains) are refused for it.
    type: str
    choices: [ALLOW, DENY]
  factor_mode:
    description: How many factors a rule that admits asks for.
    type: str
    choices: [1FA, 2FA]
  reauthenticate_in:
    description: How long until people have to sign in again, as an ISO 8601 duration like V(PT2H).
    type: str
  inactivity_period:
    description: The same after a time without use.
    type: str
  constraints:
    description:
      - What authenticators have to be like, in Okta's own form (C(AccessPolicyConstraints)); one of
        the list has to be met.
      - The whole list is replaced where it differs. A key that Okta does not document is refused.
      - The key C(okta_verify) and those of its methods, such as C(okta_verify_fastpass), have one
        meaning. The rule is written with those that the org uses.
    type: list
    elements: dict
  chains:
    description:
      - Instead of O(factor_mode) and O(constraints), authenticators in order, in Okta's own form
        (C(AuthenticationMethodChain)), at most 5 chains of 3 steps.
    type: list
    elements: dict
"""
