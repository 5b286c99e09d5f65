# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment beside .venv is made once, again when its lock file changes, and again when it was
broken off.
"""

from __future__ import annotations

import subprocess

import pytest

from tools.support import venvs
from tools.support.environment import CHECKOUT


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The last words of the commands that an environment was made by.

    None is run, and pip's fails where ``asked`` holds "no network".
    """
    (tmp_path / "requirements-x.lock").write_text("requests==1\n")
    monkeypatch.setattr(venvs, "PLACE", tmp_path / "environments")
    monkeypatch.setattr(venvs, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(venvs, "lock_file", lambda name: tmp_path / f"requirements-{name}.lock")
    found = []

    def run(command, **_settings):
        found.append(command[-1].rpartition("/")[2])
        (tmp_path / "environments" / "x" / "lib" / "python3.12" / "site-packages").mkdir(
            parents=True, exist_ok=True
        )
        return subprocess.CompletedProcess(command, int("pip" in command and "no network" in found))

    monkeypatch.setattr(venvs.subprocess, "run", run)
    return found


def test_once_is_enough_until_the_lock_file_changes(asked, tmp_path):
    assert (
        venvs.environment("x") == venvs.environment("x") == tmp_path / "environments" / "x" / "bin"
    )
    assert asked == ["x", "requirements-x.lock"]
    assert (
        tmp_path
        / "environments/x/lib/python3.12/site-packages/ansible_collections/devicetrust/okta_kandji/galaxy.yml"
    ).is_file()
    (tmp_path / "requirements-x.lock").write_text("requests==2\n")
    venvs.environment("x")
    assert asked == ["x", "requirements-x.lock"] * 2


def test_what_was_broken_off_is_made_again(asked):
    asked.append("no network")
    with pytest.raises(OSError, match="requirements-x.lock could not be installed"):
        venvs.environment("x")
    asked.clear()
    venvs.environment("x")
    assert asked == ["x", "requirements-x.lock"]


def test_one_that_nobody_knows_is_one_sentence(asked, capsys):
    assert venvs.main(["nothing"]) == 1
    assert capsys.readouterr().err == "There is no requirements-nothing.lock.\n"


@pytest.mark.parametrize("name", ["events", "docs"])
def test_each_group_of_pyproject_has_its_lock_file(name):
    text = (CHECKOUT / "pyproject.toml").read_text()
    assert f"\n{name} = [\n" in text and venvs.lock_file(name).is_file()
