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

from .errors import RunEnded

# The path of the locked file, for the modules that the action plugin runs.
LOCK_VARIABLE = "DEVICE_TRUST_RUN_LOCK"


class RunLock:
    """The lock of the run that started this module.

    Without a file that can be opened, as on another host, the run counts as running.

    :arg path: of the file, or None.
    """

    def __init__(self, path: str | None) -> None:
        self._descriptor: int | None = None
        if path:
            try:
                self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                pass

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
