# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of a device's life, each ended after every request of its run in turn.

The lab carries the request out and answers neither it nor a later one. The next run has to finish,
and the one after it to change nothing. A run that ends before its first write has written nothing,
so the first write is the first request after which a run ends.
"""

from __future__ import annotations

import typing as t

import pytest

from tests.functional.conftest import Watched
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

ANN, OWN, SHARED = "ann@example.com", "OWNMAC000001", "SHARED000001"
AGE = 24 * 100.0  # hours


class Scene:
    """Ann with a Mac of her own and one that Bob uses, too, in a lab that begins again."""

    def __init__(self, watched: Watched) -> None:
        watched.lab.begin(watched.world.options)
        self.watched = Watched(watched.lab)
        fleet = self.fleet = ResetFleet(self.watched)
        self.ann, self.bob = fleet.user(ANN), fleet.user("bob@example.com")
        for serial in (OWN, SHARED):
            fleet.mac(serial)
        self.own = fleet.record(OWN, self.ann, managed_by=self.ann)
        self.shared = fleet.record(SHARED, self.ann, self.bob)

    def device(self, serial: str) -> t.Any:
        devices = self.watched.world.kandji.devices.values()
        return next(each for each in devices if each.serial == serial)

    def status(self, record: t.Any) -> str | None:
        known = self.watched.world.okta.devices.get(record.id)
        return known.status if known else None


class Lost(Scene):
    """Her Mac is lost, and is locked."""

    stem = "lost_mac"
    variables: t.ClassVar = {
        "lost_serials": [OWN],
        "lost_revoke_sessions": True,
        "lost_action": "lock",
        "lost_action_confirm": f"LOCK {OWN}",
    }

    def judge(self) -> None:
        assert self.status(self.own) == "SUSPENDED" and self.status(self.shared) == "ACTIVE"
        assert [one.action for one in self.device(OWN).commands] == ["lock"]
        writes = self.watched.writes()
        assert {*writes} == {"suspendDevice", "revokeUserSessions", "Lock Device"}
        assert writes.count("suspendDevice") == writes.count("Lock Device") == 1


class Left(Scene):
    """She leaves; Bob keeps what he has."""

    stem = "offboard_person"
    variables: t.ClassVar = {
        "offboard_person": ANN,
        "offboard_blueprint": "Everyone else",
        "offboard_revoke_sessions": True,
        "offboard_confirm": f"OFFBOARD {ANN}",
    }

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        tenant = self.watched.world.kandji
        assigned = tenant.add_user("Ann", ANN)
        for serial in (OWN, SHARED):
            self.device(serial).user = assigned
        tenant.changed()
        self.stock = next(
            each.id for each in tenant.blueprints.values() if each.name == "Everyone else"
        )

    def judge(self) -> None:
        own, shared = self.device(OWN), self.device(SHARED)
        assert self.status(self.own) is None and self.status(self.shared) == "ACTIVE"
        assert self.bob.id in self.shared.users and (own.user, shared.user) == (None, None)
        assert own.blueprint_id == self.stock != shared.blueprint_id
        assert "revokeUserSessions" in self.watched.writes()


class Unused(Scene):
    """A record is due for deletion, and another one for suspension."""

    stem = "clean_up_records"
    variables: t.ClassVar = {"clean_up_max_percent": 100}

    def __init__(self, watched: Watched, run_module: t.Any) -> None:
        super().__init__(watched)
        self.due = self.fleet.record("DUEMAC000001", age=AGE)
        first = {"state": "suspended", "unused_days": 60, "max_percent": 100}
        assert run_module("okta_device", first, lab=self.watched.lab)["changed"]
        self.watched.world.clock.advance(days=15)
        self.unused = self.fleet.record("UNUSEDMAC001", age=AGE)
        for serial in (OWN, SHARED):
            self.device(serial).last_check_in = self.watched.world.clock.now()
        self.watched.world.kandji.changed()

    def judge(self) -> None:
        states = [self.due, self.unused, self.own, self.shared]
        assert [self.status(each) for each in states] == [None, "SUSPENDED", "ACTIVE", "ACTIVE"]


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("kind", [Lost, Left, Unused])
def test_a_run_that_ends_after_any_request_is_finished_by_the_next(
    watched, playbook, run_module, kind
):
    numbers: list[int] | None = None
    while numbers is None or numbers:
        scene = Unused(watched, run_module) if kind is Unused else kind(watched)

        def run(scene: t.Any = scene, **more: t.Any) -> t.Any:
            values = {f"device_trust_{name}": value for name, value in scene.variables.items()}
            path = CHECKOUT / "playbooks" / f"{scene.stem}.yml"
            return playbook(scene.watched.lab, path, variables={**values, **more})

        connection = {"ca_path": scene.watched.lab.announcement["ca_file"], "api_retries": 0}
        mark = scene.watched.mark()
        if numbers is None:  # what the run asks, and what it makes of the lab
            done = run()
            assert done.status == 0, done.output
            scene.judge()
            asked = scene.watched.asked(mark)
            first = next(number for number, one in enumerate(asked) if one.writes)
            numbers = [*range(first, len(asked))]
            assert len(numbers) > 3
            continue
        number = numbers.pop(0)
        scene.watched.fault("drop", "*", after=number, times=None)
        cut = run(_device_trust_connection=connection)
        assert cut.status != 0, (number, cut.output)
        scene.watched.world.faults.clear()
        done = run()
        assert done.status == 0, (number, cut.output, done.output)
        scene.judge()
        mark = scene.watched.mark()
        again = run()
        assert again.status == 0 and scene.watched.writes(mark) == [], (number, again.output)
