# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold a secret are new, private and complete, or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.private_files import (
    check_dest,
    private_file,
)


def test_a_file_is_private_and_goes_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "code"
    with private_file(str(path)) as file:
        file.write("x")
    assert path.read_text() == "x" and stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BadOption, match="exists already"), private_file(str(path)):
        raise AssertionError("it is not opened")
    other = tmp_path / "other"
    with pytest.raises(ValueError, match="no"), private_file(str(other)):
        raise ValueError("no")
    assert not other.exists()
    link = tmp_path / "link"
    link.symlink_to(other)
    with pytest.raises(BadOption), private_file(str(link)):
        raise AssertionError("it is not followed")


@pytest.mark.parametrize("place", ["absent/code", "file/code"])
def test_a_file_that_cannot_be_created_is_refused_before_that_is_tried(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadOption, match="is not a directory. Create it first"):
        check_dest(str(tmp_path / place))
    check_dest(str(tmp_path / "code"))
    with pytest.raises(BadOption, match="exists already"):
        check_dest(str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "names no file"),
        (" ", "names no file"),
        ("sub/", "names no file"),
        ("a\0b", "names no file"),
        ("x" * 256, "cannot be written: File name too long. Name another one"),
    ],
)
def test_a_name_that_no_file_can_have_is_refused_before_that_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadOption, match=f"dest: .*{says}"):
        check_dest(name)
    check_dest("x" * 255)


def test_a_file_that_cannot_be_written_to_its_end_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "code"
    with (
        pytest.raises(BadOption, match="cannot be written: No space left on device"),
        private_file(str(path)),
    ):
        raise OSError(28, "No space left on device")
    assert not path.exists()


def test_a_message_names_the_option_of_its_caller(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadOption, match="pin_dir: .*file exists already"):
        check_dest(str(tmp_path / "file"), "pin_dir")
    with (
        pytest.raises(BadOption, match="pin_dir: .*absent/file cannot be written"),
        private_file(str(tmp_path / "absent" / "file"), "pin_dir"),
    ):
        raise AssertionError("it is not opened")
