# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Kandji in recorded shapes, records made of them, and configuration profiles."""

from __future__ import annotations

import plistlib
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    CustomScript,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    LibraryItem,
    PrismCertificate,
)
from hypothesis import strategies as st

from tests.support.strategies.recorded import recorded_rows
from tests.support.strategies.values import (
    SERIALS,
    UUIDS,
    Json,
    any_time,
    changed_rows,
    serials,
    texts,
    unknown_words,
)

# Ids in either case, as Kandji may return them.
DEVICE_IDS = tuple(f"d7532562-0fbd-47f5-9609-e41759bf0{number:03d}" for number in range(4))
BLUEPRINT_IDS = tuple(f"224cd78a-a06f-4254-a0a2-b4b8adbad{number:03d}" for number in range(3))
ITEM_IDS = tuple(f"5f2308a4-7439-4842-8887-789c53bc1{number:03d}" for number in range(3))
PLATFORMS = ("Mac", "Mac", "iPhone", "iPad", "AppleTV", "Apple Vision", "Windows", "", None)
SCEP, MDM, WIFI = "com.apple.security.scep", "com.apple.mdm", "com.apple.wifi.managed"

BLUEPRINTS = tuple(
    Blueprint(blueprint_id, name, kind)
    for blueprint_id, name, kind in zip(
        BLUEPRINT_IDS, ("Canary", "Sales & Ops", "Ünïcode ☃"), ("classic", "map", None), strict=True
    )
)
DEVICE_ROWS: tuple[Json, ...] = (
    {
        "device_id": DEVICE_IDS[0],
        "device_name": "Ada's Mac",
        "model": "MacBook Air (Retina, 13-inch, 2020)",
        "serial_number": "C02XK1ZAJG5J",
        "platform": "Mac",
        "os_version": "26.1.0",
        "last_check_in": "2026-11-22T14:21:28.517013Z",
        "user": "",
        "asset_tag": "",
        "blueprint_id": BLUEPRINT_IDS[0],
        "mdm_enabled": True,
        "agent_installed": False,
        "is_missing": False,
        "is_removed": False,
        "first_enrollment": "2026-06-24 14:20:19.961496+00:00",
        "blueprint_name": "Canary",
    },
    {
        "device_id": DEVICE_IDS[1].upper(),
        "platform": "iPhone",
        "serial_number": "SN41709035",
        "blueprint_id": BLUEPRINT_IDS[1],
        "user": {"email": "bob@acme.com", "name": "Bob", "id": 7},
        "tags": ["a", "b"],
    },
    *recorded_rows("List Devices"),
)
STATUS_WORDS = ("PASS", "SUCCESS", "PENDING", "ERROR", "FAILED", "AVAILABLE", "EXCLUDED")
STATUS_ROWS: tuple[Json, ...] = tuple(
    {
        "computer": {"id": device_id, "name": "Ada's Mac"},
        "blueprint": {"id": BLUEPRINT_IDS[0]},
        "status": word,
        "log": "No license is left" if word == "ERROR" else "",
    }
    for device_id, word in zip((*DEVICE_IDS, *DEVICE_IDS), STATUS_WORDS, strict=False)
)


@st.composite
def devices(draw: st.DrawFn) -> list[KandjiDevice]:
    """Return up to four devices of any platform, each with an id of its own."""
    chosen = draw(st.lists(st.sampled_from(DEVICE_IDS), unique=True))
    return [
        KandjiDevice.from_row(
            {
                "device_id": draw(st.sampled_from((device_id, device_id.upper()))),
                "serial_number": draw(serials),
                "device_name": draw(texts),
                "platform": draw(st.sampled_from(PLATFORMS)),
                "blueprint_id": draw(st.sampled_from((*BLUEPRINT_IDS, None))),
                "last_check_in": draw(any_time()),
                "user": draw(st.sampled_from(("", None, {"email": "ada@acme.com"}))),
            }
        )
        for device_id in chosen
    ]


def statuses() -> st.SearchStrategy[list[ItemStatus]]:
    """Return statuses of an item; a device may have several, and words may be unknown."""
    return st.lists(
        st.builds(
            ItemStatus,
            st.sampled_from(DEVICE_IDS),
            status=st.one_of(st.sampled_from(STATUS_WORDS), st.none(), unknown_words),
            log=st.sampled_from((None, "", "No license is left", "boom")),
            reported_at=st.sampled_from((None, "", "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z")),
        ),
        max_size=5,
    )


def installed_profiles() -> st.SearchStrategy[InstalledProfile]:
    """Return profiles that Macs reported."""
    return st.builds(
        InstalledProfile,
        st.sampled_from(DEVICE_IDS),
        st.sampled_from(SERIALS),
        st.sampled_from(BLUEPRINT_IDS),
        st.sampled_from((*(f"com.kandji.profile.custom.{each}" for each in ITEM_IDS), "com.a", "")),
        st.sampled_from((*(each.lower() for each in UUIDS), "")),
        st.one_of(st.none(), st.frozensets(st.sampled_from((SCEP, MDM, WIFI)))),
        any_time(),
    )


