# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waits between attempts, and their end."""

from __future__ import annotations

import time

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll


class Waits:
    """A clock that only waits move on, and the waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.waits = 1000.0, list[tuple[str, float, float]]()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def wait(self, step: str, seconds: float, remaining: float) -> None:
        self.waits.append((step, seconds, remaining))
        self.now += min(seconds, remaining)


def test_it_waits_until_the_seconds_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, 25, 10)
    waits.now += 2  # what the first attempt took
    assert [poll.wait(step) for step in "abcd"] == [True, True, True, False]
    assert waits.waits == [("a", 10, 23), ("b", 10, 13), ("c", 10, 3)]


@pytest.mark.parametrize("seconds", [0, 2])
def test_there_is_no_wait_without_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, seconds, 10)
    waits.now += 2
    assert not poll.wait("a") and waits.waits == []
