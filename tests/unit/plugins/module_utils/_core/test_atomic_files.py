# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file can be written, without writing it."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.atomic_files import (
    atomic_write,
    check_regular,
    check_writable,
)


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, ["text"], 0o600)


@pytest.mark.parametrize("place", ["file", "a/b/file", "there"])
def test_what_can_be_written_passes_and_is_not_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "there").write_text("before")
    before = sorted(tmp_path.rglob("*"))
    check_writable(tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before
    write(tmp_path / place)


@pytest.mark.parametrize("place", ["there/file", "there/a/file", "directory"])
def test_check_mode_finds_the_error_of_the_write(tmp_path: Path, place: str) -> None:
    (tmp_path / "there").write_text("before")
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError) as predicted:
        check_writable(tmp_path / place)
    with pytest.raises(OSError):
        write(tmp_path / place)
    assert predicted.value.strerror


def test_a_directory_without_permission_is_found(tmp_path: Path) -> None:
    def access(_path: t.Any, wanted: int) -> bool:
        return not wanted & os.W_OK

    with mock.patch.object(os, "access", access), pytest.raises(PermissionError) as error:
        check_writable(tmp_path / "a" / "file")
    assert error.value.filename == str(tmp_path)


def test_a_pipe_is_named_instead_of_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for check in (check_regular, check_writable):
        with pytest.raises(OSError, match="it is not a regular file"):
            check(pipe)
    with pytest.raises(FileNotFoundError):
        check_regular(tmp_path / "none")
