# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says of itself to the file of its action plugin. The clock is moved by the sleeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.progress import (
    Clock,
    Progress,
    describe_duration,
)

GATE = "waiting for 1 of 2 test Macs: C01"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "progress"
    path.touch()
    return path


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.sleep)


def test_details_come_after_the_step_that_they_belong_to(file: Path) -> None:
    progress = Progress(str(file), Masker())
    progress.add("Kandji: List Devices, 1 request")
    progress.begin("1 of 2 records read")
    progress.add("Okta: getDevice, 2 requests")
    assert file.read_text().splitlines() == [
        "Kandji: List Devices, 1 request",
        "1 of 2 records read",
        "1 of 2 records read; Okta: getDevice, 2 requests",
    ]


def test_a_wait_says_how_long_it_still_takes(file: Path) -> None:
    time = FakeClock()
    progress = Progress(str(file), Masker(), time.clock())
    progress.begin(GATE, 600)
    progress.sleep(20)
    progress.add("Kandji: List Devices, 5 requests")
    assert file.read_text().splitlines() == [
        f"{GATE}, at most 10 min more",
        f"{GATE}, at most 9 min 52 s more",
        f"{GATE}, at most 9 min 44 s more",
        f"{GATE}, at most 9 min 40 s more; Kandji: List Devices, 5 requests",
    ]
    assert time.slept == [8, 8, 4]


def test_a_rate_limit_inside_a_wait_says_both(file: Path) -> None:
    time = FakeClock()
    progress = Progress(str(file), Masker(), time.clock())
    progress.begin(GATE, 60)
    time.sleep(10)
    progress.add("Okta: waiting for the rate limit", 12)
    progress.sleep(12)
    assert file.read_text().splitlines()[1:] == [
        f"{GATE}, at most 50 s more; Okta: waiting for the rate limit, at most 12 s more",
        f"{GATE}, at most 42 s more; Okta: waiting for the rate limit, at most 4 s more",
    ]


def test_a_time_that_has_passed_is_not_said(file: Path) -> None:
    time = FakeClock()
    progress = Progress(str(file), Masker(), time.clock())
    progress.begin(GATE, 30)
    time.sleep(31)
    progress.add("Kandji: List Devices, 5 requests")
    assert file.read_text().splitlines()[-1] == f"{GATE}; Kandji: List Devices, 5 requests"


def test_a_text_is_displayed_before_ten_seconds_have_passed(file: Path) -> None:
    time = FakeClock()
    Progress(str(file), Masker(), time.clock()).sleep(300)
    assert max(time.slept) < 10 and sum(time.slept) == 300


@pytest.mark.parametrize("seconds", [0, -1, 0.4, 7.9])
def test_a_short_sleep_is_one_sleep(file: Path, seconds: float) -> None:
    time = FakeClock()
    Progress(str(file), Masker(), time.clock()).sleep(seconds)
    assert time.slept == ([seconds] if seconds > 0 else [])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59.4, "60 s"),
        (89.0, "89 s"),
        (90, "1 min 30 s"),
        (600, "10 min"),
        (5400, "1 h 30 min"),
        (7200, "2 h"),
        (90061, "25 h 1 min"),
    ],
)
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert describe_duration(seconds) == text


def test_a_text_is_one_line_without_secrets(file: Path) -> None:
    progress = Progress(str(file), Masker(["00Abc-secret"]))
    progress.begin("waiting for C01 (failed:\n  00Abc-secret)")
    assert file.read_text() == "waiting for C01 (failed: ********)\n"


def test_without_a_file_that_is_there_nothing_is_written(tmp_path: Path) -> None:
    for path in (None, "", str(tmp_path / "progress"), str(tmp_path)):
        Progress(path, Masker()).begin("reading")
    assert list(tmp_path.iterdir()) == []
