# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset leaves behind:

an audit, a line of JSON for each step, and lines of progress for whoever waits.
"""

from __future__ import annotations

import json
import os
import typing as t
from datetime import datetime, timezone

from .._core.errors import BadOption
from .._core.masking import Masker
from .plan import Found, login

FILE = "device_reset_audit.jsonl"


class Audit:
    """Opened before the first write, so that a directory that cannot be written to stops the run.

    Without one nothing is kept.
    """

    def __init__(
        self, directory: str | None, requested_by: str, reason: str, masker: Masker
    ) -> None:
        self.path = os.path.join(directory, FILE) if directory else ""
        self._requested_by, self._reason, self._masker = requested_by, reason, masker
        if directory:
            self._try(lambda: os.makedirs(directory, mode=0o700, exist_ok=True))
            self._append("")

    def write(self, found: Found, result: str, request_id: str = "") -> None:
        """A step:

        ``result`` is started, deactivated, deleted, absent, or not deactivated and not deleted.
        """
        record = found.record or {}
        line = {
            "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "requested_by": self._requested_by,
            "reason": self._reason,
            "device_id": found.id,
            "serial_number": found.serial,
            "display_name": (record.get("profile") or {}).get("displayName"),
            "users": [login(one) for one in found.users],
            "state_before": record.get("status"),
            "result": result,
            "request_id": request_id,
        }
        if self.path:
            self._append(json.dumps(self._masker.value(line)) + "\n")

    def _append(self, text: str) -> None:
        def append() -> None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                os.write(descriptor, text.encode())
            finally:
                os.close(descriptor)

        self._try(append)

    def _try(self, action: t.Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            raise BadOption(
                f"state_dir: {self.path} cannot be written to ({error.strerror})."
            ) from None


class Progress:
    """A line for each record that was looked at or is done, for whoever reads the file meanwhile.

    It is a courtesy: what goes wrong with it stops nothing.
    """

    def __init__(self, path: str | None) -> None:
        self._path, self._done = path, 0

    def looked(self, number: int, total: int) -> None:
        self._append(f"looked at {number} of {total} records")

    def tell(self, row: t.Mapping[str, t.Any], total: int) -> None:
        if row["state"] in ("reset", "would_reset"):
            self._done += 1
            self._append(
                f"{self._done} of {total}: {row['serial_number']} ({row['device_id']})"
                f" {row['state'].replace('_', ' ')}"
            )

    def _append(self, line: str) -> None:
        if not self._path:
            return
        try:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            self._path = None
