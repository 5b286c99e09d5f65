# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep each step on device records in an audit file."""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import tempfile
from collections.abc import Callable
from datetime import datetime, timezone

from .._core.atomic_files import check_regular, check_writable
from .._core.errors import BadOption, DeviceTrustError, RunEnded, Uncertain
from .._core.masking import Masker
from .._okta.client import Okta
from .._okta.records import DeviceUser
from .model import RecordTarget, login_of

FILE_NAME = "device_audit.jsonl"
FREE_BYTES = 65536  # that a run needs for its lines before it begins
_FULL = (errno.ENOSPC, errno.EDQUOT)


class NotKept(BadOption):
    """A step was taken, and its line of the audit could not be written."""

    may_be_done = True


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
        """Keep the audit in this directory. Raise BadOption if it is not writable, or full."""
        self.path = os.path.join(directory, FILE_NAME)
        self._try(lambda: os.makedirs(directory, mode=0o700, exist_ok=True))
        self._append("")
        self._try(lambda: _check_space(directory))

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

        With a user, it is the user's sessions that are ``name``. Raises NotKept if it was done and
        cannot be kept.
        """
        subject, login = ("sessions ", login_of(user)) if user else ("", None)
        try:
            answer = write()
        except DeviceTrustError as error:
            known = "not known to be" if may_be_done(error) else "not"
            request_id = str(error.details.get("request_id", ""))
            ended = ", because ansible-playbook ended" if isinstance(error, RunEnded) else ""
            try:
                self.write(target, f"{subject}{known} {name}{ended}", request_id, login)
            except BadOption as not_kept:  # what became of the step matters more
                error.message += f" {not_kept.message}"
            raise
        result = "absent" if answer == "absent" else f"{subject}{name}"
        try:
            self.write(target, result, okta.last_request_id, login)
        except BadOption as error:
            if answer == "done":
                sessions = f" The sessions of {login} are {name} already." if user else ""
                raise NotKept(error.message + sessions) from None
            error.may_be_done = answer != "absent"
            raise
        return answer

    def _append(self, text: str) -> None:
        def append() -> None:
            if os.path.exists(self.path):
                check_regular(self.path)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                _write_all(descriptor, text.encode())
            finally:
                os.close(descriptor)

        self._try(append)

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            remedy = "Name a directory that the user who runs this may write to."
            if error.errno in _FULL:
                remedy = "Free space there, or name a directory on another disk."
            raise BadOption(
                f"state_dir: {self.path} is not writable ({error.strerror}). {remedy}"
            ) from None


def _check_space(directory: str) -> None:
    """Raise OSError if the directory has no room for the lines of a run."""
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        _write_all(file.fileno(), bytes(FREE_BYTES))


def _write_all(descriptor: int, content: bytes) -> None:
    """Write all of it at the end of a file, or nothing. Raises OSError."""
    written = 0
    try:
        while written < len(content):
            written += os.write(descriptor, content[written:])
    except OSError:
        with contextlib.suppress(OSError):
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            if os.fstat(descriptor).st_size == end:  # no other run has written since
                os.ftruncate(descriptor, end - written)
        raise
