# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan relies on, read again before its first write, and twins after a create.

A write costs one more read of the list that its plan relies on, and one of each blueprint that an
existing item is assigned to or removed from. A create costs one more read of the list after it.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.errors import Refused
from .assignments import Assignment
from .client import Kandji
from .records import CustomProfile, CustomScript

Item = t.TypeVar("Item", CustomProfile, CustomScript)


def check_unchanged(
    subject: str, name: str, planned: Item | None, listed: t.Iterable[Item]
) -> None:
    """Raise Refused if an item is not what its plan was made for.

    :arg subject: the item in a message, such as profile 'Okta SCEP'.
    :arg planned: the item that the plan read, or None if it creates one of this name.
    """
    items = list(listed)
    if planned is None:
        if any(each.name == name for each in items):
            raise _changed(subject, "was created")
        return
    now = next((each for each in items if each.id == planned.id), None)
    if now is None:
        raise _changed(subject, "was deleted")
    if _content(now) != _content(planned):
        raise _changed(subject, "was changed")
    if name != planned.name and any(each.name == name for each in items):
        raise _changed(subject, "got a namesake")


def check_assignment(
    kandji: Kandji, subject: str, item_id: str | None, assignment: Assignment
) -> None:
    """Raise Refused if an existing item was assigned or removed where the plan would do so."""
    if item_id is None:
        return
    for blueprints, planned in ((assignment.assign, False), (assignment.remove, True)):
        for blueprint in blueprints:
            ids = {item.id for item in kandji.library_items(blueprint.id)}
            if (item_id.lower() in ids) is not planned:
                verb = "was removed from" if planned else "was assigned to"
                raise _changed(subject, f"{verb} the blueprint {blueprint.name!r}")


def find_older_twin(created: Item, listed: t.Iterable[Item]) -> Item | None:
    """Return another item of the name that was created before this one, or None.

    Two runs that created a twin at once decide by the same order: the time of creation, then the
    id. The item that comes first stays.
    """
    own = (created.created_at or "", created.id)
    older = [
        each
        for each in listed
        if each.name == created.name and (each.created_at or "", each.id) < own
    ]
    return min(older, key=lambda each: (each.created_at or "", each.id), default=None)


def twin_refused(subject: str, twin: CustomProfile | CustomScript) -> Refused:
    """Return the error of the run that created the later twin, and deleted it."""
    return Refused(
        f"{subject}: another run created it at the same time ({twin.id}). This run deleted its own"
        " copy before it was assigned. Wait for the other run, then run again.",
        library_item_id=twin.id,
    )


def _content(item: Item) -> Item:
    return replace(item, updated_at=None, created_at=None)


def _changed(subject: str, what: str) -> Refused:
    return Refused(
        f"{subject}: it {what} in Kandji after this run read it. This run wrote nothing to it. Run"
        " again to plan with what Kandji holds now."
    )
