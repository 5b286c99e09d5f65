# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module kandji_scep_profile does."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ansible.module_utils.basic import env_fallback

from .._core.errors import BadOption, DeviceTrustError, Refused
from .._core.module import ModuleContext
from .._core.options import (
    ASSIGNMENT,
    CUSTOM_PROFILE,
    KANDJI,
    ArgumentSpec,
    Params,
    arguments,
    require,
)
from .._core.results import Result, build_result
from .._kandji import assignments
from .._kandji import client as kandji_api
from .._kandji.console_items import find_scep_item
from .._kandji.constants import OKTA_DEVICE_TRUST_SCEP
from .._kandji.lookups import profile_catalog
from .._kandji.profile_holders import ProfileItem, read_holders, reported_profiles
from .._kandji.profiles import apply, entry_conflicts, scep
from .._kandji.profiles import plan as custom_profile
from .._kandji.profiles.challenge import check_challenge
from .._kandji.profiles.console_evidence import find_kept_blueprints, summarize_evidence
from .._kandji.profiles.enrollment_test import open_endpoint
from .._kandji.profiles.plan import ProfileOptions, profile_options
from .._kandji.profiles.replacement import (
    Replaced,
    check_replaced,
    describe_console_profiles,
    describe_issued,
    describe_wait,
    find_all_conflicts,
    find_console_profiles,
    find_places,
    list_certificate_uuids,
    may_duplicate,
    plan_replacement,
)
from .._kandji.records import Blueprint, InstalledProfile
from .._scep.endpoint import parse_scep_url

PROFILE: ArgumentSpec = {
    "name": {"type": "str"},
    "library_item_id": CUSTOM_PROFILE["library_item_id"],
    "library_item": {"type": "str"},
    "blueprints": ASSIGNMENT["blueprints"],
    "assignment_nodes": ASSIGNMENT["assignment_nodes"],
    "generation": {"type": "str"},
    "replaces": {"type": "str"},
}
OPTIONS: ArgumentSpec = {
    **ASSIGNMENT,
    **CUSTOM_PROFILE,
    **PROFILE,
    "profiles": {
        "type": "list",
        "elements": "dict",
        "options": {**PROFILE, "blueprints": {**PROFILE["blueprints"], "required": True}},
        "required_one_of": [("name", "library_item_id", "library_item")],
        "mutually_exclusive": [("name", "library_item"), ("library_item_id", "library_item")],
    },
    "url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
    "challenge": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_SCEP_CHALLENGE"]),
    },
    "subject": {"type": "str", "default": "CN=$SERIAL_NUMBER $PROFILE_UUID"},
    "scep_name": {"type": "str"},
    "subject_alt_name": {
        "type": "dict",
        "options": {
            name: {"type": "str"}
            for name in (
                "rfc822_name",
                "dns_name",
                "uniform_resource_identifier",
                "nt_principal_name",
            )
        },
    },
    "key_size": {"type": "int", "choices": [1024, 2048, 4096], "default": 2048},
    "key_usage": {
        "type": "str",
        "choices": ["signing", "encryption", "both"],
        "default": "signing",
    },
    "retries": {"type": "int", "default": 5},
    "retry_delay": {"type": "int", "default": 30},
    "key_is_extractable": {"type": "bool", "default": False},
    "allow_all_apps_access": {"type": "bool", "default": True},
    "ca_fingerprint": {"type": "str"},
    "may_change": {"type": "list", "elements": "str", "choices": sorted(scep.CHANGEABLE)},
    "redistribution_days": {"type": "int", "default": 30},
    "on_conflict": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "max_remaining": {"type": "int", "default": 0},
}
ASKED_UUIDS = 5  # one request each, and the Macs of an item share its UUID
SEARCHED_PROFILES = 300  # that Macs reported, for those that were made in the web app
PIN_REMEDY = "Set it to that of one of these certificates, or to absent."
SETTINGS = (
    "url",
    "challenge",
    "subject",
    "scep_name",
    "subject_alt_name",
    "key_size",
    "key_usage",
    "retries",
    "retry_delay",
    "key_is_extractable",
    "allow_all_apps_access",
    "ca_fingerprint",
)
EFFECTS = {
    "reissue": "would give new certificates to",
    "new": "would bring the profile for the first time to",
    "removed": "would take the profile, and with it the certificate, from",
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_SCRIPTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.ITEM_STATUSES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
    kandji_api.PRISM_CERTIFICATES,
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
    "required_one_of": [("name", "library_item_id", "library_item", "profiles")],
    "mutually_exclusive": [
        ("name", "profiles"),
        ("library_item_id", "profiles"),
        ("blueprints", "profiles"),
        ("generation", "profiles"),
        ("assignment_nodes", "profiles"),
        ("library_item", "profiles"),
        ("library_item", "name"),
        ("library_item", "library_item_id"),
    ],
    "required_by": {
        "name": ["blueprints"],
        "library_item_id": ["blueprints"],
        "library_item": ["blueprints"],
    },
}


