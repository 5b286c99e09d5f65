# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of Kandji that a read can answer. Pure: each judges what was read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .._core.json_fields import Row, as_id, as_objects
from .._core.text import UUID, names_serial
from .._core.timestamps import parse_timestamp
from .._kandji.constants import (
    CUSTOM_PROFILE,
    DOMAINS,
    MDM_PAYLOAD,
    OKTA_DEVICE_TRUST,
    SCEP_PAYLOAD,
)
from .answers import TRIAL, Material, Reply
from .generated_keys import VALUES
from .point_type import Finding, Point
from .shapes import case_of
from .trial import (
    judge_flags,
    judge_identity,
    judge_inner_identity,
    judge_list,
    judge_tabs,
    judge_top_level_keys,
    judge_uuid_case,
    or_read,
)

# Of the outermost dictionary: Kandji writes it after the payloads, or before them.
_PAYLOAD_UUID = re.compile(
    r"<key>PayloadUUID</key>\s*<string>([0-9A-Fa-f-]{36})</string>", re.ASCII
)
_LATER = timedelta(days=1)  # a Mac reports its inventory every day
_KEPT = ("<key>PayloadDescription</key>", "<key>PayloadOrganization</key>")
_PAYLOADS = re.compile(r"<key>PayloadContent</key>\s*<array>.*</array>", re.DOTALL)
KANDJI_OPERATIONS = (
    "List Devices",
    "Get Device Library Items",
    "List Blueprints",
    "List Library Items",
    "List Custom Profiles",
    "Get Library Item Statuses",
    "Certificates",
    "Installed profiles",
)
# The words for types of items that Kandji documents, and the one that would be next.
ITEM_TYPES = frozenset(
    {*VALUES["Get Device Library Items"]["library_items[].type"].split("|"), "scep"}
)
PAGED = ("List Devices", "Certificates", "Installed profiles", "Get Library Item Statuses")


def _outer_text(row: Row) -> str:
    """Return a profile without its payloads: what is left are the keys of the whole."""
    return _PAYLOADS.sub("", str(row.get("profile") or ""))


def _payload_uuids(material: Material) -> list[str]:
    texts = map(_outer_text, material.rows("List Custom Profiles"))
    return [match for text in texts for match in _PAYLOAD_UUID.findall(text)[:1]]


def _uuid_case(material: Material) -> Finding | None:
    cases = Counter(map(case_of, _payload_uuids(material)))
    words = {"lower case": "lower", "upper case": "upper"}
    known = {words[case]: number for case, number in cases.items() if case in words}
    if not known:
        return None
    position = max(known, key=lambda word: known[word])
    return Finding(position, sum(known.values()), more=known)


def _uuid_variable(material: Material) -> Finding | None:
    """Return whose UUIDs common names of certificates hold, where only one of both can be meant."""
    payloads = {uuid.lower() for uuid in _payload_uuids(material)}
    payloads |= {
        as_id(row.get("payload_uuid")).lower()
        for row in material.rows("Installed profiles")
        if _is_custom(row)
    }
    items = {as_id(row.get("id")).lower() for row in material.rows("List Custom Profiles")}
    words = []
    for row in material.rows("Certificates"):
        for uuid in UUID.findall(str(row.get("common_name"))):
            of_payload, of_item = uuid.lower() in payloads, uuid.lower() in items
            if of_payload != of_item:
                words.append("payload_uuid" if of_payload else "item_id")
    common = Counter(words).most_common(1)
    return Finding(*common[0], more=dict(Counter(words))) if common else None


def _top_level_keys(material: Material) -> Finding | None:
    texts = list(map(_outer_text, material.rows("List Custom Profiles")))
    kept = [text for text in texts if any(key in text for key in _KEPT)]
    return Finding(True, len(kept)) if kept else None


def _tabs(material: Material) -> Finding | None:
    texts = [str(row.get("profile") or "") for row in material.rows("List Custom Profiles")]
    with_tabs = [text for text in texts if "\t" in text]
    return Finding(False, len(with_tabs)) if with_tabs else None


