# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edit in the console while a playbook waits: at a gate, for people, or for an approval.

The lab holds a request of the wait, so that nothing depends on time. The edit stays, nothing is
doubled, the run ends well or with a sentence, and runs afterwards converge.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.helpers import console_edits as console
from tests.functional.helpers.interleaving import act_while_held, judge_lab, judge_output
from tests.functional.sign_in.test_enforce_managed_devices import VARIABLES, Company
from tools.support.playbook import SITE, PlayResult

pytestmark = pytest.mark.long

ITEM = "Okta SCEP (web app)"
CHECK_IN = "Daily check-in"
PROFILE_EDITS = (
    console.ADD_PAYLOAD,
    console.RENAME_PROFILE,
    console.DEACTIVATE_PROFILE,
    console.ASSIGN_PROFILE,
    console.UNASSIGN_PROFILE,
    console.DELETE_PROFILE,
    console.REPLACE_PROFILE,
)
POLICY_EDITS = (
    console.DESCRIBE_CLONE,
    console.RENAME_CLONE,
    console.GIVE_ANOTHER_POLICY_BEFORE,
    console.EDIT_CLONE_RULE,
    console.STOP_CLONE_RULE,
    console.ADD_RULE_TO_CLONE,
)


class Scene:
    """A lab as a playbook meets it, and the variables of that playbook."""

    def __init__(self, watched: Watched, run_module: t.Any, playbook: t.Any) -> None:
        self.watched, self._run_module, self._playbook = watched, run_module, playbook
        self.variables: dict[str, t.Any] = {
            "device_trust_gate_wait": 3,
            "device_trust_poll_interval": 1,
            "_device_trust_connection": {
                "ca_path": watched.lab.announcement["ca_file"],
                "api_timeout": 600,
            },
        }

    def profile(self) -> None:
        """The ring's profile is there, and certificates are due."""
        options = {"name": "Okta SCEP - canary", "blueprints": ["Canary"]}
        result = self._run_module("kandji_scep_profile", options, lab=self.watched.lab)
        assert not result.get("failed"), result
        self.watched.live()
        self.watched.world.clock.advance(days=340)
        self.watched.live()

    def migration(self) -> None:
        """The ring has its profile, and an item of the web app waits to replace it."""
        self.profile()
        self.watched.control("POST", "/kandji/items", {"type": "scep", "name": ITEM})
        self.variables |= {
            "device_trust_console_item": ITEM,
            "device_trust_migrate_to": "console",
            "device_trust_max_removed": 50,
        }

    def company(self) -> None:
        """Everybody is managed, and uses the apps."""
        Company(self.watched).ready()
        self.variables |= {**VARIABLES, "device_trust_access_watch": 1}

    def nothing(self) -> None:
        """Nothing was rolled out."""

    def run(self, stem: str, check: bool = False) -> PlayResult:
        path = SITE.parent / f"{stem}.yml"
        result = self._playbook(self.watched.lab, path, variables=self.variables, check=check)
        return t.cast(PlayResult, result)


@dataclass(frozen=True)
class Pause:
    """A wait of a playbook.

    ``held`` are the operations up to the request at which the lab holds it; empty if it ends with
    its plan, and another run carries the plan out after an approval.
    """

    playbook: str
    begin: t.Callable[[Scene], None]
    edits: t.Sequence[console.ConsoleEdit]
    held: t.Sequence[str] = ()
    macs: int = 6


PAUSES = {
    "the gate of site": Pause("site", Scene.nothing, PROFILE_EDITS, [CHECK_IN]),
    "the gate of renew_certificates": Pause(
        "renew_certificates", Scene.profile, PROFILE_EDITS, ["Update Custom Profile", CHECK_IN]
    ),
    "the gate of migrate_scep_item": Pause(
        "migrate_scep_item", Scene.migration, PROFILE_EDITS, ["Remove Library Item", CHECK_IN]
    ),
    "the watch of enforce_managed_devices": Pause(
        "enforce_managed_devices",
        Scene.company,
        POLICY_EDITS,
        ["assignApplicationPolicy", "listLogEvents"],
        macs=3,
    ),
    "the approval of enforce_managed_devices": Pause(
        "enforce_managed_devices", Scene.company, [console.GIVE_ANOTHER_POLICY_BEFORE], macs=3
    ),
}


@pytest.mark.parametrize(
    ("pause", "edit"),
    [
        pytest.param(pause, edit, id=f"{name}, {edit.name}")
        for name, pause in PAUSES.items()
        for edit in pause.edits
    ],
)
def test_an_edit_while_a_playbook_waits(pause, edit, run_module, playbook):
    with Lab(Options(macs=pause.macs, limits="high")) as lab:
        watched = Watched(lab)
        scene = Scene(watched, run_module, playbook)
        pause.begin(scene)

        def act() -> None:
            edit.act(watched)
            watched.live()

        results = []
        if pause.held:
            result, _acted = act_while_held(
                watched, pause.held, lambda: scene.run(pause.playbook), act
            )
        else:
            results.append(scene.run(pause.playbook, check=True))
            act()
            result = scene.run(pause.playbook)
        results.append(result)
        faults = [fault for each in results for fault in judge_output(each)] + judge_lab(watched)
        assert faults == []
        assert edit.stays(watched), result.output
        assert converges(scene, pause.playbook) == []


def converges(scene: Scene, stem: str) -> list[str]:
    """Return what is wrong with the runs afterwards: the last has nothing left to write."""
    watched, results = scene.watched, []
    for _run in range(3):
        mark = watched.mark()
        results.append(scene.run(stem))
        watched.live()
        written = [name for name in watched.writes(mark) if name not in (CHECK_IN, "PKIOperation")]
        if len(results) > 1 and not written:
            break
    faults = [*judge_output(results[-1]), *judge_lab(watched)]
    if written or results[-1].status != results[-2].status:
        faults.append(f"does not converge: {written} {results[-1].output[-3000:]}")
    return faults
