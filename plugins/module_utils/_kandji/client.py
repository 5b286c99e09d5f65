# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kandji (Iru) tenant.

Custom profiles, blueprints and their library items, devices, statuses, Prism.

Each method names the operation of Kandji's API that it uses, by the vendor's title for it.
"""

from __future__ import annotations

import json
import re
import typing as t
from itertools import count

from .._core.errors import (
    TRY_AGAIN,
    ApiError,
    NotAsWritten,
    NotFound,
    Unreadable,
    still_listed,
)
from .._core.json_fields import Row, as_id, as_number_or_id, as_object, is_uuid
from .._core.masking import Masker
from .._http.auth import Token
from .._http.operations import Explanation, Files, Operation, Query, Request, Vendor
from .._http.paging import Page, count_in, follow_link, read_pages, require_keys, rows_of
from .._http.transport import Transport
from .._http.transport_settings import Settings
from .credentials import check_api_token, parse_api_url
from .records import (
    AuditEvent,
    Blueprint,
    CustomProfile,
    CustomScript,
    DeviceCommand,
    DeviceItem,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    LibraryItem,
    PrismApp,
    PrismCertificate,
    is_removed,
)

RowFilter = t.Mapping[str, t.Mapping[str, object]]  # Prism's own: column -> operator -> value

LIBRARY = "/api/v1/library"
PROFILES = LIBRARY + "/custom-profiles"
SCRIPTS = LIBRARY + "/custom-scripts"
BLUEPRINTS = "/api/v1/blueprints"
PRISM = "/api/v1/prism"
AUDIT = "/api/v1/audit/events"
AUDIT_PAGE = 500
AUDIT_PAGES = 20  # at most; a busy tenant's log of a year is not read to its end
PAGE = 300
ONE_BY_ONE = 10  # more serials than this are found in one listing of the fleet
HOURLY_LIMIT = 10000

LIST_PROFILES = Operation("List Custom Profiles", "GET", PROFILES, "List Custom Profiles")
CREATE_PROFILE = Operation(
    "Create Custom Profile", "POST", PROFILES, "Create Custom Profile", writes=True
)
# Not repeatable: every PATCH gives the profile a new identity, and every Mac in scope a new
# certificate.
UPDATE_PROFILE = Operation(
    "Update Custom Profile",
    "PATCH",
    PROFILES + "/{library_item_id}",
    "Update Custom Profile",
    writes=True,
)
DELETE_PROFILE = Operation(
    "Delete Custom Profile",
    "DELETE",
    PROFILES + "/{library_item_id}",
    "Delete Custom Profile",
    writes=True,
    repeatable=True,
    html_statuses=(404,),  # observed: an unknown item
)
LIST_SCRIPTS = Operation("List Custom Scripts", "GET", SCRIPTS, "List Custom Scripts")
CREATE_SCRIPT = Operation(
    "Create Custom Script", "POST", SCRIPTS, "Create Custom Script", writes=True
)
# Not repeatable: whether a script that runs once runs again after each PATCH is not documented.
UPDATE_SCRIPT = Operation(
    "Update Custom Script",
    "PATCH",
    SCRIPTS + "/{library_item_id}",
    "Update Custom Script",
    writes=True,
)
LIST_BLUEPRINTS = Operation("List Blueprints", "GET", BLUEPRINTS, "List Blueprints")
LIST_ITEMS = Operation(
    "List Library Items",
    "GET",
    BLUEPRINTS + "/{blueprint_id}/list-library-items",
    "List Library Items",
)
ASSIGN_ITEM = Operation(
    "Assign Library Item",
    "POST",
    BLUEPRINTS + "/{blueprint_id}/assign-library-item",
    "Assign Library Item",
    writes=True,
    repeatable=True,
)
# The vendor's collection prints the assign path for this operation; its own clients use this one
# (see the answer's check in remove_item).
REMOVE_ITEM = Operation(
    "Remove Library Item",
    "POST",
    BLUEPRINTS + "/{blueprint_id}/remove-library-item",
    "Remove Library Item",
    writes=True,
    repeatable=True,
)
ITEM_STATUSES = Operation(
    "Get Library Item Statuses",
    "GET",
    LIBRARY + "/library-items/{library_item_id}/status",
    "Get Library Item Statuses",
)
LIST_DEVICES = Operation("List Devices", "GET", "/api/v1/devices", "List Devices")
GET_DEVICE = Operation("Get Device", "GET", "/api/v1/devices/{device_id}", "Get Device")
# Not repeatable: the list of tags is replaced as a whole, and a second one might undo what somebody
# wrote meanwhile.
UPDATE_DEVICE = Operation(
    "Update Device", "PATCH", "/api/v1/devices/{device_id}", "Update Device", writes=True
)
LIST_TAGS = Operation("Get Tags", "GET", "/api/v1/tags", "Get Tags")
DEVICE_ITEMS = Operation(
    "Get Device Library Items",
    "GET",
    "/api/v1/devices/{device_id}/library-items",
    "Get Device Library Items",
)
DAILY_CHECK_IN = Operation(
    "Daily check-in",
    "POST",
    "/api/v1/devices/{device_id}/action/dailycheckin",
    "Daily check-in",
    writes=True,
    repeatable=True,
    keeps_state=True,
    optional=True,
)
# Not repeatable: each lock has a PIN of its own, which its answer alone shows at first.
LOCK_DEVICE = Operation(
    "Lock Device",
    "POST",
    "/api/v1/devices/{device_id}/action/lock",
    "Lock Device",
    writes=True,
)
ERASE_DEVICE = Operation(
    "Erase Device",
    "POST",
    "/api/v1/devices/{device_id}/action/erase",
    "Erase Device",
    writes=True,
)
DEVICE_COMMANDS = Operation(
    "Get Device Commands",
    "GET",
    "/api/v1/devices/{device_id}/commands",
    "Get Device Commands",
)
ENVELOPES = {DEVICE_COMMANDS.name: "commands"}  # the member of the body that is paged
LIST_EVENTS = Operation("List audit events", "GET", AUDIT, "List audit events")
PRISM_CERTIFICATES = Operation("Certificates", "GET", PRISM + "/certificates", "Certificates")
PRISM_PROFILES = Operation(
    "Installed profiles", "GET", PRISM + "/installed_profiles", "Installed profiles"
)
PRISM_APPS = Operation("Applications", "GET", PRISM + "/apps", "Applications")

ALREADY_ASSIGNED = (
    "Library Item already exists on Blueprint",
    "Library Item already exists in Assignment Node",
)
ALREADY_REMOVED = (
    "Library Item does not exist on Blueprint",
    "Library Item does not exist in Assignment Node",
)
# Bodies of a 400: the device has the command, or waits for it.
ALREADY_SENT = ("This device is already locked.", "Command already running")


def explain(status: int, headers: t.Mapping[str, str], body: t.Any) -> Explanation:
    """Kandji's error bodies.

    Detail, field errors, bare strings and lists, the gateway's message, HTML.
    """
    if isinstance(body, dict):
        for name in ("detail", "error", "errors", "message"):
            if body.get(name):
                return Explanation(_plain(body[name]), request_id=str(body.get("request_id") or ""))
        return Explanation(
            "; ".join(f"{name}: {_plain(value)}" for name, value in body.items())
            or f"HTTP status {status}"
        )
    text = _plain(body)
    return Explanation(
        f"HTTP status {status}" if not text or text.lstrip().startswith("<") else text
    )


def _plain(value: t.Any) -> str:
    return ", ".join(_plain(part) for part in value) if isinstance(value, list) else str(value)


def same_id(id_a: t.Any, id_b: t.Any) -> bool:
    """Kandji may return UUIDs in mixed case."""
    return str(id_a).lower() == str(id_b).lower()


class ApiToken(Token):
    """A tenant's API token."""

    def __init__(self, token: str) -> None:
        super().__init__("Bearer", token)

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return what an error of the credentials means, or None if it is not one."""
        if status != 401:
            return None
        return (
            f"The token for {origin} is not accepted (401 {explained.code or explained.text}): it"
            " is incomplete, expired, revoked or of another tenant; an administrator of Kandji"
            " makes a new one (account menu > Access > API tokens), with the permissions that"
            " docs/permissions.md lists."
        )


class Kandji:
    """A tenant, spoken to with an API token.

    :arg api_url: e.g. https://acme.api.kandji.io
    :arg api_token: sent as ``Bearer``; never shown.
    """

    def __init__(self, api_url: str, api_token: str, settings: Settings, masker: Masker) -> None:
        masker.add(api_token)
        check_api_token(api_token)
        self.api_url = parse_api_url(api_url)
        self.transport = Transport(
            Vendor("kandji", "Kandji", explain, HOURLY_LIMIT),
            self.api_url,
            ApiToken(api_token),
            settings,
            masker,
        )

    # Custom Profiles

    def profiles(self) -> t.Iterator[CustomProfile]:
        """Yield all custom profiles, with their XML. List Custom Profiles.

        Raises Unreadable for an incomplete list, or a row without id or name: a profile that is not
        recognized would be created a second time.
        """
        rows = self._linked_pages(LIST_PROFILES, required=("id", "name"), counted=True)
        return map(CustomProfile.from_row, rows)

    def create_profile(
        self, name: str, mobileconfig: bytes, flags: t.Mapping[str, bool | str]
    ) -> CustomProfile:
        """Create a custom profile and return it as Kandji keeps it.

        ``flags``: active, runs_on_mac, runs_on_iphone ... Create Custom Profile.
        """
        request = Request(
            files=_profile_form({"name": name, **_as_form(flags)}, name, mobileconfig),
            is_undone=lambda: all(profile.name != name for profile in self.profiles()),
        )
        body = self.transport.send(CREATE_PROFILE, request).json
        return CustomProfile.from_row(self._written(CREATE_PROFILE, body, "profile"))

    def update_profile(
        self, before: CustomProfile, fields: t.Mapping[str, bool | str], mobileconfig: bytes | None
    ) -> CustomProfile:
        """Change fields and file of a custom profile and return it as Kandji keeps it.

        Without a file its content is kept. Update Custom Profile: Macs in scope reinstall it.

        :arg before: the profile as it was read.
        """
        name = str(fields.get("name", before.id))
        request = Request(
            {"library_item_id": before.id},
            files=_profile_form(_as_form(fields), name, mobileconfig),
            is_undone=lambda: before in self.profiles(),
        )
        body = self.transport.send(UPDATE_PROFILE, request).json
        return CustomProfile.from_row(self._written(UPDATE_PROFILE, body, "profile"))

    def delete_profile(self, item_id: str) -> None:
        """Delete a custom profile, or find that there is none. Macs in scope lose it.

        Delete Custom Profile. Raises NotAsWritten if Kandji does not find it, and lists it all the
        same.
        """
        try:
            self.transport.call(DELETE_PROFILE, {"library_item_id": item_id})
        except NotFound:
            for profile in self.profiles():
                if same_id(profile.id, item_id):
                    raise still_listed(
                        "kandji", DELETE_PROFILE.name, f"profile {profile.name!r} ({item_id})"
                    ) from None

    # Custom Scripts

    def scripts(self) -> t.Iterator[CustomScript]:
        """Yield all custom scripts, with their text. List Custom Scripts."""
        rows = self._linked_pages(LIST_SCRIPTS, required=("id", "name"))
        return map(CustomScript.from_row, rows)

    def create_script(self, fields: t.Mapping[str, bool | str]) -> CustomScript:
        """Create a custom script and return it as Kandji keeps it.

        ``fields``: name, script, execution_frequency, active ... Create Custom Script.
        """
        request = Request(
            json=dict(fields),
            is_undone=lambda: all(each.name != fields["name"] for each in self.scripts()),
        )
        body = self.transport.send(CREATE_SCRIPT, request).json
        return CustomScript.from_row(self._written(CREATE_SCRIPT, body, "script"))

    def update_script(
        self, before: CustomScript, fields: t.Mapping[str, bool | str]
    ) -> CustomScript:
        """Change fields of a custom script and return it. Update Custom Script.

        :arg before: the script as it was read.
        """
        path = {"library_item_id": before.id}
        request = Request(path, json=dict(fields), is_undone=lambda: before in self.scripts())
        body = self.transport.send(UPDATE_SCRIPT, request).json
        return CustomScript.from_row(self._written(UPDATE_SCRIPT, body, "script"))

    @staticmethod
    def _written(operation: Operation, body: t.Any, what: str) -> Row:
        if not isinstance(body, dict) or "id" not in body:
            raise Unreadable(
                f"Kandji answered {operation.name} without the {what}. Run again. The next"
                " run reads first.",
                vendor="kandji",
            )
        return body

    # Blueprints and their library items

    def blueprints(self, limit: int = PAGE) -> t.Iterator[Blueprint]:
        """Yield all blueprints, at most ``limit`` in a page. List Blueprints."""
        rows = self._linked_pages(LIST_BLUEPRINTS, {"limit": limit}, required=("id",))
        return map(Blueprint.from_row, rows)

    def library_items(self, blueprint_id: str) -> list[LibraryItem]:
        """Return the items on a blueprint: id and name, no type.

        List Library Items. Raises NotFound for a blueprint that does not exist, and Unreadable for
        a row without a UUID or without a name: an item that is there would pass for absent.
        """
        path = {"blueprint_id": blueprint_id}
        items = list(
            map(
                LibraryItem.from_row,
                self._linked_pages(LIST_ITEMS, path=path, required=("id", "name")),
            )
        )
        if not all(is_uuid(item.id) for item in items):
            raise Unreadable(
                f"Kandji: a row of {LIST_ITEMS.name} has an id that is not a UUID, so it is not a"
                f" library item's. {TRY_AGAIN}",
                vendor="kandji",
            )
        return items

    def assign_item(self, blueprint_id: str, item_id: str, node_id: str | None = None) -> bool:
        """Assign an item to a blueprint. Return whether it was not assigned before.

        Assign Library Item.
        """
        try:
            ids = self.transport.call(
                ASSIGN_ITEM, {"blueprint_id": blueprint_id}, json=_assignment(item_id, node_id)
            ).json
        except ApiError as error:
            if error.status == 400 and str(error.details.get("error_text")) in ALREADY_ASSIGNED:
                return False
            raise
        if isinstance(ids, list) and not any(same_id(item_id, listed) for listed in ids):
            raise NotAsWritten(
                f"Kandji accepted the assignment of {item_id} to blueprint {blueprint_id}, yet does"
                " not list it there. Run again. If the error stays, assign it in Kandji's web app.",
                vendor="kandji",
            )
        return True

    def remove_item(self, blueprint_id: str, item_id: str, node_id: str | None = None) -> bool:
        """Remove an item from a blueprint. Return whether it was assigned.

        Remove Library Item.
        """
        try:
            ids = self.transport.call(
                REMOVE_ITEM, {"blueprint_id": blueprint_id}, json=_assignment(item_id, node_id)
            ).json
        except ApiError as error:
            if error.status == 400 and str(error.details.get("error_text")) in ALREADY_REMOVED:
                return False
            raise
        if isinstance(ids, list) and any(same_id(item_id, listed) for listed in ids):
            in_another_node = ", maybe in another node of its map" if node_id else ""
            raise NotAsWritten(
                f"Kandji accepted the removal of {item_id} from blueprint {blueprint_id}, yet still"
                f" lists it there{in_another_node}. Run again. If the error stays, remove it in"
                " Kandji's web app.",
                vendor="kandji",
            )
        return True

    def item_statuses(self, item_id: str, computer_id: str | None = None) -> t.Iterator[ItemStatus]:
        """Yield the item's status on each device, or on one.

        Get Library Item Statuses. Yields nothing for an item that does not exist. The texts are
        without secrets: results cut them, and the rest of a secret that is cut is not recognized.
        """
        query: Query = {"computer_id": computer_id} if computer_id else {"limit": PAGE}
        try:
            for row in self._linked_pages(
                ITEM_STATUSES, query, {"library_item_id": item_id}, required=("computer.id",)
            ):
                yield ItemStatus.from_row(row).masked(self.transport.masker.text)
        except NotFound:
            return

    # Devices

    def device_rows(
        self,
        serials: t.Sequence[str] | None = None,
        with_removed: bool = False,
        **filters: str,
    ) -> t.Iterator[Row]:
        """Yield devices as Kandji describes them, for results that show them.

        With ``serials``, only devices with exactly these, compared without case: a few by a filter,
        more by the whole list. List Devices; its filters match parts of values, so compare again.
        Removed devices are left out unless they are asked for. Raises Unreadable for a device that
        a filter finds by its serial and that shows none.
        """
        wanted = {serial.lower(): serial for serial in serials or ()}
        searches: list[dict[str, str]] = [{}]
        if serials is not None and len(wanted) <= ONE_BY_ONE:
            searches = [{"serial_number": serial} for serial in wanted.values()]
        for search in searches:
            asked = {search["serial_number"].lower()} if search else set(wanted)
            for row in self._device_pages({**filters, **search}):
                if is_removed(row) and not with_removed:
                    continue
                if search and not as_id(row.get("serial_number")):
                    raise Unreadable(
                        f"Kandji: the device {row['device_id']} was found by the serial"
                        f" {search['serial_number']} and shows none. Run again. If the error"
                        " stays, check the device in Kandji's web app.",
                        vendor="kandji",
                    )
                if serials is None or as_id(row.get("serial_number")).lower() in asked:
                    yield row

    def _device_pages(self, filters: t.Mapping[str, str]) -> t.Iterator[Row]:
        """Yield the devices that match, page by page, up to an empty page.

        X-Total-Count, or a Link without a next page, spares the empty page; the vendor documents
        neither.
        """

        def fetch(query: Query) -> Page:
            answer = self.transport.call(LIST_DEVICES, query=query)
            rows = rows_of("kandji", answer.json)
            require_keys("kandji", LIST_DEVICES.name, rows, ("device_id",))
            offset = int(query["offset"]) + len(rows)
            total = answer.headers.get("X-Total-Count", "")
            is_last = (
                not rows
                or (total.isdecimal() and offset == int(total))
                or '<None>; rel="next"' in answer.headers.get("Link", "")
            )
            return Page(rows, None if is_last else {**query, "offset": offset})

        first: Query = {**filters, "limit": PAGE, "offset": 0}
        return read_pages("kandji", first, fetch, _device_identity)

    def devices(self, with_removed: bool = False, **filters: str) -> t.Iterator[KandjiDevice]:
        """Yield the devices that match. See ``device_rows``."""
        return map(KandjiDevice.from_row, self.device_rows(None, with_removed, **filters))

    def devices_with_serials(
        self, serials: t.Sequence[str], **filters: str
    ) -> t.Iterator[KandjiDevice]:
        """Yield the devices with exactly these serials, compared without case."""
        return map(KandjiDevice.from_row, self.device_rows(serials, False, **filters))

    def device(self, device_id: str) -> KandjiDevice:
        """Return one device as it is now. Get Device. Raises NotFound and Unreadable."""
        body = self.transport.call(GET_DEVICE, {"device_id": device_id}).json
        if (
            not isinstance(body, dict)
            or not same_id(body.get("device_id"), device_id)
            or not isinstance(body.get("tags") or [], list)
        ):
            raise Unreadable(
                f"Kandji answered {GET_DEVICE.name} without the device {device_id}. {TRY_AGAIN}",
                vendor="kandji",
            )
        return KandjiDevice.from_row(body)

    def set_tags(self, device_id: str, before: t.Sequence[str], tags: t.Sequence[str]) -> None:
        """Replace all tags of a device.

        Update Device: it has no precondition, so read the device again after it.

        :arg before: the tags as they were read.
        """
        request = Request(
            {"device_id": device_id},
            json={"tags": list(tags)},
            is_undone=lambda: self.device(device_id).tags == tuple(before),
        )
        self.transport.send(UPDATE_DEVICE, request)

    def release_device(self, before: KandjiDevice, blueprint_id: str | None) -> None:
        """Take the assigned user off a device, and move it to a blueprint if one is named.

        Update Device. Raises NotAsWritten if the answer shows something else.

        :arg before: the device as it was read.
        """
        body = {"user": None, **({"blueprint_id": blueprint_id} if blueprint_id else {})}
        request = Request(
            {"device_id": before.device_id},
            json=body,
            is_undone=lambda: self.device(before.device_id) == before,
        )
        answer = self.transport.send(UPDATE_DEVICE, request).json
        after = KandjiDevice.from_row(as_object(answer))
        moved = blueprint_id is None or same_id(after.blueprint_id, blueprint_id)
        if after.device_id and (after.person or not moved):
            raise NotAsWritten(
                f"Kandji accepted the release of the Mac {before.serial}, yet shows it with its"
                " person, or in another blueprint. Run again.",
                vendor="kandji",
            )

    def has_tag(self, name: str) -> bool:
        """Return whether the tenant has a tag of exactly this name.

        Get Tags, whose search matches parts.
        """
        return any(
            row.get("name") == name for row in self._linked_pages(LIST_TAGS, {"search": name})
        )

    def device_item_rows(self, device_id: str) -> list[Row]:
        """Return the library items of one device as Kandji describes them.

        Get Device Library Items.
        """
        path = {"device_id": device_id}

        def fetch(query: Query) -> Page:
            body = self.transport.call(DEVICE_ITEMS, path, query=query).json
            rows = rows_of("kandji", body.get("library_items") if isinstance(body, dict) else None)
            require_keys("kandji", DEVICE_ITEMS.name, rows, ("item_id",))
            # One page is documented. A link to another one is followed all the same.
            link = body.get("next")
            return Page(rows, follow_link("kandji", DEVICE_ITEMS.expand_path(path), query, link))

        return list(read_pages("kandji", {}, fetch))

    def device_items(self, device_id: str) -> list[DeviceItem]:
        """Return the library items of one device. Get Device Library Items."""
        return [DeviceItem.from_row(row) for row in self.device_item_rows(device_id)]

    def daily_check_in(self, device_id: str) -> bool:
        """Request a device's daily check-in, and return whether Kandji accepted the request.

        Daily check-in. False if one is pending, or the device cannot be asked.
        """
        try:
            self.transport.call(DAILY_CHECK_IN, {"device_id": device_id})
        except ApiError as error:
            if error.status == 400:
                return error.may_be_done  # by an attempt before, which is what is pending now
            raise
        return True

    def device_commands(self, device_id: str) -> list[DeviceCommand]:
        """Return the MDM commands that were sent to a device. Get Device Commands."""
        path = {"device_id": device_id}
        rows = self._linked_pages(
            DEVICE_COMMANDS, {"limit": PAGE}, path, required=("uuid", "request_type")
        )
        return list(map(DeviceCommand.from_row, rows))

    def lock_device(
        self, device_id: str, before: t.Sequence[DeviceCommand], texts: t.Mapping[str, str]
    ) -> str | None:
        """Send the command that locks a device, and return the PIN that unlocks it.

        Lock Device. None if the device is locked already, or the command is pending; "" if the
        answer has no PIN.

        :arg before: the device's commands as they were read.
        :arg texts: Message and PhoneNumber, which the locked device displays.
        """
        request = Request(
            {"device_id": device_id},
            json=dict(texts),
            is_undone=lambda: self._has_commands(device_id, before),
        )
        try:
            answer = self.transport.send(LOCK_DEVICE, request)
        except ApiError as error:
            if _has_command(error):
                return None
            raise
        pin = as_number_or_id(as_object(answer.json).get("PIN"))
        self.transport.masker.add(pin, ordinary=True)
        return pin

    def erase_device(self, device_id: str, before: t.Sequence[DeviceCommand]) -> bool:
        """Send the command that erases a device, and return whether it was not pending before.

        Erase Device. Kandji makes a PIN for Macs that need one.

        :arg before: the device's commands as they were read.
        """
        request = Request(
            {"device_id": device_id},
            json={},
            is_undone=lambda: self._has_commands(device_id, before),
        )
        try:
            self.transport.send(ERASE_DEVICE, request)
        except ApiError as error:
            if _has_command(error):
                return False
            raise
        return True

    def _has_commands(self, device_id: str, before: t.Sequence[DeviceCommand]) -> bool:
        """Return whether a device has exactly the commands that it had before."""
        known = {command.uuid for command in before}
        return known == {command.uuid for command in self.device_commands(device_id)}

    # The audit log

    def audit_events(self) -> t.Iterator[AuditEvent]:
        """Yield what was done in the tenant, newest first, at most 20 pages of 500.

        List audit events; Kandji keeps them for a year.
        """
        rows = self._linked_pages(
            LIST_EVENTS, {"sort_by": "-occurred_at", "limit": AUDIT_PAGE}, at_most=AUDIT_PAGES
        )
        return map(AuditEvent.from_row, rows)

    # Prism: what Macs reported at their last inventory

    def prism_certificates(self, row_filter: RowFilter) -> t.Iterator[PrismCertificate]:
        """Yield the certificates that match. Certificates."""
        return map(PrismCertificate.from_row, self._prism(PRISM_CERTIFICATES, row_filter))

    def prism_profiles(
        self, row_filter: RowFilter, blueprint_ids: t.Sequence[str] = ()
    ) -> t.Iterator[InstalledProfile]:
        """Yield the profiles that match, of these blueprints' Macs only if any are named.

        Installed profiles.
        """
        return map(
            InstalledProfile.from_row, self._prism(PRISM_PROFILES, row_filter, blueprint_ids)
        )

    def prism_apps(self, row_filter: RowFilter) -> t.Iterator[PrismApp]:
        """Yield the applications that match. Applications."""
        return map(PrismApp.from_row, self._prism(PRISM_APPS, row_filter))

    def _prism(
        self,
        operation: Operation,
        row_filter: RowFilter,
        blueprint_ids: t.Sequence[str] = (),
    ) -> t.Iterator[Row]:
        """Yield the rows of Prism's pages.

        Raises Unreadable if a total led to a further page, and fewer rows than the total came.
        """
        query: dict[str, str | int] = {"device_families": "Mac", "limit": PAGE}
        query.update({"filter": json.dumps(row_filter)} if row_filter else {})
        query.update({"blueprint_ids": ",".join(blueprint_ids)} if blueprint_ids else {})
        expected: int | None = None  # the total, once it is why a further page is read

        def fetch(query: Query) -> Page:
            nonlocal expected
            body = self.transport.call(operation, query=query).json
            rows = rows_of("kandji", body.get("data") if isinstance(body, dict) else None)
            require_keys("kandji", operation.name, rows, ("device_id",))
            following = _following_prism_page(query, body, len(rows))
            total = _prism_total(query, body, len(rows))
            if total is not None and (expected or (following and "cursor" not in following)):
                expected = total
            return Page(rows, following, expected or _at_least_one(count_in(body, "total")))

        return read_pages("kandji", query, fetch)

    def _linked_pages(
        self,
        operation: Operation,
        query: Query | None = None,
        path: t.Mapping[str, str] | None = None,
        at_most: int | None = None,
        required: t.Sequence[str] = (),
        counted: bool = False,
    ) -> t.Iterator[Row]:
        """Yield the rows of pages in the envelope {results, next}, of at most ``at_most`` pages.

        ``next`` may name another host, so that only its query is used. The envelope is the body, or
        the member of it that ENVELOPES names.

        Raises Unreadable for a row without one of the ``required`` keys: what it stands for is not
        known to be absent. With ``counted`` the envelope's count has to be reached. A recorded list
        of blueprints has a count of 3 and two rows, so that not every count can be relied upon. A
        list without a row must not have a count at all.
        """
        pages = count(1)

        def fetch(query: Query) -> Page:
            body = self.transport.call(operation, path, query=query).json
            if operation.name in ENVELOPES:
                body = as_object(body).get(ENVELOPES[operation.name])
            rows = rows_of("kandji", body.get("results") if isinstance(body, dict) else None)
            require_keys("kandji", operation.name, rows, required)
            following = follow_link(
                "kandji", operation.expand_path(path or {}), query, body.get("next")
            )
            total = count_in(body, "count")
            return Page(
                rows,
                None if next(pages) == at_most else following,
                total if counted else _at_least_one(total),
            )

        # An item has a status for each device and blueprint: only a row's own id is one.
        own_id = next((key for key in required if key == "id"), None)
        return read_pages(
            "kandji",
            query or {},
            fetch,
            lambda row: as_id(row[own_id]).lower() if own_id else None,
        )


def _has_command(error: ApiError) -> bool:
    """Return whether a command was refused because the device has it, or waits for it."""
    return error.status == 400 and str(error.details.get("error_text")) in ALREADY_SENT


def _device_identity(row: Row) -> object:
    """Return what a device is known by: one that was removed may be listed next to itself."""
    return as_id(row["device_id"]).lower(), is_removed(row)


def _at_least_one(total: int | None) -> int | None:
    """Return how many rows a list must have that the vendor counts, as far as that is certain."""
    return None if total is None else min(total, 1)


def _following_prism_page(query: Query, body: Row, rows: int) -> Query | None:
    """Return the query of the next Prism page, or None at the end.

    A cursor is opaque and good for the same query alone; a null one is the end. On a page that no
    cursor led to, it is not if the page is full, by the limit that the answer names, or if the
    total is higher. Without a cursor the offset counts, up to the total or an empty page. A total
    below the rows that came is none.
    """
    if not rows:
        return None
    cursor = body.get("cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise Unreadable(
            f"Kandji: the cursor of a list is not a text. {TRY_AGAIN}",
            vendor="kandji",
        )
    if cursor:
        return {**query, "cursor": cursor}
    offset, total = int(query.get("offset", 0)) + rows, _prism_total(query, body, rows)
    most = min(PAGE, count_in(body, "limit") or PAGE)
    ends_by_cursor = "cursor" in body and ("cursor" in query or (total is None and rows < most))
    if ends_by_cursor or offset == total:
        return None
    return {**query, "offset": offset}


def _prism_total(query: Query, body: Row, rows: int) -> int | None:
    """Return the total of a Prism page, or None if it is less than the rows up to this page."""
    total = count_in(body, "total")
    return None if total is None or total < int(query.get("offset", 0)) + rows else total


def _assignment(item_id: str, node_id: str | None) -> dict[str, str]:
    return (
        {"library_item_id": item_id, "assignment_node_id": node_id}
        if node_id
        else {"library_item_id": item_id}
    )


def _profile_form(form: t.Mapping[str, str], name: str, mobileconfig: bytes | None) -> Files:
    """Return the multipart form of a custom profile, with its file if there is one."""
    fields = {field: (None, value) for field, value in form.items()}
    if mobileconfig is None:
        return fields
    file_name = re.sub(r"[^A-Za-z0-9._-]+", "-", name) + ".mobileconfig"
    return {**fields, "file": (file_name, mobileconfig, "application/octet-stream")}


def _as_form(fields: t.Mapping[str, bool | str]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in fields.items()
    }
