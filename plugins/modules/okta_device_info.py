#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device_info
short_description: Read device records in Okta, with their users
version_added: 0.1.0
description:
  - Only reads. Records are found by Okta's search, by serial number, or by id.
  - Okta's search may lag behind by minutes. Records that O(device_ids) names are read by id, with
    their users, and are current. So are those of O(users).
  - A search takes a call for each 200 records. O(serial_numbers) takes one for each 40 of them,
    O(device_ids) two for each, and O(users) two for each user, one more for an e-mail address that
    is not a login, two more for a user whose e-mail address is not the login, and two for each of
    their records.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._max_rows
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.okta
options:
  serial_numbers:
    description: Records of these serials, compared without case. One serial can have several
      records.
    type: list
    elements: str
  device_ids:
    description: Records with these ids.
    type: list
    elements: str
  search:
    description: Okta's own search expression, like V(status eq "SUSPENDED" and profile.platform eq
      "MACOS"). Without any of these options, all Macs.
    type: str
  users:
    description: Records of these users, by id or login, read by their ids. A login may also be the
      e-mail address of a user's profile, if no other user has it. RV(people) has who they are. A
      service app needs the scope C(okta.users.read) for it.
    type: list
    elements: str
  leaving_users:
    description: Ids of users who leave, as RV(people) has them. RV(other_users) then has who else
      can sign in with the records, as on a Mac that several people share. If a record is
      deactivated, the System Log is read, for which a service app needs the scope
      C(okta.logs.read). Without it, the module warns, and no record counts as RV(unfinished).
    type: list
    elements: str
seealso:
  - module: devicetrust.okta_kandji.device_trust_info
"""

EXAMPLES = r"""
- name: Read the device records of two Macs
  devicetrust.okta_kandji.okta_device_info:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    serial_numbers: [C02XK1ZAJG5J, FVFXC2ABQ05D]

- name: Read the device records of suspended Macs
  devicetrust.okta_kandji.okta_device_info:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    search: status eq "SUSPENDED" and profile.platform eq "MACOS"

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Read one device record by its id
  devicetrust.okta_kandji.okta_device_info:
    device_ids: [guo8a1b2c3d4e5f6g7h8]
    max_rows: 1

- name: Read the device records of a person
  devicetrust.okta_kandji.okta_device_info:
    users: [ann@acme.com]

- name: Read who else uses the Mac of a person who leaves
  devicetrust.okta_kandji.okta_device_info:
    device_ids: [guo8a1b2c3d4e5f6g7h8]
    leaving_users: [00u1a2b3c4d5e6f7g8h9]
"""

RETURN = r"""
devices:
  description: The device records. C(id), C(status), C(created), C(lastUpdated) and C(profile) are
    as Okta returns them. C(users) lists the users of a record, each with its management status, and
    with C(status), the status of the user in Okta. It is null where the answer does not have it, as
    that of a search.
  returned: success
  type: list
  elements: dict
  sample:
    - id: guo4a5u7YAHhjXrMK0g4
      status: ACTIVE
      created: "2026-10-01T08:00:00.000Z"
      lastUpdated: "2026-11-20T08:12:00.000Z"
      profile: {displayName: MacBook of Ann, platform: MACOS, serialNumber: C02XK1ZAJG5J}
      users: [{login: ann@acme.com, managementStatus: MANAGED, status: ACTIVE}]
more:
  description: Whether there were more records than O(max_rows).
  returned: success
  type: bool
  sample: false
absent:
  description: The values of O(serial_numbers) or O(device_ids) that no record has, and those of
    O(users) that no user has.
  returned: success
  type: list
  elements: str
  sample: []
unfinished:
  description: Ids of the records that a deletion of this collection left deactivated, because it
    was interrupted after its first step. They have no users, so no user selects them any more. The
    System Log shows it by the user agent of the step.
  returned: With O(leaving_users).
  type: list
  elements: str
  sample: []
blocked:
  description: The other records that are deactivated and have no users. One may block a lost Mac,
    and its deletion would let the Mac register again.
  returned: With O(leaving_users).
  type: list
  elements: dict
  contains:
    serial_number:
      description: Serial number in the record.
      type: str
      returned: always
    device_id:
      description: Id of the record.
      type: str
      returned: always
    clear_after:
      description: When the System Log shows what deactivated the record, in ISO 8601 and UTC. Null
        unless it was deactivated minutes ago.
      type: str
      returned: always
    summary:
      description: What this means for the Mac, in sentences.
      type: str
      returned: always
  sample:
    - serial_number: C02XK1ZAJG5J
      device_id: guo4a5u7YAHhjXrMK0g4
      clear_after: null
      summary: "C02XK1ZAJG5J: its device record guo4a5u7YAHhjXrMK0g4 is deactivated, and the System
        Log does not show that a deletion was interrupted then. It stays, because its deletion lets
        the Mac register again. If it is not to stay blocked, delete it by its id (okta_device with
        device_ids: [guo4a5u7YAHhjXrMK0g4] and state: absent)."