def _flags_listed(material: Material) -> Finding | None:
    rows = list(material.rows("List Custom Profiles"))
    listed = [row for row in rows if any(str(key).startswith("runs_on_") for key in row)]
    return Finding(bool(listed), len(rows), more={"listed": len(listed)}) if rows else None


_IDS = ("id", "device_id", "blueprint_id", "item_id")


def _mixed_case(material: Material) -> Finding | None:
    cases = Counter(
        case_of(value)
        for operation in KANDJI_OPERATIONS
        for row in material.rows(operation)
        for name in _IDS
        if UUID.fullmatch(value := as_id(row.get(name)))
    )
    others = cases["upper case"] + cases["mixed case"]
    total = others + cases["lower case"]
    return Finding(others > 0, total, more={"not_lower": others}) if total else None


def _console_status(material: Material) -> Finding | None:
    apps = {
        as_id(row.get("item_id")).lower()
        for row in material.rows("Get Device Library Items")
        if row.get("type") == "vpp-app"
    }
    replies = [
        each
        for each in material.of("Get Library Item Statuses")
        if as_id(each.path.get("library_item_id")).lower() in apps
        and (each.is_read or each.status == 404)
    ]
    return Finding(replies[-1].is_read, len(replies)) if replies else None


def _console_scep(material: Material) -> list[Row]:
    """Return the installed profiles with a SCEP payload that a library item of the web app made."""
    rows = []
    for row in material.rows("Installed profiles"):
        types = {str(each.get("type")) for each in as_objects(row.get("profile_data"))}
        identifier = as_id(row.get("payload_identifier")).lower()
        if (
            SCEP_PAYLOAD in types
            and MDM_PAYLOAD not in types
            and not identifier.startswith((CUSTOM_PROFILE, OKTA_DEVICE_TRUST))
        ):
            rows.append(row)
    return rows


def _items_of(material: Material, profile: Row) -> list[tuple[Row, bool]]:
    """Return the library items that may have made a profile, and whether its identifier says so."""
    device = as_id(profile.get("device_id")).lower()
    identifier = as_id(profile.get("payload_identifier")).lower()
    items = []
    for reply in material.read("Get Device Library Items"):
        if as_id(reply.path.get("device_id")).lower() != device:
            continue
        for row in reply.rows:
            item = as_id(row.get("item_id")).lower()
            named = bool(item) and item in identifier
            if named or row.get("name") == profile.get("profile_display_name"):
                items.append((row, named))
    return items


def _native_identifier(material: Material) -> Finding | None:
    named = [
        any(is_named for _row, is_named in items)
        for profile in _console_scep(material)
        if (items := _items_of(material, profile))
    ]
    return Finding("item_id" if any(named) else "opaque", len(named)) if named else None


def _native_type(material: Material) -> Finding | None:
    types = Counter(
        str(row.get("type"))
        for profile in _console_scep(material)
        for row, _named in _items_of(material, profile)
        if row.get("type")
    )
    common = types.most_common(1)
    if not common:
        return None
    kind, number = common[0]
    return Finding(kind if kind in ITEM_TYPES else "another", number)


def _throttled(material: Material) -> list[Reply]:
    return [
        reply
        for operation in KANDJI_OPERATIONS
        for reply in material.of(operation)
        if reply.status == 429
    ]


def _retry_after(material: Material) -> Finding | None:
    replies = _throttled(material)
    named = [each for each in replies if each.headers.get("retry-after")]
    return Finding(bool(named), len(replies)) if replies else None


def _too_many_body(material: Material) -> Finding | None:
    words = []
    for reply in _throttled(material):
        is_html = reply.content.lstrip()[:1] == b"<"
        words.append("html" if is_html else "detail" if reply.content.strip() else "empty")
    common = Counter(words).most_common(1)
    return Finding(*common[0]) if common else None


def _per_second(material: Material) -> Finding | None:
    numbers = _header_numbers(material, "x-ratelimit-limit-second")
    return Finding(numbers[-1], len(numbers)) if numbers else None


