# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of variables in each role's README from its argument specification.

Run it as ``python -m tools.generate.role_pages`` after a change of ``meta/argument_specs.yml``.
"""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

import yaml

from tools.support.environment import CHECKOUT

ROLES = CHECKOUT / "roles"
HEAD = "| variable | default | meaning |\n|---|---|---|\n"
TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")
MARKUP = re.compile(r"\b[CVOEM]\(((?:[^()\\]|\\.)*)\)")


def names() -> list[str]:
    """Return the names of the roles."""
    return sorted(path.parent.parent.name for path in ROLES.glob("*/meta/argument_specs.yml"))


def options(role: str) -> dict[str, dict[str, t.Any]]:
    """Return the options of a role's main entry point, from its argument specification."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return t.cast(
        dict[str, dict[str, t.Any]], yaml.safe_load(text)["argument_specs"]["main"]["options"]
    )


def table(role: str) -> str:
    """Return the table of variables of a role, in Markdown."""
    path = ROLES / role / "defaults" / "main.yml"
    defaults = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    defaults = defaults or {}
    rows = [
        f"| `{name}` | {_default(option, defaults.get(name))} | {_meaning(option)} |\n"
        for name, option in options(role).items()
    ]
    return HEAD + "".join(rows)


def page(role: str, text: str) -> str:
    """Return a role's README with its table replaced; raise ValueError where it has no table."""
    if len(TABLE.findall(text)) != 1:
        raise ValueError(f"roles/{role}/README.md: it must hold one table of variables.")
    return TABLE.sub(lambda _match: table(role), text)


def readme(role: str) -> Path:
    """Return the path of a role's README."""
    return ROLES / role / "README.md"


def _default(option: t.Mapping[str, t.Any], computed: t.Any) -> str:
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None and computed not in (None, ""):
        return "see `defaults/main.yml`"
    if value is None or value == "":
        return "none"
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n")
    return f"`{value if isinstance(value, str) else text.strip()}`"


def _meaning(option: t.Mapping[str, t.Any]) -> str:
    description = option["description"]
    text = " ".join(description) if isinstance(description, list) else description
    return MARKUP.sub(r"`\1`", " ".join(text.split())).replace("|", "\\|")


def main() -> int:
    """Write every README; return 0."""
    for role in names():
        path = readme(role)
        path.write_text(page(role, path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
