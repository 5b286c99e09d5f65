# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display the progress of the preflight, and name the variables of the caller in all its parts."""

from __future__ import annotations

import typing as t

from ..module_utils._core.results import Result
from ..plugin_utils._action import ActionModule as BaseAction
from ..plugin_utils._action import TaskVars
from ..plugin_utils._caller_names import rename_options

# The option of a part -> the role that passes these options in a task of its own.
PARTS = {
    "okta_verify": "okta_verify",
    "stages": "managed_status",
    "certificate_authority": "okta_certificate_authority",
    "settings": "okta_verify",
    "scep": "kandji_scep",
}


class ActionModule(BaseAction):
    """Runs the module, and displays the warnings of its parts as its own."""

    _names_of_parts: t.Mapping[str, t.Mapping[str, str]] | None = None  # for the next retry

    def run(self, tmp: t.Any = None, task_vars: TaskVars | None = None) -> Result:
        """Return the module's result."""
        if self._names_of_parts is None:
            self._names_of_parts = {
                part: self._variables_of_options(task_vars or {}, part, role)
                for part, role in PARTS.items()
            }
        result = super().run(tmp, task_vars)
        for part, names in self._names_of_parts.items():
            if isinstance(result.get(part), dict):
                renamed = rename_options(result[part], names)
                warnings = t.cast(list[str], renamed.pop("warnings"))
                result.update({part: renamed, "warnings": [*result.get("warnings", []), *warnings]})
        return result
