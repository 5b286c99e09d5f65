# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets of many: within their calls and their share of the limit, cut short anywhere, and over fleets drawn by chance."""

from __future__ import annotations

import functools
import math
import typing as t
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.server import Lab
from lab.world import Options
from tests.integration.conftest import Watched
from tests.integration.reset_fleet import ResetFleet

MODULE = "okta_device_reset"
UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"
ANY_NUMBER = {"max_devices": 1000, "max_percent": 100, "confirm_above": 1000}


class Killed(BaseException):
    """The process ends here."""


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def many():
    """One lab for all of these; each test uses serials of its own."""
    with Lab(Options(macs=1)) as running:
        watched = Watched(running)
        watched.control("PATCH", "/limits", {"devices": None, "other": None, "logs": None})
        yield watched, ResetFleet(watched)


def okta_calls(result: dict[str, t.Any]) -> Counter[str]:
    return Counter({row["operation"]: row["count"] for row in result["api_calls"] if row["vendor"] == "okta"})


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("count, limits, capacity", [(60, {"devices": 100, "principal_percent": 50}, 50), (40, {"devices": 50, "principal_percent": 100}, 100)])
def test_it_uses_its_share_and_meets_no_429(watched, run_module, monkeypatch, count, limits, capacity) -> None:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._transport import Settings

    fleet, clock = ResetFleet(watched), watched.world.clock
    serials = [f"PACEDMAC{number:04}" for number in range(count)]
    for serial in serials:
        fleet.stuck(serial)
    watched.control("PATCH", "/limits", limits)
    slept: list[float] = []
    monkeypatch.setattr(f"{UTILS}._module.Settings", functools.partial(Settings, sleep=lambda seconds: (slept.append(seconds), clock.advance(seconds=seconds))))
    done = run_module(MODULE, {"serials": serials, **ANY_NUMBER, "capacity_percent": capacity}, lab=watched.lab)
    assert done["counts"]["reset"] == count, done
    assert 429 not in [one.status for one in watched.asked()]
    calls = okta_calls(done)
    assert calls.total() <= 4 * count + math.ceil(count / 40) + count
    # Each window but the last is used up: 50 requests in each minute of the vendor's clock, where the wait ends a second after its reset.
    paced = calls.total() - calls["listAuthenticatorEnrollments"]
    assert len(slept) == (paced - 1) // 50 and all(seconds <= 62 for seconds in slept)
    assert paced >= 0.9 * 50 * sum(slept) / 60


def outcome(watched: Watched, serials: t.Sequence[str]) -> tuple[list[str], Counter[tuple[str, str]]]:
    """The records that are left of these, and how often each write was carried out on each record."""
    left = [one.profile["serialNumber"] for one in watched.world.okta.devices.values() if one.profile.get("serialNumber") in serials]
    return sorted(left), Counter((one.operation, one.path) for one in watched.asked() if one.writes and one.status == 204)


def test_killed_at_any_request_the_next_run_finishes_and_repeats_no_write(many, run_module, monkeypatch) -> None:
    """20 Macs; cut short right before the k-th request of Okta, that is after the answer to the one before, for all k."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _transport

    watched, fleet = many
    send = _transport.Transport._send
    left = [0]

    def dying(self: t.Any, *arguments: t.Any) -> t.Any:
        if self.vendor != "okta":
            return send(self, *arguments)
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return send(self, *arguments)

    serials = [f"KILLEDMAC{number:04}" for number in range(20)]
    org = watched.lab.announcement["okta_url"].removeprefix("https://")
    args = {"serials": serials, **ANY_NUMBER, "confirm_above": 10, "confirm": f"RESET 20 DEVICES {org}"}
    people = [fleet.user() for _serial in serials]
    for serial in serials:
        fleet.mac(serial)
    k, survived = 0, False
    while not survived:
        for serial, user in zip(serials, people, strict=True):
            fleet.record(serial, user)
        watched.world.requests.clear()
        monkeypatch.setattr(_transport.Transport, "_send", dying)
        left[0] = k
        try:
            run_module(MODULE, args, lab=watched.lab)
            survived = True
        except Killed:
            pass
        monkeypatch.setattr(_transport.Transport, "_send", send)
        second = run_module(MODULE, args, lab=watched.lab)
        assert not second.get("failed"), (k, second)
        remaining, writes = outcome(watched, serials)
        assert remaining == [] and len(writes) == 40 and set(writes.values()) == {1}, (k, remaining, writes)
        k += 1
    assert k == 1 + 20 + 20 + 60 + 1, "as many requests as the bound allows, and each was the last once"


MACS = st.fixed_dictionaries({
    "certificate": st.sampled_from([None, 2, 48, 200]),
    "profile": st.booleans(),
    "known": st.booleans(),
    "asked": st.booleans(),
    "records": st.lists(
        st.fixed_dictionaries({
            "age": st.sampled_from([1, 24, 96, 300]),
            "people": st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True),
            "managed": st.booleans(),
            "status": st.sampled_from(["ACTIVE", "ACTIVE", "SUSPENDED", "DEACTIVATED"]),
            "orphan": st.booleans(),
        }), max_size=3),
})  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    macs=st.lists(MACS, min_size=1, max_size=6), duplicates=st.sampled_from(["hold", "clean_up", "each"]),
    phones=st.lists(st.booleans(), min_size=6, max_size=6))
def test_no_fleet_loses_a_device_that_works_or_a_last_way_in_or_what_was_not_planned(many, run_module, macs, duplicates, phones) -> None:
    watched, fleet = many
    org = watched.world.okta
    fleet.fleets = getattr(fleet, "fleets", 0) + 1
    people = [fleet.user(has_phone=phone) for phone in phones]
    asked, records = [], []
    for number, mac in enumerate(macs):
        serial = f"DRAWN{fleet.fleets:04}X{number}"
        asked += [serial] if mac["asked"] else []
        if mac["known"]:
            fleet.mac(serial, mac["certificate"], mac["profile"])
        for drawn in mac["records"]:
            users = [people[place] for place in drawn["people"]]
            record = fleet.record(serial, *users, age=drawn["age"], managed_by=users[0] if drawn["managed"] else None)
            record.status = drawn["status"]
            if drawn["orphan"] or record.status == "DEACTIVATED":
                record.users.clear()
            records.append(record)
    args = {"serials": asked, "duplicates": duplicates, **ANY_NUMBER}
    works = {one.id for one in records if any(link.managed for link in one.users.values())}
    had_a_way = {one.id for one in people if one.has_phone or any(one.id in record.users for record in records)}
    mark = watched.mark()
    planned = run_module(MODULE, args, lab=watched.lab, check=True)
    assert watched.writes(mark) == []
    done = run_module(MODULE, args, lab=watched.lab)
    chosen = {row["device_id"] for row in planned["devices"] if row["state"] == "would_reset"}
    assert chosen == {row["device_id"] for row in done["devices"] if row["state"] == "reset"}
    assert {one.path.split("/")[4] for one in watched.asked(mark) if one.writes} == chosen, "--check lists exactly the records that are touched"
    gone = {one.id for one in records} - set(org.devices)
    assert gone == chosen and not gone & works
    assert all(one.profile["serialNumber"] in asked for one in records if one.id in gone)
    living = {user_id for one in org.devices.values() for user_id in one.users}
    assert all(one.has_phone or one.id in living for one in people if one.id in had_a_way)
    mark = watched.mark()
    again = run_module(MODULE, args, lab=watched.lab)
    rest = {row["device_id"] for row in again["devices"] if row["state"] == "reset"}
    assert not rest & works and (duplicates != "clean_up" or not again["changed"])
