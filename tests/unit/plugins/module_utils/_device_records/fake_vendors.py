# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Okta org and a Kandji tenant as objects, so that a reset runs without HTTP."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    NotFound,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    DEVICE_RUN,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.apply import (
    RecordRun,
    RunOptions,
    RunResult,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.approval import (
    Limits,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.audit import (
    Audit,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    GuardOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.reader import (
    Selection,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    KandjiDevice,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    LogEvent,
    OktaDevice,
    OktaUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import okta_device_reset

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
AFTER = {
    "activate": "ACTIVE",
    "unsuspend": "ACTIVE",
    "suspend": "SUSPENDED",
    "deactivate": "DEACTIVATED",
}
PHONE = Enrollment("phone_number", "ACTIVE")
UUID = "0a1b0000-0000-4000-8000-00000000000a"  # of the SCEP profile on each Mac
GUARDS = [each.name for each in fields(GuardOptions)]
LIMITS = [each.name for each in fields(Limits)]


def guard_options(**values: t.Any) -> GuardOptions:
    """Return the guards of the module's defaults, but for these values."""
    return GuardOptions(**_options(GuardOptions, values))


def limits(**values: t.Any) -> Limits:
    """Return the limits of the module's defaults, but for these values."""
    return Limits(**{"confirm": "", **_options(Limits, values)})


def _options(kind: t.Any, values: dict[str, t.Any]) -> dict[str, t.Any]:
    options = {**DEVICE_RUN, **okta_device_reset.OPTIONS}
    names = [each.name for each in fields(kind) if "default" in options.get(each.name, ())]
    return {**{name: options[name]["default"] for name in names}, **values}


@dataclass
class FakeOkta:
    """An org. ``calls`` has each call; ``before`` runs before each, to change the org meanwhile."""

    records: dict[str, OktaDevice] = field(default_factory=dict)
    users_of: dict[str, list[DeviceUser]] = field(default_factory=dict)
    enrolled: dict[str, list[Enrollment]] = field(default_factory=dict)
    events: list[LogEvent] = field(default_factory=list)
    unsearchable: set[str] = field(default_factory=set)
    stale_users_of: dict[str, list[DeviceUser]] = field(default_factory=dict)
    stale_records: dict[str, OktaDevice] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    before: t.Callable[[tuple[str, ...]], None] = lambda _call: None
    minutes: float = 0.0
    org_url: str = "https://acme.okta.com"
    last_request_id: str = "req-1"

    @property
    def transport(self) -> SimpleNamespace:
        now = NOW + timedelta(minutes=self.minutes)
        settings = SimpleNamespace(wait=lambda *_seconds: None)
        return SimpleNamespace(now=now.timestamp, started=NOW.timestamp, settings=settings)

    def _call(self, *call: str) -> None:
        self.before(call)
        self.calls.append(call)

    def add(self, device_id: str, serial: str, *names: str, **values: t.Any) -> OktaDevice:
        """Register a Mac whose users have a phone as well."""
        created = "2026-11-01T10:00:00.000Z"  # younger than the System Log's memory
        values = {"status": "ACTIVE", "platform": "MACOS", "created": created, **values}
        record = OktaDevice(device_id, serial_number=serial, last_updated="1", **values)
        self.records[device_id] = record
        self.users_of[device_id] = [
            DeviceUser(OktaUser(f"00u-{name}", f"{name}@acme.com"), "NOT_MANAGED") for name in names
        ]
        for name in names:
            self.enrolled.setdefault(f"00u-{name}", [PHONE])
        return record

    def devices_with_serials(
        self, serials: list[str], expand: str | None = None
    ) -> list[OktaDevice]:
        return self._search("serial", serials, lambda record: record.serial_number, expand)

    def devices_with_ids(self, ids: list[str], expand: str | None = None) -> list[OktaDevice]:
        return self._search("id", ids, lambda record: record.id, expand)

    def _search(
        self,
        attribute: str,
        values: list[str],
        value_of: t.Callable[[OktaDevice], str],
        expand: str | None,
    ) -> list[OktaDevice]:
        if not values:
            return []
        self._call("search", attribute, *values)
        wanted = {value.lower() for value in values}
        return [
            replace(record, users=tuple(self.searched_users(record.id)))
            if expand in ("user", "userSummary")
            else record
            for record in {**self.records, **self.stale_records}.values()
            if value_of(record).lower() in wanted and record.id not in self.unsearchable
        ]

    def searched_users(self, device_id: str) -> list[DeviceUser]:
        """Return the users of a record as a search shows them."""
        return self.stale_users_of.get(device_id, self.users_of.get(device_id, []))

    def devices(self, search: str, expand: str) -> list[OktaDevice]:
        self._call("devices", expand, search)
        return [
            replace(record, users=tuple(self.users_of.get(device_id, ())))
            for device_id, record in self.records.items()
        ]

    def device(self, device_id: str) -> OktaDevice | None:
        self._call("device", device_id)
        return self.records.get(device_id)

    def device_users(self, device_id: str) -> list[DeviceUser]:
        self._call("users", device_id)
        if device_id not in self.users_of:
            raise NotFound("gone")
        return self.users_of[device_id]

    def user(self, login: str) -> OktaUser | None:
        self._call("user", login)
        name = login.partition("@")[0]
        return OktaUser(f"00u-{name}", login) if f"00u-{name}" in self.enrolled else None

    def user_devices(self, user_id: str) -> list[OktaDevice]:
        self._call("user devices", user_id)
        return [
            self.records[device_id]
            for device_id, users in self.users_of.items()
            if user_id in [user.user.id for user in users]
        ]

    def enrollments(self, user_id: str) -> list[Enrollment]:
        self._call("enrollments", user_id)
        return self.enrolled.get(user_id, [])

    def revoke_sessions(self, user_id: str) -> None:
        self._call("revoke", user_id)

    def log_events(
        self, log_filter: str, since: str, until: str, word: str | None = None
    ) -> list[LogEvent]:
        """Return the events; those that have a type, only if the filter asks for it."""
        self._call("log", log_filter, since, until, *([word] if word else []))
        return [event for event in self.events if f'"{event.event_type}' in log_filter + '"']

    def take_step(self, step: str, device_id: str, comment: str = "") -> str:
        self._call(step, device_id)
        self.comments.append(comment)
        if step == "delete":
            del self.users_of[device_id]
            return "done" if self.records.pop(device_id, None) else "absent"
        status = AFTER[step]
        if device_id in self.records:
            self.records[device_id] = replace(self.records[device_id], status=status)
        if status == "DEACTIVATED":
            self.users_of[device_id] = []
        return "done"

    @property
    def writes(self) -> list[tuple[str, ...]]:
        return [call for call in self.calls if call[0] in (*AFTER, "delete", "revoke")]


@dataclass
class FakeKandji:
    """A tenant. Macs have a live SCEP profile and a certificate that was seen two days ago."""

    macs: list[KandjiDevice] = field(default_factory=list)
    profiles: list[InstalledProfile] = field(default_factory=list)
    certificates: list[PrismCertificate] = field(default_factory=list)
    calls: list[t.Any] = field(default_factory=list)
    before_search: Callable[[], None] | None = None

    def add(self, serial: str, seen: str | None = "2026-11-21T10:00:00Z") -> None:
        self.macs.append(KandjiDevice(f"d-{serial}", serial, f"Mac {serial}", "Mac"))
        types = frozenset({"com.apple.security.scep"})
        self.profiles.append(
            InstalledProfile(f"d-{serial}", serial, payload_uuid=UUID, payload_types=types)
        )
        if seen:
            name = f"{serial} {UUID.upper()}"
            self.certificates.append(PrismCertificate(f"d-{serial}", serial, name, seen))

    def devices(self, platform: str | None = None) -> list[KandjiDevice]:
        self.calls.append(platform)
        return [mac for mac in self.macs if platform in (None, mac.platform)]

    def devices_with_serials(self, serials: list[str], platform: str) -> list[KandjiDevice]:
        self.calls.append((platform, *serials))
        if self.before_search:
            self.before_search()
        keys = {serial.lower() for serial in serials}
        return [mac for mac in self.macs if mac.serial_key in keys and mac.platform == platform]

    def prism_profiles(self, row_filter: dict[str, t.Any]) -> list[InstalledProfile]:
        self.calls.append(row_filter)
        return self.profiles

    def prism_certificates(self, row_filter: dict[str, t.Any]) -> list[PrismCertificate]:
        self.calls.append(row_filter)
        return self.certificates


class Reset:
    """Runs resets of an org and a tenant; ``warnings`` and ``progress`` are what they left."""

    def __init__(self, directory: t.Any) -> None:
        self.okta, self.kandji = FakeOkta(), FakeKandji()
        self.directory, self.warnings = directory, list[str]()
        self.progress: list[str] = []

    def stuck(self, number: int, *names: str, **values: t.Any) -> OktaDevice:
        """Add a Mac that registered before its certificate came: what a reset is for."""
        self.kandji.add(f"C0{number}")
        return self.okta.add(f"guo{number}", f"C0{number}", *(names or (f"ann{number}",)), **values)

    def run(self, *serials: str, **options: t.Any) -> RunResult:
        """Reset these serials; ``options`` are those of the module, by its names."""
        guards = {name: options.pop(name) for name in GUARDS if name in options}
        allowed = {name: options.pop(name) for name in LIMITS if name in options}
        options_ = RunOptions(
            **{
                "selection": Selection(serials=serials),
                "guards": guard_options(**guards),
                "limits": limits(**{"max_percent": 100, **allowed}),
                "created_before": None,
                "approved_digest": "",
                "report_bound_certificates": False,
                "state_dir": None,
                "check_mode": False,
                **options,
            }
        )
        audit = Audit("rosa", "CHG-1", Masker())
        okta, kandji = t.cast(t.Any, self.okta), t.cast(t.Any, self.kandji)
        return RecordRun(
            okta, kandji, options_, audit, self.progress.append, self.warnings.append
        ).run()


def states(result: RunResult) -> list[str]:
    """Return what became of each target."""
    return [outcome.state for outcome in result.outcomes]


def to_state(state: t.Any, **options: t.Any) -> dict[str, t.Any]:
    """Return the options of a run to a state."""
    return {"goal": GOALS[state], "duplicates": "each", **options}


def audit_of(result: RunResult) -> list[dict[str, t.Any]]:
    """Return the lines of a run's audit."""
    with open(result.audit_file, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def refuse_the_log(reset: t.Any, monkeypatch: t.Any) -> None:
    """Let the System Log be refused, for the lack of a scope."""

    def refuse(*_query: str) -> list[LogEvent]:
        raise Refused("The credentials lack a scope.")

    monkeypatch.setattr(reset.okta, "log_events", refuse)
