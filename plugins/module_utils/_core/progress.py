# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a run does at present, in a file that an action plugin displays."""

from __future__ import annotations

import os

from .masking import Masker

# The path of a file that the action plugin makes, for the modules that it runs.
FILE_VARIABLE = "DEVICE_TRUST_PROGRESS_FILE"


class Progress:
    """Appends what a run does to a file that is there, a line for each change.

    It is a courtesy: without a file that can be written to, it does nothing.

    :arg path: of the file, or None.
    """

    def __init__(self, path: str | None, masker: Masker) -> None:
        self._path, self._masker = path, masker
        self._step = ""

    def begin(self, step: str) -> None:
        """Say which step of the run begins."""
        self._step = step
        self._append(step)

    def add(self, detail: str) -> None:
        """Say what is done for the present step."""
        self._append(f"{self._step}; {detail}" if self._step else detail)

    def _append(self, text: str) -> None:
        if not self._path:
            return
        line = " ".join(self._masker.text(text).split()) + "\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError:
            self._path = None
