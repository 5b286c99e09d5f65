# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings by the names that options use -> rings by id, for everything that reads the fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..._core.errors import BadOption
from ..._core.json_fields import is_uuid
from ..._core.lookup import fold_name, tell_apart
from ..._core.options import Params
from ..._core.text import abbreviate
from ..._kandji import client as kandji_api
from ..._kandji.assignments import item_ids, read_blueprints, read_items, resolve
from ..._kandji.certificate_proof import Subject
from ..._kandji.client import Kandji, RowFilter
from ..._kandji.console_items import find_scep_item
from ..._kandji.lookups import profile_catalog
from ..._kandji.profile_holders import ProfileItem
from ..._kandji.profiles import mobileconfig
from ..._kandji.profiles.references import Plist
from ..._kandji.records import Blueprint, CustomProfile

# What read_rings sends.
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
)


@dataclass(frozen=True)
class RingOptions:
    """A ring as the option ``rings`` describes it: blueprints and profile by name or id.

    ``assignment_nodes`` has blueprints as keys; its values are not checked yet.
    """

    name: str
    blueprints: tuple[str, ...] = ()
    scep_profile: str | None = None
    assignment_nodes: Mapping[str, object] = field(default_factory=dict)
    test_macs: tuple[str, ...] = ()
    generation: str | None = None
    library_item: str | None = None

    @classmethod
    def from_params(cls, ring: Params) -> RingOptions:
        """Return the ring of an element of the option."""
        return cls(
            name=str(ring["name"]),
            blueprints=tuple(map(str, ring["blueprints"] or ())),
            scep_profile=ring.get("scep_profile"),
            assignment_nodes=ring.get("assignment_nodes") or {},
            test_macs=tuple(ring.get("test_macs") or ()),
            generation=ring.get("generation"),
            library_item=ring.get("library_item"),
        )


def ring_options(params: Params) -> list[RingOptions]:
    """Return the rings of the option ``rings``."""
    return [RingOptions.from_params(ring) for ring in params["rings"] or ()]


@dataclass(frozen=True)
class Ring:
    """A ring with the ids of its blueprints (lower case) and its SCEP profile, if Kandji has it.

    Of an item that was created in Kandji's web app only the id is known.
    ``profile_name`` is the name by which the profile is looked for. ``renamed`` are the profiles
    that this collection wrote and that are on the blueprints, if none has that name, and no ring
    has them. If it is one, it is ``profile``: its Macs hold that one.
    """

    name: str
    blueprint_ids: AbstractSet[str]
    profile: CustomProfile | None = None
    profile_name: str = ""
    renamed: tuple[CustomProfile, ...] = ()

    @property
    def is_console_managed(self) -> bool:
        """Whether its item was created in Kandji's web app."""
        return self.profile is not None and self.profile.mobileconfig is None


def read_rings(
    kandji: Kandji, wanted: Sequence[RingOptions], prefix: str
) -> tuple[list[Ring], list[ProfileItem]]:
    """Return the rings, and the custom profiles that compete with theirs.

    A ring that names no profile has the one named ``prefix`` followed by the ring's name. Raises
    BadOption for rings that share a name or a blueprint.
    """
    if not wanted:
        return [], []
    check_names(wanted)
    names = [name for ring in wanted for name in ring.blueprints]
    known = read_blueprints(kandji, names)[0]
    check_blueprints(wanted, known)
    profiles = list(kandji.profiles())
    blueprints = {ring.name: resolve(ring.blueprints, known) for ring in wanted}
    own = {
        ring.name: _find_profile(kandji, ring, blueprints[ring.name], profiles, prefix)
        for ring in wanted
    }
    others = _without_ring(profiles, own.values())
    rings = []
    for ring in wanted:
        on_ring, profile = blueprints[ring.name], own[ring.name]
        renamed = () if profile or not others else _find_renamed(kandji, on_ring, others)
        rings.append(
            Ring(
                ring.name,
                {blueprint.id for blueprint in on_ring},
                renamed[0] if len(renamed) == 1 else profile,
                profile_name(ring, prefix),
                renamed,
            )
        )
    return rings, find_competitors(rings, profiles)