def _header_numbers(material: Material, name: str) -> list[int]:
    texts = [
        reply.headers.get(name, "")
        for operation in KANDJI_OPERATIONS
        for reply in material.of(operation)
    ]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]


def _certificate_rows(material: Material) -> Finding | None:
    """Return whether a re-issued certificate is a new row, as far as something shows it.

    A Mac with two rows of one name has one for each certificate. A certificate whose row is older
    than the profile that holds it kept the row of an earlier one.
    """
    rows = [row for row in material.rows("Certificates") if _names_its_mac(row)]
    numbers = Counter((_device(row), str(row.get("common_name"))) for row in rows)
    twice = [key for key, number in numbers.items() if number > 1]
    if twice:
        return Finding("certificate", len(twice))
    installed = _scep_profiles_seen(material)
    older = [
        row
        for row in rows
        if not UUID.search(str(row.get("common_name")))
        and (seen := parse_timestamp(row.get("created_at")))
        and seen + _LATER < installed.get(_device(row), seen)
    ]
    return Finding("common_name", len(older)) if older else None


def _scep_profiles_seen(material: Material) -> dict[str, datetime]:
    """Return when Kandji first saw the SCEP profile of each Mac, by the id of the device."""
    return {
        _device(row): seen
        for row in material.rows("Installed profiles")
        if _is_custom(row)
        and SCEP_PAYLOAD in {str(each.get("type")) for each in as_objects(row.get("profile_data"))}
        and (seen := parse_timestamp(row.get("created_at")))
    }


def _device(row: Row) -> str:
    return as_id(row.get("device_id")).lower()


def _is_custom(row: Row) -> bool:
    """Return whether an installed profile is of a Custom Profile."""
    return as_id(row.get("payload_identifier")).lower().startswith(CUSTOM_PROFILE)


def _names_its_mac(row: Row) -> bool:
    return names_serial(str(row.get("common_name")), as_id(row.get("serial_number")))


def _api_domain(material: Material) -> Finding | None:
    host = material.surroundings.kandji_host.partition(":")[0]
    domain = next((each for each in DOMAINS if host.endswith(f".{each}")), "another")
    return Finding(domain, 1) if host and any(map(material.of, KANDJI_OPERATIONS)) else None


def _page_rows(material: Material) -> Finding | None:
    """Return how many rows a page has that is not the last one and has fewer than requested."""
    caps = [
        len(reply.rows)
        for operation in PAGED
        for reply in material.read(operation)
        if reply.rows and _has_more(reply) and len(reply.rows) < _requested(reply)
    ]
    full = [
        len(reply.rows)
        for operation in PAGED
        for reply in material.read(operation)
        if reply.rows and len(reply.rows) >= _requested(reply) > 1
    ]
    sizes = Counter(caps or full)
    return Finding(max(sizes), sum(sizes.values())) if sizes else None


def _requested(reply: Reply) -> int:
    limit = reply.query.get("limit", 0)
    return limit if isinstance(limit, int) else 0


def _has_more(reply: Reply) -> bool:
    body = reply.body if isinstance(reply.body, dict) else {}
    total, offset = reply.headers.get("x-total-count", ""), reply.query.get("offset", 0)
    counted = (
        total.isdigit() and isinstance(offset, int) and offset + len(reply.rows) < int(total[:12])
    )
    return counted or bool(body.get("next") or body.get("cursor"))


def _web_links(material: Material) -> Finding | None:
    own = material.surroundings.kandji_host
    hosts = list(_link_hosts(material.read("List Blueprints")))
    others = [host for host in hosts if host != own]
    return Finding(bool(others), len(hosts), more={"another_host": len(others)}) if hosts else None


def _link_hosts(replies: Iterable[Reply]) -> Iterable[str]:
    for reply in replies:
        link = reply.body.get("next") if isinstance(reply.body, dict) else None
        if isinstance(link, str) and "//" in link:
            try:
                yield urlsplit(link).netloc.lower()
            except ValueError:
                continue