@dataclass
class Task(apply.ProfileTask[scep.Plan]):
    """One profile from its plan to its result, and the item that it replaces."""

    replaced: Replaced | None = None


def run(ctx: ModuleContext, is_issued: t.Callable[[str], bool] | None = None) -> Result:
    """Return the result of the module.

    :arg is_issued: returns whether Okta issued a certificate whose name holds this UUID, as far as
        its log shows, and raises DeviceTrustError if the log cannot be read. Without it, Okta is
        not asked.
    """
    params = ctx.params
    ctx.masker.add(params["challenge"])
    removes, may_share = params["blueprints_mode"] == "remove", params["on_conflict"] == "warn"
    asked = profile_options(params)
    exact = params["blueprints_mode"] == "exact"
    entry_conflicts.check_options(asked, removes or may_share, exact)
    settings = _read_settings(params, asked)
    library, wanted = apply.read_library(ctx.kandji, asked, params["blueprints_mode"])
    tasks = [_plan(ctx, each, settings, library) for each in wanted]
    plans = [task.plan for task in tasks]
    entry_conflicts.check_plans(plans, removes, may_share, exact)
    if not removes:
        for task in tasks:
            task.replaced = _find_replaced(ctx, task.plan, library)
        _check_conflicts(ctx, tasks, library, is_issued)
        for task in tasks:
            _check_replaced(ctx, task, library)
    adoptions = filter(None, map(scep.describe_adoption, plans))
    for text in (*adoptions, *apply.describe_unknowns(plans, ctx.check_mode)):
        ctx.warn(text)
    limits = apply.ProfileLimits.from_params(params, EFFECTS)
    apply.count_devices(ctx.kandji, tasks, limits)
    if warning := scep.describe_missing_uuid(plans, settings.subject):
        ctx.warn(warning)
    _check_endpoint(ctx, plans)
    if not ctx.check_mode:
        apply.apply_tasks(ctx.kandji, tasks, limits, partial(_recheck_conflicts, ctx, tasks))
    changes = [change for plan in plans for change in plan.changes]
    touched = apply.sum_reaches(tasks, limits)
    return build_result(changes, profiles=_summarize(ctx, tasks, library), macs_touched=touched)


def _read_settings(params: Params, asked: t.Sequence[ProfileOptions]) -> scep.ScepSettings:
    """Return the settings of the payload, or empty ones if no payload is written.

    Raises BadOption before anything is read from Kandji.
    """
    if params["blueprints_mode"] == "remove" or all(each.library_item for each in asked):
        return scep.ScepSettings(params["url"] or "", "")
    parse_scep_url(require(params, OPTIONS, "url"), "url")
    check_challenge(require(params, OPTIONS, "challenge"))
    if not params["runs_on"]:
        raise BadOption("runs_on: it is empty. Name at least one platform.")
    settings = scep.ScepSettings(
        **{name: params[name] for name in SETTINGS}, runs_on=tuple(params["runs_on"])
    )
    scep.build_content(settings)  # raises for a wrong subject or fingerprint
    return settings


