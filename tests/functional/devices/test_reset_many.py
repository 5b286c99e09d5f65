# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets of many.

Within their calls and their share of the limit, cut short anywhere, and over fleets drawn by
chance.
"""

from __future__ import annotations

import itertools
import math
import typing as t
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.helpers.results import okta_calls

MODULE = "okta_device_reset"
UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"
ANY_NUMBER = {"max_devices": 1000, "max_percent": 100, "confirm_above": 1000}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def many():
    """One lab for all of these; each test uses serials of its own."""
    with Lab(Options(macs=1, limits="high")) as running:
        watched = Watched(running)
        watched.control("PATCH", "/limits", {"devices": None, "other": None, "logs": None})
        yield watched, ResetFleet(watched)


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    "count, limits, capacity",
    [
        (60, {"devices": 100, "principal_percent": 50}, 50),
        (40, {"devices": 50, "principal_percent": 100}, 100),
    ],
)
def test_it_uses_its_share_and_meets_no_429(
    watched, run_module, monkeypatch, count, limits, capacity
) -> None:
    fleet, clock = ResetFleet(watched), watched.world.clock
    serials = [f"PACEDMAC{number:04}" for number in range(count)]
    for serial in serials:
        fleet.stuck(serial)
    watched.control("PATCH", "/limits", limits)
    slept: list[float] = []
    monkeypatch.setattr(
        f"{UTILS}._core.progress.Progress.sleep",
        lambda _progress, seconds: (slept.append(seconds), clock.advance(seconds=seconds)),
    )
    done = run_module(
        MODULE, {"serials": serials, **ANY_NUMBER, "capacity_percent": capacity}, lab=watched.lab
    )
    assert done["counts"]["reset"] == count, done
    assert 429 not in [one.status for one in watched.asked()]
    calls = okta_calls(done)
    assert calls.pop("listLogEvents") == 1  # another limit
    # For each: the record, its users, two steps; and the authenticators of its user.
    assert calls.total() == 4 * count + math.ceil(count / 40) + count
    # Each window but the last is used up: 50 requests in each minute of the vendor's clock, where
    # the wait ends a second after its reset.
    # The users of a device, and authenticators, have limits of their own.
    paced = calls.total() - calls["listAuthenticatorEnrollments"] - calls["listDeviceUsers"]
    assert len(slept) == (paced - 1) // 50 and all(seconds <= 62 for seconds in slept)
    assert paced >= 0.9 * 50 * sum(slept) / 60


@pytest.mark.parametrize("count", [1, 3, 45])
def test_each_record_costs_two_reads_two_steps_and_a_part_of_a_search(
    many, run_module, count
) -> None:
    """And each user one read.

    Read by its id, the record does not show its users, and the users do not show its status.
    """
    watched, fleet = many
    serials = [f"COUNTED{count:02}MAC{number:04}" for number in range(count)]
    users = [fleet.user(f"counted{count}-{number}@example.com") for number in range(20)]
    for number, serial in enumerate(serials):
        fleet.stuck(serial, users[number % 20])
    events = watched.world.okta.log.events
    deleted = sum(event.event_type == "device.lifecycle.delete" for event in events)
    done = run_module(MODULE, {"serials": serials, **ANY_NUMBER}, lab=watched.lab)
    assert done["counts"]["reset"] == count, done
    calls = okta_calls(done)
    # Deletions in the org, and by the serials or 40 at a time, whose records these were.
    assert calls.pop("listLogEvents") == 1 + min(count, math.ceil(deleted / 40))
    people = min(count, 20)
    assert calls == {
        "listDevices": math.ceil(count / 40),
        "listAuthenticatorEnrollments": people,
        **dict.fromkeys(("getDevice", "listDeviceUsers"), count),
        **dict.fromkeys(("deactivateDevice", "deleteDevice"), count),
    }
    assert calls.total() == 4 * count + math.ceil(count / 40) + people


def outcome(
    watched: Watched, serials: t.Sequence[str]
) -> tuple[list[str], Counter[tuple[str, str]]]:
    """The records that are left of these, and how often each write was carried out on each record."""
    left = [
        one.profile["serialNumber"]
        for one in watched.world.okta.devices.values()
        if one.profile.get("serialNumber") in serials
    ]
    return sorted(left), Counter(
        (one.operation, one.path) for one in watched.asked() if one.writes and one.status == 204
    )


@pytest.mark.long
def test_killed_at_any_request_the_next_run_finishes_and_repeats_no_write(
    many, run_module, monkeypatch
) -> None:
    """20 Macs.

    Cut short right before the k-th request, that is after the answer to the one before, for all k
    and either vendor.
    """
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import (
        transport as _transport,
    )

    watched, fleet = many
    send = _transport.Transport._exchange
    left = [0]

    def dying(self: t.Any, *arguments: t.Any) -> t.Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return send(self, *arguments)

    serials = [f"KILLEDMAC{number:04}" for number in range(20)]
    org = watched.lab.announcement["okta_url"].removeprefix("https://")
    args = {
        "serials": serials,
        **ANY_NUMBER,
        "confirm_above": 10,
        "confirm": f"RESET 20 DEVICES {org}",
    }
    people = [fleet.user() for _serial in serials]
    for serial in serials:
        fleet.mac(serial)
    k, survived, requests = 0, False, 0
    while not survived:
        for serial, user in zip(serials, people, strict=True):
            fleet.record(serial, user)
        watched.world.requests.clear()
        monkeypatch.setattr(_transport.Transport, "_exchange", dying)
        left[0] = k
        try:
            requests = sum(
                row["count"] for row in run_module(MODULE, args, lab=watched.lab)["api_calls"]
            )
            survived = True
        except Killed:
            pass
        monkeypatch.setattr(_transport.Transport, "_exchange", send)
        second = run_module(MODULE, args, lab=watched.lab)
        assert not second.get("failed"), (k, second)
        remaining, writes = outcome(watched, serials)
        assert remaining == [] and len(writes) == 40 and set(writes.values()) == {1}, (
            k,
            remaining,
            writes,
        )
        k += 1
    assert k == requests + 1 > 1 + 20 + 20 + 60, "each request was the last once"


MACS = st.fixed_dictionaries(
    {
        "certificate": st.sampled_from([None, 2, 48, 48, 200]),
        "profile": st.sampled_from([True, True, False]),
        "known": st.sampled_from([True, True, True, False]),
        "named": st.sampled_from(["serial", "serial", "id", "user", "not at all"]),
        "records": st.lists(
            st.fixed_dictionaries(
                {
                    "age": st.sampled_from([1, 24, 96, 96, 300]),
                    "people": st.sampled_from(
                        [[0], [1], [2], [3], [4], [5], [6], [7], [0, 1], [6, 7]]
                    ),
                    "managed": st.sampled_from([False, False, True]),
                    "status": st.sampled_from(
                        ["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "SUSPENDED", "DEACTIVATED"]
                    ),
                    "orphan": st.sampled_from([False, False, False, True]),
                }
            ),
            min_size=1,
            max_size=3,
        ),
    }
)


class Drawn:
    """A fleet by chance in the lab, what is asked for of it, and, by the lab's own word, what must
    not be lost.
    """

    def __init__(
        self,
        fleet: ResetFleet,
        number: int,
        macs: t.Sequence[dict[str, t.Any]],
        phones: t.Sequence[bool],
    ) -> None:
        self.org = fleet.world.okta
        self.people = [fleet.user(has_phone=phone) for phone in phones]
        self.records: list[t.Any] = []
        self.asked: dict[str, list[str]] = {"serials": [], "device_ids": [], "users": []}
        for place, mac in enumerate(macs):
            self._add(fleet, f"DRAWN{number:06}X{place}", mac)
        self.works = {
            one.id for one in self.records if any(link.managed for link in one.users.values())
        }
        self.had_a_way_in = self.with_a_way_in()
        self.named = {one.id for one in self.records if self._is_named(one)}

    def _add(self, fleet: ResetFleet, serial: str, mac: dict[str, t.Any]) -> None:
        if mac["known"]:
            fleet.mac(serial, mac["certificate"], mac["profile"])
        for drawn in mac["records"]:
            users = [self.people[place] for place in drawn["people"]]
            record = fleet.record(
                serial, *users, age=drawn["age"], managed_by=users[0] if drawn["managed"] else None
            )
            record.status = drawn["status"]
            if drawn["orphan"] or record.status == "DEACTIVATED":
                record.users.clear()
            self.records.append(record)
            self.asked["device_ids"] += [record.id] if mac["named"] == "id" else []
            self.asked["users"] += [users[0].login] if mac["named"] == "user" else []
        self.asked["serials"] += [serial] if mac["named"] == "serial" else []

    def _is_named(self, record: t.Any) -> bool:
        serial = record.profile["serialNumber"]
        of_users = {
            one.profile["serialNumber"]
            for one in self.records
            if any(self.org.users[link].login in self.asked["users"] for link in one.users)
        }
        return (
            serial in self.asked["serials"]
            or record.id in self.asked["device_ids"]
            or serial in of_users
        )

    def with_a_way_in(self) -> set[str]:
        """Who can sign in strongly.

        By phone, or by Okta Verify on a device that is neither suspended nor gone.
        """
        living = {
            user_id
            for one in self.org.devices.values()
            if one.status == "ACTIVE"
            for user_id in one.users
        }
        return {one.id for one in self.people if one.has_phone or one.id in living}


def records_in(result: dict[str, t.Any], state: str) -> set[str]:
    assert not result.get("failed"), result
    return {row["device_id"] for row in result["devices"] if row["state"] == state}


@pytest.mark.parametrize("examples", [10, pytest.param(200, marks=pytest.mark.long)])
def test_no_fleet_loses_a_device_that_works_or_a_last_way_in_or_what_was_not_planned(
    many, run_module, examples
) -> None:
    watched, fleet = many
    number, lost = itertools.count(1000 * examples), Counter[str]()

    @settings(
        max_examples=examples,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(
        macs=st.lists(MACS, min_size=1, max_size=8),
        duplicates=st.sampled_from(["skip", "clean_up", "each"]),
        phones=st.lists(st.booleans(), min_size=8, max_size=8),
    )
    def one_fleet(macs: list[dict[str, t.Any]], duplicates: str, phones: list[bool]) -> None:
        drawn = Drawn(fleet, next(number), macs, phones)
        args = {**drawn.asked, "duplicates": duplicates, **ANY_NUMBER}
        mark = watched.mark()
        planned = records_in(run_module(MODULE, args, lab=watched.lab, check=True), "would_reset")
        assert watched.writes(mark) == []
        done = records_in(run_module(MODULE, args, lab=watched.lab), "reset")
        touched = {one.path.split("/")[4] for one in watched.asked(mark) if one.writes}
        gone = {one.id for one in drawn.records} - set(drawn.org.devices)
        assert planned == done == touched == gone, (
            "--check lists exactly the records that are touched"
        )
        assert not gone & drawn.works and gone <= drawn.named
        assert drawn.had_a_way_in <= drawn.with_a_way_in()
        mark = watched.mark()
        again = run_module(MODULE, args, lab=watched.lab)
        assert not again["changed"] and watched.writes(mark) == [], "the second run changes nothing"
        lost[duplicates] += len(gone)

    one_fleet()
    assert lost.total() >= examples // 2, f"a planner that skips everything would pass, too: {lost}"
    assert examples < 100 or min(lost[one] for one in ("skip", "clean_up", "each")) > 5, lost
