# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a lock for as long as ansible-playbook runs, which tells its modules that it does.

An action plugin runs in a worker, a child of ansible-playbook. If the worker ends, the system
releases the lock. If ansible-playbook alone ends, the worker is the child of another process.
"""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import tempfile
import threading
import typing as t

from ..module_utils._core.run_lock import host_id

PAUSE = 0.2  # seconds between two looks at the parent


@contextlib.contextmanager
def holding(directory: str) -> t.Iterator[str | None]:
    """Hold a lock on a new file in a directory until the context or ansible-playbook ends.

    Returns the path of the file, or None outside a worker, and where files cannot be locked.
    """
    worker_of = multiprocessing.parent_process()
    if worker_of is None or worker_of.pid != os.getppid():
        yield None
        return
    file = _locked_file(directory)
    if file is None:
        yield None
        return
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(file, os.getppid(), over), daemon=True)
    watcher.start()
    try:
        yield file.name
    finally:
        over.set()
        watcher.join()
        with contextlib.suppress(OSError):  # somebody emptied the directory
            file.close()


def _locked_file(directory: str) -> t.IO[bytes] | None:
    """Return a new file that is locked and names this host, or None without a place for it."""
    try:
        file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the caller closes it
            "wb", prefix="run-", dir=directory
        )
        file.write(host_id())
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return file


def _watch(file: t.IO[bytes], parent: int, over: threading.Event) -> None:
    while not over.wait(PAUSE):
        if os.getppid() != parent:
            fcntl.flock(file, fcntl.LOCK_UN)
            return
