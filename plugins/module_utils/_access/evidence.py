# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who used an app, from where, and what is known of their devices and groups:

what the forecast is made of.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import Refused
from .._core.timestamps import format_days_before
from .._okta import client as okta_api
from .._okta.client import Okta, quote_filter
from .._okta.device_events import EVENTS as DEVICE_EVENTS
from .._okta.device_events import LogFacts, summarize_events
from .._okta.records import LogEvent
from .forecast import Person, Rules, Way

USES = (
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_DEVICES,
    okta_api.LIST_DEVICE_USERS,
    okta_api.LIST_GROUP_USERS,
)

SIGN_INS = (
    '((eventType eq "user.authentication.sso" and outcome.result eq "SUCCESS") '
    'or (eventType eq "policy.evaluate_sign_on" and outcome.result eq "ALLOW"))'
)
DENIALS = '(eventType eq "policy.evaluate_sign_on" and outcome.result eq "DENY")'
LIVE_RECORDS = (  # the description has both words for a record that works
    'status eq "ACTIVE" or status eq "UNSUSPENDED"'
)
APPS_A_READ = 20  # ids in one filter, so that it fits into an address
DEAD = ("DEACTIVATED", "SUSPENDED", "DELETED")  # records
OUT = ("SUSPENDED", "DEPROVISIONED")  # users
# What the log calls an operating system begins like this, in small letters; longer words stand
# first.
SYSTEMS = (
    ("chrome", "CHROMEOS"),
    ("mac", "MACOS"),
    ("osx", "MACOS"),
    ("os x", "MACOS"),
    ("windows", "WINDOWS"),
    ("ios", "IOS"),
    ("android", "ANDROID"),
    ("linux", "LINUX"),
)


class Sighting(t.NamedTuple):
    """From where somebody was let into an app.

    ``platform`` is None where the log does not say; ``kind`` is the event's type.
    """

    platform: str | None
    device_id: str | None
    kind: str
    published: str


@dataclass
class SignIns:
    """``seen`` is by app and user, the newest of each kind.

    ``telling`` are the types of events that name devices: in one of these no device means that
    Okta knew none."""

    seen: dict[str, dict[str, dict[tuple[t.Any, ...], Sighting]]] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    telling: set[str] = field(default_factory=set)
    heard: LogFacts = field(default_factory=LogFacts)


@dataclass
class Directory:
    """``devices`` is by user; ``members`` by group, each a user as Okta shows it, by id."""

    devices: dict[str, list[Way]] = field(default_factory=dict)
    members: dict[str, dict[str, t.Mapping[str, t.Any]]] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)


# The log


def of_apps(app_ids: t.Sequence[str]) -> str:
    return "(" + " or ".join(f"target.id eq {quote_filter(one)}" for one in app_ids) + ")"


def read_sign_ins(okta: Okta, app_ids: t.Sequence[str], days: int, at_most: int) -> SignIns:
    """What the log says of the last ``days``, newest first.

    Raises Refused where it holds more than ``at_most`` events: who is not seen cannot be counted.
    """
    found = SignIns()
    since = format_days_before(okta.transport.now(), days)
    device_events: list[LogEvent] = []
    left = at_most
    for start in range(0, len(app_ids), APPS_A_READ):
        some = app_ids[start : start + APPS_A_READ]
        asked = f"({SIGN_INS} and {of_apps(some)})" + (f" or {DEVICE_EVENTS}" if start == 0 else "")
        for event in okta.log_events(asked, since=since, newest_first=True, at_most=left + 1):
            left -= 1
            if left < 0:
                raise Refused(
                    f"The log of {days} days holds more than {at_most} events of these apps and of"
                    " devices, so that not everybody could be counted. Raise log_events, or take"
                    " fewer apps or active_days at a time."
                )
            if event.event_type.startswith(("user.", "policy.")):
                add_sighting(found, event.row, some)
            else:
                device_events.append(event)
    found.heard = summarize_events(device_events)
    return found


def add_sighting(found: SignIns, event: t.Mapping[str, t.Any], app_ids: t.Collection[str]) -> None:
    actor, device, kind = (
        event.get("actor") or {},
        event.get("device") or {},
        str(event.get("eventType")),
    )
    user_id = str(actor.get("id") or "")
    if device.get("id"):
        found.telling.add(kind)
    known = device.get("id") if device.get("registered") is not False else None
    sighting = Sighting(
        platform_of(event), str(known) if known else None, kind, str(event.get("published") or "")
    )
    for target in event.get("target") or []:
        if user_id and isinstance(target, dict) and target.get("id") in app_ids:
            found.seen.setdefault(str(target["id"]), {}).setdefault(user_id, {}).setdefault(
                sighting[:3], sighting
            )
            found.logins.setdefault(user_id, str(actor.get("alternateId") or user_id))


def platform_of(event: t.Mapping[str, t.Any]) -> str | None:
    """Okta's os type of an event:

    what it says of the device, else of the browser; None where neither says.
    """
    browser = (event.get("client") or {}).get("userAgent") or {}
    for text in (
        (event.get("device") or {}).get("os_platform"),
        browser.get("os"),
        browser.get("rawUserAgent"),
    ):
        low = str(text or "").lower()
        if low and low != "unknown":
            if "iphone" in low or "ipad" in low:  # their browsers say "like Mac OS X"
                return "IOS"
            return next((name for word, name in SYSTEMS if word in low), "OTHER")
    return None


# Devices and groups


