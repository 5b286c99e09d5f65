# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same report by a script that reads every list by the page, all lists side by side.

It is what somebody who knows both APIs would write for one tenant: it trusts every answer, and
stops at the first that is none. It prints how many Macs are on which stage.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import typing as t
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import requests

Row = dict[str, t.Any]
KANDJI, KANDJI_TOKEN = os.environ["IRUCTL_TENANT"] + "/api/v1", os.environ["IRUCTL_TOKEN"]
OKTA, OKTA_TOKEN = os.environ["OKTA_CLIENT_ORGURL"], os.environ["OKTA_CLIENT_TOKEN"]
EVENTS = (
    'eventType sw "pki.cert." or eventType sw "device.lifecycle." or eventType eq'
    ' "device.enrollment.create"'
)
APPS, PROFILES, BLUEPRINTS = (
    os.environ[f"BENCHMARK_{name}"].split(",") for name in ("APPS", "PROFILES", "BLUEPRINTS")
)
MOST_EVENTS, LOG_DAYS, TIMEOUT = 12_000, 30, 60
INSTALLED = ("success", "pass", "installed", "remediated", "available", "cached")


def session(authorization: str) -> requests.Session:
    """Return a session of a vendor. Its connections are used again."""
    new = requests.Session()
    new.trust_env, new.verify = False, os.environ["DEVICE_TRUST_CA_PATH"]
    new.headers["Authorization"] = authorization
    return new


def get(vendor: requests.Session, url: str, query: dict[str, str] | None) -> requests.Response:
    """Return an answer. Waits as the vendor's headers ask for."""
    while True:
        answer = vendor.get(url, params=query, timeout=TIMEOUT)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer
        _wait(answer)


def _wait(answer: requests.Response) -> None:
    """Wait until the limit's next window, on the vendor's clock."""
    now = datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
    reset = int(answer.headers["X-Rate-Limit-Reset"])
    time.sleep(max(1.0, reset - now.replace(tzinfo=timezone.utc).timestamp()))


def by_offset(path: str, query: dict[str, str] | None = None) -> Iterator[Row]:
    """Yield the rows of a list of Kandji that is read by offset."""
    offset, vendor = 0, session(f"Bearer {KANDJI_TOKEN}")
    while True:
        page = {**(query or {}), "limit": "300", "offset": str(offset)}
        body = get(vendor, KANDJI + path, page).json()
        rows = body if isinstance(body, list) else body["results"]
        yield from rows
        if len(rows) < 300:
            return
        offset += len(rows)


