# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library of the lab's Kandji tenant: its items, the content of its profiles, its activity."""

from __future__ import annotations

import typing as t

from lab.kandji import profiles
from lab.kandji.audit_log import ADMIN
from lab.kandji.model import CustomProfile, CustomScript, LibraryItem

if t.TYPE_CHECKING:
    from lab.kandji.tenant import Tenant


class Library:
    """What creates, changes and deletes library items. The tenant holds the items."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._world = tenant.world
        self.activity: dict[str, list[dict[str, t.Any]]] = {}  # item id -> rows, oldest first
        self._activity_number = 0

    def add_item(self, name: str, kind: str, **values: t.Any) -> LibraryItem:
        """Add an item that was made in the console. Return it."""
        now = self._world.clock.now()
        item = LibraryItem(
            id=self._world.uuid(), name=name, type=kind, created_at=now, updated_at=now, **values
        )
        self.keep(item)
        return item

    def keep(self, item: LibraryItem) -> None:
        """Store a new item."""
        self._tenant.items[item.id] = item
        self.record_item("create", item)
        self.note_activity(item.id, "library_item_created")

    def edited(self, item: LibraryItem, activity: str = "library_item_edited") -> None:
        """Record a change of an item; call after each."""
        item.updated_at = self._world.clock.now()
        self.record_item("update", item)
        self.note_activity(item.id, activity)
        self._tenant.changed()

    def profiles(self) -> list[CustomProfile]:
        """Return the Custom Profiles."""
        return [item for item in self._tenant.items.values() if isinstance(item, CustomProfile)]

    def create_profile(
        self, *, name: str, document: dict[str, t.Any], runs_on: set[str], active: bool = True
    ) -> CustomProfile:
        """Create a Custom Profile and return it."""
        now = self._world.clock.now()
        profile = CustomProfile(
            id=self._world.uuid(),
            name=name,
            type="profile",
            created_at=now,
            updated_at=now,
            active=active,
            runs_on=runs_on,
        )
        # Recorded: a profile that was never changed has the id of its item as PayloadUUID.
        self._store(profile, document, self.in_profile_case(profile.id))
        self.keep(profile)
        self._tenant.changed()
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
        new_identity = document is not None or self._world.switches.new_identity_on_every_patch
        payload_uuid = self.new_payload_uuid() if new_identity else profile.identity
        self._store(
            profile,
            document if document is not None else profile.document,
            payload_uuid,
            sent=document is not None,
        )
        self.edited(profile)

    def scripts(self) -> list[CustomScript]:
        """Return the Custom Scripts."""
        return [item for item in self._tenant.items.values() if isinstance(item, CustomScript)]

    def create_script(self, name: str, **values: t.Any) -> CustomScript:
        """Create a Custom Script and return it."""
        now = self._world.clock.now()
        script = CustomScript(
            id=self._world.uuid(),
            name=name,
            type="custom-script",
            created_at=now,
            updated_at=now,
            **values,
        )
        self.keep(script)
        return script

    def delete_item(self, item_id: str) -> None:
        """Delete an item and remove it from all blueprints."""
        item = self._tenant.items.pop(item_id)
        for blueprint in self._tenant.blueprints.values():
            for node in blueprint.nodes:
                node.item_ids = [kept for kept in node.item_ids if kept != item_id]
        self.record_item("delete", item)
        self.note_activity(item_id, "library_item_deleted")
        self._tenant.changed()

    def _store(
        self,
        profile: CustomProfile,
        document: dict[str, t.Any],
        payload_uuid: str,
        sent: bool = True,
    ) -> None:
        switches = self._world.switches
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

    def new_payload_uuid(self) -> str:
        """Return a new PayloadUUID."""
        return self.in_profile_case(self._world.uuid())

    def in_profile_case(self, value: str) -> str:
        """Return a UUID in the case that the tenant writes PayloadUUIDs in."""
        return value.upper() if self._world.switches.profile_uuid_case == "upper" else value.lower()

    def record_item(self, action: str, item: LibraryItem) -> None:
        """Record an event of an item in the audit log."""
        self._tenant.events.record(
            action,
            "library_item",
            item.id,
            new_state={"active": item.active, "label": None, "type": item.type, "name": item.name},
        )

    def note_activity(self, item_id: str, activity_type: str) -> None:
        """Add a row to an item's activity."""
        self._activity_number += 1
        self.activity.setdefault(item_id, []).append(
            {
                "id": self._activity_number,
                "activity_time": self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "activity_type": activity_type,
                "user_id": ADMIN,
                "user_email": "admin@example.com",
                "details": None,
            }
        )
