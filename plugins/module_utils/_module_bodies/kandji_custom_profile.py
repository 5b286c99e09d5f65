# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module kandji_custom_profile does."""

from __future__ import annotations

import typing as t
from functools import partial

from .._core.errors import BadOption
from .._core.module import ModuleContext
from .._core.options import ASSIGNMENT, CUSTOM_PROFILE, KANDJI, ArgumentSpec, arguments
from .._core.results import Result, build_result
from .._kandji import client as kandji_api
from .._kandji.constants import OKTA_DEVICE_TRUST
from .._kandji.profiles import apply, entry_conflicts, mobileconfig
from .._kandji.profiles import plan as custom_profile
from .._kandji.profiles.enrollment_test import try_payloads
from .._kandji.profiles.file_content import FileContent
from .._kandji.profiles.plan import (
    Library,
    Plan,
    ProfileOptions,
    Wanted,
    profile_options,
)
from .._kandji.profiles.references import Plist
from .._kandji.profiles.secrets import (
    is_ordinary,
    secret_texts,
    unknown_variables,
)

PROFILE: ArgumentSpec = {
    "name": {"type": "str"},
    "library_item_id": CUSTOM_PROFILE["library_item_id"],
    "blueprints": ASSIGNMENT["blueprints"],
    "assignment_nodes": ASSIGNMENT["assignment_nodes"],
    "generation": {"type": "str"},
}
OPTIONS: ArgumentSpec = {
    **ASSIGNMENT,
    **CUSTOM_PROFILE,
    **PROFILE,
    "profiles": {
        "type": "list",
        "elements": "dict",
        "options": PROFILE,
        "required_one_of": [("name", "library_item_id")],
    },
    "mobileconfig": {"type": "str", "no_log": True},
    "secret_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "active": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "on_conflict": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "max_reinstall": {"type": "int", "default": 0},
}
EFFECTS = {
    "reinstall": "would be installed again by",
    "reissue": "would give new certificates to",
    "new": "would bring the profile for the first time to",
    "removed": "would take the profile from",
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_PROFILES,
    kandji_api.CREATE_PROFILE,
    kandji_api.UPDATE_PROFILE,
    kandji_api.DELETE_PROFILE,
    kandji_api.ASSIGN_ITEM,
    kandji_api.REMOVE_ITEM,
)
# Options, and the rules of them, as AnsibleModule takes both.
SPEC: t.Mapping[str, object] = {
    "argument_spec": arguments(KANDJI, OPTIONS),
    "required_one_of": [("name", "library_item_id", "profiles")],
    "mutually_exclusive": [(name, "profiles") for name in PROFILE],
}
ONE_OF_A_KIND = "A Mac must get each of these from one profile"


Task = apply.ProfileTask[Plan]


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params = ctx.params
    deletes, removes = params["state"] == "absent", params["blueprints_mode"] == "remove"
    asked = profile_options(params)
    entry_conflicts.check_options(asked, deletes or removes or params["on_conflict"] == "warn")
    plist = _read_plist(ctx, asked)
    library, wanted = apply.read_library(ctx.kandji, asked, params["blueprints_mode"], deletes)
    tasks = [_plan(ctx, each, plist, library) for each in wanted]
    plans = [task.plan for task in tasks]
    entry_conflicts.check_plans(plans, deletes or removes, params["on_conflict"] == "warn")
    if plist:
        _check_conflicts(ctx, plist, plans, library)
    for text in apply.describe_unknowns(plans, ctx.check_mode):
        ctx.warn(text)
    limits = apply.ProfileLimits.from_params(params, EFFECTS)
    apply.count_devices(ctx.kandji, tasks, limits)
    _try_enrollments(ctx, plist, plans)
    if not ctx.check_mode:
        apply.apply_tasks(ctx.kandji, tasks, limits, partial(_recheck_conflicts, ctx, plist, plans))
    return build_result(
        [change for plan in plans for change in plan.changes],
        profiles=[_summarize(task) for task in tasks],
        macs_touched=apply.sum_reaches(tasks, limits),
    )


def _read_plist(ctx: ModuleContext, asked: t.Sequence[ProfileOptions]) -> Plist | None:
    """Return the profile of option mobileconfig, or None if nothing is to be written.

    Raises BadOption before anything is read from Kandji.
    """
    params = ctx.params
    if params["state"] == "absent":
        return None
    if not all(each.blueprints for each in asked):
        raise BadOption(
            "blueprints: it is not set, or empty. Name the blueprints that the profile is for."
        )
    if params["blueprints_mode"] == "remove":
        return None
    if params["mobileconfig"] is None:
        raise BadOption("mobileconfig: it is not set. Set the text of the configuration profile.")
    if not params["runs_on"]:
        raise BadOption("runs_on: it is empty. Name at least one platform.")
    plist = mobileconfig.read(params["mobileconfig"])
    _mask_secrets(ctx, plist)
    for text in unknown_variables(plist, params["secret_keys"]):
        ctx.warn(
            f"mobileconfig: {text} is not a variable that Kandji knows; Macs get it unchanged."
        )
    for text in mobileconfig.shared_identities(plist):
        ctx.warn(f"mobileconfig: {text}. Apple wants one that no other payload has. Set another.")
    return plist


