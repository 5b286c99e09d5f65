# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan relies on, read again before its first write, and what other runs write meanwhile.

Kandji has no precondition for a write: a run cannot ask it to refuse a write after another one. So
a run reads before its first write and after each write, and stops with a sentence.
"""

from __future__ import annotations

import typing as t
from dataclasses import fields, replace

from .._core.errors import DeviceTrustError, Refused
from .._core.lookup import find_earlier, named
from .assignments import Assignment
from .profiles import mobileconfig
from .profiles.references import canonical
from .records import CustomProfile, CustomScript

Item = t.TypeVar("Item", CustomProfile, CustomScript)
ItemIds = t.Mapping[str, t.AbstractSet[str]]  # by blueprint id


def check_unchanged(
    subject: str, name: str, planned: Item | None, listed: t.Iterable[Item]
) -> None:
    """Raise Refused if an item is not what its plan was made for.

    :arg subject: the item in a message, such as profile 'Okta SCEP'.
    :arg planned: the item that the plan read, or None if it creates one of this name.
    """
    items = list(listed)
    if planned is None:
        if named(items, name):
            raise _changed(subject, "was created")
        return
    now = next((each for each in items if each.id == planned.id), None)
    if now is None:
        raise _changed(subject, "was deleted")
    if _content(now) != _content(planned):
        raise _changed(subject, "was changed")
    if name != planned.name and named(items, name):
        raise _changed(subject, "got a namesake")


def check_assignment(
    subject: str, item_id: str | None, assignment: Assignment, item_ids: ItemIds
) -> None:
    """Raise Refused if an existing item was assigned or removed where the plan would do so.

    :arg item_ids: the ids on the blueprints of the assignment, as they are now.
    """
    if item_id is None:
        return
    for blueprints, planned in ((assignment.assign, False), (assignment.remove, True)):
        for blueprint in blueprints:
            if (item_id.lower() in item_ids[blueprint.id]) is not planned:
                verb = "was removed from" if planned else "was assigned to"
                raise _changed(subject, f"{verb} the blueprint {blueprint.name!r}")


def check_last_write(subject: str, planned: Item, written: Item, listed: t.Iterable[Item]) -> None:
    """Raise Refused if another run or person wrote to an item after this run did.

    A list that still shows the item as planned is not up to date, which says nothing.

    :arg written: the item as Kandji returned it to the write of this run.
    """
    now = next((each for each in listed if each.id == written.id), None)
    if now is not None and (_agree(now, written) or _agree(now, planned)):
        return
    what = "deleted it" if now is None else "wrote to it"
    raise Refused(
        f"{subject}: another run or person {what} right after this run wrote to it. Kandji does not"
        " hold what this run wrote. Wait for the other run, then run again.",
        library_item_id=written.id,
    )


def find_older_twin(created: Item, listed: t.Iterable[Item]) -> Item | None:
    """Return another item of the name that was created before this one, or None.

    The answer to the write need not have the time of creation, so the list's counts.
    """
    items = list(listed)
    own = next((each for each in items if each.id == created.id), None)
    name = (own.name if own else "") or created.name or None
    others = [each for each in named(items, name) if each.id != created.id]
    order = _creation(own) if own else (created.created_at or "~", created.id)
    return find_earlier(order, others, _creation)


def _creation(item: Item) -> tuple[str, str]:
    return item.created_at or "", item.id


def twin_refused(subject: str, twin: CustomProfile | CustomScript) -> Refused:
    """Return the error of the run that created the later twin, and deleted it."""
    return Refused(
        f"{subject}: another run created it at the same time ({twin.id}). This run deleted its own"
        " copy before it was assigned. Wait for the other run, then run again.",
        library_item_id=twin.id,
    )


def twin_left(
    subject: str, twin: Item, copy: Item, error: DeviceTrustError | None = None
) -> Refused:
    """Return the error of the run that created the later twin, and did not delete it.

    :arg error: why Kandji did not delete it, if this run tried to.
    """
    reason = f" This run could not delete it: {error.message}" if error else ""
    return Refused(
        f"{subject}: another run created it at the same time ({twin.id}). The copy of this run"
        f" ({copy.id}) is assigned to nothing. Delete the copy in Kandji, then run again.{reason}",
        library_item_id=copy.id,
    )


def _content(item: Item) -> Item:
    return replace(item, updated_at=None, created_at=None, malformed=frozenset())


def _agree(first: Item, second: Item) -> bool:
    """Return whether two records are of one content, as far as Kandji returned it in both.

    Which fields an answer has differs between the list and the answer to a write.
    """
    pairs = [
        (getattr(_content(first), each.name), getattr(_content(second), each.name))
        for each in fields(first)
    ]
    return all(map(_agree_values, *zip(*pairs, strict=True)))


def _agree_values(first: object, second: object) -> bool:
    if first is None or second is None or first == second:
        return True
    if isinstance(first, dict) and isinstance(second, dict):
        return all(first[key] == second[key] for key in first.keys() & second.keys())
    if isinstance(first, str) and isinstance(second, str):
        parsed = mobileconfig.parse(first)
        if parsed is not None:
            # By ``==`` the number 1 would be the switch that is on.
            return canonical(parsed) == canonical(mobileconfig.parse(second))
        return first.rstrip() == second.rstrip()
    return False


def _changed(subject: str, what: str) -> Refused:
    return Refused(
        f"{subject}: it {what} in Kandji after this run read it. This run wrote nothing to it. Run"
        " again to plan with what Kandji holds now."
    )
