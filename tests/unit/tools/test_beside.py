# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment beside .venv is made once, again when its lock file changes, and again when it was broken off."""

from __future__ import annotations

import pytest

from tools import beside
from tools.environment import CHECKOUT


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The lock files that an environment was made from; makes none."""
    (tmp_path / "requirements-x.lock").write_text("requests==1\n")
    monkeypatch.setattr(beside, "PLACE", tmp_path / "beside")
    monkeypatch.setattr(beside, "lock_file", lambda name: tmp_path / f"requirements-{name}.lock")
    found = []

    def make(place, lock):
        place.mkdir(exist_ok=True)
        found.append(lock.read_text())

    monkeypatch.setattr(beside, "_make", make)
    return found


def test_once_is_enough_until_the_lock_file_changes(made, tmp_path):
    assert beside.environment("x") == beside.environment("x") == tmp_path / "beside" / "x" / "bin"
    assert made == ["requests==1\n"]
    (tmp_path / "requirements-x.lock").write_text("requests==2\n")
    beside.environment("x")
    assert made == ["requests==1\n", "requests==2\n"]


def test_what_was_broken_off_is_made_again(made, monkeypatch):
    def broken_off(place, lock):
        place.mkdir(exist_ok=True)
        raise OSError("no network")

    with monkeypatch.context() as during, pytest.raises(OSError, match="no network"):
        during.setattr(beside, "_make", broken_off)
        beside.environment("x")
    beside.environment("x")
    assert len(made) == 1


def test_one_that_nobody_knows_is_one_sentence(made, capsys):
    assert beside.main(["nothing"]) == 1
    assert capsys.readouterr().err == "There is no requirements-nothing.lock.\n"


@pytest.mark.parametrize("name", ["events", "docs"])
def test_each_group_of_pyproject_has_its_lock_file(name):
    text = (CHECKOUT / "pyproject.toml").read_text()
    assert f"\n{name} = [\n" in text and beside.lock_file(name).is_file()
