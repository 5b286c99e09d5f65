# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which line is due when, and what it says."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._progress import (
    Lines,
    last_line,
    read_interval,
)

GATE = "waiting for 1 of 1 test Macs: C01"


def displayed(texts: dict[int, str], end: int, interval: float = 10.0) -> dict[int, str]:
    """Return second -> line of a task whose texts change at these seconds."""
    lines, text, result = Lines("device_trust_gate [localhost]", interval), "", {}
    for second in range(1, end + 1):
        text = texts.get(second, text)
        line = lines.due(float(second), text)
        if line:
            result[second] = line
    return result


def test_the_same_text_comes_again_with_the_elapsed_time() -> None:
    assert displayed({1: GATE}, 40) == {
        5: f"device_trust_gate [localhost]: 5 s, {GATE}",
        14: f"device_trust_gate [localhost]: 14 s, {GATE}",
        23: f"device_trust_gate [localhost]: 23 s, {GATE}",
        32: f"device_trust_gate [localhost]: 32 s, {GATE}",
    }


def test_a_change_comes_sooner_but_never_floods() -> None:
    changing = {second: f"{second} of 30 records read" for second in range(1, 31)}
    assert list(displayed(changing, 30)) == [5, 10, 15, 20, 25, 30]


def test_a_short_task_has_no_line() -> None:
    assert displayed({1: GATE, 3: "another"}, 4) == {}


def test_a_module_that_does_not_say_what_it_does_is_running() -> None:
    assert displayed({}, 10) == {9: "device_trust_gate [localhost]: 9 s, running"}


@pytest.mark.parametrize("interval", [0.5, 10.0, 60.0])
def test_no_silence_is_longer_than_the_interval(interval: float) -> None:
    lines, times = Lines("module [host]", interval), [0.0]
    for look in range(1, 200):
        seconds = look * lines.pause
        if lines.due(seconds, GATE if look % 37 else "another"):
            times.append(seconds)
    assert max(after - before for before, after in zip(times, times[1:])) <= interval


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", ""),
        (b"not comp", ""),
        (b"first\n", "first"),
        (b"first\nsecond\n", "second"),
        (b"first\nsecond\nthi", "second"),
        (b"caf\xc3\n", "caf\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_last_complete_line_counts(content: bytes, line: str) -> None:
    assert last_line(content) == line


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 10.0), ("", 10.0), ("60", 60.0), ("0", 0.0), ("-1", 0.0)]
)
def test_the_interval_may_be_set_and_0_displays_nothing(text: str | None, seconds: float) -> None:
    environment = {} if text is None else {"DEVICE_TRUST_PROGRESS_INTERVAL": text}
    assert read_interval(environment) == seconds


def test_an_interval_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(AnsibleActionFail, match="'often' is not a number"):
        read_interval({"DEVICE_TRUST_PROGRESS_INTERVAL": "often"})
