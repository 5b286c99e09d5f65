# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a Kandji tenant: blueprints, library items, devices, users and reports."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

# Items of these types are the agent's work: it looks at a map's conditions every 15 minutes.
# Everything else comes by MDM, which looks once a day.
AGENT_DRIVEN = {"automatic-app", "custom-app", "custom-script"}
PLATFORM_SWITCHES = {
    "Mac": "runs_on_mac",
    "iPhone": "runs_on_iphone",
    "iPad": "runs_on_ipad",
    "AppleTV": "runs_on_tv",
    "Vision": "runs_on_vision",
}


@dataclass
class LibraryItem:
    """Something that a blueprint brings to its devices.

    ``type`` is the string that device listings show.
    """

    id: str
    name: str
    type: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    runs_on: set[str] = field(default_factory=lambda: {"Mac"})
    bundle_id: str = ""
    version: str = ""
    licenses: int | None = (
        None  # App Store apps: how many were bought; None means that none is needed
    )
    holders: set[str] = field(default_factory=set)  # device ids that hold a license
    last_in_line: set[str] = field(
        default_factory=set
    )  # device ids that get a license only when all of ``expected`` have one
    expected: set[str] = field(default_factory=set)

    @property
    def identity(self) -> str:
        """The value that changes when devices must receive the item again."""
        return self.id

    def identity_on(self, device_id: str) -> str:
        """Return the identity that one device should have."""
        return self.identity

    def take_license(self, device_id: str) -> bool:
        """Take a license for a device if possible. Return whether the device holds one."""
        if self.licenses is None or device_id in self.holders:
            return True
        kept_for_others = (
            len(self.expected - self.holders - {device_id}) if device_id in self.last_in_line else 0
        )
        if self.licenses - len(self.holders) <= kept_for_others:
            return False
        self.holders.add(device_id)
        return True


@dataclass
class ProfileItem(LibraryItem):
    """An item that is delivered as a configuration profile.

    ``document`` is that profile, with its variables unresolved.
    """

    document: dict[str, t.Any] = field(default_factory=dict)

    @property
    def mdm_identifier(self) -> str:
        """The identifier of the profile on a device."""
        return str(self.document["PayloadIdentifier"])

    @property
    def identity(self) -> str:
        """The PayloadUUID of the profile."""
        return str(self.document["PayloadUUID"])


@dataclass
class CustomProfile(ProfileItem):
    """A Custom Profile. ``text`` is the document as the API returns it."""

    text: str = ""


@dataclass
class NativeScep(ProfileItem):
    """A SCEP item as the console makes it. Nothing of ``settings`` can be read through the API."""

    settings: dict[str, t.Any] = field(default_factory=dict)
    redistribution_days: int | None = (
        30  # days before the expiry of a certificate; None: no automatic profile redistribution
    )
    redistributed: dict[str, str] = field(
        default_factory=dict
    )  # device id -> the PayloadUUID that this device alone was sent

    def identity_on(self, device_id: str) -> str:
        """Return the PayloadUUID that one device should have."""
        return self.redistributed.get(device_id, self.identity)


@dataclass
class CustomScript(LibraryItem):
    """A Custom Script.

    Settings of Self Service other than ``show_in_self_service`` can be set, but not read.
    """

    script: str = ""
    remediation_script: str = ""
    execution_frequency: str = "once"
    restart: bool = False
    show_in_self_service: bool = False


@dataclass
class Node:
    """A node of an assignment map.

    A classic blueprint is one node. ``tag`` is its condition, None for the root; ``without``
    negates the condition.
    """

    id: str
    tag: str | None = None
    item_ids: list[str] = field(default_factory=list)
    without: bool = False  # devices that do not have the tag

    def takes(self, device: Device, item: LibraryItem) -> bool:
        """Return whether a device gets an item of this node."""
        tags = device.tags if item.type in AGENT_DRIVEN else device.evaluated_tags
        return self.tag is None or (self.tag in tags) is not self.without


@dataclass
class Blueprint:
    """A blueprint: a classic one, or an assignment map."""

    id: str
    name: str
    type: str  # classic or map
    enrollment_code: str
    nodes: list[Node]
    description: str = ""

    @property
    def has_conditions(self) -> bool:
        """Whether the map has nodes with a condition."""
        return any(node.tag is not None for node in self.nodes)

    @property
    def item_ids(self) -> list[str]:
        """The ids of all items on the blueprint, each once."""
        return list(dict.fromkeys(item_id for node in self.nodes for item_id in node.item_ids))


@dataclass
class KandjiUser:
    """A user of the tenant."""

    id: str
    name: str
    email: str
    number: int  # deprecated_user_id, which Prism still shows
    created_at: datetime
    archived: bool = False


@dataclass
class ItemStatus:
    """The status of an item on a device.

    ``identity`` is the state of the item that the status describes.
    """

    id: int
    status: str
    identity: str
    log: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """One entry of a report.

    Two reports describe the same thing if their ``key`` is equal.
    """

    key: str
    columns: dict[str, t.Any]
    created_at: datetime


@dataclass
class Report:
    """The last inventory of a device.

    Prism and the device's details show it until the next one.
    """

    collected_at: datetime
    certificates: list[Row]
    profiles: list[Row]
    apps: list[Row]


@dataclass
class Command:
    """An MDM command that was sent to a device.

    ``action`` is "" for one of MDM's own, ``pin`` what unlocks a Mac that carried out a lock.
    """

    id: str
    request_type: str
    requested_at: datetime
    action: str = ""
    completed_at: datetime | None = None
    failed: bool = False
    pin: str = ""

    @property
    def status(self) -> int:
        """The vendor's number: 1 pending, 3 completed, 4 failed."""
        if self.failed:
            return 4
        return 3 if self.completed_at else 1


@dataclass
class Device:
    """The tenant's record of a device."""

    id: str
    name: str
    serial: str
    udid: str
    platform: str
    model: str
    model_id: str
    os_version: str
    build: str
    blueprint_id: str
    enrolled_at: datetime
    last_check_in: datetime
    user: KandjiUser | None = None
    asset_tag: str = ""
    mac_address: str = ""
    tags: list[str] = field(default_factory=list)
    is_missing: bool = False
    is_removed: bool = False
    left_mdm: bool = False  # its MDM profile was removed, and the tenant still lists it
    statuses: dict[str, ItemStatus] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)  # actions that the device has not answered yet
    commands: list[Command] = field(default_factory=list)  # the oldest one first
    unlock_pin: str = ""  # of a Mac that carried out the command to lock
    report: Report | None = None
    filevault: bool = True
    evaluated_tags: list[str] = field(default_factory=list)  # the tags as MDM last looked at them

    def __post_init__(self) -> None:
        self.evaluate()

    @property
    def asked(self) -> set[str]:
        """What the API asked the device for, which it has not answered yet."""
        is_open = any(command.status == 1 for command in self.commands)
        return {*self.pending, *(["command"] if is_open else [])}

    def evaluate(self) -> None:
        """Evaluate the conditions of the assignment map, as MDM does.

        It does so at its check-in, and at once when the map is edited.
        """
        self.evaluated_tags = list(self.tags)
