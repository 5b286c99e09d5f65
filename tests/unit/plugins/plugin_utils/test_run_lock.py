# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that tells modules that ansible-playbook runs, in real processes."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.run_lock import RunLock
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils import _run_lock
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._run_lock import holding

FORK = multiprocessing.get_context("fork")
# Of Python 3.12 and later; the test process has threads of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")


def work(directory: Path, seconds: float) -> None:
    """Be a worker, which writes where its lock is."""
    with holding(str(directory)) as path:
        (directory / "new").write_text(f"{os.getpid()} {path}")
        (directory / "new").rename(directory / "worker")
        time.sleep(seconds)


def play(directory: Path, seconds: float) -> None:
    """Be an ansible-playbook, which waits for its worker."""
    worker = FORK.Process(target=work, args=(directory, seconds))
    worker.start()
    worker.join()


def wait_for(directory: Path) -> tuple[int, str]:
    """Return the id of the worker, and the path of its lock."""
    for _look in range(200):
        if (directory / "worker").exists():
            pid, path = (directory / "worker").read_text().split()
            return int(pid), path
        time.sleep(0.05)
    raise AssertionError("no worker began")


def ends(lock: RunLock) -> bool:
    for _look in range(100):
        if lock.has_ended:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("ended", ["playbook", "worker"])
def test_the_lock_ends_with_ansible_playbook_and_with_its_worker(
    tmp_path: Path, ended: str
) -> None:
    playbook = FORK.Process(target=play, args=(tmp_path, 60.0))
    playbook.start()
    worker, path = wait_for(tmp_path)
    try:
        lock = RunLock(path)
        time.sleep(0.5)
        assert not lock.has_ended
        os.kill(worker if ended == "worker" else playbook.pid or 0, signal.SIGKILL)
        assert ends(lock)
    finally:
        for pid in (worker, playbook.pid or 0):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        playbook.join()


def test_the_lock_and_its_file_end_with_the_task(tmp_path: Path) -> None:
    playbook = FORK.Process(target=play, args=(tmp_path, 1.0))
    playbook.start()
    _worker, path = wait_for(tmp_path)
    lock = RunLock(path)
    assert not lock.has_ended
    playbook.join()
    assert lock.has_ended and not Path(path).exists()


def test_outside_a_worker_there_is_no_lock(tmp_path: Path) -> None:
    """The parent is a shell, which may end before the run."""
    with holding(str(tmp_path)) as path:
        assert path is None and list(tmp_path.iterdir()) == []


def test_without_a_directory_there_is_no_lock(tmp_path: Path) -> None:
    assert _run_lock._locked_file(str(tmp_path / "missing")) is None


def test_where_files_cannot_be_locked_there_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    playbook = FORK.Process(target=play, args=(tmp_path, 0.0))
    playbook.start()
    assert wait_for(tmp_path)[1] == "None"
    playbook.join()