def _find_profile(
    kandji: Kandji,
    ring: RingOptions,
    blueprints: Sequence[Blueprint],
    profiles: Sequence[CustomProfile],
    prefix: str,
) -> CustomProfile | None:
    """Return the profile, or the item of the web app as a profile, that a ring names."""
    if ring.library_item:
        return _find_item(kandji, ring.library_item, blueprints, profiles)
    return find_ring_profile(ring, profiles, prefix)


def _without_ring(
    profiles: Iterable[CustomProfile], own: Iterable[CustomProfile | None]
) -> list[CustomProfile]:
    """Return the active SCEP profiles of this collection that no ring has."""
    ids = {profile.id for profile in own if profile}
    return [each for each in profiles if each.id not in ids and _is_of_collection(each)]


def _find_renamed(
    kandji: Kandji, blueprints: Sequence[Blueprint], others: Iterable[CustomProfile]
) -> tuple[CustomProfile, ...]:
    """Return those of the profiles that are on the blueprints of a ring, which has none."""
    items = item_ids(read_items(kandji, blueprints)).values()
    return tuple(each for each in others if any(each.id in on_it for on_it in items))


def _is_of_collection(profile: CustomProfile) -> bool:
    """Return whether this collection wrote an active SCEP profile."""
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.mobileconfig))
    return profile.flags.get("active") is not False and any(
        str(payload.get("PayloadDescription")).startswith(mobileconfig.MARK) for payload in payloads
    )


def _find_item(
    kandji: Kandji, item: str, blueprints: Sequence[Blueprint], profiles: Sequence[CustomProfile]
) -> CustomProfile:
    """Return the id of an item that was created in Kandji's web app, as a profile."""
    if is_uuid(item):
        return CustomProfile(item.lower())
    items = read_items(kandji, blueprints)
    return CustomProfile(find_scep_item(kandji, item, items, profiles).id)


def find_ring_profile(
    ring: RingOptions, profiles: Sequence[CustomProfile], prefix: str
) -> CustomProfile | None:
    """Return the ring's SCEP profile, or None if Kandji has none. Raises BadOption for several."""
    catalog = profile_catalog(profiles)
    return catalog.find_one(profile_name(ring, prefix), "rings", "the ring's scep_profile")


def profile_name(ring: RingOptions, prefix: str) -> str:
    """Return the name or id of a ring's profile or of its item of Kandji's web app."""
    return ring.library_item or ring.scep_profile or f"{prefix}{ring.name}"


def describe_rollout(rings: Sequence[Ring]) -> str:
    """Return sentences on the rings that have no profile of their name, "" if each has one."""
    missing = [ring for ring in rings if ring.profile is None and not ring.renamed]
    sentences = [_describe_renamed(ring) for ring in rings if ring.renamed]
    profiles = abbreviate([ring.profile_name for ring in missing], 3)
    if missing and len(missing) == len(rings):
        return f"Nothing is rolled out yet: no ring has its SCEP profile in Kandji ({profiles})."
    if missing:
        names = abbreviate([ring.name for ring in missing])
        plural = "s" * (len(missing) > 1)
        sentences.insert(0, f"Not rolled out yet: the ring{plural} {names} ({profiles}).")
    return " ".join(sentences)


def _describe_renamed(ring: Ring) -> str:
    others = abbreviate([f"{profile.name!r} ({profile.id})" for profile in ring.renamed], 3)
    plural = len(ring.renamed) > 1
    return (
        f"The ring {ring.name} has no SCEP profile {ring.profile_name!r}, and the custom"
        f" profile{'s' * plural} {others} of this collection {'are' if plural else 'is'} on its"
        " blueprints. Nobody renews its certificates, or gives it a new challenge. Rename the"
        f" profile to {ring.profile_name!r} in Kandji, or remove it from there."
    )


# The rings against each other: which ring a Mac is in has to be clear


def find_shared_names(rings: Iterable[RingOptions]) -> list[str]:
    """Return a sentence for each name of several rings, compared without case."""
    by_key: dict[str, list[str]] = {}
    for ring in rings:
        by_key.setdefault(fold_name(ring.name), []).append(ring.name)
    return [
        f"rings: {names[0]!r} is there twice. Give each ring its own name."
        f"{tell_apart(names[0], names[1])}"
        for _key, names in sorted(by_key.items())
        if len(names) > 1
    ]


