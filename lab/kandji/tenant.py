# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the lab's Kandji tenant, and what happens to it."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.kandji import profiles
from lab.kandji.events import ADMIN, Events
from lab.kandji.model import (
    Blueprint,
    CustomProfile,
    CustomScript,
    Device,
    ItemStatus,
    KandjiUser,
    LibraryItem,
    NativeScep,
    Node,
    ProfileItem,
    Report,
    Row,
)
from lab.state import World

LOWER_CASE_STATUSES = {
    "PENDING": "pending",
    "PASS": "success",
    "ERROR": "failed",
}  # those of configuration profiles
SELF_SERVICE_CATEGORIES = ("Apps", "Productivity", "Utilities", "Security")

Value = t.TypeVar("Value")


class Refused(Exception):
    """The tenant refuses; the text is the vendor's bare string."""


@dataclass(frozen=True)
class Delivery:
    """A profile as one device receives it, variables resolved."""

    item_id: str
    name: str
    identifier: str
    payload_uuid: str
    document: dict[str, t.Any]


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
        self.events = Events(world.clock)
        self.activity: dict[str, list[dict[str, t.Any]]] = {}  # item id -> rows, oldest first
        self._status_number = 10_000
        self._activity_number = 0
        self._memory: dict[t.Any, t.Any] = {}

    # Remembering what is expensive to work out, until something changes

    def changed(self) -> None:
        """Discard stored values; call after every change of scope, membership or inventory."""
        self._memory.clear()

    def remembered(self, key: t.Any, compute: t.Callable[[], Value]) -> Value:
        """Return a computed value, which is stored until something changes."""
        if key not in self._memory:
            self._memory[key] = compute()
        return t.cast(Value, self._memory[key])

    # Making things

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

    def edit_map(self, blueprint: Blueprint, nodes: list[Node]) -> None:
        """Replace the nodes of an assignment map and evaluate its conditions at once."""
        before = [self.items[item_id] for item_id in blueprint.item_ids]
        blueprint.nodes = nodes
        self.scope_changed(
            blueprint, removed=[item for item in before if item.id not in blueprint.item_ids]
        )

    def add_item(self, name: str, kind: str, **values: t.Any) -> LibraryItem:
        """Add an item that was made in the console. Return it."""
        now = self.world.clock.now()
        item = LibraryItem(
            id=self.world.uuid(), name=name, type=kind, created_at=now, updated_at=now, **values
        )
        self.keep(item)
        return item

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

    def keep(self, item: LibraryItem) -> None:
        """Store a new item."""
        self.items[item.id] = item
        self.record_item("create", item)
        self.note_activity(item.id, "library_item_created")

    def edited(self, item: LibraryItem, activity: str = "library_item_edited") -> None:
        """Record a change of an item; call after each."""
        item.updated_at = self.world.clock.now()
        self.record_item("update", item)
        self.note_activity(item.id, activity)
        self.changed()

    # Custom profiles

    def profiles(self) -> list[CustomProfile]:
        """Return the Custom Profiles."""
        return [item for item in self.items.values() if isinstance(item, CustomProfile)]

    def create_profile(
        self, *, name: str, document: dict[str, t.Any], runs_on: set[str], active: bool = True
    ) -> CustomProfile:
        """Create a Custom Profile and return it."""
        now = self.world.clock.now()
        profile = CustomProfile(
            id=self.world.uuid(),
            name=name,
            type="profile",
            created_at=now,
            updated_at=now,
            active=active,
            runs_on=runs_on,
        )
        # Recorded: a profile that was never changed has the id of its item as PayloadUUID.
        self._store(profile, document, self._in_case(profile.id))
        self.keep(profile)
        self.changed()
        return profile

    def update_profile(
        self,
        profile: CustomProfile,
        *,
        name: str,
        document: dict[str, t.Any] | None,
        runs_on: set[str],
        active: bool,
    ) -> None:
        """Change a Custom Profile.

        With None as ``document`` the stored payload stays. Whether its identity changes is
        a switch.
        """
        profile.name, profile.runs_on, profile.active = name, runs_on, active
        new_identity = document is not None or self.world.switches.new_identity_on_every_patch
        payload_uuid = self.new_payload_uuid() if new_identity else profile.identity
        self._store(
            profile,
            document if document is not None else profile.document,
            payload_uuid,
            sent=document is not None,
        )
        self.edited(profile)

    def delete_item(self, item_id: str) -> None:
        """Delete an item and remove it from all blueprints."""
        item = self.items.pop(item_id)
        for blueprint in self.blueprints.values():
            for node in blueprint.nodes:
                node.item_ids = [kept for kept in node.item_ids if kept != item_id]
        self.record_item("delete", item)
        self.note_activity(item_id, "library_item_deleted")
        self.changed()

    def _store(
        self,
        profile: CustomProfile,
        document: dict[str, t.Any],
        payload_uuid: str,
        sent: bool = True,
    ) -> None:
        switches = self.world.switches
        profile.document = profiles.rewritten(
            document,
            item_id=profile.id,
            name=profile.name,
            payload_uuid=payload_uuid,
            switches=switches,
        )
        if sent and switches.tenant_changes_profile:
            profile.document = profiles.with_other_retries(profile.document)
        profile.text = profiles.render(
            profile.document, tabs_become_spaces=switches.tabs_become_spaces
        )

    # Custom scripts

    def scripts(self) -> list[CustomScript]:
        """Return the Custom Scripts."""
        return [item for item in self.items.values() if isinstance(item, CustomScript)]

    def create_script(self, name: str, **values: t.Any) -> CustomScript:
        """Create a Custom Script and return it."""
        now = self.world.clock.now()
        script = CustomScript(
            id=self.world.uuid(),
            name=name,
            type="custom-script",
            created_at=now,
            updated_at=now,
            **values,
        )
        self.keep(script)
        return script

    # Identities

    def new_payload_uuid(self) -> str:
        """Return a new PayloadUUID."""
        return self._in_case(self.world.uuid())

    def _in_case(self, value: str) -> str:
        return value.upper() if self.world.switches.profile_uuid_case == "upper" else value.lower()

    # Assigning

    def assign(self, blueprint: Blueprint, item: LibraryItem, node_id: str | None) -> list[str]:
        """Assign an item. Return the ids of all items on the blueprint; raise Refused."""
        node = self._node(blueprint, node_id)
        switches = self.world.switches
        is_there = item.id in node.item_ids
        one_of_its_type = (
            blueprint.type == "map" and item.type in switches.one_per_node_types.split(",")
        )
        if (
            one_of_its_type
            and any(self.items[other].type == item.type for other in node.item_ids)
            and (not is_there or switches.one_per_node_first)
        ):
            raise Refused("Assignment node can only have one of this Library Item type.")
        if is_there:
            raise Refused(
                "Library Item already exists"
                f" {'on Blueprint' if blueprint.type == 'classic' else 'in Assignment Node'}"
            )
        added = [item] if item.id not in blueprint.item_ids else []
        node.item_ids.append(item.id)
        self.scope_changed(blueprint, added=added)
        return blueprint.item_ids

    def remove(self, blueprint: Blueprint, item: LibraryItem, node_id: str | None) -> list[str]:
        """Remove an item. Return the ids of all items on the blueprint; raise Refused."""
        node = self._node(blueprint, node_id)
        if item.id not in node.item_ids:
            raise Refused(
                "Library Item does not exist on Blueprint"
                if blueprint.type == "classic"
                else "Library Item does not exist in Assignment Node"
            )
        node.item_ids.remove(item.id)
        self.scope_changed(blueprint, removed=[item] if item.id not in blueprint.item_ids else [])
        return blueprint.item_ids

    def places_of(self, item: LibraryItem) -> list[dict[str, str]]:
        """Return the blueprints and nodes that hold an item."""
        return [
            {
                "blueprint": blueprint.name,
                "blueprint_id": blueprint.id,
                "assignment_node_id": node.id,
            }
            for blueprint in self.blueprints.values()
            for node in blueprint.nodes
            if item.id in node.item_ids
        ]

    @staticmethod
    def _node(blueprint: Blueprint, node_id: str | None) -> Node:
        if blueprint.type == "classic":
            if node_id:
                raise Refused("assignment_node_id cannot be provided for Classic Blueprint")
            return blueprint.nodes[0]
        if not node_id:
            if blueprint.has_conditions:
                raise Refused("Must provide assignment_node_id for Assignment Map Blueprint")
            return blueprint.nodes[0]
        for node in blueprint.nodes:
            if node.id == node_id.lower():
                return node
        raise LookupError(node_id)

    def scope_changed(
        self,
        blueprint: Blueprint,
        added: t.Sequence[LibraryItem] = (),
        removed: t.Sequence[LibraryItem] = (),
    ) -> None:
        """Record a change of the items of a blueprint; call after each.

        An item that moved from one node to another is neither added nor removed.
        """

        def named(items: t.Iterable[LibraryItem]) -> list[dict[str, str]]:
            return [{"id": item.id, "name": item.name} for item in items]

        state = {
            "library_items_added": named(added),
            "library_items_removed": named(removed),
            "library_items_scoped": named(self.items[item_id] for item_id in blueprint.item_ids),
            "name": blueprint.name,
        }
        self.events.record(
            "update", "blueprint", blueprint.id, component="library_items", new_state=state
        )
        if blueprint.has_conditions:
            for device in self.devices_of(blueprint.id):
                device.evaluate()
        for item in (*added, *removed):
            self.note_activity(item.id, "library_item_assignment_changed")
        self.changed()

    # Scope and delivery

    def devices_of(self, blueprint_id: str) -> list[Device]:
        """Return the devices of a blueprint."""

        def by_blueprint() -> dict[str, list[Device]]:
            members: dict[str, list[Device]] = {}
            for device in self.devices.values():
                if not device.is_removed:
                    members.setdefault(device.blueprint_id, []).append(device)
            return members

        return self.remembered("devices by blueprint", by_blueprint).get(blueprint_id, [])

    def in_scope(self, item: LibraryItem) -> list[Device]:
        """Return all devices that get an item."""

        def compute() -> list[Device]:
            devices = []
            for blueprint in self.blueprints.values():
                nodes = [node for node in blueprint.nodes if item.id in node.item_ids]
                if nodes and item.active:
                    members = self.devices_of(blueprint.id)
                    devices += [
                        device
                        for device in members
                        if device.platform in item.runs_on
                        and any(node.takes(device, item) for node in nodes)
                    ]
            return devices

        return self.remembered(("in scope", item.id), compute)

    def items_for(self, device: Device) -> list[LibraryItem]:
        """Return the items that a device should have."""
        blueprint = self.blueprints.get(device.blueprint_id)
        if blueprint is None or device.is_removed:
            return []
        placed = [
            (node, self.items[item_id]) for node in blueprint.nodes for item_id in node.item_ids
        ]
        items = {
            item.id: item
            for node, item in placed
            if item.active and device.platform in item.runs_on and node.takes(device, item)
        }
        return list(items.values())

    def evaluate(self, device: Device) -> None:
        """Evaluate the device's tags at its MDM check-in.

        Items that MDM delivers follow the new tags from now on.
        """
        if device.evaluated_tags != device.tags:
            device.evaluate()
            self.changed()

    def redistribute(self, device: Device, held: t.Sequence[tuple[str, datetime]]) -> None:
        """Redistribute native SCEP items automatically.

        ``held`` has the common name and the expiry of each certificate on the device. The common
        name of a certificate holds the UUID of its profile.
        """
        for item in self.items_for(device):
            if isinstance(item, NativeScep) and item.redistribution_days is not None:
                ends = [
                    end for common_name, end in held if item.identity_on(device.id) in common_name
                ]
                if ends and self.world.clock.now() >= max(ends) - timedelta(
                    days=item.redistribution_days
                ):
                    item.redistributed[device.id] = self.new_payload_uuid()

    def deliver(self, device: Device, profile: ProfileItem) -> Delivery:
        """Return a profile for one device."""
        identity = profile.identity_on(device.id)
        of_item = (
            isinstance(profile, CustomProfile)
            and self.world.switches.profile_uuid_variable == "item_id"
        )
        values = profiles.variables(
            device,
            self.blueprints.get(device.blueprint_id),
            self._in_case(profile.id) if of_item else identity,
        )
        document = profiles.resolved({**profile.document, "PayloadUUID": identity}, values)
        return Delivery(profile.id, profile.name, profile.mdm_identifier, identity, document)

    # What devices say

    def status_of(self, device: Device, item: LibraryItem) -> ItemStatus:
        """Return the item's status on a device that gets it.

        It is pending until the device has reported the item in its present state.
        """
        known = device.statuses.get(item.id)
        if known is None or known.identity != item.identity_on(device.id):
            known = self.set_status(device, item, "PENDING")
            known.reported_at = None
        return known

    def set_status(
        self,
        device: Device,
        item: LibraryItem,
        status: str,
        *,
        log: str | None = None,
        identity: str | None = None,
        at: datetime | None = None,
    ) -> ItemStatus:
        """Set the status of an item on a device. Return it.

        ``status`` has the words of apps (PASS, PENDING, ERROR); profiles show words of their own.
        ``identity`` is the state of the item that the status describes.
        """
        is_profile = isinstance(item, ProfileItem) or item.type == "profile"
        word = LOWER_CASE_STATUSES.get(status, status) if is_profile else status
        known = device.statuses.get(item.id)
        if known is None:
            self._status_number += 1
        number = known.id if known else self._status_number
        device.statuses[item.id] = ItemStatus(
            number,
            word,
            identity or item.identity_on(device.id),
            log,
            at or self.world.clock.now(),
        )
        return device.statuses[item.id]

    def receive_report(
        self,
        device: Device,
        *,
        certificates: list[Row],
        installed: list[Row],
        apps: list[Row],
        at: datetime | None = None,
    ) -> None:
        """Store an inventory; a row that was there before keeps its first timestamp."""
        old = device.report
        device.report = Report(
            at or self.world.clock.now(),
            _merged(old.certificates if old else [], certificates),
            _merged(old.profiles if old else [], installed),
            _merged(old.apps if old else [], apps),
        )
        self.changed()

    # What the tenant remembers of its admins

    def record_item(self, action: str, item: LibraryItem) -> None:
        """Record an event of an item in the audit log."""
        self.events.record(
            action,
            "library_item",
            item.id,
            new_state={"active": item.active, "label": None, "type": item.type, "name": item.name},
        )

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

    def note_activity(self, item_id: str, activity_type: str) -> None:
        """Add a row to an item's activity."""
        self._activity_number += 1
        self.activity.setdefault(item_id, []).append(
            {
                "id": self._activity_number,
                "activity_time": self.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "activity_type": activity_type,
                "user_id": ADMIN,
                "user_email": "admin@example.com",
                "details": None,
            }
        )

    # For tests and for the control surface

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
                    "devices": len(self.devices_of(blueprint.id)),
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


def _merged(old: list[Row], new: list[Row]) -> list[Row]:
    known = {row.key: row.created_at for row in old}
    return [Row(row.key, row.columns, known.get(row.key, row.created_at)) for row in new]
