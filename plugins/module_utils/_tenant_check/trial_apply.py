# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads and writes of the trial: a Custom Profile is created, renamed and deleted."""

from __future__ import annotations

from collections.abc import Callable

from .._core.errors import DeviceTrustError, NotFound, Refused
from .._http.operations import optional
from .._kandji import client as kandji_client
from .._kandji.client import Kandji
from .._kandji.records import CustomProfile
from .answers import Trial
from .trial import (
    CONTENT,
    FLAGS,
    NAME,
    RENAMED,
    find_leftovers,
    has_name,
    is_of_trial,
    require_unedited,
)

OPERATIONS = (
    kandji_client.CREATE_PROFILE,
    kandji_client.UPDATE_PROFILE,
    kandji_client.DELETE_PROFILE,
)
USES = optional(*OPERATIONS)
OBSERVED = {operation.name: "kandji" for operation in OPERATIONS}


def read_leftovers(kandji: Kandji) -> list[CustomProfile]:
    """Return what interrupted runs left, which may be deleted. Raises Refused for anything else.

    Blueprints are read only if there is something.
    """
    profiles = list(filter(has_name, kandji.profiles()))
    places: dict[str, list[str]] = {}
    for blueprint in kandji.blueprints() if profiles else ():
        for item in kandji.library_items(blueprint.id):
            places.setdefault(item.id, []).append(blueprint.name)
    return find_leftovers(profiles, places)


def make_trial(
    kandji: Kandji, leftovers: list[CustomProfile], report: Callable[[str], None]
) -> Trial:
    """Delete the leftovers, then create, rename and delete a profile, with a list after each write.

    After a failure the profile is deleted, too. An error says so if it may be left. What somebody
    edited meanwhile is neither changed nor deleted: the list before each write shows it.

    :arg leftovers: as ``read_leftovers`` returned them right before.
    :arg report: is called with what is done before each step.
    """
    for each in leftovers:
        report("trial: deleting what an earlier run left")
        require_unedited(kandji.profiles(), [each])
        _delete(kandji, each)
    made: list[CustomProfile] = []
    try:
        report("trial: creating a profile")
        made.append(kandji.create_profile(NAME, CONTENT, FLAGS))
        listed = _find_unedited(kandji, made[0])
        report("trial: renaming the profile")
        renamed = kandji.update_profile(listed or made[0], {"name": RENAMED}, None)
        require_unedited([renamed], made)
        listed_renamed = _find_unedited(kandji, made[0])
    except DeviceTrustError as error:
        raise _clean_up(kandji, made, error) from None
    report("trial: deleting the profile")
    _delete(kandji, made[0])
    return Trial(
        made[0],
        renamed,
        listed,
        listed_renamed if listed_renamed and listed_renamed.name == RENAMED else None,
        _find(kandji, made[0].id) is not None,
    )


def _find_unedited(kandji: Kandji, made: CustomProfile) -> CustomProfile | None:
    """Return the profile as the list shows it, None if it does not. Raises Refused for an edit."""
    return next(iter(require_unedited(kandji.profiles(), [made])), None)


def _find(kandji: Kandji, item_id: str) -> CustomProfile | None:
    return next((each for each in kandji.profiles() if each.id == item_id), None)


def _delete(kandji: Kandji, profile: CustomProfile) -> None:
    """Delete a profile. The error of a failure says what is left, and where."""
    try:
        kandji.delete_profile(profile.id)
    except DeviceTrustError as error:
        error.message = (
            f"Kandji: The Custom Profile of the trial ({profile.id}), named {NAME!r} or"
            f" {RENAMED!r}, is left, inactive and on no blueprint. Delete it in Kandji, or set"
            f" writes: true and run again, which deletes it. Its deletion failed: {error.message}"
        )
        raise


def _clean_up(
    kandji: Kandji, made: list[CustomProfile], error: DeviceTrustError
) -> DeviceTrustError:
    """Delete what a trial that failed made, and return its error. It says so if that failed, too.

    A creation whose answer was lost may have been carried out: the list shows it. It also shows an
    edit meanwhile, after which the profile is left.
    """
    if isinstance(error, Refused) or not (made or kandji.transport.may_have_written):
        return error
    try:
        listed = list(kandji.profiles())
        if made:
            require_unedited(listed, made)
        else:
            made = list(filter(is_of_trial, listed))
            error.message += "" if made else f" {_MAY_BE_LEFT}"
    except Refused as edit:
        error.message += f" {edit.message}"
        return error
    except DeviceTrustError as failure:
        error.message += f" {_MAY_BE_LEFT} {failure.message}"
        return error
    return _delete_made(kandji, made, error)


def _delete_made(
    kandji: Kandji, made: list[CustomProfile], error: DeviceTrustError
) -> DeviceTrustError:
    try:
        for each in made:
            _delete(kandji, each)
    except DeviceTrustError as failure:
        error.message += f" {failure.message}"
        return error
    return _deleted_by_others(error) if isinstance(error, NotFound) else error


_MAY_BE_LEFT = (
    f"The Custom Profile {NAME!r} of the trial may be left in Kandji, inactive and on no blueprint."
    " Delete it in Kandji, or set writes: true and run again, which deletes it."
)


def _deleted_by_others(error: DeviceTrustError) -> Refused:
    return Refused(
        "writes: another run or person deleted the Custom Profile of the trial meanwhile. Wait for"
        " the other run, then run again.",
        **error.details,
    )
