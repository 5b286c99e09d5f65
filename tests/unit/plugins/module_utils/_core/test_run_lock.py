# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the run that started a module still runs, by the lock that its action plugin holds."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import run_lock
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import RunEnded
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.run_lock import (
    RunLock,
    host_id,
)


def test_a_run_has_ended_when_nobody_holds_its_lock_any_more(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(host_id())
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lock = RunLock(str(path))
        lock.check()
        lock.check()
        assert not lock.has_ended
        fcntl.flock(file, fcntl.LOCK_UN)
        assert lock.has_ended
    with pytest.raises(RunEnded, match="^ansible-playbook: it ended while this task ran"):
        lock.check()


def test_a_lock_is_known_also_after_its_file_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(host_id())
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lock = RunLock(str(path))
        path.unlink()
        assert not lock.has_ended
    assert lock.has_ended


@pytest.mark.parametrize("name", [None, "", "missing"])
def test_without_a_file_a_run_counts_as_running(tmp_path: Path, name: str | None) -> None:
    """As on another host, and without the action plugin."""
    lock = RunLock(name and str(tmp_path / name))
    lock.check()
    assert not lock.has_ended


def test_a_file_system_without_locks_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("No locks available")

    (tmp_path / "run").write_bytes(host_id())
    lock = RunLock(str(tmp_path / "run"))
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not lock.has_ended


@pytest.mark.parametrize("content", [b"", b"another-host 1234", host_id() + b"0", host_id()[:-1]])
def test_a_file_of_another_host_says_nothing(tmp_path: Path, content: bytes) -> None:
    """Both see it in a directory that they share, and one does not see the other's lock."""
    (tmp_path / "run").write_bytes(content)
    lock = RunLock(str(tmp_path / "run"))
    lock.check()
    assert not lock.has_ended


def test_a_host_has_an_id_also_without_that_of_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "BOOT_ID", tmp_path / "missing")
    assert host_id() == f"{os.uname().nodename} ".encode()
