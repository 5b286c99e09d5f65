# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of many tenants, at a size that a test can afford."""

from __future__ import annotations

import os
import sys

import pytest

from tools import bench_tenants
from tools.bench_tenants import Measured, Size


def test_a_row_has_the_processor_of_each_tenant() -> None:
    measured = Measured("report", "one run", Size(4, 20, 2, 1), 1000, 24, 9.4, 5.0, 80.2)
    row = "| report | 4 | 20 | one run | 1,000 | 24 | 9 s | 5 s | 1.25 s | 80 MB |"
    assert measured.row() == row and row in bench_tenants.section([measured])


def test_a_size_of_the_command_line_has_no_more_labs_than_tenants() -> None:
    assert bench_tenants.size_of(None) == Size(200, 500, 10, 4)
    assert bench_tenants.size_of([3, 20]) == Size(3, 20, 10, 3)


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="needs Linux")
def test_the_memory_of_a_process_counts_that_of_its_children() -> None:
    child = "import time; kept = bytearray(80_000_000); time.sleep(3)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    done = bench_tenants._run([sys.executable, "-c", parent])
    assert 75 < done.megabytes < 200 and done.seconds >= 3


@pytest.mark.long
def test_three_tenants_are_measured() -> None:
    rows = [*bench_tenants.measure(Size(3, 20, 3, 2))]
    assert [(row.job, row.contender) for row in rows] == [
        ("report", "one run, 3 forks"),
        ("report", "a loop of runs"),
        ("site playbook, nothing to do", "one run, 3 forks"),
    ]
    one, loop, site = rows
    assert one.calls == loop.calls >= one.floor > 0 and site.calls >= site.floor
    assert one.processor < loop.processor