other_users:
  description: Who can sign in with the records, and is not in O(leaving_users), once for each
    serial. A record that is suspended or deactivated, and a user who is suspended or deactivated,
    do not count. Only a read by O(device_ids) or O(users) has the status of users. Without it, each
    user counts. A record without a serial number does not count.
  returned: With O(leaving_users).
  type: list
  elements: dict
  contains:
    serial_number:
      description: Serial number in the record.
      type: str
      returned: always
    login:
      description: The login.
      type: str
      returned: always
    summary:
      description: What this means for the Mac, in sentences.
      type: str
      returned: always
  sample:
    - serial_number: C02XK1ZAJG5J
      login: bob@acme.com
      summary: "C02XK1ZAJG5J: it stays in its blueprint. It is also used by bob@acme.com, for whom
        it is not managed any more if its certificate was bound to a record that goes. Then deliver
        its SCEP profile again (kandji_profile_redelivery)."
without_users:
  description: Records that work and have no users, as after Remove account in Okta Verify, of Macs
    without RV(other_users). No user selects them. Only a read by O(device_ids) or O(users) has
    them, because a search may not show users.
  returned: With O(leaving_users).
  type: list
  elements: dict
  contains:
    serial_number:
      description: Serial number in the record.
      type: str
      returned: always
    device_id:
      description: Id of the record.
      type: str
      returned: always
    summary:
      description: What this means for the Mac, in sentences.
      type: str
      returned: always
  sample:
    - serial_number: C02XK1ZAJG5J
      device_id: guo4a5u7YAHhjXrMK0g4
      summary: "C02XK1ZAJG5J: its device record guo4a5u7YAHhjXrMK0g4 works and has no users, as
        after Remove account in Okta Verify. It stays. If it is of nobody else, delete it by its id
        (okta_device with device_ids: [guo4a5u7YAHhjXrMK0g4] and state: absent)."
people:
  description:
    - The users that O(users) names. C(email) and C(status) are null if Okta does not show them.
    - C(other_accounts) are the logins of other users who may be meant by the e-mail address or the
      login, if these two differ. They have one of them as address or login, and are not
      C(DEPROVISIONED). The second account of an administrator often has the address of the first
      one.
    - C(addresses) are the e-mail addresses by which an MDM may know the user, the likeliest one
      first. C(summary) says which login and id it is, and is empty without a login.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 00u1a2b3c4d5e6f7g8h9
      login: ann@acme.com
      email: ann@acme.com
      status: ACTIVE
      other_accounts: []
      addresses: [ann@acme.com]
      summary: ann@acme.com has the id 00u1a2b3c4d5e6f7g8h9 in Okta.
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

import typing as t
from collections.abc import Mapping
from datetime import datetime, timezone

from ..module_utils._core.errors import BadOption, DeviceTrustError, NotFound
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import MAX_ROWS, OKTA, ArgumentSpec, Params, arguments
from ..module_utils._core.results import Result, take_rows
from ..module_utils._core.text import split_lines
from ..module_utils._device_records.model import Lifecycle, RecordTarget
from ..module_utils._device_records.offboarding import (
    UsedRecord,
    describe_match,
    find_blocked,
    find_deactivated,
    find_other_users,
    find_unfinished,
    find_without_users,
    list_addresses,
)
from ..module_utils._device_records.reader import read_lifecycles
from ..module_utils._fleet.join import map_management
from ..module_utils._fleet.reader import MACS_IN_OKTA
from ..module_utils._http.operations import optional
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.client import Okta
from ..module_utils._okta.records import DeviceUser, OktaDevice, OktaUser
from ..module_utils._okta.user_statuses import LEFT

OPTIONS: ArgumentSpec = {
    **MAX_ROWS,
    "serial_numbers": {"type": "list", "elements": "str"},
    "device_ids": {"type": "list", "elements": "str"},
    "search": {"type": "str"},
    "users": {"type": "list", "elements": "str"},
    "leaving_users": {"type": "list", "elements": "str"},
}
USES = (
    okta_api.LIST_DEVICES,
    okta_api.GET_DEVICE,
    okta_api.LIST_DEVICE_USERS,
    *optional(
        okta_api.GET_USER,
        okta_api.LIST_USERS,
        okta_api.LIST_USER_DEVICES,
        okta_api.LIST_LOG_EVENTS,
    ),
)


def run(ctx: ModuleContext) -> Result:
    """Return the device records that the options select."""
    params = ctx.params
    serials, ids = params["serial_numbers"], params["device_ids"]
    named = {
        name: _of_login(ctx.okta, name) or _with_email(ctx.okta, name)
        for name in split_lines(params["users"])
    }
    names = {user.id: name for name, user in reversed(named.items()) if user}
    people = {user.id: user for user in named.values() if user}
    if params["users"] is not None:
        ids = [device.id for user_id in people for device in ctx.okta.user_devices(user_id)]
    records, more = take_rows(
        _records(ctx.okta, serials, ids, params["search"]), params["max_rows"]
    )
    devices = [_device_row(device, users) for device, users in records]
    return {
        "changed": False,
        "devices": devices,
        "more": more,
        **_of_leaving_users(ctx, records),
        "absent": [
            *([] if more else _absent_records(params, devices)),
            *(name for name, user in named.items() if user is None),
        ],
        "people": [_person_row(ctx.okta, user, names[user.id]) for user in people.values()],
    }


