# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that the clients of Okta and Kandji can send."""

from __future__ import annotations

import typing as t
from importlib import import_module

UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"


def client_operations(*names: str) -> list[t.Any]:
    """Return the constants of the type Operation in the clients of these packages, or of both."""
    operation = import_module(f"{UTILS}._http.operations").Operation
    return [
        value
        for name in names or ("_okta", "_kandji")
        for value in vars(import_module(f"{UTILS}.{name}.client")).values()
        if isinstance(value, operation)
    ]
