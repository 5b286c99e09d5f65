# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of whatever changes who is let in.

How people are counted first, and what holds the change back.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  forecast:
    description:
      - Before a change, forecast who would be refused.
      - Set it to V(false) only to return to rules that were active before. Then O(max_locked_out)
        does not count. Okta's own apps, the policy that decides who may add an authenticator and
        the break-glass group are checked all the same.
    type: bool
    default: true
  max_locked_out:
    description:
      - How many people may go from admitted to refused. Only people who used one of the apps in
        O(active_days) count. People who were never seen are listed separately.
      - A condition may be unknown before the sign-in. Examples are risk, network, an expression, or
        an authenticator other than Okta Verify. It is the same before and after the change. If any
        answer to it admits a person before and refuses them after, the person counts.
      - Whom a policy admits that is not active is such an unknown, too.
      - A device signal collection policy may hide a device from the rules. That is such an unknown,
        too. People whom a global session policy refuses anyway do not count.
      - If the credentials may not read the device signal collection policies (403), they may hide
        the device of anybody. The message says how many people count only because of that. If they
        may not read the global session policies, no break-glass group is sure, and a change that
        needs one is refused.
    type: int
    default: 0
  active_days:
    description: How many days of the System Log show who uses an app, from V(1) to V(90).
    type: int
    default: 30
  log_events:
    description: How many events of the System Log to read at most. If there are more, the change is
      refused, because the forecast might miss a person.
    type: int
    default: 50000
  break_glass_group:
    description:
      - Id or exact name of a group that keeps access when device trust fails. Required as soon as a
        rule of the policy requires managed devices, or a change may refuse anybody at one of Okta's
        own apps.
      - Such rules must exclude the group (C(groups_excluded)). The group needs a member who can
        sign in, and whom the remaining rules surely admit from a device that Okta does not know.
      - The authenticators that the member has enrolled must meet each of these rules. What Okta
        does not show is not a proof. Examples are the methods of a phone, or whether a key is
        protected by hardware.
    type: str
  allow_protected_apps:
    description:
      - Ids or exact labels of Okta's own apps that may require managed devices, or refuse people,
        anyway. By default these are refused, the Admin Console, the dashboard, the page where
        people add Okta Verify and the app that Okta Verify enrolls by. Nobody needs to have used
        them.
      - If Okta does not show the app that Okta Verify enrolls by, each app of Okta's own counts as
        that app.
      - To use the policy that decides who may add an authenticator, name it here too, by its id or
        name.
    type: list
    elements: str
    default: []
"""
