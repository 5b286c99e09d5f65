# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Kandji tenant keeps.

Blueprints, library items, devices, users, and what devices reported.
"""

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
    """Something that a blueprint gives to its devices.

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
    holders: set[str] = field(default_factory=set)  # device ids that hold a licence
    last_in_line: set[str] = field(
        default_factory=set
    )  # device ids that get a licence only when all of ``expected`` have one
    expected: set[str] = field(default_factory=set)

    @property
    def identity(self) -> str:
        """Changes when devices must receive the item again."""
        return self.id

    def identity_on(self, device_id: str) -> str:
        """The identity that one device is to have."""
        return self.identity

    def take_license(self, device_id: str) -> bool:
        """Whether the device holds a licence now."""
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
        return str(self.document["PayloadIdentifier"])

    @property
    def identity(self) -> str:
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
        30  # before a certificate's end; None: no automatic profile redistribution
    )
    redistributed: dict[str, str] = field(
        default_factory=dict
    )  # device id -> the PayloadUUID that this device alone was sent

    def identity_on(self, device_id: str) -> str:
        return self.redistributed.get(device_id, self.identity)


@dataclass
class CustomScript(LibraryItem):
    """A Custom Script.

    What Self Service shows beside ``show_in_self_service`` can be set and is not shown again.
    """

    script: str = ""
    remediation_script: str = ""
    execution_frequency: str = "once"
    restart: bool = False
    show_in_self_service: bool = False


@dataclass
class Node:
    """A node of an assignment map.

    A classic blueprint is one node. ``tag`` is its condition, None for the root; ``without`` turns
    the condition round.
    """

    id: str
    tag: str | None = None
    item_ids: list[str] = field(default_factory=list)
    without: bool = False  # devices that do not have the tag

    def takes(self, device: Device, item: LibraryItem) -> bool:
        """Whether the device gets the item, which is in this node."""
        tags = device.tags if item.type in AGENT_DRIVEN else device.evaluated_tags
        return self.tag is None or (self.tag in tags) is not self.without


@dataclass
class Blueprint:
    id: str
    name: str
    type: str  # classic or map
    enrollment_code: str
    nodes: list[Node]
    description: str = ""

    @property
    def has_conditions(self) -> bool:
        return any(node.tag is not None for node in self.nodes)

    @property
    def item_ids(self) -> list[str]:
        return list(dict.fromkeys(item_id for node in self.nodes for item_id in node.item_ids))


@dataclass
class KandjiUser:
    id: str
    name: str
    email: str
    number: int  # deprecated_user_id, which Prism still shows
    created_at: datetime
    archived: bool = False


@dataclass
class ItemStatus:
    """How far an item has come on a device.

    ``identity`` says which state of the item this is about.
    """

    id: int
    status: str
    identity: str
    log: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """One thing that a device reported.

    ``key`` tells whether a later report speaks of the same thing.
    """

    key: str
    columns: dict[str, t.Any]
    created_at: datetime


@dataclass
class Report:
    """The last inventory of a device.

    What Prism and the device's details show, until the next one.
    """

    collected_at: datetime
    certificates: list[Row]
    profiles: list[Row]
    apps: list[Row]


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
    statuses: dict[str, ItemStatus] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)  # actions that the device has not answered yet
    report: Report | None = None
    filevault: bool = True
    evaluated_tags: list[str] = field(default_factory=list)  # the tags as MDM last looked at them

    def __post_init__(self) -> None:
        self.evaluate()

    def evaluate(self) -> None:
        """MDM looks at the conditions of the assignment map.

        At its check-in, or at once when the map is edited.
        """
        self.evaluated_tags = list(self.tags)
