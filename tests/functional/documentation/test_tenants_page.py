# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second tenant, and a promotion, by the files and commands of docs/tenants.md as printed."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from lab.server import Lab
from lab.state import Options
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment

TEXT = (CHECKOUT / "docs" / "tenants.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(heading):
    """Return the blocks of a section: (language, text) each, without their indentation."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [(found[2], textwrap.dedent(found[3])) for found in BLOCK.finditer(section)]


class Desk:
    """An empty directory of a person who has the page, and nothing else."""

    def __init__(self, home):
        self.home, self.directory = home, home
        self.replacements = {}
        self.environment = {}

    def replace(self, **values):
        """Let these values stand for what the page shows."""
        self.replacements.update(values)

    def files(self, heading):
        """Return what the page says to write, by path."""
        shown = {}
        for language, text in blocks(heading):
            match = re.match(r"# (\S+)\n", text)
            if language in ("yaml", "ini") and match:
                for old, new in self.replacements.items():
                    text = text.replace(old, new)
                shown[match[1]] = text
        return shown

    def write(self, path, text):
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def commands(self, heading):
        """Return the commands of a section."""
        texts = [text for language, text in blocks(heading) if language == "sh"]
        return [line for text in texts for line in text.replace("\\\n", " ").splitlines()]

    def run(self, command, **options):
        """Run a command as a shell would. Return its output."""
        environ = child_environment(
            HOME=str(self.home),
            ANSIBLE_CONFIG=str(self.directory / "ansible.cfg"),  # which Ansible finds by itself
            **self.environment,
        )
        name, *words = shlex.split(command)
        done = subprocess.run(
            [str(SCRIPTS / name), *words],
            cwd=self.directory,
            env=environ,
            text=True,
            check=False,
            **(options or {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}),
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def edit(self, command, text):
        """Run a command in a terminal, and type the text into the editor that it opens."""
        typed, editor = self.home / "typed", self.home / "editor"
        typed.write_text(text)
        editor.write_text(f'#!/bin/sh\ncat "{typed}" > "$1"\n')
        editor.chmod(0o700)
        self.environment["EDITOR"] = str(editor)
        ours, terminal = pty.openpty()
        try:
            self.run(command, stdin=terminal, stdout=terminal, stderr=terminal)
        finally:
            os.close(ours)
            os.close(terminal)


@pytest.fixture
def desk(tmp_path):
    (tmp_path / ".device-trust-password").write_text("a password of the vault\n")
    return Desk(tmp_path)


def prepare(desk):
    """Follow the section Prepare the directory."""
    heading = "Prepare the directory"
    (line,) = desk.commands(heading)
    assert line == "mkdir -p device-trust/host_vars && cd device-trust"
    desk.directory = desk.home / "device-trust"
    (desk.directory / "host_vars").mkdir(parents=True)
    for path, text in desk.files(heading).items():
        desk.write(path, text)


@pytest.mark.long
def test_a_second_tenant_is_set_up_by_the_page_alone(desk):
    heading = "Add a tenant"
    with Lab(Options(macs=3, limits="high", people=True)) as lab:
        told = lab.announcement
        canary, wide = told["rings"]
        desk.environment["DEVICE_TRUST_CA_PATH"] = told["ca_file"]
        desk.replace(
            **{
                "https://globex.okta.com/pki/scep/0oa1b2c3": told["scep_url"],
                "https://globex.okta.com": told["okta_url"],
                "https://globex.api.kandji.io": told["kandji_url"],
                "00globexOktaToken": told["okta_api_token"],
                "11111111-2222-3333-4444-555555555555": told["kandji_api_token"],
                "globexSecretKey": told["scep_challenge"],
                "[IT]": str(canary["blueprints"]),
                "C02XK1ZAJG5J": canary["test_macs"][0],
                "[Engineering]": str(wide["blueprints"]),
            }
        )
        prepare(desk)
        inventory = desk.directory / "tenants.yml"
        added = inventory.read_text().replace("        acme:\n", "        acme:\n        globex:\n")
        inventory.write_text(added)
        shown = desk.files(heading)
        desk.write("host_vars/globex/main.yml", shown["host_vars/globex/main.yml"])
        create, report, check, site = desk.commands(heading)
        desk.edit(create, shown["host_vars/globex/vault.yml"])
        vault = desk.directory / "host_vars" / "globex" / "vault.yml"
        assert vault.read_text().startswith("$ANSIBLE_VAULT;")
        desk.run(report)
        assert (desk.directory / "globex" / "report" / "device-trust.html").is_file()
        assert "changed=0" not in desk.run(check)
        assert not [
            each for each in lab.world.requests if each.operation == "Create Custom Profile"
        ]
        desk.run(site)
        made = [each for each in lab.world.requests if each.operation == "Create Custom Profile"]
        assert made


@pytest.mark.long
def test_a_change_goes_from_the_preview_org_to_production(desk):
    heading = "Promote from a preview org"
    with contextlib.ExitStack() as stack:
        labs = {
            name: stack.enter_context(Lab(Options(macs=2, limits="high", seed=seed, people=True)))
            for seed, name in enumerate(("acme-preview", "acme"))
        }
        told = {name: lab.announcement for name, lab in labs.items()}
        bundle = desk.home / "ca.pem"
        bundle.write_text("".join(Path(each["ca_file"]).read_text() for each in told.values()))
        desk.environment["DEVICE_TRUST_CA_PATH"] = str(bundle)
        desk.replace(**{"[IT]": str(told["acme"]["rings"][0]["blueprints"])})
        prepare(desk)
        shown, group = desk.files(heading), [text for _kind, text in blocks(heading)][1]
        inventory = yaml.safe_load((desk.directory / "tenants.yml").read_text())
        inventory["all"]["children"].update(yaml.safe_load(group))
        inventory["all"]["children"]["tenants"]["hosts"]["acme-preview"] = None
        desk.write("tenants.yml", yaml.safe_dump(inventory))
        desk.write("group_vars/acme_all.yml", shown["group_vars/acme_all.yml"])
        for name, each in told.items():
            values = {
                "device_trust_okta_org_url": each["okta_url"],
                "device_trust_kandji_api_url": each["kandji_url"],
                "device_trust_scep_url": each["scep_url"],
                "vault_okta_api_token": each["okta_api_token"],
                "vault_kandji_api_token": each["kandji_api_token"],
                "vault_okta_scep_challenge": each["scep_challenge"],
                "canary_test_macs": each["rings"][0]["test_macs"],
            }
            desk.write(f"host_vars/{name}/main.yml", yaml.safe_dump(values))
        preview, difference, production, agreement = desk.commands(heading)

        def writes(name):
            return [
                each.operation
                for each in labs[name].world.requests
                if each.writes and "(lab Mac)" not in each.user_agent
            ]

        desk.run(preview)
        assert "Create Custom Profile" in writes("acme-preview") and not writes("acme")
        output = desk.run(difference)
        assert "Okta SCEP - canary" in output and not writes("acme")
        desk.run(production)
        assert writes("acme") == writes("acme-preview")
        before = {name: writes(name) for name in labs}
        output = desk.run(agreement)
        assert output.count("changed=0") == 2, output
        assert {name: writes(name) for name in labs} == before
