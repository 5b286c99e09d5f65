# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a Custom Profile, for any content: found, compared, assigned, or deleted. Pure.

What differs between kinds of profiles is their ``Content``: one SCEP payload (``scep``), or a whole
file (``file_content``).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ..._core.changes import Change, Difference, Shown, differences, render_value
from ..._core.errors import BadOption, NotAsWritten, Refused
from ..._core.options import PROFILE_PLATFORMS, Params
from ..._core.text import abbreviate
from ..assignments import Assignment, Items, assignment_changes, item_ids, plan_assignment
from ..lookups import check_rename, check_same_name, profile_catalog
from ..records import Blueprint, CustomProfile, InstalledProfile
from ..unreadable_fields import check_readable
from . import mobileconfig
from .references import Plist, PlistDict

LISTED_BY = "List Custom Profiles"
Flags: t.TypeAlias = "t.Mapping[str, bool | str]"


class Content(t.Protocol):
    """What a profile is to contain."""

    @property
    def write_effect(self) -> str:
        """Return what each write does to Macs, as a verb phrase."""

    def counts_as(self, current: Plist) -> str:
        """Return the limit that a change of a held profile counts against.

        It is reissue or reinstall. ``current`` is the profile that Macs hold, {} if there is none.
        """

    @property
    def keeps_content(self) -> bool:
        """Return whether a write keeps what else the existing profile holds."""

    def find_obstacle(self, current: Plist) -> str | None:
        """Return why an existing profile cannot be managed, as a verb phrase, or None."""

    def compare(self, current: Plist) -> list[Difference]:
        """Return where an existing profile differs."""

    def was_written(self, current: Plist) -> bool:
        """Return whether exactly this was written to the profile before.

        A difference is then the tenant's doing.
        """

    def build(self, name: str, current: Plist | None) -> PlistDict:
        """Return the whole profile to write."""

    def mask(self, difference: Difference) -> tuple[t.Any, t.Any]:
        """Return before and after of a difference, for people, without secrets."""

    def describe(self) -> Shown:
        """Return the content of a new profile, for people, without secrets."""


@dataclass(frozen=True)
class ProfileOptions:
    """A profile as options name it: blueprints by name or id.

    ``assignment_nodes`` has blueprints as keys; its values are not checked yet. ``library_item``
    and ``replaces`` are options of kandji_scep_profile alone.
    """

    name: str | None = None
    library_item_id: str | None = None
    blueprints: tuple[str, ...] = ()
    assignment_nodes: t.Mapping[str, object] = field(default_factory=dict)
    generation: str | None = None
    library_item: str | None = None
    replaces: str | None = None

    @classmethod
    def from_params(cls, params: Params) -> ProfileOptions:
        """Return the profile of the options of a module, or of an element of its ``profiles``."""
        return cls(
            name=params["name"],
            library_item_id=params["library_item_id"],
            blueprints=tuple(params["blueprints"] or ()),
            assignment_nodes=params["assignment_nodes"] or {},
            generation=params["generation"],
            library_item=params.get("library_item"),
            replaces=params.get("replaces"),
        )


def profile_options(params: Params) -> list[ProfileOptions]:
    """Return the profiles of option ``profiles``, else the one that the other options name."""
    return [ProfileOptions.from_params(each) for each in params["profiles"] or [params]]


@dataclass(frozen=True)
class Wanted:
    """A profile as the options ask for it.

    ``blueprints`` and ``nodes`` (blueprint id -> node id) are resolved already. ``library_item``
    and ``replaces`` are options of kandji_scep_profile alone.
    """

    name: str | None
    library_item_id: str | None
    blueprints: t.Sequence[Blueprint]
    generation: str | None = None
    nodes: t.Mapping[str, str] = field(default_factory=dict)
    library_item: str | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class Library:
    """What was read of a tenant's library.

    ``blueprints`` are all of the tenant's, or empty if they were not read. ``items`` are by
    blueprint id.
    """

    profiles: t.Sequence[CustomProfile]
    blueprints: t.Sequence[Blueprint] = ()
    items: Items = field(default_factory=dict)

    @property
    def item_ids(self) -> dict[str, set[str]]:
        """Return blueprint id -> ids of the items on it."""
        return item_ids(self.items)


