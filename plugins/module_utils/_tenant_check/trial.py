# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trial: a Custom Profile that shows what a tenant makes of a write. Pure.

The profile is inactive, runs on the Mac alone, and is assigned to no blueprint. Its payload is of a
type that macOS does not know, so it would change nothing if somebody assigned it.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from .._core.changes import Change
from .._core.errors import Refused
from .._kandji.profiles.mobileconfig import parse, payloads_of
from .._kandji.profiles.references import Plist
from .._kandji.records import CustomProfile
from .answers import Material, Trial
from .point_type import Finding
from .shapes import case_of

NAME = "Trial of devicetrust.okta_kandji, may be deleted"
RENAMED = "Renamed trial of devicetrust.okta_kandji, may be deleted"
PAYLOAD_TYPE = "devicetrust.okta_kandji.trial"  # by which a run knows what another one left
FLAGS: Mapping[str, bool | str] = {"active": False, "runs_on_mac": True}
IDENTITY = {
    "PayloadIdentifier": f"{PAYLOAD_TYPE}.payload",
    "PayloadUUID": "7D1B6C52-3C0E-4E0B-9F4E-2A5C8D9E1F30",
}
TAB = "Tab"  # the key of the payload whose value has one
PAYLOAD = {
    "PayloadType": PAYLOAD_TYPE,
    "PayloadVersion": 1,
    **IDENTITY,
    TAB: "Shows what Kandji\trewrites.",
    "Number": 1,
}
KEPT = {
    "PayloadDescription": "Shows what Kandji rewrites. It may be deleted.",
    "PayloadOrganization": "devicetrust.okta_kandji",
}
# plistlib indents with tabs.
CONTENT = plistlib.dumps(
    {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": PAYLOAD_TYPE,
        "PayloadUUID": "0A9C5E7E-5B0D-4C39-8E2B-6F1D7C3B2A41",
        "PayloadDisplayName": NAME,
        "PayloadScope": "System",
        **KEPT,
        "PayloadContent": [PAYLOAD],
    }
)
_INDENTED = re.compile(r"^\t", re.MULTILINE)
_CASES = {"lower case": "lower", "upper case": "upper"}


# The run


def write_phrase(host: str) -> str:
    """Return what ``confirm`` has to be: the tenant that is written to."""
    return f"WRITE {host}"


def check_confirmed(host: str, confirm: str) -> None:
    """Raise Refused, before any request, unless ``confirm`` is the phrase."""
    phrase = write_phrase(host)
    if confirm.strip() == phrase:
        return
    raise Refused(
        f"confirm: a Custom Profile would be created, renamed and deleted in the tenant {host}."
        f" Nothing was written. If that is intended, set confirm: {phrase}",
        confirm=phrase,
    )


def has_name(profile: CustomProfile) -> bool:
    """Return whether a profile has a name of the trial."""
    return profile.name in (NAME, RENAMED)


def is_of_trial(profile: CustomProfile) -> bool:
    """Return whether a run made a profile: by its name, and by the type of its only payload."""
    payloads = payloads_of(parse(profile.mobileconfig))
    return has_name(profile) and [each.get("PayloadType") for each in payloads] == [PAYLOAD_TYPE]


def find_leftovers(
    profiles: Iterable[CustomProfile], places: Mapping[str, Sequence[str]]
) -> list[CustomProfile]:
    """Return the profiles that interrupted runs left, all of which may be deleted.

    Raises Refused for one with a name of the trial that is another's, or that somebody assigned.

    :arg places: the names of the blueprints of each library item, by its id.
    """
    leftovers = list(filter(has_name, profiles))
    for each in leftovers:
        subject = f"writes: the Custom Profile {each.name!r} ({each.id})"
        if each.flags.get("active"):
            raise Refused(
                f"{subject} is active, and no run of this module leaves it so. Nothing was written."
                " Rename or delete it in Kandji, then run again.",
                library_item_id=each.id,
            )
        if not is_of_trial(each):
            raise Refused(
                f"{subject} has a content that no run of this module writes. Nothing was written."
                " Rename or delete it in Kandji, then run again.",
                library_item_id=each.id,
            )
        if places.get(each.id):
            raise Refused(
                f"{subject}, which an earlier run left, is on the blueprint"
                f" {', '.join(map(repr, places[each.id]))}. Nothing was written. Remove it from"
                " there in Kandji, then run again.",
                library_item_id=each.id,
            )
    return leftovers


def require_unedited(
    profiles: Iterable[CustomProfile], known: Iterable[CustomProfile]
) -> list[CustomProfile]:
    """Return those of the profiles that are known. Raises Refused for one that somebody edited.

    An edit is another name than those of the trial, another flag, or another payload. Identity,
    tabs and keys outside the payload are none: Kandji may rewrite these. Without a content in both,
    the content is not compared.
    """
    known_by_id = {each.id: each for each in known}
    listed = [each for each in profiles if each.id in known_by_id]
    for each in listed:
        edits = _find_edits(known_by_id[each.id], each)
        if edits:
            raise Refused(
                f"writes: another run or person changed the Custom Profile of the trial"
                f" ({each.id}, now {each.name!r}) meanwhile: {', '.join(edits)}. It is left as it"
                " is. Rename or delete it in Kandji, then run again.",
                library_item_id=each.id,
            )
    return listed


