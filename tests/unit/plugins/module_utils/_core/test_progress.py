# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says of itself to the file of its action plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.progress import Progress


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "progress"
    path.touch()
    return path


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


def test_a_text_is_one_line_without_secrets(file: Path) -> None:
    progress = Progress(str(file), Masker(["00Abc-secret"]))
    progress.begin("waiting for C01 (failed:\n  00Abc-secret)")
    assert file.read_text() == "waiting for C01 (failed: ********)\n"


def test_without_a_file_that_is_there_nothing_is_written(tmp_path: Path) -> None:
    for path in (None, "", str(tmp_path / "progress"), str(tmp_path)):
        Progress(path, Masker()).begin("reading")
    assert list(tmp_path.iterdir()) == []
