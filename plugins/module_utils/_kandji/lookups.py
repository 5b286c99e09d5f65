# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options name in Kandji, by id in either case, else by exact name."""

from __future__ import annotations

import typing as t

from .._core.errors import BadOption
from .._core.lookup import Catalog, named
from .records import Blueprint, CustomProfile, CustomScript

# Playbooks give them their names, and have no option for an id.
_RENAME = "Rename all but one of them in Kandji"

Named = t.TypeVar("Named", Blueprint, CustomProfile, CustomScript)
Item = t.TypeVar("Item", CustomProfile, CustomScript)


def blueprint_catalog(blueprints: t.Sequence[Blueprint]) -> Catalog[Blueprint]:
    """Return the catalog of these blueprints."""
    return _catalog("blueprint", blueprints)


def profile_catalog(profiles: t.Sequence[CustomProfile]) -> Catalog[CustomProfile]:
    """Return the catalog of these Custom Profiles."""
    return _catalog("custom profile", profiles, _RENAME)


def script_catalog(scripts: t.Sequence[CustomScript]) -> Catalog[CustomScript]:
    """Return the catalog of these Custom Scripts."""
    return _catalog("custom script", scripts, _RENAME)


def check_rename(current: Item | None, name: str | None, items: t.Iterable[Item]) -> None:
    """Raise BadOption if the item that an id names would get the name of another one."""
    twins = [each.id for each in named(items, name) if current and each.id != current.id]
    if current and name and name != current.name and twins:
        raise BadOption(
            f"name: Kandji has another one named {name!r} ({', '.join(twins)}). Choose another"
            " name, or leave name out."
        )


def check_same_name(current: Item | None, name: str | None) -> None:
    """Raise BadOption if the item that an id names does not have the name that is given with it.

    For what removes an item, where a name is not one that the item is to get: one of the two is
    wrong, and nobody knows which.
    """
    if current and name and name != current.name:
        raise BadOption(
            f"name: the item with the library_item_id {current.id} is named {current.name!r}, not"
            f" {name!r}. Nothing was removed. Name one item by both, or leave one of them out."
        )


def check_new_name(kind: str, name: str, current: Item | None = None) -> None:
    """Raise BadOption for a name with spaces around it, which the item does not have yet.

    A tenant that removes the spaces would not find the item again, and get one more in each run.
    """
    is_new = current is None or current.name != name
    if is_new and name != name.strip():
        raise BadOption(f"{kind} {name!r}: its name begins or ends with a space. Remove it.")


def _catalog(kind: str, items: t.Sequence[Named], other_remedy: str = "") -> Catalog[Named]:
    return Catalog(
        kind,
        "Kandji",
        items,
        id_of=lambda item: item.id,
        name_of=lambda item: item.name,
        fold_case=True,
        other_remedy=other_remedy,
    )