def _find_edits(known: CustomProfile, now: CustomProfile) -> list[str]:
    """Return what of a profile is not as it was."""
    flags = known.flags.keys() & now.flags.keys()
    texts = (known.mobileconfig, now.mobileconfig)
    edits = {
        "name": not has_name(now),
        "content": None not in texts and _payloads(known) != _payloads(now),
        **{flag: known.flags[flag] != now.flags[flag] for flag in sorted(flags)},
    }
    return [key for key, is_edited in edits.items() if is_edited]


def _payloads(profile: CustomProfile) -> list[Plist]:
    payloads = payloads_of(parse(profile.mobileconfig))
    rewritten = (*IDENTITY, TAB)
    return [{key: each[key] for key in each if key not in rewritten} for each in payloads]


def describe_leftovers(material: Material) -> list[str]:
    """Return a warning for each profile that an interrupted run left, as far as it was read."""
    rows = map(CustomProfile.from_row, material.rows("List Custom Profiles"))
    return [
        f"Kandji: The Custom Profile {each.name!r} ({each.id}) is left from a run that was"
        " interrupted. Delete it in Kandji, or set writes: true and run again, which deletes it."
        for each in rows
        if is_of_trial(each)
    ]


def describe_changes(leftovers: Iterable[CustomProfile]) -> list[Change]:
    """Return the steps of the trial."""
    first, second = f"profile {NAME!r}", f"profile {RENAMED!r}"
    return [
        *(Change("delete", f"profile {each.name!r} ({each.id})", {}, {}) for each in leftovers),
        Change("create", first, {}, {"name": NAME, **FLAGS}),
        Change("update", first, {"name": NAME}, {"name": RENAMED}),
        Change("delete", second, {"name": RENAMED}, {}),
    ]


# What it shows


def or_read(
    of_trial: Callable[[Trial], Finding | None],
    of_reads: Callable[[Material], Finding | None] = lambda _material: None,
) -> Callable[[Material], Finding | None]:
    """Return a judge: what the trial shows counts, else what was read of other profiles."""

    def judge(material: Material) -> Finding | None:
        finding = of_trial(material.trial) if material.trial else None
        return finding or of_reads(material)

    return judge


def _created(trial: Trial) -> CustomProfile:
    return trial.listed or trial.created


def _renamed(trial: Trial) -> CustomProfile:
    return trial.listed_renamed or trial.renamed


def _payload_uuids(trial: Trial) -> list[str]:
    """Return the PayloadUUID after the creation and after the renaming, without those not shown."""
    plists = (parse(each.mobileconfig) for each in (_created(trial), _renamed(trial)))
    uuids = ((plist or {}).get("PayloadUUID") for plist in plists)
    return [uuid for uuid in uuids if isinstance(uuid, str) and uuid]


def judge_identity(trial: Trial) -> Finding | None:
    """Return whether the change of the name alone gave the profile another PayloadUUID."""
    uuids = [each.lower() for each in _payload_uuids(trial)]
    return Finding(uuids[0] != uuids[1], 1) if len(uuids) == 2 else None


def judge_uuid_case(trial: Trial) -> Finding | None:
    """Return the case of the PayloadUUID that Kandji gave last."""
    words = [_CASES[case] for each in _payload_uuids(trial) if (case := case_of(each)) in _CASES]
    return Finding(words[-1], len(words)) if words else None


def judge_top_level_keys(trial: Trial) -> Finding | None:
    """Return whether both description and organization are as they were sent."""
    plist = parse(_created(trial).mobileconfig)
    if plist is None:
        return None
    kept = sum(plist.get(key) == value for key, value in KEPT.items())
    return Finding(kept == len(KEPT), 1, more={"kept": kept})


def judge_tabs(trial: Trial) -> Finding | None:
    """Return whether lines begin with tabs no more. The collection compares values: it needs those.

    A tab in a value that was rewritten would be a difference in each run.
    """
    text = _created(trial).mobileconfig
    payload = _payload(trial)
    if text is None or payload is None:
        return None
    return Finding(not _INDENTED.search(text), 1, payload.get(TAB) == PAYLOAD[TAB])


def judge_inner_identity(trial: Trial) -> Finding | None:
    """Return whether identifier and UUID of the payload are as sent.

    The collection copes if all its other keys are: it would write a key that is not in each run.
    """
    payload = _payload(trial)
    if payload is None:
        return None
    kept = all(payload.get(key) == value for key, value in IDENTITY.items())
    others = [key for key in PAYLOAD if key not in IDENTITY and key != TAB]
    changed = [key for key in others if payload.get(key) != PAYLOAD[key]]
    return Finding(kept, 1, not changed, {"other_keys_rewritten": len(changed)})


def _payload(trial: Trial) -> Plist | None:
    payloads = payloads_of(parse(_created(trial).mobileconfig))
    return next((each for each in payloads if each.get("PayloadType") == PAYLOAD_TYPE), None)


def judge_flags(trial: Trial) -> Finding | None:
    """Return whether the list has the platforms of the profile."""
    if trial.listed is None:
        return None
    return Finding(any(name.startswith("runs_on_") for name in trial.listed.flags), 1)


def judge_list(trial: Trial) -> Finding:
    """Return whether the list showed the creation, the change and the deletion right after each."""
    steps = {
        "creation": trial.listed is not None,
        "change": trial.listed_renamed is not None,
        "deletion": not trial.listed_deleted,
    }
    return Finding(all(steps.values()), len(steps), more=steps)
