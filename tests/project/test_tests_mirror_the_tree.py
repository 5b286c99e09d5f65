# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of a file in plugins/module_utils are at the same path below tests/unit."""

from __future__ import annotations

from pathlib import Path

from tools.support.git_files import tracked_files

UTILS = Path("plugins/module_utils")
TESTS = "tests" / Path("unit") / UTILS


def files_without_a_subject(files: list[Path]) -> list[Path]:
    """Return the test files with no module at their path. ``test_scep_payload`` is of ``scep``."""
    modules = [file.with_suffix("") for file in files if UTILS in file.parents]
    subjects = [TESTS / path.relative_to(UTILS).with_name(f"test_{path.name}") for path in modules]
    return [
        file
        for file in files
        if TESTS in file.parents
        and file.name.startswith("test_")
        and not any(f"{file.with_suffix('')}_".startswith(f"{path}_") for path in subjects)
    ]


def test_each_test_file_has_its_module_at_the_same_path():
    assert files_without_a_subject(list(tracked_files())) == []


def test_a_test_at_another_path_or_of_another_name_has_no_subject():
    files = [UTILS / "_core" / "text.py", UTILS / "_kandji" / "profiles" / "scep.py"]
    right = [TESTS / "_core" / "test_text.py", TESTS / "_kandji/profiles/test_scep_payload.py"]
    wrong = [TESTS / "_http" / "test_text.py", TESTS / "_core" / "test_texts.py"]
    assert files_without_a_subject([*files, *right, *wrong]) == wrong
