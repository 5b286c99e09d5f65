# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which evidence has to be read, and read it."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from .._okta.client import Okta
from .._okta.constants import LOG_DELAY, LOG_RETENTION
from .._okta.record_rank import newest_records
from .._okta.records import Enrollment, OktaDevice
from .duplicates import judge_targets
from .guards import is_in_sign_in_grace, needs_history
from .last_authenticator import needs_enrollments, relies_on_okta_verify
from .model import CleanUp, DeviceKey, Evidence, Guards, Lifecycle, RecordTarget
from .reader import (
    read_deleted_duplicates,
    read_deletions,
    read_lifecycles,
    read_sign_ins,
    read_uses,
)

Value = t.TypeVar("Value")


class EvidenceReader:
    """Reads evidence where it decides, each user's authenticators once.

    A plan that is made again reads only what it needs besides.
    """

    def __init__(self, okta: Okta, guards: Guards) -> None:
        self._okta, self._guards = okta, guards
        self._sign_ins: dict[str, datetime] = {}
        self._enrollments: dict[str, list[Enrollment]] = {}
        self._active_records: dict[str, set[str]] = {}
        self._deletions: dict[str, datetime] = {}
        self._deleted_duplicates: dict[str, list[str]] = {}
        self._last_uses: dict[str, datetime] = {}
        self._lifecycles: dict[str, Lifecycle] = {}
        self._values: dict[tuple[object, ...], t.Any] = {}

    @property
    def evidence(self) -> Evidence:
        """What was read until now."""
        return Evidence(
            self._sign_ins,
            self._enrollments,
            self._active_records,
            self._deletions,
            self._deleted_duplicates,
            self._last_uses,
            self._lifecycles,
        )

    def read(self, targets: Sequence[RecordTarget]) -> Evidence:
        """Return the evidence that decides about these targets."""
        guards = self._guards
        if guards.options.clean_up:
            self._read_uses(targets, guards.options.clean_up)
        waiting = [
            target
            for target in targets
            if target.device is not None and is_in_sign_in_grace(target, guards)
        ]
        self._deletions = {}  # of the plan before; they decide after the other guards
        users = [user.user.id for target in waiting for user in target.users]
        self._sign_ins = self._once(read_sign_ins, waiting, *users)
        if guards.options.duplicates != "each":
            self._deleted_duplicates = self._once(read_deleted_duplicates, targets)
        passed = [
            target
            for target, _keeper, refusal in judge_targets(targets, guards, self.evidence)
            if refusal is None and target.device is not None
        ]
        young = [target for target in passed if needs_history(target, guards)]
        self._deletions = self._once(read_deletions, young)
        for target in passed:
            self.read_enrollments(target)
        return self.evidence

    def _once(
        self,
        read: Callable[[Okta, Sequence[RecordTarget], datetime], dict[str, Value]],
        targets: Sequence[RecordTarget],
        *users: str,
    ) -> dict[str, Value]:
        """Return what a function reads of these records and users, which it reads once."""
        key = (read.__name__, *((target.name, target.id) for target in targets), *users)
        if key not in self._values:
            self._values[key] = read(self._okta, targets, self._guards.now)
        value: dict[str, Value] = self._values[key]
        return value

    def _read_uses(self, targets: Sequence[RecordTarget], clean_up: CleanUp) -> None:
        now = self._guards.now
        since = now - (LOG_RETENTION if self._guards.goal.destroys else clean_up.unused)
        self._lifecycles = read_lifecycles(self._okta, targets, now)
        self._last_uses = read_uses(self._okta, targets, since, now, self._lifecycles)

    def read_uses_again(self, target: RecordTarget, now: datetime) -> None:
        """Read what happened to a target since it was read first."""
        lifecycles = read_lifecycles(self._okta, [target], now)
        self._lifecycles[target.id] = lifecycles.get(target.id, Lifecycle())
        for device_id, used in read_uses(
            self._okta, [target], self._guards.now - LOG_DELAY, now, self._lifecycles
        ).items():
            self._last_uses[device_id] = max(used, self._last_uses.get(device_id, used))

    def read_enrollments(self, target: RecordTarget) -> Evidence:
        """Return the evidence with the authenticators of the target's users."""
        if needs_enrollments(target, self._guards):
            for user in target.returning_users:
                if user.user.id not in self._enrollments:
                    self._read_user(user.user.id)
        return self.evidence

    def _read_user(self, user_id: str) -> None:
        enrollments = self._enrollments[user_id] = self._okta.enrollments(user_id)
        if relies_on_okta_verify(enrollments, self._guards):
            self._active_records[user_id] = _list_usable(self._okta.user_devices(user_id))


def _list_usable(devices: Iterable[OktaDevice]) -> set[str]:
    """Return the ids of a user's records that work and are the newest of their device.

    An older one is from before the Mac was erased, or the account removed: nobody has its keys.
    """
    groups: dict[DeviceKey, list[OktaDevice]] = {}
    for device in devices:
        groups.setdefault((device.serial_key or device.id, device.platform), []).append(device)
    newest = [each for group in groups.values() for each in newest_records(group)]
    return {each.id for each in newest if each.is_working}
