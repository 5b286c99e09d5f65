# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` and the unit tests on each supported ansible-core and Python.

    python -m tools.matrix            run all of it and write docs/dev/matrix.md
    python -m tools.matrix 2.16 2.18  run these only, and print the table

Environments are made below .cache. A missing Python is not a failure, unless a core has none.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from tools.make_venv import link_collection
from tools.support import sanity
from tools.support.environment import CHECKOUT, child_environment, run_and_read
from tools.support.interpreters import interpreter
from tools.support.venvs import environment_of, packages_of

PAGE = CHECKOUT / "docs" / "dev" / "matrix.md"
# The Pythons that each ansible-core supports on a controller; `agrees` holds this to what the
# installed core says itself.
CORES: dict[str, tuple[str, ...]] = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "newest": ("3.12", "3.13", "3.14"),
}
OLDEST_PYTHON = (3, 10)  # of modules, see tests/config.yml
LAB_PYTHON = (3, 11)  # of the lab and the tools
# What the collection, its unit tests and the lab that these use need. No lock file: with an old
# core goes what goes with it.
PACKAGES = (
    "requests",
    "cryptography",
    "asn1crypto",
    "PyJWT",
    "starlette",
    "uvicorn",
    "python-multipart",
    "jsonschema-rs",
    "pytest",
    "pytest-xdist",
    "pytest-ansible",
    "hypothesis",
    "antsibull-changelog",
    "aiohttp",
    "selenium",
)
CONTROLLER_VERSIONS = re.compile(r"CONTROLLER_PYTHON_VERSIONS = \((.*?)\)", re.DOTALL)
RAN = re.compile(r'^Running sanity test "(compile|import)" on Python (\d\.\d+)', re.MULTILINE)
PASSED = re.compile(r"(\d+) passed")


@dataclass
class Cell:
    """One core with one Python. ``units`` and ``sanity`` are what the table says of them."""

    core: str
    python: str
    version: str = ""
    units: str = "not here"
    sanity: str = "not here"
    ok: bool = True
    place: Path | None = field(default=None, repr=False)

    @property
    def venv(self) -> Path:
        """Return its virtual environment. Raises ValueError if this Python is not installed."""
        if self.place is None:
            raise ValueError(f"There is no Python {self.python} for ansible-core {self.core}.")
        return self.place


def main(wanted: t.Sequence[str]) -> int:
    """Run these cores, or all. Return 1 if a cell failed or a core has no Python."""
    unknown = [core for core in wanted if core not in CORES]
    if unknown:
        print(f"{unknown[0]}: known are {', '.join(CORES)}.", file=sys.stderr)
        return 2
    cells = [cell for core in wanted or CORES for cell in row(core)]
    lines = "\n".join(table(cells))
    print(f"\n{lines}")
    if not wanted:
        PAGE.write_text(page(lines))
    return (
        0
        if all(cell.ok for cell in cells)
        and all(any(cell.place for cell in cells if cell.core == core) for core in wanted or CORES)
        else 1
    )


def row(core: str) -> list[Cell]:
    """Return the cells of one core: unit tests per Python, then one run of ansible-test for all."""
    cells = [prepared(core, python) for python in CORES[core]]
    there = [cell for cell in cells if cell.place]
    for cell in there:
        units(cell)
    if there:
        checked(there)
    return cells


def prepared(core: str, python: str) -> Cell:
    """Return a cell with its virtual environment, if its Python is installed."""
    cell = Cell(core, python)
    path = interpreter(python)
    if path is None:
        return cell
    wanted = "ansible-core" if core == "newest" else f"ansible-core=={core}.*"
    cell.place = environment_of(f"core-{core}-python-{python}", path, [wanted, *PACKAGES])
    if cell.place is None:
        cell.units = cell.sanity = "FAILED: packages"
        cell.ok = False
        return cell
    link_collection(packages_of(cell.place))
    cell.version = (
        next(packages_of(cell.place).glob("ansible_core-*.dist-info"))
        .name.split("-")[1]
        .removesuffix(".dist")
    )
    return cell