def _mask_secrets(ctx: ModuleContext, plist: Plist | None) -> None:
    """Keep the secrets of a profile out of all output."""
    for secret in secret_texts(plist or {}, ctx.params["secret_keys"]):
        ctx.masker.add(secret, ordinary=is_ordinary(secret))


def _plan(ctx: ModuleContext, wanted: Wanted, plist: Plist | None, library: Library) -> Task:
    params = ctx.params
    if params["state"] == "absent":
        return Task(custom_profile.plan_deletion(wanted, library), None)
    removes = params["blueprints_mode"] == "remove"
    identify = custom_profile.identify_removed if removes else custom_profile.identify
    identity = identify(wanted, library.profiles)
    # What a difference shows of an older value lacks what surrounds it in the profile.
    _mask_secrets(ctx, mobileconfig.parse(identity[1].mobileconfig) if identity[1] else None)
    plan = Plan(wanted, *identity, assigned_only=plist is None)
    content = None
    if plist is not None:
        content = FileContent(plist, wanted.generation, params["runs_on"], params["secret_keys"])
        flags = {"active": params["active"], **custom_profile.platform_flags(params["runs_on"])}
        plan = custom_profile.plan_content(plan, content, flags)
    plan = custom_profile.plan_places(plan, library, params["blueprints_mode"])
    return Task(plan, content)


def _check_conflicts(
    ctx: ModuleContext, plist: Plist, plans: t.Sequence[Plan], library: Library
) -> None:
    conflicts = _profile_conflicts(plist, plans, library)
    if mobileconfig.exclusive_resources(plist):
        own = {plan.item_id for plan in plans if plan.item_id}
        places = [blueprint for plan in plans for blueprint in plan.wanted.blueprints]
        if warning := custom_profile.warn_unreadable(own, places, library):
            ctx.warn(warning)
    if "mac" in ctx.params["runs_on"] and mobileconfig.configures_okta_verify(plist):
        installed = ctx.kandji.prism_profiles({"payload_identifier": {"like": [OKTA_DEVICE_TRUST]}})
        blueprints = [blueprint for plan in plans for blueprint in plan.wanted.blueprints]
        conflicts += custom_profile.device_trust_conflicts(installed, blueprints)
    custom_profile.check_conflicts(conflicts, ctx.params["on_conflict"], ONE_OF_A_KIND)
    for text in conflicts:
        ctx.warn(f"Duplicate configuration: {text}.")


def _recheck_conflicts(
    ctx: ModuleContext,
    plist: Plist | None,
    plans: t.Sequence[Plan],
    library: Library,
    written: str,
) -> None:
    """Raise Refused for a profile that came to the blueprints after the plans were made.

    :arg written: a sentence on what was written before.
    """
    if plist:
        conflicts = _profile_conflicts(plist, plans, library)
        on_conflict = ctx.params["on_conflict"]
        custom_profile.check_conflicts(conflicts, on_conflict, ONE_OF_A_KIND, written)


def _profile_conflicts(plist: Plist, plans: t.Sequence[Plan], library: Library) -> list[str]:
    own = mobileconfig.exclusive_resources(plist)
    return [text for plan in plans for text in _resource_conflicts(own, plan, library) if own]


def _resource_conflicts(own: t.AbstractSet[str], plan: Plan, library: Library) -> t.Iterator[str]:
    """Yield a sentence for each other profile that brings the same to the same blueprints."""
    for each in custom_profile.find_neighbours(
        {plan.item_id or ""}, plan.wanted.blueprints, library
    ):
        both = sorted(own & mobileconfig.exclusive_resources(each.plist))
        if both:
            yield (
                f"the custom profile {each.profile.name!r} ({each.profile.id}) is on {each.places}"
                f" and brings {', '.join(both)} too"
            )


def _try_enrollments(
    ctx: ModuleContext, plist: Plist | None, plans: t.Sequence[custom_profile.Plan]
) -> None:
    """Raise what a test enrollment raises if Macs could not enroll because of the plans."""
    if ctx.params["test_enrollment"] and any(plan.enrolls_macs for plan in plans):
        try_payloads("mobileconfig", plist or {}, ctx)


def _summarize(task: Task) -> Result:
    profile = task.written
    plist = mobileconfig.parse(profile.mobileconfig if profile else None) or {}
    return {
        "name": task.plan.name,
        "library_item_id": profile.id if profile else None,
        "mdm_identifier": profile.mdm_identifier if profile else None,
        "updated_at": profile.updated_at if profile else None,
        "payload_uuid": plist.get("PayloadUUID"),
        "generation": mobileconfig.read_mark(plist)[1],
        "blueprints": [blueprint.as_result() for blueprint in task.plan.wanted.blueprints],
        "changed": bool(task.plan.changes),
    }
