# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What administrators do in Kandji's web app and the API cannot do.

They make items, edit assignment maps, and change devices and users.
"""

from __future__ import annotations

import re
import typing as t
import uuid

from lab.kandji.model import Blueprint, Device, KandjiUser, LibraryItem, NativeScep, Node
from lab.kandji.profiles import SCEP_TYPE
from lab.kandji.tenant import Tenant

Values = dict[str, t.Any]

ITEM_TYPES = (
    "automatic-app",
    "custom-app",
    "custom-script",
    "kandji-setup",
    "macos-release",
    "threat-security-policy",
    "vpp-app",
)
BLUEPRINT_TYPES = ("classic", "map")
BY_GUIDE: Values = {
    "Subject": "CN=$SERIAL_NUMBER",
    "Keysize": 2048,
    "Key Type": "RSA",
    "Key Usage": 1,
    "Retries": 5,
    "RetryDelay": 30,
    "KeyIsExtractable": False,
    "AllowAllAppsAccess": True,
    "redistribution_days": 30,
}
# Settings of a SCEP item have the names of Apple's payload. The subject is a string here, as the
# console takes it; the fingerprint is hexadecimal.
SETTINGS: dict[str, tuple[type, ...]] = {
    "URL": (str,),
    "Name": (str,),
    "Challenge": (str,),
    "CAFingerprint": (str,),
    "Subject": (str,),
    "Keysize": (int,),
    "Key Type": (str,),
    "Key Usage": (int,),
    "Retries": (int,),
    "RetryDelay": (int,),
    "KeyIsExtractable": (bool,),
    "AllowAllAppsAccess": (bool,),
    "redistribution_days": (int, type(None)),
}


class Mistake(ValueError):
    """The console does not accept this; the text is one sentence."""


# Library items


def make_item(tenant: Tenant, kind: str, name: str, values: Values) -> LibraryItem:
    """Make a library item and return it.

    ``values`` are the settings of ``scep``; bundle_id, version and licenses of apps.
    """
    settings = values.get("settings")
    if kind == "scep":
        return make_scep(tenant, name, settings or {})
    if kind not in ITEM_TYPES:
        raise Mistake(f"An item is of one of these types: scep, {', '.join(ITEM_TYPES)}.")
    if settings is not None:
        raise Mistake("Only a SCEP item has settings.")
    app = {key: values[key] for key in ("bundle_id", "version", "licenses") if key in values}
    if kind == "vpp-app":
        app.setdefault("licenses", len(tenant.devices))
    return tenant.library.add_item(
        name, kind, **{"version": "1.0", **app} if app.get("bundle_id") else app
    )


def make_scep(tenant: Tenant, name: str, settings: Values) -> NativeScep:
    """Make a SCEP item and return it. Missing settings have the values of org and guide."""
    world = tenant.world
    everything = {
        "URL": world.okta.platform.shown_scep_url,
        "Challenge": world.okta.platform.challenge,
        **BY_GUIDE,
        **settings,
    }
    payload, days = _payload(everything), everything["redistribution_days"]
    now = world.clock.now()
    item = NativeScep(
        id=world.uuid(),
        name=name,
        type=world.switches.native_scep_type,
        created_at=now,
        updated_at=now,
        settings=everything,
        redistribution_days=days,
    )
    opaque = world.switches.native_scep_identifier == "opaque"
    identifier = (
        f"com.kandji.profile.{uuid.uuid5(uuid.NAMESPACE_OID, item.id)}"
        if opaque
        else f"com.kandji.profile.scep.{item.id}"
    )
    item.document = _document(name, identifier, tenant.library.new_payload_uuid(), payload)
    tenant.library.keep(item)
    return item


def edit_item(tenant: Tenant, item: LibraryItem, values: Values) -> None:
    """Save an item.

    Saving a SCEP item re-issues the certificates of all its Macs, whatever changed in it.
    """
    if "settings" in values and not isinstance(item, NativeScep):
        raise Mistake("Only a SCEP item has settings.")
    settings = (
        {**item.settings, **values.get("settings", {})} if isinstance(item, NativeScep) else {}
    )
    payload = _payload(settings) if settings else {}
    item.name, item.active = values.get("name", item.name), values.get("active", item.active)
    if isinstance(item, NativeScep):
        item.settings, item.redistribution_days = settings, settings["redistribution_days"]
        item.document = _document(
            item.name, item.mdm_identifier, tenant.library.new_payload_uuid(), payload
        )
        item.redistributed.clear()
    tenant.library.edited(item)


def assign_exactly(tenant: Tenant, item: LibraryItem, places: list[tuple[Blueprint, Node]]) -> None:
    """Assign an item to exactly these places, as the list of blueprints in the console does."""
    for blueprint in tenant.blueprints.values():
        wanted = [node.id for there, node in places if there is blueprint]
        had = [node.id for node in blueprint.nodes if item.id in node.item_ids]
        if sorted(wanted) == sorted(had):
            continue
        for node in blueprint.nodes:
            if node.id in had and node.id not in wanted:
                node.item_ids.remove(item.id)
            elif node.id in wanted and node.id not in had:
                node.item_ids.append(item.id)
        tenant.assignments.scope_changed(
            blueprint, added=[] if had else [item], removed=[] if wanted else [item]
        )


def place(tenant: Tenant, wanted: t.Any) -> tuple[Blueprint, Node]:
    """Return the blueprint and the node that a value names.

    It is the name or id of a blueprint, which means its root, or {"blueprint": ...,
    "assignment_node_id": ...}.
    """
    if isinstance(wanted, str):
        blueprint = find_blueprint(tenant, wanted)
        return blueprint, blueprint.nodes[0]
    if not isinstance(wanted, dict) or set(wanted) != {"blueprint", "assignment_node_id"}:
        raise Mistake(
            "A blueprint is a name, an id, or an object with blueprint and assignment_node_id."
        )
    blueprint = find_blueprint(tenant, wanted["blueprint"])
    for node in blueprint.nodes:
        if node.id == wanted["assignment_node_id"]:
            return blueprint, node
    raise Mistake(f"The blueprint {blueprint.name} has no node {wanted['assignment_node_id']}.")


# Blueprints and maps


def find_blueprint(tenant: Tenant, name_or_id: str) -> Blueprint:
    """Return the blueprint with a name or id."""
    for blueprint in tenant.blueprints.values():
        if name_or_id in (blueprint.id, blueprint.name):
            return blueprint
    raise Mistake(f"Blueprint {name_or_id!r} does not exist.")


def make_blueprint(tenant: Tenant, name: str, kind: str, tags: list[str | None]) -> Blueprint:
    """Make a blueprint and return it.

    ``tags`` are the conditions of a map's nodes; the first is the root and has none.
    """
    if kind not in BLUEPRINT_TYPES:
        raise Mistake(f"A blueprint is of one of these types: {', '.join(BLUEPRINT_TYPES)}.")
    if any(blueprint.name == name for blueprint in tenant.blueprints.values()):
        raise Mistake(f"There is a blueprint {name!r} already.")
    if tags and kind == "classic":
        raise Mistake("Only an assignment map has nodes.")
    conditions = _conditions(tags)
    for tag in conditions:
        tenant.add_tag(tag)
    return tenant.add_blueprint(name, kind, conditions)


def add_scripts(tenant: Tenant, blueprint: Blueprint, number: int) -> None:
    """Put a number of scripts on a blueprint that have nothing to do with device trust."""
    items: list[LibraryItem] = [
        tenant.library.create_script(f"{blueprint.name} {index}", script="exit 0")
        for index in range(number)
    ]
    blueprint.nodes[0].item_ids += [item.id for item in items]
    if items:
        tenant.assignments.scope_changed(blueprint, added=items)


def edit_map(tenant: Tenant, blueprint: Blueprint, wanted: list[Values]) -> None:
    """Replace the nodes of a map.

    Nodes with an id keep their items, nodes without one are new, and all others are removed.
    """
    if blueprint.type != "map":
        raise Mistake("Only an assignment map has nodes.")
    known = {node.id: node for node in blueprint.nodes}
    unknown = [node["id"] for node in wanted if node.get("id") and node["id"] not in known]
    if unknown:
        raise Mistake(f"The blueprint {blueprint.name} has no node {unknown[0]}.")
    if not wanted or wanted[0].get("id") != blueprint.nodes[0].id:
        raise Mistake("The root of a map stays, and stays first.")
    for tag in _conditions([node.get("tag") for node in wanted]):
        tenant.add_tag(tag)
    nodes = [known[node["id"]] if node.get("id") else Node(tenant.world.uuid()) for node in wanted]
    for node, asked in zip(nodes, wanted, strict=True):
        node.tag, node.without = asked.get("tag"), bool(asked.get("without"))
    tenant.assignments.edit_map(blueprint, nodes)


def _conditions(tags: list[str | None]) -> list[str]:
    if tags and tags[0] is not None:
        raise Mistake("The first node is the root, and has no tag.")
    conditions = [tag for tag in tags[1:] if tag]
    if len(conditions) != len(tags[1:]):
        raise Mistake("Every node but the root has a tag for its condition.")
    return conditions


# Devices and users


def find_device(tenant: Tenant, serial: str) -> Device:
    """Return the device with a serial number."""
    for device in tenant.devices.values():
        if device.serial == serial:
            return device
    raise Mistake(f"Device {serial!r} does not exist.")


def find_user(tenant: Tenant, email: str) -> KandjiUser:
    """Return the user with an email address."""
    for user in tenant.users.values():
        if user.email.lower() == email.lower():
            return user
    raise Mistake(f"User {email!r} does not exist.")


def archive(tenant: Tenant, user: KandjiUser, archived: bool) -> None:
    """Archive a user or restore one; the device keeps the user and shows whether it is archived."""
    user.archived = archived
    tenant.events.record(
        "update",
        "user",
        user.id,
        new_state={"name": user.name, "email": user.email, "archived": archived},
    )
    tenant.changed()


# The profile of a SCEP item


def _document(name: str, identifier: str, payload_uuid: str, payload: Values) -> Values:
    inner_uuid = str(uuid.uuid5(uuid.NAMESPACE_OID, payload_uuid)).upper()
    inner = {
        "PayloadType": SCEP_TYPE,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.{inner_uuid}",
        "PayloadUUID": inner_uuid,
        "PayloadDisplayName": name,
        "PayloadContent": payload,
    }
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadScope": "System",
        "PayloadIdentifier": identifier,
        "PayloadUUID": payload_uuid,
        "PayloadDisplayName": name,
        "PayloadOrganization": "Kandji, Inc.",
        "PayloadContent": [inner],
    }


def _payload(settings: Values) -> Values:
    """Return the settings as Apple's payload has them.

    Saving puts the profile's UUID into the common name if redistribution is automatic.
    """
    for key, value in settings.items():
        if key not in SETTINGS:
            raise Mistake(f"{key!r} is not a setting of a SCEP item; known: {', '.join(SETTINGS)}.")
        if not isinstance(value, SETTINGS[key]) or (
            isinstance(value, bool) and bool not in SETTINGS[key]
        ):
            raise Mistake(f"{key} has the wrong type.")
    payload = {key: value for key, value in settings.items() if key != "redistribution_days"}
    payload["Subject"] = _subject(
        settings["Subject"], with_uuid=settings["redistribution_days"] is not None
    )
    if "CAFingerprint" in payload:
        try:
            payload["CAFingerprint"] = bytes.fromhex(payload["CAFingerprint"])
        except ValueError:
            raise Mistake("CAFingerprint is hexadecimal.") from None
    return payload


def _subject(text: str, with_uuid: bool) -> list[list[list[str]]]:
    names = [part.strip().partition("=") for part in re.split(r"(?<!\\),", text) if part.strip()]
    if not all(sign and key.strip() for key, sign, _value in names):
        raise Mistake("Subject is an X.500 name, like CN=$SERIAL_NUMBER.")
    pairs = [[key.strip(), value.strip().replace("\\,", ",")] for key, _sign, value in names]
    if with_uuid and "$PROFILE_UUID" not in text:
        common = next((pair for pair in pairs if pair[0] == "CN"), None)
        if common is None:
            pairs.append(["CN", "$PROFILE_UUID"])
        else:
            common[1] += " $PROFILE_UUID"
    return [[pair] for pair in pairs]