def units(cell: Cell) -> None:
    """Run the unit tests of a cell, and those of the lab from Python 3.11."""
    print(f"\n=== units: ansible-core {cell.version}, Python {cell.python} ===", flush=True)
    started = time.monotonic()
    scripts = cell.venv / "bin"
    suites = ["tests/unit", *(["tests/lab"] if version_of(cell.python) >= LAB_PYTHON else [])]
    command = [
        str(scripts / "python"),
        "-m",
        "pytest",
        *suites,
        "-n",
        "2",
        "-q",
        "-o",
        f"cache_dir={cell.place}/pytest",
    ]
    status, output = run_and_read(command, child_environment(PATH=f"{scripts}:/usr/bin:/bin"))
    passed = PASSED.search(output)
    cell.ok = status == 0 and passed is not None
    cell.units = (
        f"{passed.group(1)} passed, {time.monotonic() - started:.0f} s"
        if passed and cell.ok
        else "FAILED"
    )


def checked(cells: t.Sequence[Cell]) -> None:
    """ansible-test with the newest Python here; it compiles and imports with all that it finds."""
    first = cells[-1]
    print(f"\n=== sanity: ansible-core {first.version} ===", flush=True)
    started = time.monotonic()
    ansible_test = packages_of(first.venv) / "ansible_test"
    needless = first.venv / "pythons"
    status, output = sanity.run(first.venv / "bin", ansible_test, [], [collected(needless)])
    content = sanity.judge(status, output) and agrees(first, ansible_test)
    ran = {
        python: {name for name, of in RAN.findall(output) if of == python}
        for python in CORES[first.core]
    }
    for cell in cells:
        whole = ran[cell.python] == {"compile", "import"}
        cell.sanity = (
            f"passed, {time.monotonic() - started:.0f} s for the core"
            if content and whole
            else "FAILED"
        )
        cell.ok = cell.ok and content and whole


def collected(directory: Path) -> Path:
    """Return a directory with links to each Python that is installed, and nothing else."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for version in sorted({python for pythons in CORES.values() for python in pythons}):
        path = interpreter(version)
        if path:
            (directory / f"python{version}").symlink_to(path)
    return directory


def agrees(cell: Cell, ansible_test: Path) -> bool:
    """Return whether CORES lists the Pythons that this ansible-core says it supports."""
    source = (ansible_test / "_util" / "target" / "common" / "constants.py").read_text()
    constant = CONTROLLER_VERSIONS.search(source)
    versions = re.findall(r"'([\d.]+)'", constant.group(1)) if constant else []
    wanted = tuple(version for version in versions if version_of(version) >= OLDEST_PYTHON)
    if wanted != CORES[cell.core]:
        print(
            f"ansible-core {cell.version} supports Python {', '.join(wanted)}; CORES in"
            f" tools/matrix.py has {', '.join(CORES[cell.core])}. Correct it."
        )
    return wanted == CORES[cell.core]


def version_of(python: str) -> tuple[int, ...]:
    """Return a version as numbers, for comparison."""
    return tuple(map(int, python.split(".")))


def table(cells: t.Sequence[Cell]) -> list[str]:
    """Return the lines of the Markdown table."""
    rows = [
        f"| {cell.version or cell.core} | {cell.python} | {cell.sanity} | {cell.units} |"
        for cell in cells
    ]
    return ["| ansible-core | Python | sanity | unit tests |", "|---|---|---|---|", *rows]


def page(lines: str) -> str:
    """Return the text of docs/dev/matrix.md."""
    return f"""# ansible-core and Python

Written by `make matrix`: `ansible-test sanity` and the unit tests on each supported ansible-core,
with each Python that this core supports on a controller. The tests of the lab need Python 3.11. One
run of sanity takes all Pythons of a core; its time is shown for each. "not here" means that this
Python was not installed where it was run.

{lines}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