def _absent_records(params: Params, devices: list[Result]) -> list[str]:
    """Return the serials and ids that the options name and no record has."""
    serials = (row["profile"].get("serialNumber") for row in devices)
    ids = (row["id"] for row in devices)
    return _absent(params["serial_numbers"], serials) + _absent(params["device_ids"], ids)


def _person_row(okta: Okta, user: OktaUser, name: str) -> Result:
    """Return what the result says of a person, whom the options name so."""
    return {
        **{"id": user.id, "login": user.login, "email": user.email, "status": user.status},
        "other_accounts": _other_accounts(okta, user),
        "addresses": list_addresses(user, name),
        "summary": describe_match(user, name),
    }


def _of_login(okta: Okta, name: str) -> OktaUser | None:
    """Return the user with an id or a login. Okta finds none by a login with a slash."""
    return None if "/" in name else okta.user(name)


def _with_email(okta: Okta, name: str) -> OktaUser | None:
    """Return the user with an e-mail address, for a name that is not a login."""
    users = okta.users_with_email(name) if "@" in name else []
    if len(users) > 1:
        raise BadOption(
            f"users: Okta has {len(users)} users with the e-mail address {name}:"
            f" {', '.join(user.name for user in users)}. Name one of them by login or id."
        )
    return users[0] if users else None


def _other_accounts(okta: Okta, person: OktaUser) -> list[str]:
    """Return the names of other users who may be meant by the address or the login of a person.

    A person whose address is the login is meant by it.
    """
    address, login = (person.email or "").strip(), (person.login or "").strip()
    if address.casefold() == login.casefold():
        return []
    users = okta.users_with_email(login) if "@" in login else []
    if address:
        users += okta.users_with_email(address)
        of_login = _of_login(okta, address)
        users += [of_login] if of_login else []
    others = [user for user in users if user.id != person.id and user.status != LEFT]
    return sorted({user.name for user in others})


def _of_leaving_users(ctx: ModuleContext, records: list[UsedRecord]) -> Result:
    """Return the result that only users who leave ask for."""
    params = ctx.params
    if params["leaving_users"] is None:
        return {}
    now = datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)
    lifecycles = _read_lifecycles(ctx, records, now)
    others = find_other_users(records, split_lines(params["leaving_users"]))
    shows_users = params["device_ids"] is not None or params["users"] is not None
    without = find_without_users(records, others) if shows_users else []
    return {
        "unfinished": find_unfinished(records, lifecycles),
        "blocked": [each.as_result() for each in find_blocked(records, lifecycles, now)],
        "other_users": [other.as_result() for other in others],
        "without_users": [record.as_result() for record in without],
    }


def _read_lifecycles(
    ctx: ModuleContext, records: list[UsedRecord], now: datetime
) -> Mapping[str, Lifecycle]:
    """Return what the System Log shows of the deactivated records, by device id."""
    deactivated = find_deactivated(records)
    try:
        return read_lifecycles(
            ctx.okta, [RecordTarget(each.serial_number, each) for each in deactivated], now
        )
    except DeviceTrustError as error:
        ctx.warn(
            f"{', '.join(each.id for each in deactivated)}: whether a deletion was interrupted is"
            f" unknown. {error.message}"
        )
        return {}


def _records(
    okta: Okta, serials: list[str] | None, ids: list[str] | None, search: str | None
) -> t.Iterator[UsedRecord]:
    if ids is not None:
        for device_id in dict.fromkeys(ids):
            yield from _by_id(okta, device_id)
        return
    records = (
        okta.devices(search or MACS_IN_OKTA, expand="userSummary")
        if serials is None
        else okta.devices_with_serials(serials, "userSummary")
    )
    for device in records:
        yield device, device.users or ()


def _by_id(okta: Okta, device_id: str) -> t.Iterator[UsedRecord]:
    """Yield the record with its users as they are now, nothing if it is gone or goes meanwhile."""
    device = okta.device(device_id)
    try:
        users = okta.device_users(device_id) if device else []
    except NotFound:
        return
    if device:
        yield device, users


def _device_row(device: OktaDevice, users: t.Iterable[DeviceUser]) -> Result:
    """Return a record under Okta's own names, with its users."""
    users = list(users)
    statuses = {user.user.name: user.user.status for user in users}
    return {
        **{name: device.row.get(name) for name in ("id", "status", "created", "lastUpdated")},
        "profile": device.row.get("profile") or {},
        "users": [
            {"login": login, "managementStatus": management, "status": statuses.get(login)}
            for login, management in map_management(users).items()
        ],
    }


def _absent(asked: list[str] | None, values: t.Iterable[t.Any]) -> list[str]:
    there = {str(value).lower() for value in values}
    return [value for value in dict.fromkeys(asked or []) if value.lower() not in there]


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, OPTIONS),
        mutually_exclusive=[("serial_numbers", "device_ids", "search", "users")],
    )


if __name__ == "__main__":
    main()
