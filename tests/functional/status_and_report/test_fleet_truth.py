# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Mac of a fleet that stands on every stage at once is told as it is, or is marked as
unconfirmed, whatever happens while the fleet is read.

The lab tells the truth by itself (lab/true_stage.py), from its Macs and books.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import stages
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    client as _kandji,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import (
    client as _okta,
)

from tests.functional.helpers.all_stages import MACS, EveryStage

pytestmark = pytest.mark.lab(macs=MACS, real_macs=0)


@pytest.fixture
def fleet(watched, run_module):
    return EveryStage(watched, run_module).build()


@pytest.fixture
def report(watched, run_module, fleet, tmp_path):
    """Write the report and return its rows by what the truth calls them."""

    def write(**options: t.Any) -> dict[str, dict[str, t.Any]]:
        given = {
            "rings": fleet.rings,
            "okta_verify_item_ids": [fleet.app_id],
            "dest": str(tmp_path),
            "formats": ["json"],
            **options,
        }
        result = run_module("device_trust_report", given, lab=watched.lab)
        assert not result.get("failed"), result
        rows = json.loads((Path(tmp_path) / "device-trust.json").read_text())["macs"]
        found = {row["device_id"] or min(row["okta_device_ids"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    return write


def so(fleet):
    from lab.true_stage import truths

    return truths(fleet.world, fleet.profiles)


def wrong(rows, *truths):
    """Macs that are told otherwise than at any of these moments, without a mark.

    And those that are not told at all.
    """
    said = []
    for key in set.intersection(*map(set, truths)):
        row, stages = rows.get(key), {truth[key].stage for truth in truths}
        if row is None or (row["stage"] not in stages and not row["unconfirmed"]):
            said.append((truths[0][key].serial, sorted(stages), row and row["stage"]))
    return said


def test_each_mac_is_on_its_stage_with_its_flags(fleet, report):
    truth = so(fleet)
    # Nothing declares a Mac of others.
    assert {one.stage for one in truth.values()} == set(stages.STAGES) - {"OTHER_TENANT"}
    assert {flag for one in truth.values() for flag in one.flags} == set(stages.FLAGS)
    rows = report()
    assert {
        key: (row["serial_number"], row["stage"], sorted(row["flags"])) for key, row in rows.items()
    } == {key: (one.serial, one.stage, sorted(one.flags)) for key, one in truth.items()}
    doubted = {rows[key]["stage"] for key in rows if rows[key]["unconfirmed"]}
    assert doubted <= {
        "MIXED",
        "CERTIFICATE_ABSENT",
        "CERTIFICATE_EXPIRED",
        "REGISTERED_NOT_MANAGED",
    }, doubted


# Whatever happens meanwhile


class Meddler:
    """Somebody who works in both consoles while the fleet is read.

    Something else after each answer to one of these operations.
    """

    def __init__(self, fleet: EveryStage, operations: t.Collection[str]) -> None:
        self.fleet, self.operations = fleet, operations
        self.world, self.done = fleet.world, []
        self.deeds = iter(
            [
                self.suspend,
                self.take_away,
                self.delete,
                self.register,
                self.sign_in,
                self.leave_kandji,
                self.come_to_kandji,
                self.enroll,
            ]
        )

    def __call__(self, exchange: t.Any) -> None:
        deed = next(self.deeds, None) if exchange.operation in self.operations else None
        if deed:
            with self.world.lock:
                deed()
            self.done.append(deed.__name__)

    def _managed(self, place: int) -> t.Any:
        """A Mac that works; the first ones come on the first pages, the last ones on the last."""
        managed = {
            record.id
            for record in self.world.okta.devices.values()
            if any(link.managed for link in record.users.values())
        }
        return [mac for mac in self.world.macs if mac.okta_account in managed][place]

    def suspend(self) -> None:
        for place in (0, -1):
            self.world.okta.registry.step(
                self.world.okta.devices[self._managed(place).okta_account], "suspend"
            )

    def take_away(self) -> None:
        """A user of a shared Mac is unlinked."""
        record = next(one for one in self.world.okta.devices.values() if len(one.users) > 1)
        self.world.okta.registry.before_change(record)
        record.users.popitem()

    def delete(self) -> None:
        for place in (1, -2):
            record = self.world.okta.devices[self._managed(place).okta_account]
            self.world.okta.registry.step(record, "deactivate")
            self.world.okta.registry.delete(record)

    def register(self) -> None:
        mac = next(one for one in self.world.macs if not one.accounts and one.certificates)
        self.fleet.person(mac).register(self.world, mac)

    def sign_in(self) -> None:
        for person in self.world.people:
            if person.habit == "push":
                person.habit = "prompt"
                person.act(
                    self.world, next(mac for mac in self.world.macs if mac.serial == person.serial)
                )

    def leave_kandji(self) -> None:
        """Deleted for good, so that those behind it move up by one place."""
        for device_id in list(self.world.kandji.devices)[:6]:
            if device_id != self._managed(0).device_id:
                del self.world.kandji.devices[device_id]
        self.world.kandji.changed()

    def come_to_kandji(self) -> None:
        like = self.world.macs[-1].device
        self.world.kandji.add_device(
            name="New",
            serial="C0NEWCOMER01",
            udid="udid of the newcomer",
            platform="Mac",
            model=like.model,
            model_id=like.model_id,
            os_version=like.os_version,
            build=like.build,
            blueprint_id=like.blueprint_id,
            enrolled_at=like.enrolled_at,
            last_check_in=like.last_check_in,
        )

    def enroll(self) -> None:
        mac = next(
            one
            for one in self.world.macs
            if not one.certificates
            and one.device_id in self.world.kandji.devices
            and not one.in_a_drawer
        )
        self.world.okta.platform.book(f"{mac.serial} 0A1B")


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(_kandji, "PAGE", 7)
    monkeypatch.setattr(_okta, "PAGE_SIZES", (7, 3))


@pytest.mark.parametrize(
    "operations",
    [
        ["listDevices"],
        ["List Devices"],
        ["Get Library Item Statuses"],
        ["Certificates"],
        ["listLogEvents", "listDevices"],
    ],
)
def test_records_change_while_they_are_read(fleet, report, small_pages, operations):
    before = so(fleet)
    meddler = Meddler(fleet, operations)
    fleet.world.observers.append(meddler)
    rows = report()
    assert meddler.done and wrong(rows, before, so(fleet)) == []
    assert sum(not row["unconfirmed"] for row in rows.values()) > len(rows) / 2


@pytest.mark.parametrize(
    "switches, stale",
    [
        ({"search_lag_seconds": 3600.0}, 0),
        ({"stale_managed_in_search": True}, 0),
        ({"search_lag_seconds": 86400.0, "stale_managed_in_search": True}, 0),
        ({}, 3),
    ],
)
def test_the_search_is_behind(watched, fleet, report, small_pages, switches, stale):
    watched.switch(**switches)
    for _unused in range(stale):
        watched.fault("stale", "listDevices", times=None)
    meddler = Meddler(fleet, [""])
    for deed in (
        meddler.suspend,
        meddler.take_away,
        meddler.delete,
        meddler.register,
        meddler.sign_in,
    ):
        deed()
    fleet.advance(minutes=30)
    rows = report()
    assert wrong(rows, so(fleet)) == []
    assert (
        any(row["stage"] == "MANAGED" and not row["unconfirmed"] for row in rows.values())
        or switches.get("stale_managed_in_search")
        or stale
    )
    assert any(not row["unconfirmed"] for row in rows.values())


def test_pages_come_late_or_not_at_all(watched, fleet, report, small_pages):
    for operation in (
        "listDevices",
        "List Devices",
        "Certificates",
        "Get Library Item Statuses",
        "listLogEvents",
    ):
        watched.fault("slow", operation, after=1, times=2, seconds=1.5)
        watched.fault("5xx", operation, after=3, times=1, status=504)
    rows = report(api_timeout=0.5)
    assert wrong(rows, so(fleet)) == []
    assert any(
        "limit=3" in one.query for one in watched.asked() if one.operation == "listDevices"
    ), "smaller pages after one that came too late"