@dataclass(frozen=True)
class Plan:
    """What has to be done for one profile.

    ``assigned_only``: its content is not written. ``mobileconfig`` and ``fields`` are what to
    write. ``unknown`` are the fields that Kandji does not show, so that they are not compared.
    """

    wanted: Wanted
    name: str
    current: CustomProfile | None
    assigned_only: bool = False
    deletes: bool = False
    mobileconfig: bytes | None = field(default=None, repr=False)
    fields: Flags = field(default_factory=dict)
    assignment: Assignment = Assignment([], [])
    changes: tuple[Change, ...] = ()
    counts_as: str = "reissue"
    unknown: tuple[str, ...] = ()

    @property
    def item_id(self) -> str | None:
        """Return the id of the profile, or None if there is none yet."""
        return self.current.id if self.current else None

    @property
    def writes_profile(self) -> bool:
        """Return whether the profile itself is created or changed."""
        return not self.assigned_only and (
            self.current is None or self.mobileconfig is not None or bool(self.fields)
        )

    @property
    def is_console_managed(self) -> bool:
        """Return whether it is for an item of Kandji's web app, which is assigned alone."""
        return False

    @property
    def takes_name(self) -> bool:
        """Return whether the plan gives a profile a name that it did not have."""
        return self.writes_profile and (self.current is None or self.current.name != self.name)

    @property
    def enrolls_macs(self) -> bool:
        """Return whether Macs install the profile because of the plan."""
        return self.writes_profile or bool(self.assignment.assign)


PlanT = t.TypeVar("PlanT", bound=Plan)


def platform_flags(runs_on: t.Sequence[str]) -> dict[str, bool]:
    """Return Kandji's fields for the platforms: runs_on_mac ..."""
    return {f"runs_on_{platform}": platform in runs_on for platform in PROFILE_PLATFORMS}


def find_profile(wanted: Wanted, profiles: t.Sequence[CustomProfile]) -> CustomProfile | None:
    """Return the profile that an option names, by id or by exact name, or None.

    Raises BadOption for an unknown id and for a name of several profiles.
    """
    catalog = profile_catalog(profiles)
    if wanted.library_item_id:
        return catalog.require_id(wanted.library_item_id, "library_item_id")
    return catalog.find_name(wanted.name, "name", "library_item_id")


def identify(
    wanted: Wanted, profiles: t.Sequence[CustomProfile]
) -> tuple[str, CustomProfile | None]:
    """Return name and current record of a profile, with which its plan begins."""
    current = find_profile(wanted, profiles)
    check_rename(current, wanted.name, profiles)
    return wanted.name or (current.name if current else ""), current


def identify_removed(
    wanted: Wanted, profiles: t.Sequence[CustomProfile]
) -> tuple[str, CustomProfile | None]:
    """Return the same for a plan that removes a profile.

    Raises BadOption if name and id are of two profiles.
    """
    check_same_name(find_profile(wanted, profiles), wanted.name)
    return identify(wanted, profiles)


def plan_content(plan: PlanT, content: Content, flags: Flags) -> PlanT:
    """Return the plan with what to write.

    ``flags``: active, runs_on_mac ... Raises BadOption, and NotAsWritten if the tenant keeps
    changing what was written.
    """
    if plan.current is None:
        change = Change("create", f"profile {plan.name!r}", {}, content.describe())
        return replace(
            plan,
            counts_as=content.counts_as({}),
            fields=dict(flags),
            mobileconfig=mobileconfig.to_xml(content.build(plan.name, None)),
            changes=(*plan.changes, change),
        )
    return _plan_update(plan, plan.current, content, {"name": plan.name, **flags})


def _plan_update(plan: PlanT, current: CustomProfile, content: Content, fields: Flags) -> PlanT:
    check_readable(f"profile {plan.name!r}", LISTED_BY, current.malformed, fields)
    plist = _manageable_plist(plan, current, content)
    kept = _known_fields(current)
    unknown = tuple(sorted(fields.keys() - kept.keys()))
    plan = replace(plan, counts_as=content.counts_as(plist), unknown=unknown)
    # A field that Kandji does not list is unknown: a write because of it would be one each run.
    changed_fields = differences({key: fields[key] for key in fields if key in kept}, kept)
    changed_keys = content.compare(plist)
    pairs = _shown_pairs(content, changed_keys, changed_fields)
    # A profile that somebody deactivated in the console is activated again. Its content and its
    # platforms were kept as written, or were not.
    unkept = [each.path for each in changed_keys]
    unkept += [each.path for each in changed_fields if each.path.startswith("runs_on_")]
    if unkept and content.was_written(plist):
        raise _not_kept(plan, content, {path: pairs[path] for path in unkept})
    if not pairs:
        return plan
    before, after = ({path: pair[side] for path, pair in pairs.items()} for side in (0, 1))
    change = Change("update", f"profile {plan.name!r}", before, after)
    return replace(
        plan,
        mobileconfig=_rewritten(plan, current, content, plist) if unkept else None,
        fields={each.path: each.after for each in changed_fields},
        changes=(*plan.changes, change),
    )


