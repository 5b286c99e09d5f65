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
      - Before a change, forecast who would be refused, and look at the break-glass group and at
        Okta's own apps.
      - Set it to V(false) only to go back to rules that were in force before.
    type: bool
    default: true
  max_locked_out:
    description:
      - How many people may go from admitted to refused. Those count who used one of the apps in
        O(active_days); people who were never seen are listed separately.
      - What a rule asks and nobody can know beforehand (risk, network, an expression, an
        authenticator other than Okta Verify) counts as refused.
    type: int
    default: 0
  active_days:
    description: How many days of the System Log tell who uses an app, from V(1) to V(90).
    type: int
    default: 30
  log_events:
    description: How many events of the System Log are read at most. Where there are more the change
      is refused, since somebody might be missed.
    type: int
    default: 50000
  break_glass_group:
    description:
      - Id or exact name of a group that gets in when device trust goes wrong. Needed as soon as a
        rule of the policy stands for managed devices.
      - Such rules have to leave it out (C(groups_excluded)), it needs a member who can sign in, and
        the rules that are left have to let them in.
    type: str
  allow_protected_apps:
    description:
      - Ids or exact labels of apps of Okta's own that may ask for managed devices all the same. The
        Admin Console, the dashboard, the page where people
        add Okta Verify and the app that Okta Verify enrols by are refused otherwise.
      - The policy that judges who may add an authenticator is named here too, by its id or name.
    type: list
    elements: str
    default: []
"""
