#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_custom_profile
short_description: Manage a Custom Profile in Kandji
version_added: 0.1.0
description:
  - Creates, changes, assigns and deletes a Custom Profile in Kandji (Iru) with any content.
  - Nothing is written without a difference, because each write makes every Mac in scope install the
    profile again.
  - Parsed payloads are compared as a whole, not texts. The order of payloads is not compared.
  - Identifiers and UUIDs of payloads are not compared. A value that refers to a payload, such as
    C(PayloadCertificateUUID), is compared by the payload that it means. A tool may build the file
    with new UUIDs each time.
  - Of the keys outside the payloads, only those of O(mobileconfig) are compared;
    C(PayloadDescription) and C(PayloadOrganization) only where Kandji shows one.
  - For the SCEP profile of Okta use M(devicetrust.okta_kandji.kandji_scep_profile), which builds
    it.
  - Every API token that may list or get Custom Profiles can read their content, including secrets.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._assignment
  - devicetrust.okta_kandji._profile
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
requirements:
  - cryptography and asn1crypto, where O(test_enrollment) proves a SCEP payload
options:
  name:
    description:
      - Name of the profile in Kandji. Several profiles go into O(profiles) instead.
      - With O(library_item_id), the name that the profile is to have. With O(state=absent) or
        O(blueprints_mode=remove), the name that it has.
    type: str
  generation:
    description:
      - A name that is stored inside the profile. Change it to make the module write the profile
        again, and its Macs install it again.
      - Not compared when not set.
    type: str
  profiles:
    description:
      - Several profiles that share all other options, one for each ring. The module plans them from
        one read, and reads all of them again before the first write.
      - A profile, an item or a blueprint is in one entry only. With O(on_conflict=warn), entries
        may be for different nodes of one assignment map.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
      library_item_id:
        description: As O(library_item_id).
        type: str
      blueprints:
        description: As O(blueprints).
        type: list
        elements: str
      assignment_nodes:
        description: As O(assignment_nodes).
        type: dict
      generation:
        description: As O(generation).
        type: str
  mobileconfig:
    description:
      - The text of the configuration profile, as XML, neither signed nor encrypted. Kandji replaces
        its global variables in it, such as C($SERIAL_NUMBER). A SCEP URL or challenge with such a
        variable needs O(test_enrollment=false).
      - Kandji sets its own C(PayloadIdentifier), C(PayloadDisplayName) and C(PayloadUUID) on the
        whole profile. The module adds a mark to the first payload's C(PayloadDescription), to
        recognize what it wrote.
      - If a payload of Apple's names a certificate, as C(PayloadCertificateUUID) does, the same
        file needs the payload of that certificate. Otherwise macOS does not install the profile.
      - Required, except with O(state=absent) and O(blueprints_mode=remove). It is never shown.
    type: str
  secret_keys:
    description:
      - Further keys inside O(mobileconfig) whose values are secret. Data is shown as its digest.
      - Keys that Apple describes as passwords, secrets and the like are always secret. So are other
        keys with C(password), C(passphrase), C(passcode), C(challenge), C(secret), C(token),
        C(credential), C(pin) or C(psk) in their names, and keys that end with C(Key). Common words
        of other languages, such as C(Passwort), count, too. So do names of settings in values, as
        in the pair C(Name=token, Value=...).
      - Values that look like credentials are secret under any key. These are C(Bearer ...) and
        other authorizations, passwords and tokens in URLs, texts that assign something to such a
        name, as C(DB_PASSWORD=...) and C(--token ...) do, and, in payloads that Apple does not
        describe, random texts of 20 letters and digits or more, unless they are hexadecimal.
      - What Kandji holds under a key that O(mobileconfig) does not have is never shown.
    type: list
    elements: str
    default: []
  active:
    description: Whether Macs get the profile at all. V(false) removes it from those that have it,
      within O(max_removed).
    type: bool
    default: true
  state:
    description: V(absent) deletes the profile, and all its Macs lose it. It does not need
      O(blueprints).
    type: str
    choices: [present, absent]
    default: present
  on_conflict:
    description:
      - What to do if Macs of O(blueprints) would get the same configuration twice.
      - This covers a SCEP URL, a host for single sign-on, or Okta Verify's settings from another
        Custom Profile. It also covers Okta Verify's configuration on Macs with Kandji's own Okta
        Device Trust.
    type: str
    choices: [fail, warn]
    default: fail
  max_reinstall:
    description: How many Macs that hold the profile may reinstall it because of a change.
    type: int
    default: 0
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
  - module: devicetrust.okta_kandji.kandji_custom_script
"""

EXAMPLES = r"""
- name: Deploy the company's Wi-Fi to the canary ring
  devicetrust.okta_kandji.kandji_custom_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Wi-Fi
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    blueprints:
      - Canary

