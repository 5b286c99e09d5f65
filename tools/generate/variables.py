# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the lists of docs/variables.md from the declaration of the playbooks' variables.

Run it with ``python -m tools.generate.variables``.
"""

from __future__ import annotations

import sys
import typing as t
from importlib import import_module

import yaml

from tools.support.environment import CHECKOUT

if t.TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = CHECKOUT / "docs" / "variables.md"
MARK = "<!-- Everything below is made from playbooks/meta/variables.yml by make generate. -->\n"
VARIABLES = "ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._variables"
# What the values of a type are, where neither choices nor a range say it.
VALUES = {
    "str": "text",
    "url": "URL",
    "bool": "boolean",
    "list": "list",
    "serials": "serial numbers",
    "dict": "mapping",
    "rings": "list of rings",
    "path": "path",
    "key": "PEM, JWK or path",
}


def page(text: str) -> str:
    """Return the page with the lists of today's declaration."""
    declaration = import_module(VARIABLES).read_declaration()
    parts = [text.partition(MARK)[0] + MARK]
    for title, variables in declaration.groups.items():
        parts.append(f"\n## {title}\n\n{entries(variables)}")
        if title == "Rings":
            parts.append(f"\n### Rings and their keys\n\n{entries(declaration.ring)}")
    return "".join(parts)


def entries(variables: Iterable[t.Any]) -> str:
    """Return a list of variables or keys, one on each line."""
    return "".join(
        f"- `{variable.name}` ({_values(variable)}{_default(variable)}): {_meaning(variable)}\n"
        for variable in variables
    )


def _values(variable: t.Any) -> str:
    if variable.choices:
        choices = ", ".join(f"`{choice}`" for choice in variable.choices)
        return choices if variable.type == "str" else f"list of {choices}"
    if variable.type == "int":
        return f"{variable.minimum} to {variable.maximum}"
    return VALUES[variable.type]


def _default(variable: t.Any) -> str:
    if variable.default_text:
        return f"; default: {variable.default_text}"
    if variable.default in (None, "", [], {}):
        return ""
    text = yaml.safe_dump(variable.default, default_flow_style=True).removesuffix("...\n").strip()
    rendered = variable.default if isinstance(variable.default, str) else text
    return f"; default: `{rendered}`"


def _meaning(variable: t.Any) -> str:
    environment = f" Environment: `{variable.environment}`." if variable.environment else ""
    return f"{variable.description}{environment}"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
