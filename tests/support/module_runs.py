# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that run in this process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import typing as t
from dataclasses import dataclass
from importlib import import_module
from unittest import mock

from ansible.module_utils import basic

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core before 2.19

    def patch_module_args(args: dict[str, t.Any]) -> t.Any:
        """Set the arguments of a module that is called in this process."""
        return mock.patch.object(
            basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        )


MODULES = "ansible_collections.devicetrust.okta_kandji.plugins.modules"


@dataclass(frozen=True)
class ModuleRun:
    """What a module returned and printed. A failure is a result too (``failed`` is true)."""

    result: dict[str, t.Any]
    warnings: list[str]
    output: str


def run_module(
    name: str,
    args: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    check: bool = False,
    diff: bool = False,
) -> ModuleRun:
    """Call a module's main() and return what it did."""
    module = import_module(f"{MODULES}.{name}")
    output = io.StringIO()
    warned: list[str] = []
    with (
        # In the process of a controller Ansible shows warnings instead of returning them.
        mock.patch.object(
            basic.AnsibleModule, "warn", lambda _module, text, **_more: warned.append(text)
        ),
        mock.patch.dict(os.environ, dict(environment)),
        patch_module_args({**args, "_ansible_check_mode": check, "_ansible_diff": diff}),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        contextlib.suppress(SystemExit),  # how every module ends, after it printed its result
    ):
        module.main()
    return ModuleRun(json.loads(output.getvalue().splitlines()[-1]), warned, output.getvalue())
