# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kandji tenant: its settings, and the blueprints, items, devices and users that it holds.

What happens to items, to assignments and on devices is in the objects that it holds.
"""

from __future__ import annotations

import typing as t
import uuid

from lab.kandji.assignments import Assignments
from lab.kandji.audit_log import AuditLog
from lab.kandji.deliveries import Deliveries
from lab.kandji.library import Library
from lab.kandji.model import (
    Blueprint,
    CustomProfile,
    Device,
    KandjiUser,
    LibraryItem,
    Node,
    ProfileItem,
)
from lab.state import World

SELF_SERVICE_CATEGORIES = ("Apps", "Productivity", "Utilities", "Security")

Value = t.TypeVar("Value")


class Tenant:
    """A Kandji tenant.

    It holds everything by id, in lower case. Take ``world.lock`` around each use.
    """

    def __init__(self, world: World, base_url: str) -> None:
        self.world = world
        self.base_url = base_url
        # A page link that leads to another host must lead nowhere: a client that follows it fails,
        # and loses no token.
        self.web_url = "https://devicetrust-lab.kandji.invalid"
        self.api_token = world.uuid()
        self.revoked_tokens: set[str] = set()
        self.permissions: dict[str, bool] = {}  # filled by KandjiApp: one entry per operation
        self.hourly_limit = 10_000
        self.profile_page_size = 300
        self.blueprints: dict[str, Blueprint] = {}
        self.items: dict[str, LibraryItem] = {}
        self.devices: dict[str, Device] = {}
        self.users: dict[str, KandjiUser] = {}
        self.tags: dict[str, str] = {}  # name -> id
        self.self_service_categories = {
            str(uuid.uuid5(uuid.NAMESPACE_DNS, name)): name for name in SELF_SERVICE_CATEGORIES
        }
        self.events = AuditLog(world.clock)
        self.library = Library(self)
        self.assignments = Assignments(self)
        self.deliveries = Deliveries(self)
        self._memory: dict[t.Any, t.Any] = {}

    def changed(self) -> None:
        """Discard stored values; call after every change of scope, membership or inventory."""
        self._memory.clear()

    def remembered(self, key: t.Any, compute: t.Callable[[], Value]) -> Value:
        """Return a computed value, which is stored until something changes."""
        if key not in self._memory:
            self._memory[key] = compute()
        return t.cast(Value, self._memory[key])

    def add_blueprint(
        self, name: str, kind: str = "classic", conditions: t.Sequence[str] = ()
    ) -> Blueprint:
        """Add a blueprint and return it.

        ``conditions`` are tags; each adds a node to the root of an assignment map.
        """
        nodes = [Node(self.world.uuid()), *(Node(self.world.uuid(), tag) for tag in conditions)]
        code = "".join(self.world.random.choice("0123456789") for _unused in range(6))
        blueprint = Blueprint(self.world.uuid(), name, kind, code, nodes)
        self.blueprints[blueprint.id] = blueprint
        state = {"description": "", "type": kind, "name": name}
        self.events.record(
            "create",
            "blueprint",
            blueprint.id,
            new_state=state,
            metadata={"source_id": None, "source": None},
        )
        self.events.record(
            "update",
            "blueprint",
            blueprint.id,
            component="parameters",
            new_state={"parameters": [], "name": name},
        )
        return blueprint

    def add_user(self, name: str, email: str, archived: bool = False) -> KandjiUser:
        """Add a user and return it."""
        user = KandjiUser(
            self.world.uuid(),
            name,
            email,
            30_000 + len(self.users),
            self.world.clock.now(),
            archived,
        )
        self.users[user.id] = user
        return user

    def add_device(self, **values: t.Any) -> Device:
        """Add a device and return it."""
        device = Device(id=self.world.uuid(), **values)
        self.devices[device.id] = device
        self.changed()
        return device

    def add_tag(self, name: str) -> str:
        """Add a tag if it is new. Return its id."""
        return self.tags.setdefault(name, self.world.uuid())

    def record_device(self, action: str, device: Device) -> None:
        """Record an event of a device in the audit log.

        The vendor documents that changes of the blueprint are recorded, but not the fields of the
        state. It has the names of the device list.
        """
        blueprint = self.blueprints.get(device.blueprint_id)
        state = {
            "device_name": device.name,
            "serial_number": device.serial,
            "blueprint_id": device.blueprint_id,
        }
        self.events.record(
            action,
            "device",
            device.id,
            new_state={**state, "blueprint_name": blueprint.name if blueprint else ""},
        )

    def install_device_trust(self, mac: t.Any) -> None:
        """Install the two profiles of Kandji's own Okta Device Trust on a Mac, and report them."""
        mac.add_device_trust_profiles()
        mac.report_inventory()

    def describe(self) -> dict[str, t.Any]:
        """Return the state as JSON values, without the text of profiles."""
        return {
            "blueprints": [
                {
                    "id": blueprint.id,
                    "name": blueprint.name,
                    "type": blueprint.type,
                    "items": blueprint.item_ids,
                    "nodes": [
                        {
                            "id": node.id,
                            "tag": node.tag,
                            "without": node.without,
                            "items": list(node.item_ids),
                        }
                        for node in blueprint.nodes
                    ],
                    "devices": len(self.assignments.devices_of(blueprint.id)),
                }
                for blueprint in self.blueprints.values()
            ],
            "items": [
                {
                    "id": item.id,
                    "name": item.name,
                    "type": item.type,
                    "active": item.active,
                    "identity": item.identity,
                    "mdm_identifier": (
                        item.mdm_identifier if isinstance(item, ProfileItem) else None
                    ),
                    "licenses": item.licenses,
                    "licenses_used": len(item.holders),
                    "custom_profile": isinstance(item, CustomProfile),
                }
                for item in self.items.values()
            ],
            "devices": len(self.devices),
            "permissions_off": sorted(
                name for name, allowed in self.permissions.items() if not allowed
            ),
            "hourly_limit": self.hourly_limit,
            "web_url": self.web_url,
        }
