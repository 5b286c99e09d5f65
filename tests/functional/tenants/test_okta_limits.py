# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's two kinds of 429, and servers that ask for a pause, met by a module.

The one 429 is waited out in Okta's clock, the other is tried again after a while.
"""

from __future__ import annotations

import functools
import typing as t

import pytest

from lab.okta.devices.records import DeviceFacts
from lab.state import Fault

UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"


@pytest.fixture
def sleeping(
    monkeypatch: pytest.MonkeyPatch,
) -> t.Callable[[t.Callable[[float], None]], list[float]]:
    """Modules of this test do ``instead`` of sleeping, and have no luck with their jitter.

    Returns the seconds that they would have slept.
    """
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
        Settings,
    )

    def replace(instead: t.Callable[[float], None]) -> list[float]:
        slept: list[float] = []

        def sleep(_progress: t.Any, seconds: float) -> None:
            slept.append(seconds)
            instead(seconds)

        monkeypatch.setattr(
            f"{UTILS}._core.module.Settings",
            functools.partial(Settings, chance=lambda: 1.0),
        )
        monkeypatch.setattr(f"{UTILS}._core.progress.Progress.sleep", sleep)
        return slept

    return replace


def statuses(watched: t.Any) -> list[int]:
    return [one.status for one in watched.asked() if one.operation == "listLogEvents"]


@pytest.mark.lab(macs=1, limits="recorded")
def test_a_bucket_that_is_used_up_is_waited_for_until_its_reset(
    watched, run_module, sleeping
) -> None:
    watched.world.clock.advance(days=3)  # the controller's clock would be no help
    watched.control("POST", "/limits/use", {"bucket": "logs", "requests": 120})
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    assert not run_module("okta_device_integration", {}, lab=watched.lab).get("failed")
    assert statuses(watched) == [429, 200]
    assert len(slept) == 1
    assert 55 <= slept[0] <= 62


@pytest.mark.lab(macs=1)
def test_a_share_that_is_used_up_is_waited_for_too(watched, run_module, sleeping) -> None:
    watched.control("PATCH", "/limits", {"logs": 10, "principal_percent": 10})
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    for _run in range(2):
        assert not run_module("okta_device_integration", {}, lab=watched.lab).get("failed")
    assert statuses(watched) == [200, 429, 200]
    assert [55 <= seconds <= 62 for seconds in slept] == [True]


@pytest.mark.lab(macs=1)
def test_too_many_at_once_are_tried_again_with_a_growing_pause(
    watched, run_module, sleeping
) -> None:
    watched.control("PATCH", "/limits", {"concurrency": 1})
    other = watched.world.okta.limits.handling()  # a request of somebody else, which takes its time
    other.__enter__()
    slept = sleeping(lambda seconds: other.__exit__(None, None, None) if seconds >= 1 else None)
    assert not run_module("okta_device_integration", {}, lab=watched.lab).get("failed")
    assert slept == [0.5, 1.0]
    assert [one.status for one in watched.asked()][:3] == [429, 429, 200]


READS = (
    ("okta_device_integration", {}, "listLogEvents"),
    ("kandji_device_info", {}, "List Devices"),
)


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("module, options, operation", READS)
@pytest.mark.parametrize("status", [503, 408, 520])
@pytest.mark.parametrize(
    "retry_after, pauses",
    [
        ("7", [7.0, 7.0]),
        ("0", [0.5, 1.0]),  # no burst, whatever the server says
        (None, [0.5, 1.0]),
    ],
)
def test_a_server_that_asks_for_a_pause_gets_it(
    watched, run_module, sleeping, module, options, operation, status, retry_after, pauses
) -> None:
    watched.fault("5xx", operation, status=status, times=2, retry_after=retry_after)
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    result = run_module(module, options, lab=watched.lab)
    assert not result.get("failed"), result
    seen = [one.status for one in watched.asked() if one.operation == operation]
    assert seen[:3] == [status, status, 200]
    assert slept == pauses


@pytest.mark.lab(macs=1)
def test_a_pause_that_is_too_long_ends_the_run_and_is_named(watched, run_module, sleeping) -> None:
    watched.fault("5xx", "List Devices", times=None, retry_after="3600")
    slept = sleeping(lambda seconds: None)
    result = run_module("kandji_device_info", {}, lab=watched.lab)
    assert result["failed"] and "Kandji asks to wait 3600 s" in result["msg"], result
    assert slept == [] and len(watched.asked()) == 1


@pytest.mark.lab(macs=1)
def test_a_log_without_an_end_is_read_to_its_end(watched) -> None:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
        Masker,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
        Settings,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
        ApiToken,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
        Okta,
    )

    told = watched.lab.announcement
    watched.world.okta.platform.book("C02A 0A1B")
    okta = Okta(
        told["okta_url"],
        ApiToken(told["okta_api_token"]),
        Settings(ca_path=told["ca_file"]),
        Masker(),
    )
    assert len(list(okta.log_events('eventType eq "pki.cert.issue"'))) == 1
    assert statuses(watched) == [200, 200]


@pytest.mark.lab(macs=1)
def test_a_request_that_is_slow_counts_as_long_as_it_takes(watched, run_module) -> None:
    """Two requests of one moment, of which the org takes one."""
    import threading

    import requests

    watched.control("PATCH", "/limits", {"concurrency": 1})
    watched.world.faults.append(Fault("slow", "listAuthenticators", times=1, seconds=2))
    told = watched.lab.announcement
    answers: list[int] = []

    def ask(path: str) -> None:
        reply = requests.get(
            told["okta_url"] + path,
            headers={"Authorization": f"SSWS {told['okta_api_token']}"},
            verify=told["ca_file"],
            timeout=30,
        )
        answers.append(reply.status_code)

    slow = threading.Thread(target=ask, args=["/api/v1/authenticators"])
    slow.start()
    while watched.world.faults and slow.is_alive():  # it is under way once the fault has met it
        pass
    ask("/api/v1/devices")
    slow.join()
    assert answers == [429, 200]


# The recorded limits


def register(watched: t.Any, count: int) -> list[str]:
    """Register so many devices, each with a user of its own, and return their ids."""
    org, ids = watched.world.okta, []
    for number in range(count):
        user = org.add_user("Ana", "Silva", f"limit{number}@example.com")
        serial = f"C02LIMIT{number:03}"
        facts = DeviceFacts(serial, f"UDID-{serial}", serial, "Mac14,2", "26.1")
        ids.append(org.registry.register(user.id, facts).id)
    return ids


@pytest.mark.lab(macs=60, real_macs=0, limits="recorded")
def test_a_fleet_is_read_at_the_recorded_limits_without_waiting(
    watched, run_module, sleeping
) -> None:
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    options = {"rings": watched.ring_variables}
    assert not run_module("device_trust_info", options, lab=watched.lab).get("failed")
    assert {one.status for one in watched.asked()} == {200} and slept == []


@pytest.mark.lab(macs=60, real_macs=0, limits="recorded")
@pytest.mark.parametrize(
    ("bucket", "others"), [("devices", 25), ("logs", 60), ("policies", 50), ("users", 50)]
)
def test_a_fleet_read_waits_for_the_limits_that_it_uses_alone(
    watched, run_module, sleeping, bucket, others
) -> None:
    """Others have used half of one bucket, or all of one that the read does not need."""
    register(watched, 450)
    watched.control("POST", "/limits/use", {"bucket": bucket, "requests": others})
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    options = {"rings": watched.ring_variables}
    first = run_module("device_trust_info", options, lab=watched.lab)
    assert not first.get("failed")
    assert 429 not in {one.status for one in watched.asked()}
    pages = {one["operation"]: one["count"] for one in first["api_calls"]}
    assert pages["listDevices"] > 1 and pages["listLogEvents"] == 1
    # The first page shows that the share is used up; the second one waits for the reset.
    assert len(slept) == (bucket == "devices")
    assert all(55 <= seconds <= 62 for seconds in slept)


@pytest.mark.lab(macs=1, limits="recorded")
def test_users_of_records_do_not_wait_for_the_limit_of_the_records(
    watched, run_module, sleeping
) -> None:
    """Recorded: 300 requests a minute for the users of records, 50 for the records."""
    ids = register(watched, 30)
    slept = sleeping(lambda seconds: watched.world.clock.advance(seconds=seconds))
    result = run_module("okta_device_info", {"device_ids": ids}, lab=watched.lab)
    assert [row["id"] for row in result["devices"]] == ids
    assert 429 not in {one.status for one in watched.asked()}
    # After 25 records their share of a minute is used up; their users have another one.
    assert len(slept) == 1 and 55 <= slept[0] <= 62
