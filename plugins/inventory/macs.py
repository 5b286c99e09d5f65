# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory of Macs, by what Kandji and Okta say of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: macs
short_description: Macs as hosts, grouped by their stage between Kandji and Okta
version_added: 0.1.0
description:
  - Creates a host for each Mac, named by its serial. Its variables begin with C(device_trust_) and
    hold what M(devicetrust.okta_kandji.device_trust_info) returns for it.
  - It does not read the enrollment policies of Okta. The reason of a Mac that nobody registered is
    the general one, where M(devicetrust.okta_kandji.device_trust_info) names the policy.
  - Its groups are its stage (C(stage_managed)), ring, blueprint, version of macOS, tags and flags.
  - The file's name ends in C(macs.yml) or C(macs.yaml).
  - Calls grow with the pages of the fleet alone. The plugin does not connect to the Macs, and sets
    no variable for connecting to them. Use O(compose) for that.
  - Texts of vendors (names of Macs, of blueprints) are never evaluated as templates.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
requirements:
  - requests
  - PyJWT and cryptography, to sign in by O(okta_private_key)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._okta.plugin
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._kandji.plugin
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._connection.plugin
  - devicetrust.okta_kandji._fleet
  - devicetrust.okta_kandji._rings.optional
  - devicetrust.okta_kandji._rings.profiles
  - constructed
  - inventory_cache
options:
  plugin:
    description: Always V(devicetrust.okta_kandji.macs).
    type: str
    required: true
    choices: [devicetrust.okta_kandji.macs]
  fleet_options:
    description:
      - O(rings), O(scep_profile_prefix), O(other_blueprints), O(other_serials),
        O(okta_verify_item_ids) and O(certificate_check_item_id) as one JSON object. AWX gives an
        inventory source a file of the project and environment variables, and nothing else.
      - An option that the file sets takes precedence.
    type: str
    env:
      - name: DEVICE_TRUST_FLEET_OPTIONS
"""

EXAMPLES = r"""
# macs.yml: the vendors' URLs and tokens come from the environment (or from a credential of AWX)
plugin: devicetrust.okta_kandji.macs
rings:
  - name: canary
    blueprints: [IT]
  - name: everybody
    blueprints: [Engineering, Sales]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_timeout: 3600
cache_connection: /var/tmp/device-trust
compose:
  ansible_host: device_trust_serial_number ~ '.macs.example.com'
groups:
  needs_its_person: device_trust_stage in ['NOT_REGISTERED', 'REGISTERED_NOT_MANAGED']
keyed_groups:
  - key: device_trust_model
    prefix: model