_NOT_SHOWN = "Kandji does not show the content of the profile that was written."
KANDJI_POINTS = (
    Point(
        "profile_uuid_variable",
        "What is $PROFILE_UUID?",
        ("custom_profiles", "certificates", "installed_profiles"),
        _uuid_variable,
        "A certificate whose common name has a UUID shows it, once its profile was changed.",
    ),
    Point(
        "profile_uuid_case",
        "In which case is the PayloadUUID of a profile written?",
        ("custom_profiles",),
        or_read(judge_uuid_case, _uuid_case),
        "A Custom Profile shows it.",
    ),
    Point(
        "top_level_keys_survive",
        "Do a profile's description and organization survive?",
        ("custom_profiles",),
        or_read(judge_top_level_keys, _top_level_keys),
        "A Custom Profile that has one of them shows it. Without one, only a write does.",
    ),
    Point(
        "tabs_become_spaces",
        "Does Kandji rewrite tabs in a profile?",
        ("custom_profiles",),
        or_read(judge_tabs, _tabs),
        "A Custom Profile with a tab shows that it does not. Without one, only a write does.",
    ),
    Point(
        "profile_flags_listed",
        "Are Custom Profiles listed with runs_on_mac and the like?",
        ("custom_profiles",),
        or_read(judge_flags, _flags_listed),
        "A Custom Profile shows it.",
    ),
    Point(
        "new_identity_on_every_patch",
        "Does a change of a profile's name alone give it a new identity?",
        (TRIAL,),
        or_read(judge_identity),
        _NOT_SHOWN,
    ),
    Point(
        "inner_identity_survives",
        "Do the identifiers inside a profile survive?",
        (TRIAL,),
        or_read(judge_inner_identity),
        _NOT_SHOWN,
    ),
    Point(
        "list_after_write",
        "Does List Custom Profiles show a write at once?",
        (TRIAL,),
        or_read(judge_list),
        _NOT_SHOWN,
        is_switch=False,
    ),
    Point(
        "mixed_case_ids",
        "Are ids always in lower case?",
        ("kandji_devices", "blueprints"),
        _mixed_case,
        "A device or a blueprint shows it.",
    ),
    Point(
        "status_of_console_items",
        "Can the status of an App Store item be asked by its id?",
        ("device_items", "item_statuses"),
        _console_status,
        "A Mac that has an App Store app shows it.",
    ),
    Point(
        "native_scep_type",
        "Of what type does Kandji show a SCEP item of its web app?",
        ("device_items", "installed_profiles"),
        _native_type,
        "A Mac that has the profile of such an item shows it.",
    ),
    Point(
        "native_scep_identifier",
        "Does the identifier of its profile hold the item's id?",
        ("device_items", "installed_profiles"),
        _native_identifier,
        "A Mac that has the profile of such an item shows it.",
    ),
    Point(
        "retry_after",
        "Does a 429 say how long to wait?",
        ("kandji_devices",),
        _retry_after,
        "A 429 shows it, and this run does not provoke one.",
    ),
    Point(
        "too_many_body",
        "What is in a 429?",
        ("kandji_devices",),
        _too_many_body,
        "A 429 shows it, and this run does not provoke one.",
    ),
    Point(
        "per_second_limit",
        "How many requests a second does Kandji take?",
        ("kandji_devices",),
        _per_second,
        "The header X-RateLimit-Limit-Second shows it.",
    ),
    Point(
        "certificate_rows",
        "Is a re-issued certificate a new row of the inventory?",
        ("certificates",),
        _certificate_rows,
        "A Mac with two certificates of one common name shows it. Without them, nothing is known.",
    ),
    Point(
        "api_domain",
        "Does the tenant answer at iru.com?",
        ("kandji_devices",),
        _api_domain,
        "An answer of the tenant shows it.",
        is_switch=False,
    ),
    Point(
        "page_rows",
        "How many rows does a page have at most?",
        ("kandji_devices", "certificates"),
        _page_rows,
        "A list of more than one page shows it.",
    ),
    Point(
        "next_links_on_web_host",
        "Where do the links to the next page lead?",
        ("blueprints",),
        _web_links,
        "A second blueprint shows it.",
    ),
)
