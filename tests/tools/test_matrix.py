# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix finds interpreters where they are, says which are not, and cannot pass by having run
nothing.
"""

from __future__ import annotations

import sys

import pytest

from tools import matrix
from tools.matrix import CORES, Cell, agrees, main, table
from tools.support.interpreters import interpreter

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def shim(directory, text):
    directory.mkdir(parents=True)
    file = directory / f"python{VERSION}"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(directory)


def test_an_interpreter_that_does_not_start_is_passed_over(tmp_path):
    broken = shim(tmp_path / "broken", "exit 127")
    works = shim(tmp_path / "works", f"echo /the/real/python {VERSION} True")
    nowhere = {"PYENV_ROOT": str(tmp_path / "none")}
    assert str(interpreter(VERSION, {"PATH": f"{broken}:{works}", **nowhere})) == "/the/real/python"
    assert interpreter(VERSION, {"PATH": broken, **nowhere}) is None


def test_what_pyenv_installed_is_found_without_its_shims(tmp_path):
    shim(tmp_path / "versions" / "3.x" / "bin", f"echo /pyenv/python {VERSION} True")
    assert str(interpreter(VERSION, {"PATH": "", "PYENV_ROOT": str(tmp_path)})) == "/pyenv/python"


def test_a_virtual_environment_is_no_interpreter(tmp_path):
    inside = shim(tmp_path / "venv", f"echo /venv/python {VERSION} False")
    assert interpreter(VERSION, {"PATH": inside, "PYENV_ROOT": str(tmp_path / "none")}) is None


def test_the_table_says_what_is_not_here():
    rows = table(
        [Cell("2.16", "3.10", "2.16.19", "10 passed, 3 s", "passed"), Cell("newest", "3.14")]
    )
    assert rows[2:] == [
        "| 2.16.19 | 3.10 | passed | 10 passed, 3 s |",
        "| newest | 3.14 | not here | not here |",
    ]


def test_no_interpreter_at_all_for_a_core_fails(monkeypatch, tmp_path):
    monkeypatch.setattr(matrix, "interpreter", lambda _version: None)
    assert main(["2.16"]) == 1 and main(["2.99"]) == 2


@pytest.mark.parametrize(
    ("says", "well"),
    [
        ("'3.9',\n '3.10',\n '3.11',\n '3.12',", True),
        ("'3.10', '3.11', '3.12', '3.13',", False),
        ("'3.11', '3.12',", False),
    ],
)
def test_the_pythons_of_a_core_are_those_that_it_names(tmp_path, says, well):
    constants = tmp_path / "_util" / "target" / "common" / "constants.py"
    constants.parent.mkdir(parents=True)
    constants.write_text(f"CONTROLLER_PYTHON_VERSIONS = (\n {says}\n)\n")
    assert (
        CORES["2.16"] == ("3.10", "3.11", "3.12")
        and agrees(Cell("2.16", "3.12", "2.16.19"), tmp_path) is well
    )