def find_shared_blueprints(rings: Iterable[tuple[str, Iterable[Blueprint]]]) -> list[str]:
    """Return a sentence for each blueprint in two rings. Each ring is a name and blueprints."""
    owners: dict[str, tuple[int, str]] = {}
    problems = []
    for number, (name, blueprints) in enumerate(rings):
        for blueprint in blueprints:
            first, owner = owners.setdefault(blueprint.id, (number, name))
            if first != number:
                problems.append(
                    f"rings: the blueprint {blueprint.name!r} is in {owner!r} and in {name!r}."
                    " Assign it to one ring."
                )
    return problems


def check_names(rings: Sequence[RingOptions]) -> None:
    """Raise BadOption for rings of one name."""
    _raise_first(find_shared_names(rings))


def check_blueprints(rings: Sequence[RingOptions], known: Sequence[Blueprint]) -> None:
    """Raise BadOption for a blueprint in two rings, and for one that Kandji does not have."""
    resolved = [(ring.name, resolve(ring.blueprints, known)) for ring in rings]
    _raise_first(find_shared_blueprints(resolved))


def _raise_first(problems: Sequence[str]) -> None:
    if problems:
        raise BadOption(problems[0])


def check_profiles(rings: Iterable[RingOptions]) -> None:
    """Raise BadOption if a ring has an item of Kandji's web app instead of a SCEP profile."""
    for ring in rings:
        if ring.library_item:
            raise BadOption(
                f"rings: {ring.name!r} has a library_item, which only Kandji's web app can"
                " renew. Remove the ring."
            )


def check_generations(rings: Iterable[RingOptions]) -> None:
    """Raise BadOption if a ring has a generation, where the renewal decides it."""
    fixed = [ring.name for ring in rings if ring.generation]
    if fixed:
        raise BadOption(
            f"rings: {', '.join(map(repr, fixed))} has a generation, and the renewal sets another:"
            " the site playbook would set the ring's own again, and the Macs would enroll each"
            " time. Remove the generation."
        )


def find_competitors(rings: Sequence[Ring], profiles: Iterable[CustomProfile]) -> list[ProfileItem]:
    """Return the other active custom profiles with the SCEP URL of a ring's profile."""
    own = {ring.profile.id for ring in rings if ring.profile}
    urls = ring_urls(rings)
    return [
        ProfileItem.of_profile(profile)
        for profile in profiles
        if profile.flags.get("active") is not False
        and profile.id not in own
        and urls & _scep_urls(profile)
    ]


def subjects_by_ring(rings: Sequence[Ring]) -> dict[str | None, Subject]:
    """Return the subject of each ring's SCEP profile by the ring's name; under None that of all."""
    profiles = {ring.name: [ring.profile] if ring.profile else [] for ring in rings}
    everything = [profile for of_ring in profiles.values() for profile in of_ring]
    subjects: dict[str | None, Subject] = {None: Subject.of_profiles(everything)}
    subjects.update({name: Subject.of_profiles(of_ring) for name, of_ring in profiles.items()})
    return subjects


def ring_urls(rings: Iterable[Ring]) -> set[str]:
    """Return the SCEP URLs of the rings' profiles, as far as they are known."""
    return {url for ring in rings if ring.profile for url in _scep_urls(ring.profile)}


def _scep_urls(profile: CustomProfile) -> set[str]:
    contents = _scep_contents(profile)
    return {str(content["URL"]) for content in contents if content.get("URL")}


def _scep_contents(profile: CustomProfile) -> list[Plist]:
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.mobileconfig))
    return [payload["PayloadContent"] for payload in payloads]


# Certificates of the rings' profiles


def profile_uuid(profile: CustomProfile) -> str | None:
    """Return the PayloadUUID of a custom profile, or None if it cannot be read."""
    uuid = (mobileconfig.parse(profile.mobileconfig) or {}).get("PayloadUUID")
    return str(uuid) if uuid else None


def certificate_filter(profiles: Sequence[CustomProfile]) -> RowFilter:
    """Return Prism's filter for certificates of these profiles.

    It names what $PROFILE_UUID may stand for, in either case, if all subjects hold it; else it
    takes all identities.
    """
    identities: dict[str, dict[str, object]] = {"identity_certificate": {"eq": True}}
    subject = Subject.of_profiles(profiles)
    if not subject.holds_uuid or not subject.uuids:
        return identities
    forms = sorted({form for uuid in subject.uuids for form in (uuid.upper(), uuid.lower())})
    return {**identities, "common_name": {"like": forms}}