def _shown_pairs(
    content: Content, keys: t.Sequence[Difference], fields: t.Sequence[Difference]
) -> dict[str, tuple[t.Any, t.Any]]:
    """Return before and after of all differences, for people, by their paths."""
    pairs = {each.path: content.mask(each) for each in keys}
    pairs.update(
        {each.path: (render_value(each.before), render_value(each.after)) for each in fields}
    )
    return pairs


def _rewritten(plan: Plan, current: CustomProfile, content: Content, plist: Plist) -> bytes:
    """Return the XML to write. Raises BadOption if the profile would lose something by it."""
    if content.keeps_content:
        subject = f"The custom profile {plan.name!r} ({plan.item_id})"
        mobileconfig.check_rewritable(current.mobileconfig, subject)
    return mobileconfig.to_xml(content.build(plan.name, plist))


def _known_fields(profile: CustomProfile) -> dict[str, bool | str]:
    """Return name and flags of a profile, as far as Kandji returned them."""
    return {**profile.flags, **({"name": profile.name} if profile.name else {})}


def _manageable_plist(plan: Plan, current: CustomProfile, content: Content) -> Plist:
    plist = mobileconfig.parse(current.mobileconfig)
    obstacle = (
        "is not a readable configuration profile" if plist is None else content.find_obstacle(plist)
    )
    if plist is None or obstacle:
        raise BadOption(
            f"The custom profile {plan.name!r} ({plan.item_id}) {obstacle}. Choose another name, or"
            " correct it in Kandji."
        )
    return plist


def _not_kept(
    plan: Plan, content: Content, pairs: t.Mapping[str, tuple[t.Any, t.Any]]
) -> NotAsWritten:
    return NotAsWritten(
        f"Kandji holds the profile {plan.name!r} with another {', '.join(pairs)} than was"
        " written to it: Kandji did not keep it, or somebody changed it there (differences"
        f" shows both). It is not written again, since each write {content.write_effect}. Set the"
        " option to what Kandji keeps, or set another generation to write once more.",
        vendor="kandji",
        keys=list(pairs),
        differences={
            path: {"in_kandji": before, "asked_for": after}
            for path, (before, after) in pairs.items()
        },
    )


def plan_places(plan: PlanT, library: Library, mode: str, subject: str = "profile") -> PlanT:
    """Return the plan with the blueprints to assign the profile to, and to remove it from."""
    assignment = plan_assignment(
        plan.wanted.blueprints,
        library.blueprints,
        library.item_ids,
        plan.item_id,
        mode,
        plan.wanted.nodes,
    )
    changes = assignment_changes(f"{subject} {plan.name!r}", assignment)
    return replace(plan, assignment=assignment, changes=(*plan.changes, *changes))


def plan_deletion(wanted: Wanted, library: Library) -> Plan:
    """Return the plan that deletes a profile, with nothing to do if there is none.

    An unknown id is accepted, too: the profile does not exist, as asked for. Raises BadOption if
    name and id are of two profiles.
    """
    item_id = (wanted.library_item_id or "").lower()
    if item_id and item_id not in {profile.id for profile in library.profiles}:
        name = wanted.name or str(wanted.library_item_id)
        return Plan(wanted, name, None, assigned_only=True)
    plan = Plan(wanted, *identify_removed(wanted, library.profiles), assigned_only=True)
    if plan.current is None:
        return plan
    on_blueprint = library.item_ids
    places = [each for each in library.blueprints if plan.item_id in on_blueprint.get(each.id, ())]
    change = Change(
        "delete",
        f"profile {plan.name!r}",
        {"blueprints": [each.name for each in places]},
        {},
    )
    return replace(plan, deletes=True, assignment=Assignment([], places), changes=(change,))


