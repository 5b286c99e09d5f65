# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of option profiles, checked against each other. Pure.

Two entries must not name one profile: both would create it, or one would undo the other. Two
entries must not be for one blueprint: its Macs would get both profiles. A console-managed item is
only assigned, so that several rings may have the same one.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import BadOption
from ..._core.lookup import fold_name
from ..._core.text import has_control_character
from ..lookups import check_new_name
from .plan import Plan, ProfileOptions


class Mention(t.NamedTuple):
    """A thing that an entry names.

    ``key`` is the same for all names of the thing, and ``title`` is its name in messages.
    ``number`` counts the entries, and ``entry`` is how messages call one whose name they show.
    """

    key: str
    title: str
    number: int
    entry: str = ""


def check_options(
    entries: t.Sequence[ProfileOptions], shares_blueprints: bool = False, is_exact: bool = False
) -> None:
    """Raise BadOption for entries that name one thing twice by the same text.

    A name or generation that would be written with a line break raises it, too.

    Nothing has to be read for it; ``check_plans`` finds what is named in several ways.

    :arg shares_blueprints: whether several entries may be for one blueprint.
    :arg is_exact: whether each item is removed from the blueprints that its entry does not name.
    """
    for entry in entries:
        for option in ("name", "generation"):
            if has_control_character(getattr(entry, option) or ""):
                raise BadOption(
                    f"{option}: {getattr(entry, option)!r} holds a line break or another control"
                    " character. Remove it."
                )
    numbered = list(enumerate(entries))
    for option in ("name", "library_item_id", *(("library_item",) if is_exact else ())):
        named = [(number, getattr(entry, option)) for number, entry in numbered]
        _check_names(Mention(fold_name(name), repr(name), number) for number, name in named if name)
    if not shares_blueprints:
        _check_blueprints(
            Mention(fold_name(blueprint), repr(blueprint), number, _entry_name(entry))
            for number, entry in numbered
            for blueprint in entry.blueprints
        )


def check_plans(
    plans: t.Sequence[Plan],
    shares_blueprints: bool = False,
    shares_maps: bool = False,
    is_exact: bool = False,
) -> None:
    """Raise BadOption for plans of one profile, of one new name, or for one blueprint.

    So does a new name with spaces around it: a tenant that removes them would not find it again.

    :arg shares_blueprints: whether several plans may be for one blueprint.
    :arg shares_maps: whether they may be for different nodes of one assignment map.
    :arg is_exact: whether each item is removed from the blueprints that its entry does not name.
    """
    for plan in plans:
        if plan.takes_name:
            check_new_name("profile", plan.name)
    numbered = list(enumerate(plans))
    _check_names(
        Mention(plan.item_id, f"{plan.name!r} ({plan.item_id})", number)
        for number, plan in numbered
        if plan.item_id and (is_exact or not plan.is_console_managed)
    )
    new_names = {fold_name(plan.name) for plan in plans if plan.takes_name}
    _check_names(
        Mention(fold_name(plan.name), repr(plan.name), number)
        for number, plan in numbered
        if fold_name(plan.name) in new_names
    )
    if not shares_blueprints:
        _check_places(numbered, shares_maps)


def _check_places(numbered: t.Sequence[tuple[int, Plan]], shares_maps: bool) -> None:
    """Raise BadOption for plans of one blueprint, or of one node of a map."""
    everywhere = {
        blueprint.id
        for _number, plan in numbered
        for blueprint in plan.wanted.blueprints
        if not shares_maps or blueprint.id not in plan.wanted.nodes
    }
    _check_blueprints(
        Mention(
            blueprint.id if blueprint.id in everywhere else plan.wanted.nodes[blueprint.id],
            repr(blueprint.name),
            number,
            plan.name,
        )
        for number, plan in numbered
        for blueprint in plan.wanted.blueprints
    )


def _entry_name(entry: ProfileOptions) -> str:
    return entry.name or entry.library_item_id or entry.library_item or ""


def _check_names(mentions: t.Iterable[Mention]) -> None:
    for first, _second in _pairs(mentions):
        raise BadOption(
            f"profiles: two entries name {first.title}. Name each profile in one entry."
        )


def _check_blueprints(mentions: t.Iterable[Mention]) -> None:
    for first, second in _pairs(mentions):
        raise BadOption(
            f"profiles: the blueprint {first.title} is in the entries {first.entry!r} and"
            f" {second.entry!r}, so that its Macs would get both profiles. Name each blueprint in"
            " one entry."
        )


def _pairs(mentions: t.Iterable[Mention]) -> t.Iterator[tuple[Mention, Mention]]:
    """Yield the mentions of one thing in two entries."""
    firsts: dict[str, Mention] = {}
    for mention in mentions:
        first = firsts.setdefault(mention.key, mention)
        if first.number != mention.number:
            yield first, mention
