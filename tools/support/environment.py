# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the directories of the checkout, and make the environment of its tools.

Tools write below ``.cache``, never to the home directory. They never see the caller's own tenants:
variables that point a playbook at real ones, or Ansible at other settings, are left out.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
SCRIPTS = Path(sysconfig.get_path("scripts"))

NOT_INHERITED = (
    "ANSIBLE_",
    "MOLECULE_",
    "OKTA_",
    "IRUCTL_",
    "DEVICE_TRUST_",
    "PYTHONPATH",
    "PYTHONHOME",
)
INHERITED = (
    "DEVICE_TRUST_API_DESCRIPTIONS",
    "DEVICE_TRUST_API_FINDINGS",
)  # of lab.contract.recorder; they point to files, not to tenants

# For programs that start many modules. Not for tools that may be of another Python.
COMPILE_CACHE = {
    "PYTHONPATH": str(CHECKOUT / "tools" / "support" / "compile_cache"),
    "CODE_OF_ARCHIVES": str(CACHE / "code-of-archives"),
}


def without_tenants(environment: dict[str, str]) -> dict[str, str]:
    """Return an environment without the variables that name tenants or settings."""
    return {
        name: value
        for name, value in environment.items()
        if name in INHERITED or not name.startswith(NOT_INHERITED)
    }


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a tool of the checkout; ``more`` is added last."""
    return {
        **without_tenants(dict(os.environ)),
        "PATH": os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", os.defpath)]),
        "ANSIBLE_CONFIG": str(CHECKOUT / "tools" / "support" / "ansible.cfg"),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        # Without this, an older copy that somebody once installed would be found first.
        "ANSIBLE_COLLECTIONS_PATH": str(CACHE / "ansible" / "collections"),
        "ANSIBLE_REMOTE_TEMP": str(CACHE / "ansible" / "tmp"),
        "ANSIBLE_ASYNC_DIR": str(CACHE / "ansible" / "async"),
        "ANSIBLE_CALLBACK_PLUGINS": str(CHECKOUT / "tools" / "support" / "callback"),
        "MODULE_ARCHIVES": str(CACHE / "module-archives"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis"),
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "XDG_CACHE_HOME": str(CACHE / "xdg"),
        **more,
    }


def run_tool(name: str, *arguments: str) -> bool:
    """Run a tool of .venv in the checkout. Return whether it passed."""
    return (
        subprocess.run(
            [str(SCRIPTS / name), *arguments], cwd=CHECKOUT, env=child_environment(), check=False
        ).returncode
        == 0
    )


def run_and_read(
    command: list[str],
    environment: dict[str, str],
    directory: Path = CHECKOUT,
    *,
    show: bool = True,
) -> tuple[int, str]:
    """Run a command. Return its exit status and output; ``show`` also prints the output."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if show:
                print(line, end="", flush=True)
    return process.returncode, "".join(lines)
