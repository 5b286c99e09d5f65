# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep each step on device records in an audit file."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from datetime import datetime, timezone

from .._core.atomic_files import check_regular, check_writable
from .._core.errors import BadOption, DeviceTrustError, RunEnded, Uncertain
from .._core.masking import Masker
from .._okta.client import Okta
from .._okta.records import DeviceUser
from .model import RecordTarget, login_of

FILE_NAME = "device_audit.jsonl"


def find_requester(requested_by: str | None) -> str:
    """Return who asked for a run, else the user that runs the module."""
    if requested_by:
        return requested_by
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"  # a container may run as a user without a name


def may_be_done(error: DeviceTrustError) -> bool:
    """Return whether a write that failed may have been carried out."""
    return error.may_be_done or isinstance(error, Uncertain)


class Audit:
    """A file with a line of JSON for each step, readable to its owner alone.

    Nothing is kept until a directory is opened.
    """

    def __init__(self, requested_by: str, reason: str, masker: Masker) -> None:
        self.path = ""
        self._requested_by, self._reason, self._masker = requested_by, reason, masker

    def open(self, directory: str) -> None:
        """Keep the audit in this directory. Raise BadOption if it is not writable."""
        self.path = os.path.join(directory, FILE_NAME)
        self._try(lambda: os.makedirs(directory, mode=0o700, exist_ok=True))
        self._append("")

    def check(self, directory: str) -> None:
        """Raise BadOption if the audit could not be kept in this directory. Nothing is written."""
        path = self.path = os.path.join(directory, FILE_NAME)
        self._try(lambda: check_writable(path))
        self.path = ""

    def write(
        self, target: RecordTarget, result: str, request_id: str = "", user: str | None = None
    ) -> None:
        """Keep a step.

        ``result`` is started, absent, what the record is after the step (such as deactivated), or
        "not deactivated" after a failure. After a step whose answer was lost it is "not known to be
        deactivated". ``user`` is the login of the user whose sessions were revoked, if it was that.
        """
        if not self.path:
            return
        device = target.device
        line = {
            "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "requested_by": self._requested_by,
            "reason": self._reason,
            "device_id": target.id,
            "serial_number": target.serial,
            "display_name": device.display_name if device else None,
            "users": [login_of(user) for user in target.users],
            "state_before": target.status,
            "result": result,
            **({"user": user} if user else {}),
            "request_id": request_id,
        }
        self._append(json.dumps(self._masker.value(line)) + "\n")

    def carry_out(
        self,
        target: RecordTarget,
        name: str,
        write: Callable[[], str],
        okta: Okta,
        user: DeviceUser | None = None,
    ) -> str:
        """Write, and keep that a record is ``name``, also if it fails. Return the answer.

        With a user, it is the user's sessions that are ``name``.
        """
        subject, login = ("sessions ", login_of(user)) if user else ("", None)
        try:
            answer = write()
        except DeviceTrustError as error:
            known = "not known to be" if may_be_done(error) else "not"
            request_id = str(error.details.get("request_id", ""))
            ended = ", because ansible-playbook ended" if isinstance(error, RunEnded) else ""
            self.write(target, f"{subject}{known} {name}{ended}", request_id, login)
            raise
        result = "absent" if answer == "absent" else f"{subject}{name}"
        self.write(target, result, okta.last_request_id, login)
        return answer

    def _append(self, text: str) -> None:
        def append() -> None:
            if os.path.exists(self.path):
                check_regular(self.path)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                os.write(descriptor, text.encode())
            finally:
                os.close(descriptor)

        self._try(append)

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            raise BadOption(
                f"state_dir: {self.path} is not writable ({error.strerror}). Name a directory that"
                " the user who runs this may write to."
            ) from None
