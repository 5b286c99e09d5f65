# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment.

Its definition, and the context that ansible-builder makes of it. The image itself is `make ee`'s
business.
"""

from __future__ import annotations

import subprocess
import tarfile

import pytest

from tools import ee
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment


@pytest.fixture
def place(tmp_path, monkeypatch):
    """What is built here must not disturb a `make ee` that runs beside."""
    monkeypatch.setattr(ee, "PLACE", tmp_path)
    monkeypatch.setattr(ee, "TARBALL", tmp_path / ee.TARBALL.name)
    return tmp_path


def test_the_context_holds_the_collection_and_the_public_base(place):
    context = ee.make_context(place / "context")
    text = (context / "Containerfile").read_text()
    assert (
        "quay.io/centos/centos:stream9" in text
        and "/usr/bin/python3.11" in text
        and "apt-get" not in text
    )
    with tarfile.open(context / "_build" / "collections" / ee.TARBALL.name) as tarball:
        names = tarball.getnames()
    assert (
        "meta/execution-environment.yml" in names
        and "playbooks/site.yml" in names
        and "roles/awx_configuration/defaults/main.yml" in names
    )
    assert "extensions/audit/event_query.yml" in names and not [
        name for name in names if name.startswith(("lab/", "tools/"))
    ]
    assert [name for name in names if name.startswith("tests/")] == ["tests/config.yml"]
    assert f"collections/{ee.TARBALL.name}" in (context / "_build" / "requirements.yml").read_text()


def test_another_base_is_a_setting():
    assert (
        ee.definition()["images"]["base_image"]["name"] == "quay.io/centos/centos:stream9"
        and "options" not in ee.definition()
    )
    other = ee.definition("localhost/debian:12", "/usr/bin/apt-get")
    assert (
        other["images"]["base_image"]["name"] == "localhost/debian:12"
        and other["options"]["package_manager_path"] == "/usr/bin/apt-get"
    )


def test_ansible_builder_finds_what_the_collection_needs(tmp_path):
    link = tmp_path / "ansible_collections" / "devicetrust" / "okta_kandji"
    link.parent.mkdir(parents=True)
    link.symlink_to(CHECKOUT)
    command = [str(SCRIPTS / "ansible-builder"), "introspect", str(tmp_path)]
    said = subprocess.run(
        command, env=child_environment(), check=True, capture_output=True, text=True
    ).stdout
    assert [
        name for name in ("requests", "cryptography", "asn1crypto", "PyJWT") if name not in said
    ] == [] and "system: []" in said