def _plan(
    ctx: ModuleContext,
    wanted: custom_profile.Wanted,
    settings: scep.ScepSettings,
    library: custom_profile.Library,
) -> Task:
    mode, content = ctx.params["blueprints_mode"], scep.ScepContent(settings, wanted.generation)
    if wanted.library_item:
        item = find_scep_item(
            ctx.kandji, wanted.library_item, library.items, library.profiles, checks_type=True
        )
        plan = scep.plan_console_item(wanted, item, library, mode)
    elif mode == "remove":
        plan = scep.plan_removal(wanted, library)
    else:
        plan = scep.plan_profile(wanted, content, library, mode)
        scep.check_changes(plan, ctx.params["may_change"])
    return Task(plan, content)


def _find_replaced(
    ctx: ModuleContext, plan: scep.Plan, library: custom_profile.Library
) -> Replaced | None:
    """Return the item that option replaces names, if something is to be assigned."""
    asked = plan.wanted.replaces
    if not asked or not plan.assignment.assign:
        return None
    custom = profile_catalog(library.profiles).find_one(asked, "replaces")
    item = custom or find_scep_item(
        ctx.kandji, asked, library.items, library.profiles, checks_type=True
    )
    return plan_replacement(asked, plan, item)


def _check_conflicts(
    ctx: ModuleContext,
    tasks: t.Sequence[Task],
    library: custom_profile.Library,
    is_issued: t.Callable[[str], bool] | None,
) -> None:
    conflicts = _find_conflicts(ctx, tasks, library)
    blueprints = [blueprint for task in tasks for blueprint in task.plan.wanted.blueprints]
    own = {each.id for task in tasks for each in (task.plan.current, task.replaced) if each}
    if warning := custom_profile.warn_unreadable(own, blueprints, library):
        ctx.warn(warning)
    if "mac" in ctx.params["runs_on"]:
        installed = ctx.kandji.prism_profiles(
            {"payload_identifier": {"in": [OKTA_DEVICE_TRUST_SCEP]}}
        )
        conflicts += custom_profile.device_trust_conflicts(installed, blueprints)
        if any(may_duplicate(task.plan, task.replaced) for task in tasks):
            conflicts += _find_console_conflicts(ctx, blueprints, is_issued)
    on_conflict = ctx.params["on_conflict"]
    custom_profile.check_conflicts(conflicts, on_conflict, scep.ONE_OF_AN_AUTHORITY)
    for text in conflicts:
        ctx.warn(f"Two SCEP profiles of one authority: {text}.")


def _find_console_conflicts(
    ctx: ModuleContext,
    blueprints: t.Sequence[Blueprint],
    is_issued: t.Callable[[str], bool] | None,
) -> list[str]:
    """Return a conflict with console-managed profiles of Okta, or warn of those of anybody."""
    ids = sorted({blueprint.id for blueprint in blueprints})
    first = islice(ctx.kandji.prism_profiles({}, ids), SEARCHED_PROFILES)
    console_managed = find_console_profiles(first)
    uuids = list_certificate_uuids(console_managed)[:ASKED_UUIDS]
    unread = ""
    try:
        if is_issued and any(map(is_issued, uuids)):
            return [describe_issued(console_managed)]
    except DeviceTrustError as error:
        unread = str(error)
    if warning := describe_console_profiles(console_managed, unread):
        ctx.warn(warning)
    return []


def _recheck_conflicts(
    ctx: ModuleContext, tasks: t.Sequence[Task], library: custom_profile.Library, written: str
) -> None:
    """Raise Refused for a profile that came to the blueprints after the plans were made.

    :arg written: a sentence on what was written before.
    """
    if ctx.params["blueprints_mode"] != "remove":
        conflicts = _find_conflicts(ctx, tasks, library)
        on_conflict = ctx.params["on_conflict"]
        rule = scep.ONE_OF_AN_AUTHORITY
        custom_profile.check_conflicts(conflicts, on_conflict, rule, written)