- name: Delete a profile that 12 Macs hold
  devicetrust.okta_kandji.kandji_custom_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Old Wi-Fi
    state: absent
    max_removed: 12

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Deploy a profile to two rings alone, one of them a node of an assignment map
  devicetrust.okta_kandji.kandji_custom_profile:
    profiles:
      - name: Wi-Fi - canary
        blueprints: [Canary]
        generation: "2027"
      - name: Wi-Fi - engineers
        blueprints: [All Macs]
        assignment_nodes:
          All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    secret_keys: [SSID_STR]
    active: true
    runs_on: [mac]
    blueprints_mode: exact
    on_conflict: warn
    test_enrollment: true
    max_new: 200
    max_removed: 0

- name: Change the content of a profile that 40 Macs hold
  devicetrust.okta_kandji.kandji_custom_profile:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    name: Wi-Fi
    blueprints: [Canary]
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    max_reinstall: 40
    max_reissue: 40
"""

RETURN = r"""
profiles:
  description:
    - Each profile after the run, or as it would be in check mode, without its content.
    - C(library_item_id), C(mdm_identifier), C(payload_uuid) and C(updated_at) are null if the
      profile does not exist. C(generation) is null if you set none.
    - Each write gives C(payload_uuid) another value.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Wi-Fi
      library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      mdm_identifier: com.kandji.profile.custom.8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      payload_uuid: 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E
      generation: null
      updated_at: "2026-11-23T10:00:00.000Z"
      blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]
      changed: false
macs_touched:
  description:
    - Number of Macs that the changes reach. All are 0 if there are no changes.
    - C(reissue) counts Macs that get a new certificate. C(new) counts Macs that get the profile for
      the first time. C(removed) counts Macs that lose it.
    - C(reinstall) counts Macs that reinstall the profile.
  returned: success
  type: dict
  sample: {reissue: 0, reinstall: 0, new: 4, removed: 0}
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update profile 'Wi-Fi': com.apple.wifi.managed/SSID_STR", "assign profile 'Wi-Fi' to
    blueprint 'Canary'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Custom Profiles, verb: GET, count: 1}
"""

import typing as t
from functools import partial

from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import ASSIGNMENT, CUSTOM_PROFILE, KANDJI, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.constants import OKTA_DEVICE_TRUST
from ..module_utils._kandji.profiles import apply, entries, mobileconfig
from ..module_utils._kandji.profiles import plan as custom_profile
from ..module_utils._kandji.profiles.enrolment_check import prove_payloads
from ..module_utils._kandji.profiles.file_content import FileContent
from ..module_utils._kandji.profiles.plan import (
    Library,
    Plan,
    ProfileOptions,
    Wanted,
    profile_options,
)
from ..module_utils._kandji.profiles.references import Plist
from ..module_utils._kandji.profiles.secrets import (
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
ONE_OF_A_KIND = "A Mac must get each of these from one profile"


Task = apply.ProfileTask[Plan]


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params = ctx.params
    deletes, removes = params["state"] == "absent", params["blueprints_mode"] == "remove"
    asked = profile_options(params)
    entries.check_options(asked, deletes or removes or params["on_conflict"] == "warn")
    plist = _read_plist(ctx, asked)
    library, wanted = apply.read_library(ctx.kandji, asked, params["blueprints_mode"], deletes)
    tasks = [_plan(ctx, each, plist, library) for each in wanted]
    plans = [task.plan for task in tasks]
    entries.check_plans(plans, deletes or removes, params["on_conflict"] == "warn")
    if plist:
        _check_conflicts(ctx, plist, plans, library)
    for text in apply.describe_unknowns(plans, ctx.check_mode):
        ctx.warn(text)
    limits = apply.ProfileLimits.from_params(params, EFFECTS)
    apply.count_devices(ctx.kandji, tasks, limits)
    _prove_payloads(ctx, plist, plans)
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
    for text in custom_profile.check_conflicts(conflicts, ctx.params["on_conflict"], ONE_OF_A_KIND):
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


def _prove_payloads(
    ctx: ModuleContext, plist: Plist | None, plans: t.Sequence[custom_profile.Plan]
) -> None:
    """Raise what a test enrolment raises if Macs could not enrol because of the plans."""
    if ctx.params["test_enrollment"] and any(plan.enrols_macs for plan in plans):
        prove_payloads("mobileconfig", plist or {}, ctx)


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


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(KANDJI, OPTIONS),
        required_one_of=[("name", "library_item_id", "profiles")],
        mutually_exclusive=[(name, "profiles") for name in PROFILE],
    )


if __name__ == "__main__":
    main()