def check_written(plan: Plan, content: Content, answer: CustomProfile) -> None:
    """Compare what a write returned with what was asked.

    Raises NotAsWritten with the keys that differ.
    """
    plist = mobileconfig.parse(answer.mobileconfig)
    changed = (
        [Difference("PayloadContent", None, None)]
        if plist is None or content.find_obstacle(plist)
        else content.compare(plist)
    )
    kept = _known_fields(answer)
    written = {"name": plan.name, **plan.fields}
    keys = [each.path for each in changed] + [
        key
        for key, value in written.items()
        if key in answer.malformed or (key in kept and kept[key] != value)
    ]
    if keys:
        raise NotAsWritten(
            f"Kandji accepted the profile {plan.name!r} ({answer.id}), yet returned another"
            f" {', '.join(keys)} than was written. It is not written again. Inspect it in Kandji.",
            vendor="kandji",
            keys=keys,
            library_item_id=answer.id,
        )


# Conflicts


class Neighbour(t.NamedTuple):
    """Another active Custom Profile on the same blueprints. ``places`` are their names, quoted."""

    profile: CustomProfile
    plist: Plist
    places: str


def find_neighbours(
    own_ids: t.AbstractSet[str], blueprints: t.Sequence[Blueprint], library: Library
) -> t.Iterator[Neighbour]:
    """Yield the other active Custom Profiles on these blueprints whose content can be read."""
    for profile, places in _others_on(own_ids, blueprints, library):
        plist = mobileconfig.parse(profile.mobileconfig)
        if plist is not None:
            yield Neighbour(profile, plist, places)


def warn_unreadable(
    own_ids: t.AbstractSet[str], blueprints: t.Sequence[Blueprint], library: Library
) -> str:
    """Return a warning of other active profiles that nobody can read, so may conflict, or ""."""
    unreadable = [
        f"{profile.name!r} ({profile.id}) on {places}"
        for profile, places in _others_on(own_ids, blueprints, library)
        if mobileconfig.parse(profile.mobileconfig) is None
    ]
    if not unreadable:
        return ""
    return (
        "Whether these custom profiles configure the same is unknown, because their content is not"
        f" a readable configuration profile: {abbreviate(unreadable, 5)}. Inspect them in Kandji."
    )


def _others_on(
    own_ids: t.AbstractSet[str], blueprints: t.Sequence[Blueprint], library: Library
) -> t.Iterator[tuple[CustomProfile, str]]:
    """Yield the other active Custom Profiles on these blueprints, with their quoted names."""
    on_blueprint = library.item_ids
    for profile in library.profiles:
        places = [each.name for each in blueprints if profile.id in on_blueprint.get(each.id, ())]
        if places and profile.id not in own_ids and profile.is_active:
            yield profile, ", ".join(map(repr, places))


def device_trust_conflicts(
    installed: t.Iterable[InstalledProfile], blueprints: t.Sequence[Blueprint]
) -> list[str]:
    """Return sentences on the Macs of these blueprints that hold Okta Device Trust profiles.

    They are those of Kandji's own integration. A Mac whose blueprint Kandji does not show may be of
    these blueprints.
    """
    ids = {each.id for each in blueprints}
    rows = list(installed)
    places = (
        ([row for row in rows if row.blueprint_id in ids], "of these blueprints already"),
        (
            [row for row in rows if not row.blueprint_id],
            "whose blueprint Kandji does not show, which may be of these blueprints",
        ),
    )
    return [
        f"Kandji's own Okta Device Trust integration serves {_count_macs(of_place)} {place}"
        f" ({abbreviate(_serials(of_place), 5)})"
        for of_place, place in places
        if of_place
    ]


def _serials(installed: t.Iterable[InstalledProfile]) -> list[str]:
    return sorted({row.serial or f"device {row.device_id}" for row in installed})


def _count_macs(installed: t.Iterable[InstalledProfile]) -> str:
    count = len(_serials(installed))
    return f"{count} Mac{'' if count == 1 else 's'}"


def check_conflicts(
    conflicts: t.Sequence[str], on_conflict: str, rule: str, written: str = "Nothing was written."
) -> None:
    """Raise Refused for conflicts, with the rule that they break, if they are to fail.

    :arg written: a sentence on what was written before.
    """
    if conflicts and on_conflict == "fail":
        raise Refused(
            f"{rule}: {'; '.join(conflicts)}. {written} Remove one of them, or set"
            " on_conflict: warn.",
            conflicts=list(conflicts),
        )