def _find_conflicts(
    ctx: ModuleContext, tasks: t.Sequence[Task], library: custom_profile.Library
) -> list[str]:
    plans = [(task.plan, task.replaced) for task in tasks]
    return find_all_conflicts(ctx.params["url"], plans, library)


def _check_replaced(ctx: ModuleContext, task: Task, library: custom_profile.Library) -> None:
    """Raise Refused, or warn in check mode, if too many Macs still hold the replaced item."""
    item, items = task.replaced, library.item_ids
    if item is None:
        return
    blueprints = task.plan.wanted.blueprints
    ids = {blueprint.id for blueprint in blueprints}
    holders = read_holders(
        ctx.kandji,
        ProfileItem(item.id),
        sorted(ids),
        set().union(*(items.get(each, set()) for each in ids)),
        item.console_managed,
    )
    devices = ctx.kandji.devices(platform="Mac") if holders else ()
    holding = (device for device in devices if device.device_id in holders)
    serials = assignments.macs_in_scope(holding, blueprints)
    places = find_places(item, blueprints, library)
    try:
        check_replaced(item.name, places, serials, ctx.params["max_remaining"], task.plan.name)
    except Refused as refused:
        if not ctx.check_mode:
            raise
        ctx.warn(describe_wait(refused))


def _check_endpoint(ctx: ModuleContext, plans: t.Sequence[scep.Plan]) -> None:
    """Check the pins of the profiles, and outside check mode URL and challenge by an enrollment.

    Raises Refused.
    """
    enrolling = [plan for plan in plans if plan.needs_test_enrollment]
    if not ctx.params["test_enrollment"] or not enrolling:
        return
    pins = scep.find_pins(enrolling, ctx.params["url"])
    if ctx.check_mode and not pins:
        return
    endpoint = open_endpoint(ctx, ctx.params["url"])
    for name, pin in pins.items():
        endpoint.check_pin(f"ca_fingerprint: the profile {name!r}", pin, PIN_REMEDY)
    if not ctx.check_mode:
        option = scep.parse_pin(ctx.params["ca_fingerprint"])
        endpoint.make_test_enrollment(ctx.params["challenge"], option)


def _summarize(
    ctx: ModuleContext, tasks: t.Sequence[Task], library: custom_profile.Library
) -> list[Result]:
    challenge, days = ctx.params["challenge"], ctx.params["redistribution_days"]
    rows = [scep.summarize(task.plan, task.written, challenge, days) for task in tasks]
    if not any(task.plan.console_item for task in tasks):
        return rows
    devices = list(ctx.kandji.devices(platform="Mac"))
    for row, task in zip(rows, tasks, strict=True):
        if task.plan.console_item:
            macs = assignments.macs_on(devices, task.plan.wanted.blueprints)
            row["proof"] = _read_evidence(ctx, task.plan, macs, library)
    return rows


def _read_evidence(
    ctx: ModuleContext,
    plan: scep.Plan,
    serials: t.AbstractSet[str],
    library: custom_profile.Library,
) -> Result:
    """Return what is visible of a console-managed item on the Macs of its blueprints."""
    statuses = list(ctx.kandji.item_statuses(str(plan.item_id)))
    profiles: list[InstalledProfile] = []
    if kept := find_kept_blueprints(plan):
        others = set[str]().union(*(library.item_ids.get(each, set()) for each in kept))
        item = ProfileItem(str(plan.item_id))
        profiles = reported_profiles(ctx.kandji, item, statuses, kept, others)
    certificates = ctx.kandji.prism_certificates({"identity_certificate": {"eq": True}})
    return summarize_evidence(plan, serials, statuses, profiles, certificates)
