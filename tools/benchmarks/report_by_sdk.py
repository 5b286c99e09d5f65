# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same report by a script on Okta's official SDK.

Pages of records, then one call for each device; Kandji's part in pages.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import typing as t

import aiohttp
import requests
from okta.client import Client

KANDJI = os.environ["IRUCTL_TENANT"] + "/api/v1"
CA_FILE = os.environ["DEVICE_TRUST_CA_PATH"]


def kandji_rows(path: str, query: dict[str, str]) -> t.Iterator[dict[str, t.Any]]:
    """Rows of a list of Kandji's, whichever form its pages have."""
    offset = 0
    while True:
        answer = requests.get(
            KANDJI + path,
            params={**query, "limit": "300", "offset": str(offset)},
            verify=CA_FILE,
            timeout=60,
            headers={"Authorization": f"Bearer {os.environ['IRUCTL_TOKEN']}"},
        )
        answer.raise_for_status()
        body = answer.json()
        rows = body if isinstance(body, list) else body["results"]
        yield from rows
        if len(rows) < 300:
            return
        offset += 300


async def managed_serials() -> set[str]:
    """Return the serials of the records that are managed for one of their users."""
    trusted = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=CA_FILE))
    links: list[t.Any] = []

    async def keep(_session: t.Any, _context: t.Any, seen: t.Any) -> None:
        links.append(seen.response.links)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(keep)
    client: t.Any = Client(  # its types are those of one answer of several
        {"orgUrl": os.environ["OKTA_CLIENT_ORGURL"], "token": os.environ["OKTA_CLIENT_TOKEN"]}
    )
    managed = set()
    # Its own option for a CA fails on a copy of the context, and it keeps only the first of an
    # answer's Link headers.
    async with aiohttp.ClientSession(connector=trusted, trace_configs=[trace]) as session:
        client.get_request_executor().set_session(session)
        after: str | None = None
        while True:
            devices, _answer, error = await client.list_devices(
                search='profile.platform eq "MACOS"', limit=200, after=after
            )
            if error:
                raise SystemExit(str(error))
            following = links[-1].get("next")
            for device in devices:
                users, _answer, error = await client.list_device_users(device.id)
                if error:
                    raise SystemExit(str(error))
                if any(
                    str(user.management_status) == "DeviceUserManagementStatus.MANAGED"
                    or user.management_status == "MANAGED"
                    for user in users
                ):
                    managed.add(device.profile.serial_number)
            if following is None:
                return managed
            after = following["url"].query["after"]


def main() -> None:
    """Print how many Macs are on which stage."""
    macs = [
        row for row in kandji_rows("/devices", {"platform": "Mac"}) if row.get("platform") == "Mac"
    ]
    for item_id in os.environ["BENCHMARK_ITEMS"].split(","):
        statuses = list(kandji_rows(f"/library/library-items/{item_id}/status", {}))
        print(f"{item_id}: {len(statuses)} statuses")
    managed = asyncio.run(managed_serials())
    print(f"MANAGED {sum(row['serial_number'] in managed for row in macs)}")


if __name__ == "__main__":
    main()