# The rings as JSON, as the source variable DEVICE_TRUST_FLEET_OPTIONS of AWX has them
# plugin: devicetrust.okta_kandji.macs
# fleet_options: '{"rings": [{"name": "canary", "blueprints": ["IT"]}]}'
"""

import hashlib
import json
import re
import typing as t

from ansible import constants as C
from ansible import template as _template
from ansible.errors import AnsibleParserError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._core.errors import BadOption, DeviceTrustError
from ..module_utils._core.module import ModuleContext
from ..module_utils._core.options import (
    CONNECTION,
    FLEET,
    KANDJI,
    OKTA,
    OPTIONAL_RINGS,
    PROFILES,
    Params,
)
from ..module_utils._fleet import inventory_hosts as macs
from ..module_utils._fleet import reader as fleet_reads
from ..module_utils._fleet.certificates.check_report import NO_KEYS
from ..module_utils._fleet.certificates.ledger import known_expiry
from ..module_utils._fleet.other_tenants import Elsewhere
from ..module_utils._fleet.reader import FleetQuery, read_fleet
from ..module_utils._fleet.rings import reader as ring_reads
from ..module_utils._fleet.rings.reader import read_rings, ring_options, subjects_by_ring
from ..module_utils._fleet.rows import rows
from ..module_utils._http import transport as _transport
from ..module_utils._okta.authorities import certificate_authorities
from ..module_utils._okta.authorities.certificate_authorities import read_key_expiries
from ..module_utils._report.figures import masked
from ..plugin_utils._rings import split_lists, validated_rings
from ..plugin_utils._variables import suggest_name

USES = (*ring_reads.USES, *fleet_reads.USES, *certificate_authorities.USES)
OF_FLEET = (FLEET, OPTIONAL_RINGS, PROFILES)
TABLES = (OKTA, KANDJI, *OF_FLEET)
TENANTS = ("okta_org_url", "kandji_api_url")
OF_FLEET_LISTS = tuple(name for name, spec in FLEET.items() if spec["type"] == "list")
# Where a template may begin: "{{", "{%" and "{#".
_BRACE = re.compile("[{}]")
# Of ansible-core from 2.19, which marks each text that does not have this tag.
_trusted = getattr(_template, "trust_as_template", str)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The Macs of both vendors as hosts, in groups by stage, ring, blueprint, version and tag."""

    NAME = "devicetrust.okta_kandji.macs"

    def __init__(self) -> None:
        """Begin without a file."""
        super().__init__()
        self._content: dict[str, object] = {}

    def verify_file(self, path: str) -> bool:
        """Return whether a file is a source of this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(("macs.yml", "macs.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the Macs to the inventory. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        self._content = self._read_config_data(path)
        self._check_keys(self._content)
        for name, values in self._macs(path, cache):
            self._add(name, values, macs.groups(values))

    def _check_keys(self, content: t.Mapping[str, object]) -> None:
        """Raise AnsibleParserError if the file has a key that is not an option."""
        known = C.config.get_configuration_definitions("inventory", self._load_name)
        for key in content:
            if key not in known:
                remedy = suggest_name(str(key), known)
                raise AnsibleParserError(f"{key}: this option does not exist{remedy}")

    def _macs(self, path: str, cache: bool) -> t.Iterable[tuple[str, macs.HostVars]]:
        """Return the Macs from the cache if it is wanted and fresh, else from the vendors.

        Raises AnsibleParserError.
        """
        self.load_cache_plugin()
        try:
            params = self._params()
        except DeviceTrustError as error:
            raise AnsibleParserError(error.message) from None
        # The environment may set the tenants and the options: those of another one are not these.
        key = f"{self.get_cache_key(path)}_{_digest(params)}"
        use = self.get_option("cache") and cache
        if use:
            try:
                return list(self._cache[key].items())
            except KeyError:
                pass  # not there, or too old
        macs_of_vendors = self._read(path, params)
        if self.get_option("cache"):
            self._cache[key] = dict(macs_of_vendors)
        return macs_of_vendors

    def _read(self, path: str, params: Params) -> list[tuple[str, macs.HostVars]]:
        """Return the Macs as the vendors know them.

        Raises AnsibleParserError: every error becomes one sentence, without a secret.
        """
        if _transport.REQUESTS_IMPORT_ERROR:
            raise AnsibleParserError(
                "The Python library requests is missing where ansible-inventory runs."
            )
        context = None
        try:
            context = ModuleContext(params, True, self.display.warning, USES)
            params = context.params
            rings, competitors = read_rings(
                context.kandji, ring_options(params), params["scep_profile_prefix"]
            )
            check_item_id = params["certificate_check_item_id"]
            keys = read_key_expiries(context.okta) if check_item_id else NO_KEYS
            subject = subjects_by_ring(rings)[None]
            expiries = known_expiry(context.kandji, check_item_id, keys=keys, subject=subject)
            query = FleetQuery(
                rings,
                params["okta_verify_item_ids"],
                competitors,
                expiries,
                with_use=True,
                elsewhere=Elsewhere.of_options(params),
            )
            fleet = read_fleet(context.okta, context.kandji, query)
            if warning := query.elsewhere.describe_unknown(fleet.macs):
                self.display.warning(warning)
            return list(macs.hosts(masked(rows(fleet), context.masker)))
        except DeviceTrustError as error:
            raise AnsibleParserError(
                context.masker.text(error.message) if context else error.message
            ) from None

    def _params(self) -> Params:
        """Return the options as modules have them, with templates resolved. Raises BadOption."""
        known = {name: spec for table in (*TABLES, CONNECTION) for name, spec in table.items()}
        params = {name: self._resolved(self.get_option(name)) for name in known}
        # The core splits a list that is one text at its commas alone.
        texts = {
            name: self._resolved(self._content[name])
            for name in OF_FLEET_LISTS
            if isinstance(self._content.get(name), str)
        }
        params |= split_lists(texts, known)
        shared = _read_fleet_options(self._resolved(self.get_option("fleet_options")))
        params |= {name: value for name, value in shared.items() if name not in self._content}
        return {**params, "rings": validated_rings(params["rings"] or [])}

    def _resolved(self, value: t.Any) -> t.Any:
        """Return the value of an option, which may be a template: a secret may be a lookup."""
        return (
            self.templar.template(value)
            if isinstance(value, str) and self.templar.is_template(value)
            else value
        )

    def _add(self, name: str, values: macs.HostVars, groups: t.Iterable[str]) -> None:
        host = self.inventory.add_host(str(name))
        for key, value in values.items():
            self.inventory.set_variable(host, key, _without_templates(value))
        for group in groups:
            self.inventory.add_host(
                host, group=self.inventory.add_group(self._sanitize_group_name(group.lower()))
            )
        strict, known = self.get_option("strict"), self.inventory.get_host(host).get_vars()
        self._set_composite_vars(self.get_option("compose"), known, host, strict=strict)
        composed = self.inventory.get_host(host).get_vars()
        for key in self.get_option("compose"):
            if key in composed:
                self.inventory.set_variable(host, key, _without_templates(composed[key]))
        self._add_host_to_composed_groups(self.get_option("groups"), known, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, host, strict=strict)


def _digest(params: Params) -> str:
    """Return a short digest of what decides which Macs there are, without secrets."""
    names = (*TENANTS, *(name for table in OF_FLEET for name in table))
    values = json.dumps({name: params[name] for name in names}, sort_keys=True, default=str)
    return hashlib.sha256(values.encode()).hexdigest()[:16]


def _read_fleet_options(text: str | None) -> Params:
    """Return the options of the fleet that the environment sets, in their types.

    Raises BadOption.
    """
    if not text:
        return {}
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise BadOption('fleet_options: it is not a JSON object. Set one, such as {"rings": []}.')
    known = {name: spec for table in OF_FLEET for name, spec in table.items()}
    for name in values:
        if name not in known:
            raise BadOption(
                f"fleet_options.{name}: this option does not exist{suggest_name(name, known)}"
            )
    spec = {name: known[name] for name in values if name != "rings"}
    rest = split_lists({name: values[name] for name in spec}, spec)
    result = ArgumentSpecValidator(spec).validate(rest)
    if result.error_messages:
        raise BadOption(f"fleet_options: {result.error_messages[0]}. Correct it.")
    rings = {"rings": values["rings"]} if "rings" in values else {}
    if not isinstance(rings.get("rings", []), list):
        raise BadOption("fleet_options.rings: it is not a list. Write the rings as a list.")
    return {**result.validated_parameters, **rings}


def _without_templates(value: t.Any) -> t.Any:
    """Return a value in which no text is taken for a template.

    Only a text with a brace is marked as unsafe. AWX imports a marked value as a mapping, which no
    condition on it finds.
    """
    if isinstance(value, str):
        return wrap_var(value) if _BRACE.search(value) else _trusted(value)
    if isinstance(value, dict):
        return {key: _without_templates(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_templates(inner) for inner in value]
    return value
