# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every two playbooks that write: one is held amid its run until the other has ended.

The lab holds a request, so that nothing depends on time. The verdict is about the lab.
"""

from __future__ import annotations

import itertools
import typing as t

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.helpers.interleaving import act_while_held, judge_lab, judge_output
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.playbook import SITE, PlayResult

# A playbook that writes to a vendor, and the operations at which it is held: one while it plans,
# one that writes.
WRITING = {
    "site": ("Installed profiles", "Assign Library Item"),
    "renew_certificates": ("PKIOperation", "Update Custom Profile"),
    "rotate_scep_challenge": ("PKIOperation", "Update Custom Profile"),
    "migrate_scep_item": ("Get Library Item Statuses", "Remove Library Item"),
    "enforce_managed_devices": ("listLogEvents", "assignApplicationPolicy"),
    "rollback_managed_devices": ("listPolicyMappings", "assignApplicationPolicy"),
    "reset_devices": ("listAuthenticatorEnrollments", "deactivateDevice"),
    "clean_up_records": ("listAuthenticatorEnrollments", "suspendDevice"),
}
# Write by what another playbook holds: rotate_scep_challenge, and the rings of renew_certificates.
BY_ANOTHER = {"on_scep_challenge_reset", "renew_certificate_authority"}
# Write to AWX and to a channel. They read and write nothing of Okta or Kandji, so no run of another
# playbook can meet them there. Of two runs of configure_awx, AWX itself keeps names unique, which
# the stand-in of test_awx_configuration.py does not: two runs at once there would prove nothing.
# The code of one person is no part of any other playbook either; two runs at once meet at Okta, where
# the later code voids the earlier one. What lost_mac and offboard_person write, test_module_pairs.py
# lets meet by their modules.
ELSEWHERE = {"configure_awx", "notify", "grant_temporary_access", "lost_mac", "offboard_person"}
READING = {"device_status", "report", "verify_tenant", "on_certificate_authority_change"}
PAIRS = list(itertools.combinations_with_replacement(WRITING, 2))
STUCK, UNUSED, ITEM = "RESETMAC0001", "ORPHANMAC001", "Okta SCEP (web app)"
CLONE, ORIGINAL = "Company apps (managed devices)", "Company apps"


def test_each_playbook_is_declared():
    assert {path.stem for path in SITE.parent.glob("*.yml")} == {
        *WRITING,
        *BY_ANOTHER,
        *ELSEWHERE,
        *READING,
    }


class Scene:
    """One ring in use, whatever these playbooks need, and their variables."""

    def __init__(self, watched: Watched, run_module: t.Any, names: t.Collection[str]) -> None:
        self.watched, self._run_module = watched, run_module
        self.variables: dict[str, t.Any] = {
            "device_trust_rings": [watched.canary],
            "device_trust_gate_wait": 0,
            "device_trust_poll_interval": 1,
            "device_trust_access_policy": ORIGINAL,
            "device_trust_access_apps": ["Salesforce"],
            "device_trust_break_glass_group": "Break glass",
            # A request is held for longer than a run waits for an answer.
            "_device_trust_connection": {
                "ca_path": watched.lab.announcement["ca_file"],
                "api_timeout": 600,
            },
        }
        self._call("kandji_scep_profile", name="Okta SCEP - canary", blueprints=["Canary"])
        watched.live()
        watched.world.clock.advance(days=340)
        watched.live()
        if "migrate_scep_item" in names:
            watched.control("POST", "/kandji/items", {"type": "scep", "name": ITEM})
            self.variables["device_trust_console_item"] = ITEM
            self.variables["device_trust_migrate_to"] = "console"
            self.variables["device_trust_max_removed"] = 50
        if "reset_devices" in names:
            ResetFleet(watched).stuck(STUCK)
            self.variables["device_trust_reset_serials"] = [STUCK]
        if "clean_up_records" in names:
            ResetFleet(watched).record(UNUSED, age=24.0 * 100)
            self.variables["device_trust_clean_up_max_percent"] = 100
        if "rollback_managed_devices" in names:
            self._call("okta_access_policy", name=CLONE, clone_of=ORIGINAL, apps=["Slack"])
        if "rotate_scep_challenge" in names:
            new = watched.control("POST", "/secret/reset")["scep_challenge"]
            self.variables["device_trust_scep_challenge"] = new
            self.variables["device_trust_max_reissue"] = 50

    def _call(self, module: str, **options: t.Any) -> None:
        result = self._run_module(module, options, lab=self.watched.lab)
        assert not result.get("failed"), result


@pytest.mark.long
@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_a_playbook_is_held_until_another_has_ended(name, other, run_module, playbook):
    with Lab(Options(macs=3, limits="high")) as lab:
        watched = Watched(lab)
        scene = Scene(watched, run_module, {name, other})

        def run(stem: str) -> PlayResult:
            path = SITE.parent / f"{stem}.yml"
            return t.cast(PlayResult, playbook(lab, path, variables=scene.variables))

        operation = WRITING[name][PAIRS.index((name, other)) % 2]
        results = act_while_held(watched, [operation], lambda: run(name), lambda: run(other))
        faults = [fault for result in results for fault in judge_output(result)]
        faults += judge_lab(watched)
        again = run(name)
        faults += [*judge_output(again), *judge_lab(watched)]
        mark = watched.mark()
        last = run(name)
        faults += judge_output(last)
        written = {*watched.writes(mark)} - {"PKIOperation", "Daily check-in"}
        assert faults == []
        assert (last.status, written) == (again.status, set()), last.output
        assert again.status == 0 or {name, other} & {"migrate_scep_item"}, again.output
