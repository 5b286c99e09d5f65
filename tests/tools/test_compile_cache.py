# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of archives is used, and never in the place of another source."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest

from tools.support.callback import module_archives
from tools.support.environment import COMPILE_CACHE, child_environment
from tools.support.playbook import run_playbook

SHOW = """
import sys
sys.path.insert(0, sys.argv[1])
import part
print(part.run(), part.run.__code__.co_filename)
"""


@pytest.fixture
def imported(tmp_path):
    """Return a function that imports a source from an archive of that name, in another Python."""
    kept = tmp_path / "kept"
    environment = child_environment(**{**COMPILE_CACHE, "CODE_OF_ARCHIVES": str(kept)})

    def run(name, source):
        archive = tmp_path / name
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("part.py", source)
        done = subprocess.run(
            [sys.executable, "-c", SHOW, archive],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        value, path = done.stdout.split()
        assert path == str(archive / "part.py")
        return value, sorted(kept.iterdir())

    return run


def test_the_code_of_a_source_is_compiled_once(imported):
    first = imported("a.zip", "def run(): return 1\n")
    (kept,) = first[1]
    written = kept.stat().st_mtime_ns
    assert imported("b.zip", "def run(): return 1\n") == first
    assert kept.stat().st_mtime_ns == written


def test_another_source_of_the_same_name_is_another_code(imported):
    assert imported("a.zip", "def run(): return 1\n")[0] == "1"
    value, kept = imported("a.zip", "def run(): return 2\n")
    assert value == "2" and len(kept) == 2


def test_code_that_cannot_be_read_is_compiled_again(imported):
    _value, (kept,) = imported("a.zip", "def run(): return 1\n")
    kept.write_bytes(b"no code")
    assert imported("b.zip", "def run(): return 1\n")[0] == "1"
    assert kept.read_bytes() != b"no code"


PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - devicetrust.okta_kandji.kandji_device_info:
        kandji_api_url: ""
        kandji_api_token: ""
"""


def test_the_archive_of_a_module_is_made_once(tmp_path):
    play, kept = tmp_path / "play.yml", tmp_path / "kept"
    play.write_text(PLAY)

    def archives():
        result = run_playbook(play, None, environment={"MODULE_ARCHIVES": str(kept)})
        assert "kandji_api_url" in result.output and result.status != 0
        return {path: path.stat().st_mtime_ns for path in kept.rglob("*kandji_device_info*")}

    first = archives()
    assert len(first) == 1 and archives() == first


def test_archives_of_other_files_are_not_used(tmp_path, monkeypatch):
    utilities = tmp_path / "plugins" / "module_utils" / "_core"
    utilities.mkdir(parents=True)
    monkeypatch.setattr(module_archives, "_get_collection_path", lambda _name: str(tmp_path))
    seen = []
    for content in ("a = 1\n", "a = 23\n"):
        (utilities / "text.py").write_text(content)
        seen.append(module_archives.kept_directory(str(tmp_path / "kept")))
        assert module_archives.kept_directory(str(tmp_path / "kept")) == seen[-1]
    (utilities / "more.py").write_text("")
    seen.append(module_archives.kept_directory(str(tmp_path / "kept")))
    assert len(set(seen)) == 3


def test_archives_that_were_used_last_are_kept(tmp_path, monkeypatch):
    (tmp_path / "plugins" / "module_utils").mkdir(parents=True)
    monkeypatch.setattr(module_archives, "_get_collection_path", lambda _name: str(tmp_path))
    root = tmp_path / "kept"
    for number in range(12):
        (root / str(number)).mkdir(parents=True)
        (root / str(number) / "archive").write_text("x")
        os.utime(root / str(number), (number, number))
    used = module_archives.kept_directory(str(root))
    assert {path.name for path in root.iterdir()} == {used.name, *map(str, range(5, 12))}


def test_archives_of_other_collections_are_made_in_each_run(tmp_path):
    here, kept = tmp_path / "here", tmp_path / "kept"
    here.mkdir()
    kept.mkdir()
    own = (
        "ansible_collections.devicetrust.okta_kandji.plugins.modules.okta_device-ZIP_DEFLATED-none"
    )
    for name in (
        own,
        "ansible_collections.awx.awx.plugins.modules.job-ZIP",
        f"{own}.lock",
        f"{own}-part",
    ):
        (here / name).write_text(name)
    module_archives.copy_archives(here, kept)
    assert [path.name for path in kept.iterdir()] == [own]