def read_directory(
    okta: Okta,
    groups: t.Iterable[str],
    known: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]] | None = None,
) -> Directory:
    """Active devices with their users, in one list, and the members of these groups.

    ``known`` are members that were read already, by group.
    """
    found = Directory()
    for device in okta.devices(LIVE_RECORDS, expand="userSummary"):
        row = device.row
        for pair in (row.get("_embedded") or {}).get("users") or []:
            user = pair.get("user") or pair.get("summary") or {}
            user_id = str(user.get("id") or "")
            if user_id:
                found.devices.setdefault(user_id, []).append(way_of(row, pair))
                found.logins[user_id] = str((user.get("profile") or {}).get("login") or user_id)
    for group in sorted(set(groups)):
        found.members[group] = {
            str(one.get("id")): one for one in (known or {}).get(group) or okta.group_users(group)
        }
        found.logins.update(
            {
                user: str((one.get("profile") or {}).get("login") or user)
                for user, one in found.members[group].items()
            }
        )
    return found


def way_of(record: t.Mapping[str, t.Any], pair: t.Mapping[str, t.Any]) -> Way:
    """A device record and one of its users."""
    profile = record.get("profile") or {}
    return Way(
        platform=str(profile.get("platform") or "OTHER"),
        registered=profile.get("registered") is not False,
        managed=pair.get("managementStatus") == "MANAGED",
        device_id=str(record.get("id")),
        device_name=str(profile.get("displayName") or ""),
        secure_hardware=profile.get("secureHardwarePresent"),
        screen_lock=pair.get("screenLockType"),
        registered_at=str(pair.get("created") or record.get("created") or ""),
    )


def correct_devices(okta: Okta, directory: Directory, heard: LogFacts) -> None:
    """Okta's search lags.

    Where the log says that a record ended, it counts no more; where it says that a certificate
    went, the record is read by its id.
    """
    fresh: dict[str, dict[str, t.Mapping[str, t.Any]]] = {}
    for user_id, ways in directory.devices.items():
        kept = []
        for way in ways:
            said = heard.records.get(way.device_id or "")
            login = directory.logins.get(user_id, "")
            if said and (said.status in DEAD or said.users.get(login) is False):
                continue
            if said and said.bound is False and way.managed and way.device_id:
                if way.device_id not in fresh:
                    fresh[way.device_id] = {
                        one.user.id: one.row for one in okta.device_users(way.device_id)
                    }
                way = replace(
                    way,
                    managed=fresh[way.device_id].get(user_id, {}).get("managementStatus")
                    == "MANAGED",
                )
            kept.append(way)
        directory.devices[user_id] = kept


# People


def named_groups(*rules: Rules) -> set[str]:
    """The groups that conditions name."""
    found: set[str] = set()
    for rule in (one for some in rules for one in some):
        groups = ((rule.get("conditions") or {}).get("people") or {}).get("groups") or {}
        found.update([*(groups.get("include") or []), *(groups.get("exclude") or [])])
    return found


def named_platforms(*rules: Rules) -> list[str]:
    """The os types that conditions name, MACOS at least."""
    found = {"MACOS"}
    for rule in (one for some in rules for one in some):
        platform = (rule.get("conditions") or {}).get("platform") or {}
        found.update(
            str((one.get("os") or {}).get("type"))
            for side in ("include", "exclude")
            for one in platform.get(side) or []
        )
    return sorted(found - {"ANY", "None"})


def people_of(
    sign_ins: SignIns, directory: Directory, app_id: str, platforms: t.Sequence[str]
) -> tuple[list[Person], list[Person]]:
    """Those who used an app, with the ways they used;

    and those whom devices or groups name and whom the log did not see, with all ways they have.
    Whoever cannot sign in anyway is in neither."""
    seen = sign_ins.seen.get(app_id, {})
    others = sorted(
        {*directory.devices, *(user for members in directory.members.values() for user in members)}
        - set(seen)
    )
    used = [
        _person(
            directory,
            sign_ins,
            user,
            _ways(sign_ins, directory.devices.get(user, []), rows.values(), platforms),
        )
        for user, rows in seen.items()
    ]
    rest = [
        _person(
            directory,
            sign_ins,
            user,
            directory.devices.get(user) or [Way(name) for name in platforms],
        )
        for user in others
    ]
    return [one for one in used if one.status not in OUT], [
        one for one in rest if one.status not in OUT
    ]


def _person(directory: Directory, sign_ins: SignIns, user_id: str, ways: t.Sequence[Way]) -> Person:
    rows = [members[user_id] for members in directory.members.values() if user_id in members]
    kind = next((one["type"].get("id") for one in rows if isinstance(one.get("type"), dict)), None)
    login = directory.logins.get(user_id) or sign_ins.logins.get(user_id) or user_id
    groups = frozenset(group for group, members in directory.members.items() if user_id in members)
    return Person(
        user_id, login, groups, kind, next((one.get("status") for one in rows), None), list(ways)
    )


def _ways(
    sign_ins: SignIns,
    devices: t.Sequence[Way],
    sightings: t.Iterable[Sighting],
    platforms: t.Sequence[str],
) -> list[Way]:
    """The ways that somebody used.

    A sighting whose device the log does not name is that of a Mac that was registered since, or
    else of one that Okta
    does not know; where the log names no devices at all it may be either."""
    sightings = list(sightings)
    telling = [one for one in sightings if one.kind in sign_ins.telling]
    found: set[Way] = set()
    for one in telling or sightings:
        record = (
            next((way for way in devices if way.device_id == one.device_id), None)
            if one.device_id
            else None
        )
        if record:
            found.add(record)
            continue
        for platform in [one.platform] if one.platform else platforms:
            here = [way for way in devices if way.platform == platform]
            since = (
                bool(here)
                and not one.device_id
                and all(one.published < way.registered_at for way in here)
            )
            found.update(here if since or (here and not telling) else [])
            found.update([] if since else [Way(platform)])
    return sorted(found, key=lambda way: (way.platform, way.device_id or ""))
