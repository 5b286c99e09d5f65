# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's clock is an hour off, or its zone switches to or from summer time.

Each module decides as before: by the vendors' clocks. The decisions are made to be close: what is
due, silent, new or pending changes within the hour.
"""

from __future__ import annotations

import os
import re
import sys
import time
import typing as t
from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import transport

from tests.functional.helpers.reset_fleet import ResetFleet

Json = dict[str, t.Any]
REDELIVERY = "kandji_profile_redelivery"
STUCK = "RESETMAC0001"
# In Berlin, clocks go from 2:00 to 3:00 at the first, and from 3:00 back to 2:00 at the second.
SWITCHES = (
    datetime(2027, 3, 28, 1, tzinfo=timezone.utc),
    datetime(2027, 10, 31, 1, tzinfo=timezone.utc),
)
pytestmark = pytest.mark.lab(macs=4)


class Controller:
    """The machine that runs the modules: its clock and its zone."""

    def __init__(self) -> None:
        self.asked: list[str] = []  # who asked for its time because no vendor had answered

    def set(self, patch: pytest.MonkeyPatch, hours: int, zone: str) -> None:
        """Set clock and zone for the rest of a test."""
        real = time.time

        def tell() -> float:
            frame = sys._getframe(1)
            if frame.f_globals["__name__"] == transport.__name__ and frame.f_back:
                self.asked.append(frame.f_back.f_code.co_name)
            return real() + 3600 * hours

        patch.setattr(time, "time", tell)
        patch.setenv("TZ", zone)
        time.tzset()


@pytest.fixture
def controller() -> t.Iterator[Controller]:
    yield Controller()
    with mock.patch.dict(os.environ):
        os.environ.pop("TZ", None)
        time.tzset()


@pytest.fixture
def decisions(watched: t.Any, run_module: t.Any, tmp_path: t.Any) -> dict[str, tuple[str, Json]]:
    """Return modules with options whose decisions depend on the time, and make them close."""

    def do(module: str, **options: t.Any) -> Json:
        result: Json = run_module(module, options, lab=watched.lab)
        assert not result.get("failed"), result
        return result

    ring = watched.canary
    (profile,) = do(
        "kandji_scep_profile", name="Okta SCEP - canary", blueprints=ring["blueprints"]
    )["profiles"]
    watched.live(2)
    fleet, clock = ResetFleet(watched), watched.world.clock
    fleet.stuck(STUCK)
    begun = clock.now()
    clock.advance(minutes=30)
    watched.live()
    watched.control(
        "POST",
        "/okta/deny",
        {"login": next(iter(watched.world.okta.users.values())).login, "times": 2},
    )
    clock.advance(minutes=1)
    since = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
    rings = {"rings": [{**ring, "test_macs": []}]}
    gate = {
        "library_item_id": profile["library_item_id"],
        "payload_uuid": profile["payload_uuid"],
        "test_macs": ring["test_macs"],
    }
    managed = {
        "policy": "Company apps",
        "name": "Managed Macs",
        "platforms": ["MACOS"],
        "managed": True,
        "access": "ALLOW",
        "factor_mode": "2FA",
        "break_glass_group": "Break glass",
        "groups_excluded": ["Break glass"],
        "max_locked_out": 1000,
    }
    return {
        "stages": ("device_trust_info", {**rings, "stale_days": 1}),
        "preflight": ("device_trust_preflight", {"rings": [ring]}),
        "gate": ("device_trust_gate", gate),
        "gate after another write": ("device_trust_gate", {**gate, "updated_at": since}),
        "renewal": ("device_trust_renewal_info", {**rings, "renew_within_days": 364}),
        "reset": ("okta_device_reset", {"serials": [STUCK], "sign_in_grace": 48}),
        "denials": ("okta_sign_in_denials_info", {"apps": ["Payroll"], "since": since}),
        "denials of minutes": (
            "okta_sign_in_denials_info",
            {"apps": ["Payroll"], "minutes": 10},
        ),
        "authority": ("okta_device_integration", {"scep_url": "", "expiry_warning_days": 3650}),
        "certificates": (
            "device_trust_certificates",
            {"state_dir": str(tmp_path)},
        ),
        "rule": ("okta_access_policy_rule", managed),
        "policy": ("okta_access_policy", {"name": "Copy", "clone_of": "Company apps"}),
        "report": (
            "device_trust_report",
            {**rings, "dest": str(tmp_path / "reports"), "on_date": "2040-01-01"},
        ),
    }


CHANGING = {"api_calls", "invocation", "started", "since"}


def without_times(value: t.Any) -> t.Any:
    """Return a result without what each run has of its own."""
    if isinstance(value, dict):
        return {name: without_times(each) for name, each in value.items() if name not in CHANGING}
    if isinstance(value, list):
        return [without_times(each) for each in value]
    # A text names the start of the last minutes.
    return re.sub(r"since [0-9T:.-]+Z", "since", value) if isinstance(value, str) else value


@pytest.fixture
def decide(watched: t.Any, run_module: t.Any) -> t.Callable[[dict[str, tuple[str, Json]]], Json]:
    """Return a function that returns the results of modules in check mode, by name."""

    def run(decisions: dict[str, tuple[str, Json]]) -> Json:
        results = {
            name: without_times(run_module(module, options, lab=watched.lab, check=True))
            for name, (module, options) in decisions.items()
        }
        failed = {name: each["msg"] for name, each in results.items() if each.get("failed")}
        assert failed == {}
        return results

    return run


@pytest.mark.parametrize("hours", [-1, 1])
def test_decisions_are_the_same_with_a_controller_whose_clock_is_an_hour_off(
    decide, decisions, controller, monkeypatch, hours
):
    expected = decide(decisions)
    controller.set(monkeypatch, hours, "UTC")
    assert decide(decisions) == expected
    # Before it has sent anything, a transport knows no limit that it could wait for.
    assert set(controller.asked) <= {"_pace"}


@pytest.mark.parametrize("switch", SWITCHES, ids=str)
def test_decisions_are_the_same_around_the_switches_of_summer_time(
    watched, decide, decisions, controller, monkeypatch, switch
):
    del decisions["denials"]  # of half a year, which is too long
    watched.world.clock.advance(
        seconds=(switch - timedelta(seconds=1) - watched.world.clock.now()).total_seconds()
    )
    for _side in ("before", "after"):
        expected = decide(decisions)
        with monkeypatch.context() as patch:
            controller.set(patch, 0, "Europe/Berlin")
            assert decide(decisions) == expected
        time.tzset()
        watched.world.clock.advance(minutes=30)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_redelivery_is_the_same_with_a_controller_whose_clock_is_an_hour_off(
    decide, prepared, controller, monkeypatch, hours
):
    decisions = {"redelivery": (REDELIVERY, prepared)}
    expected = decide(decisions)
    controller.set(monkeypatch, hours, "Europe/Berlin")
    assert decide(decisions) == expected and set(controller.asked) <= {"_pace"}


def test_an_issued_before_of_a_vendor_whose_clock_is_ahead_is_not_the_future(
    watched, run_module, prepared
):
    """Okta's clock says when a certificate was revoked, and Kandji's when one was seen."""
    now = watched.world.clock.now()

    def redeliver(minutes: float) -> Json:
        later = (now + timedelta(minutes=minutes)).isoformat()
        options = {**prepared, "issued_before": later}
        result: Json = run_module(REDELIVERY, options, lab=watched.lab, check=True)
        return result

    assert not redeliver(4).get("failed")
    assert "in the future" in redeliver(60)["msg"]
