# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which blueprints hold which library items, and which devices get them."""

from __future__ import annotations

import typing as t

from lab.kandji.model import Blueprint, Device, LibraryItem, Node

if t.TYPE_CHECKING:
    from lab.kandji.tenant import Tenant


class Refused(Exception):
    """The tenant refuses; the text is the vendor's bare string."""


class Assignments:
    """What assigns items to the nodes of blueprints. The tenant holds the blueprints."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._world = tenant.world

    def assign(self, blueprint: Blueprint, item: LibraryItem, node_id: str | None) -> list[str]:
        """Assign an item. Return the ids of all items on the blueprint; raise Refused."""
        node = self._node(blueprint, node_id)
        switches = self._world.switches
        is_there = item.id in node.item_ids
        one_of_its_type = (
            blueprint.type == "map" and item.type in switches.one_per_node_types.split(",")
        )
        if (
            one_of_its_type
            and any(self._tenant.items[other].type == item.type for other in node.item_ids)
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

    def edit_map(self, blueprint: Blueprint, nodes: list[Node]) -> None:
        """Replace the nodes of an assignment map and evaluate its conditions at once."""
        before = [self._tenant.items[item_id] for item_id in blueprint.item_ids]
        blueprint.nodes = nodes
        self.scope_changed(
            blueprint, removed=[item for item in before if item.id not in blueprint.item_ids]
        )

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
            "library_items_scoped": named(
                self._tenant.items[item_id] for item_id in blueprint.item_ids
            ),
            "name": blueprint.name,
        }
        self._tenant.events.record(
            "update", "blueprint", blueprint.id, component="library_items", new_state=state
        )
        if blueprint.has_conditions:
            for device in self.devices_of(blueprint.id):
                device.evaluate()
        for item in (*added, *removed):
            self._tenant.library.note_activity(item.id, "library_item_assignment_changed")
        self._tenant.changed()

    def places_of(self, item: LibraryItem) -> list[dict[str, str]]:
        """Return the blueprints and nodes that hold an item."""
        return [
            {
                "blueprint": blueprint.name,
                "blueprint_id": blueprint.id,
                "assignment_node_id": node.id,
            }
            for blueprint in self._tenant.blueprints.values()
            for node in blueprint.nodes
            if item.id in node.item_ids
        ]

    def devices_of(self, blueprint_id: str) -> list[Device]:
        """Return the devices of a blueprint."""

        def by_blueprint() -> dict[str, list[Device]]:
            members: dict[str, list[Device]] = {}
            for device in self._tenant.devices.values():
                if not device.is_removed:
                    members.setdefault(device.blueprint_id, []).append(device)
            return members

        return self._tenant.remembered("devices by blueprint", by_blueprint).get(blueprint_id, [])

    def in_scope(self, item: LibraryItem) -> list[Device]:
        """Return all devices that get an item."""

        def compute() -> list[Device]:
            devices = []
            for blueprint in self._tenant.blueprints.values():
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

        return self._tenant.remembered(("in scope", item.id), compute)

    def items_for(self, device: Device) -> list[LibraryItem]:
        """Return the items that a device should have."""
        blueprint = self._tenant.blueprints.get(device.blueprint_id)
        if blueprint is None or device.is_removed:
            return []
        placed = [
            (node, self._tenant.items[item_id])
            for node in blueprint.nodes
            for item_id in node.item_ids
        ]
        items = {
            item.id: item
            for node, item in placed
            if item.active and device.platform in item.runs_on and node.takes(device, item)
        }
        return list(items.values())

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
