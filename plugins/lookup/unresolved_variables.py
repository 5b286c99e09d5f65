# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find variables whose values refer to undefined ones."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unresolved_variables
short_description: Variables whose values refer to undefined ones
version_added: 0.1.0
description:
  - Returns a sentence for each variable that is set but cannot be resolved, because its value
    refers to an undefined variable. That is not the same as a variable that is not set, although
    the filter P(ansible.builtin.default#filter) treats both alike. A playbook would go on with
    another tenant's token from the environment, for example when a vault file is not loaded.
  - Never returns the value of a variable.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
options:
  _terms:
    description: Beginnings of the names of the variables to check.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Require that all variables can be resolved
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems }}"
  vars:
    problems: "{{ query('devicetrust.okta_kandji.unresolved_variables', 'device_trust_') }}"
"""

RETURN = r"""
_raw:
  description: One sentence for each variable, in the order of their names.
  type: list
  elements: str
  sample:
    - "device_trust_okta_api_token: Its value refers to 'vault_okta_token', which is undefined.
      Define it, or load the file that does."
"""

import re
import typing as t

from ansible.errors import AnsibleUndefinedVariable
from ansible.plugins.lookup import LookupBase

_UNDEFINED = re.compile(r"'(?P<name>[^']+)' is undefined")


class LookupModule(LookupBase):
    """Looks up names of variables in the variables of the task."""

    def run(
        self, terms: list[str], variables: t.Mapping[str, object] | None = None, **_options: t.Any
    ) -> list[str]:
        """Return a sentence for each variable that refers to an undefined one."""
        known = variables or {}
        names = sorted(name for name in known if name.startswith(tuple(terms)))
        problems = ((name, self._undefined_in(known[name])) for name in names)
        return [
            f"{name}: Its value refers to {undefined}, which is undefined. Define it, or load the"
            " file that does."
            for name, undefined in problems
            if undefined
        ]

    def _undefined_in(self, value: t.Any) -> str:
        """Return what a value refers to and is undefined, "" if nothing is."""
        try:
            _resolve(self._templar, value)
        except AnsibleUndefinedVariable as error:
            match = _UNDEFINED.search(str(error))
            return f"'{match['name']}'" if match else "a variable"
        return ""


def _resolve(templar: t.Any, value: t.Any) -> None:
    """Resolve a value with all values in it. Raises AnsibleUndefinedVariable."""
    resolved = templar.template(value)
    if isinstance(resolved, dict):
        for inner in resolved.values():
            _resolve(templar, inner)
    elif isinstance(resolved, (list, tuple)):
        for inner in resolved:
            _resolve(templar, inner)