@st.composite
def certificates(draw: st.DrawFn) -> PrismCertificate:
    """Return a certificate of any authority: its name holds a serial, a UUID, both or neither."""
    parts = (*SERIALS, *UUIDS, "managementAttestation", "com.apple.kerberos.kdc", "802.1X", "")
    name = " ".join(draw(st.lists(st.sampled_from(parts), max_size=3)))
    return PrismCertificate(
        draw(st.sampled_from(DEVICE_IDS)), draw(st.sampled_from(SERIALS)), name, draw(any_time())
    )


# Configuration profiles

URL = "https://acme.okta.com/pki/A/scep/rac1"


def payload(kind: str, uuid: str, **keys: t.Any) -> Json:
    """Return a payload of a profile."""
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.acme.{uuid[:8]}",
        "PayloadUUID": uuid,
        **keys,
    }


def profile(*payloads: Json, uuid: str = UUIDS[0]) -> Json:
    """Return a configuration profile."""
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadScope": "System",
        "PayloadDisplayName": "Okta SCEP",
        "PayloadIdentifier": "com.acme.profile",
        "PayloadUUID": uuid,
        "PayloadContent": list(payloads),
    }


SUBJECTS = (
    "CN=$SERIAL_NUMBER $PROFILE_UUID",
    "CN=$PROFILE_UUID",
    "CN=$SERIAL_NUMBER",
    "CN=managementAttestation $UDID",
    "CN=$EMAIL",
)


@st.composite
def plists(draw: st.DrawFn) -> Json:
    """Return a profile with SCEP and other payloads, of which some refer to others."""
    uuids = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
    subject = draw(st.sampled_from(SUBJECTS))
    scep = payload(
        SCEP,
        uuids[0],
        PayloadContent={
            "URL": URL,
            "Challenge": "canary-challenge",
            "Subject": [[["CN", subject.removeprefix("CN=")]]],
            "Retries": draw(st.integers(0, 9)),
        },
    )
    wifi = payload(
        WIFI,
        uuids[1],
        SSID_STR=draw(st.sampled_from(("Acme", "Guest"))),
        Password="canary-password",
        PayloadCertificateUUID=uuids[0],
        AuthKey="canary-key",
    )
    alone = {key: value for key, value in wifi.items() if key != "PayloadCertificateUUID"}
    kinds = draw(st.sampled_from(((scep,), (wifi, scep), (scep, wifi), (alone,))))
    return profile(*kinds, uuid=draw(st.sampled_from(UUIDS)))


def to_text(plist: Json) -> str:
    """Return a profile as XML."""
    return plistlib.dumps(plist).decode()


@st.composite
def custom_profiles(draw: st.DrawFn, item_id: str = ITEM_IDS[0]) -> CustomProfile:
    """Return a Custom Profile; of a tenant of 2024 without runs_on_mac and the like."""
    flags = {"active": draw(st.sampled_from((True, True, False)))}
    names = ("runs_on_mac", "runs_on_iphone", "runs_on_ipad", "runs_on_tv", "runs_on_vision")
    for name in draw(st.lists(st.sampled_from(names), unique=True)):
        flags[name] = draw(st.booleans())
    return CustomProfile(
        item_id,
        draw(st.sampled_from(("Okta SCEP - canary", "Wi-Fi", "Okta SCEP"))),
        draw(st.one_of(plists().map(to_text), st.sampled_from((None, "", "not a profile")))),
        flags,
        draw(st.sampled_from((None, f"com.kandji.profile.custom.{item_id}"))),
        t.cast("str | None", draw(any_time())),
    )


@st.composite
def rings(draw: st.DrawFn) -> list[Ring]:
    """Return up to two rings, each with blueprints of its own."""
    first = draw(st.lists(st.sampled_from(BLUEPRINT_IDS[:2]), unique=True))
    some = [
        Ring("canary", set(first), draw(st.one_of(st.none(), custom_profiles()))),
        Ring("all", {BLUEPRINT_IDS[2]}, draw(custom_profiles(ITEM_IDS[1]))),
    ]
    return some[: draw(st.integers(0, 2))]


@st.composite
def items(draw: st.DrawFn) -> dict[str, list[LibraryItem]]:
    """Return blueprint id -> the items on it."""
    names = {ITEM_IDS[0]: "Okta Verify", ITEM_IDS[1]: "Okta Verify", ITEM_IDS[2]: "Slack"}
    chosen = st.lists(st.sampled_from(ITEM_IDS), unique=True)
    return {
        blueprint: [LibraryItem(each, names[each]) for each in draw(chosen)]
        for blueprint in draw(st.lists(st.sampled_from(BLUEPRINT_IDS), unique=True))
    }


@st.composite
def scripts(draw: st.DrawFn) -> CustomScript:
    """Return a Custom Script; Kandji leaves out flags that were never set."""
    optional = st.sampled_from((True, False, None))
    return CustomScript(
        ITEM_IDS[0],
        "check",
        draw(st.sampled_from(("#!/bin/sh\n", "#!/bin/sh\necho canary-text\n\n", None, "\ud800"))),
        draw(st.sampled_from((None, "", "exit 1"))),
        draw(st.sampled_from(("once", "every_day", None, "hourly"))),
        draw(optional),
        draw(optional),
        draw(optional),
    )


def hostile_devices() -> st.SearchStrategy[KandjiDevice]:
    """Return devices of rows in which single values are missing or of any type."""
    return changed_rows(DEVICE_ROWS).map(KandjiDevice.from_row)
