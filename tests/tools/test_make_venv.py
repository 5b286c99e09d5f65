# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up is done once, again when what it was made from changes, and again when it was broken
off.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tools import make_venv
from tools.support.environment import CHECKOUT


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Counts how often the virtual environment is made, in a checkout of its own; makes none."""
    lock_file = tmp_path / "requirements.lock"
    lock_file.write_text("requests==1\n")
    monkeypatch.setattr(make_venv, "CACHE", tmp_path / ".cache")
    monkeypatch.setattr(make_venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(make_venv, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(make_venv, "STAMP", tmp_path / ".venv" / "made-from")
    monkeypatch.setattr(make_venv, "LOCK_FILE", lock_file)
    count = []

    def make():
        make_venv.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        make_venv.PYTHON.touch()
        count.append("made")

    monkeypatch.setattr(make_venv, "make", make)
    return count


def test_once_is_enough(made):
    make_venv.main()
    make_venv.main()
    assert len(made) == 1


def test_other_dependencies_are_another_set_up(made):
    make_venv.main()
    make_venv.LOCK_FILE.write_text("requests==2\n")
    make_venv.main()
    assert len(made) == 2


def test_what_was_broken_off_is_made_again(made, monkeypatch):
    def broken_off():
        raise KeyboardInterrupt

    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(make_venv, "make", broken_off)
        make_venv.main()
    make_venv.main()
    assert len(made) == 1


def test_an_installation_shows_how_far_it_is(made, monkeypatch, capfd):
    make_venv.LOCK_FILE.write_text("requests==2\npyyaml==6 ; python_version < '4'\n# a comment\n")
    packages = make_venv.VENV / "lib" / "python3.12" / "site-packages"
    (packages / "requests-2.dist-info").mkdir(parents=True)
    monkeypatch.setattr(make_venv, "INTERVAL", 0.05)
    assert make_venv.run(sys.executable, "-c", "import time; time.sleep(0.3)")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(
        re.fullmatch(r"... 0 s, 1 of at most 2 packages are installed", line) for line in lines
    )
    assert not make_venv.run(sys.executable, "-c", "raise SystemExit(3)")


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_a_python_that_does_not_work_is_refused_with_the_way_out(python):
    done = subprocess.run(
        ["sh", "tools/setup.sh"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"and {python} is not" in done.stderr
    assert "make PYTHON=" in done.stderr
