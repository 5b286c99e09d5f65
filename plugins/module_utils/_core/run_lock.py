# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Know whether the ansible-playbook that started a module still runs.

Ansible starts a module in a session of its own, so that it goes on if ansible-playbook is killed.
The action plugin locks a file for as long as ansible-playbook runs.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from .errors import RunEnded

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux's own id of a running kernel

# The path of the locked file, for the modules that the action plugin runs.
LOCK_VARIABLE = "DEVICE_TRUST_RUN_LOCK"


def host_id() -> bytes:
    """Return what tells this host from others that may see the same file, but not its lock."""
    try:
        boot_id = BOOT_ID.read_text(encoding="ascii")
    except (OSError, ValueError):
        boot_id = ""
    return f"{os.uname().nodename} {boot_id.strip()}".encode()


class RunLock:
    """The lock of the run that started this module.

    Without a file that can be opened and is of this host, the run counts as running.

    :arg path: of the file, or None. It holds the ``host_id`` of the run.
    """

    def __init__(self, path: str | None) -> None:
        self._descriptor: int | None = None
        if path:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return
            own = host_id()
            if os.read(descriptor, len(own) + 1) == own:
                self._descriptor = descriptor
            else:
                os.close(descriptor)

    @property
    def has_ended(self) -> bool:
        """Whether nobody holds the lock any more."""
        if self._descriptor is None:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # held, or a file system without locks
            return False
        return True

    def check(self) -> None:
        """Raise RunEnded if nobody holds the lock any more."""
        if self.has_ended:
            raise RunEnded(
                "ansible-playbook: it ended while this task ran, so nothing more is written. Run it"
                " again."
            )