def by_cursor(path: str, query: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of a list of Kandji that is read by a cursor."""
    cursor, vendor = "", session(f"Bearer {KANDJI_TOKEN}")
    while True:
        page = {**query, "limit": "300", **({"cursor": cursor} if cursor else {})}
        body = get(vendor, KANDJI + path, page).json()
        yield from body["data"]
        cursor = body.get("cursor") or ""
        if not cursor:
            return


def by_link(path: str, query: dict[str, str], most: int = sys.maxsize) -> Iterator[Row]:
    """Yield the rows of a list of Okta, at most so many."""
    url: str | None = OKTA + path
    vendor, page = session(f"SSWS {OKTA_TOKEN}"), t.cast("dict[str, str] | None", query)
    while url and most > 0:
        answer = get(vendor, url, page)
        rows = answer.json()
        yield from rows[:most]
        most -= len(rows)
        # The log always has a next page: an empty one is the last.
        url, page = (answer.links.get("next", {}).get("url") if rows else None), None


def read_macs() -> dict[str, Row]:
    """Return device id -> Mac."""
    return {
        row["device_id"]: row
        for row in by_offset("/devices", {"platform": "Mac"})
        if row["platform"] == "Mac" and not row["is_removed"]
    }


def read_statuses(item_id: str) -> dict[str, str]:
    """Return device id -> installed, no_license, failed or pending, of a library item."""
    states = {}
    for row in by_offset(f"/library/library-items/{item_id}/status"):
        status, log = str(row["status"]).lower(), (row["log"] or "").lower()
        if status in INSTALLED:
            state = "installed"
        elif re.search("licen[cs]e", log):
            state = "no_license"
        else:
            state = "failed" if status in ("failed", "error") else "pending"
        states[row["computer"]["id"]] = state
    return states


def read_certificates(profiles: list[str]) -> dict[str, str]:
    """Return device id -> when Kandji saw its certificate of one of these profiles first."""
    names = [spelling for each in profiles for spelling in (each.lower(), each.upper())]
    criteria = {"identity_certificate": {"eq": True}, "common_name": {"like": names}}
    rows = by_cursor(
        "/prism/certificates", {"device_families": "Mac", "filter": json.dumps(criteria)}
    )
    return {row["device_id"]: row["created_at"] for row in rows}


def read_records() -> dict[str, list[Row]]:
    """Return serial in lower case -> device records, with their users."""
    records: dict[str, list[Row]] = {}
    search = {"search": 'profile.platform eq "MACOS"', "limit": "200", "expand": "userSummary"}
    for row in by_link("/api/v1/devices", search):
        serial = (row["profile"].get("serialNumber") or "").lower()
        users = {
            user["user"]["profile"]["login"]: user["managementStatus"]
            for user in row["_embedded"]["users"]
        }
        record = {"status": row["status"], "created": row["created"], "users": users}
        records.setdefault(serial, []).append({"id": row["id"], **record})
    return records


def read_log() -> dict[str, str]:
    """Return when the first certificate with each word in its name was issued."""
    since = datetime.now(timezone.utc) - timedelta(days=LOG_DAYS)
    query = {
        "filter": EVENTS,
        "since": f"{since:%Y-%m-%dT%H:%M:%S.000Z}",
        "sortOrder": "DESCENDING",
        "limit": "1000",
    }
    issued: dict[str, str] = {}
    for event in by_link("/api/v1/logs", query, MOST_EVENTS):
        if event["eventType"] == "pki.cert.issue":
            for target in event["target"] or []:
                words = re.split(r"[\s,=]+", str(target["alternateId"]).lower())
                issued.update(dict.fromkeys(words, str(event["published"])))
    return issued


def find_stage(
    mac: Row, records: list[Row], profile: str | None, app: str | None, seen: str | None
) -> str:
    """Return the stage of a Mac: managed, or the first thing that it lacks.

    :arg records: its device records.
    :arg profile: the state of its SCEP profile; ``app`` is that of Okta Verify.
    :arg seen: when its first certificate was issued or seen.
    """
    best = max(records, key=lambda record: record["created"], default=None)
    statuses = set(best["users"].values()) if best and best["status"] == "ACTIVE" else set()
    if "MANAGED" in statuses:
        return "MANAGED" if statuses == {"MANAGED"} else "MIXED"
    if mac["blueprint_name"] not in BLUEPRINTS:
        return "NOT_IN_SCOPE"
    if profile != "installed":
        return "PROFILE_FAILED" if profile == "failed" else "PROFILE_PENDING"
    if seen is None:
        return "CERTIFICATE_ABSENT"
    if app != "installed":
        return "NO_LICENSE" if app == "no_license" else "OKTA_VERIFY_MISSING"
    if best is None:
        return "NOT_REGISTERED"
    if best["status"] in ("SUSPENDED", "DEACTIVATED"):
        return str(best["status"])
    # Okta writes whole seconds for a record, and milliseconds for an event.
    registered_before = instant(seen) >= instant(best["created"]) + timedelta(seconds=1)
    return "REGISTERED_BEFORE_CERTIFICATE" if registered_before else "REGISTERED_NOT_MANAGED"


def instant(text: str) -> datetime:
    """Return the time that a vendor writes."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def main() -> None:
    """Read all lists at once, and print how many Macs are on which stage."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        macs, records = pool.submit(read_macs), pool.submit(read_records)
        issued = pool.submit(read_log)
        certificates = pool.submit(read_certificates, PROFILES)
        statuses = {item: pool.submit(read_statuses, item) for item in [*APPS, *PROFILES]}
    apps, profiles = (
        dict(row for item in items for row in statuses[item].result().items())
        for items in (APPS, PROFILES)
    )
    counts: Counter[str] = Counter()
    left = records.result()
    for device_id, mac in macs.result().items():
        serial = mac["serial_number"].lower()
        times = [certificates.result().get(device_id), issued.result().get(serial)]
        seen = min(filter(None, times), key=instant, default=None)
        of_mac = left.pop(serial, [])
        counts[find_stage(mac, of_mac, profiles.get(device_id), apps.get(device_id), seen)] += 1
    # A record of a Mac that Kandji does not know is a row of the report, too.
    if left:
        counts["KANDJI_MISSING"] = len(left)
    print(f"STAGES {json.dumps(dict(sorted(counts.items())))}")


if __name__ == "__main__":
    main()
