# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the programs that tests need.

``python -m tools.support.system_packages scep certmonger`` installs what is missing for these, and
``--all`` for all. They are Debian packages, installed as root only, without questions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A program, by the commands or files that it needs and the Debian packages that bring them.

    A need that begins with a slash is a file.
    """

    needs: tuple[str, ...]
    packages: tuple[str, ...]


PROGRAMS = {
    "scep": Program(("scepclient", "scepserver"), ("scep",)),
    # Its plugin that fetches over HTTP is a package of its own, and nothing but a file tells that
    # it is there.
    "strongswan-pki": Program(
        ("pki", "/usr/lib/ipsec/plugins/libstrongswan-curl.so"),
        ("strongswan-pki", "libstrongswan-extra-plugins"),
    ),
    "certmonger": Program(("certmonger", "getcert", "dbus-run-session"), ("certmonger", "dbus")),
    "chromium": Program(("chromium", "chromedriver"), ("chromium", "chromium-driver")),
    "openssl": Program(("openssl",), ("openssl",)),
    # The shell of macOS, under which the certificate check runs there.
    "zsh": Program(("zsh",), ("zsh",)),
    # ansible-rulebook's engine runs in it.
    "java": Program(("java",), ("openjdk-17-jre-headless",)),
    "shellcheck": Program(("shellcheck",), ("shellcheck",)),
}

INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")
UPDATE = ("apt-get", "update")

Runner = t.Callable[[t.Sequence[str]], bool]


def is_there(need: str) -> bool:
    """Return whether a command or a file exists."""
    return Path(need).exists() if need.startswith("/") else shutil.which(need) is not None


def missing(names: t.Iterable[str], there: t.Callable[[str], bool] = is_there) -> list[str]:
    """Return the packages that bring what is missing, in order, each once."""
    lacking = [
        PROGRAMS[name] for name in names if not all(there(need) for need in PROGRAMS[name].needs)
    ]
    return list(dict.fromkeys(package for program in lacking for package in program.packages))


def apt_get(command: t.Sequence[str]) -> bool:
    """Run apt-get without questions. Return whether it passed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
        == 0
    )


def provide(
    names: t.Sequence[str],
    *,
    run: Runner = apt_get,
    there: t.Callable[[str], bool] = is_there,
    root: bool,
) -> str:
    """Install what is missing. Return what is wrong in one sentence, or nothing."""
    packages = missing(names, there)
    if not packages:
        return ""
    command = " ".join((*INSTALL, *packages))
    if not there("apt-get"):
        return (
            "These Debian packages, or what your system has in their place, are needed, and"
            f" apt-get is not here: {', '.join(packages)}."
        )
    if not root:
        return (
            "Programs that tests need are missing, and only root installs packages; run: sudo"
            f" {command}"
        )
    # The lists of packages may never have been fetched, or name versions that the mirror no longer
    # has.
    if not run((*INSTALL, *packages)) and not (run(UPDATE) and run((*INSTALL, *packages))):
        return f"Packages that tests need could not be installed (see above); by hand: {command}"
    lacking = [need for name in names for need in PROGRAMS[name].needs if not there(need)]
    return (
        f"The packages {', '.join(packages)} are installed, and {', '.join(lacking)} is still"
        " missing: Debian 12 has it there."
        if lacking
        else ""
    )


def main(arguments: t.Sequence[str]) -> int:
    """Install the programs of these names. Return the exit status."""
    names = list(PROGRAMS) if list(arguments) == ["--all"] else list(arguments)
    unknown = [name for name in names if name not in PROGRAMS]
    if unknown or not names:
        print(
            f"{unknown[0] if unknown else 'No name given'}: known are {', '.join(PROGRAMS)}, or"
            " --all.",
            file=sys.stderr,
        )
        return 2
    problem = provide(names, root=os.geteuid() == 0)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
