# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's own CLI, iructl, as a process against the lab's tenant, and side by side with the
collection.

iructl_at_lab.py says which of its checks is set aside. It needs Python 3.12 or newer: where pytest
runs by an older one, a newer one of this machine gets it into an environment of its own below
.cache/environments.
"""

from __future__ import annotations

import json
import plistlib
import re
import subprocess
import sys
import typing as t
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from lab.server import Lab
from tools.support.environment import CHECKOUT, child_environment
from tools.support.interpreters import interpreter
from tools.support.venvs import environment_of

LAUNCHER = Path(__file__).parent / "iructl_at_lab.py"
LOCK = CHECKOUT / "requirements.lock"
VERSION = re.search(r"^iructl==([^ ;\n]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE).group(1)
IRUCTL = f"iructl {VERSION}"
MODULE = "kandji_scep_profile"
NEWER = ("3.14", "3.13", "3.12")

pytestmark = pytest.mark.lab(macs=3)


# Where it runs


def runs(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *arguments],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter that has iructl."""
    if sys.version_info >= (3, 12) and find_spec("iructl"):
        return sys.executable
    found = next((one for one in map(interpreter, NEWER) if one), None)
    if found is None:
        pytest.skip(
            f"iructl needs Python {' or '.join(NEWER)}, and none was found on PATH or among pyenv's"
            " versions"
        )
    place = environment_of(f"iructl-{VERSION}", found, ["-c", str(LOCK), "iructl"])
    if place is None:
        pytest.skip(f"iructl could not be installed for {found}; pip has said why")
    return str(place / "bin" / "python")


class Iructl:
    """``iructl("profile", "pull", "--all")`` in a repository of its own.

    ``asked`` is what the last call asked of the tenant.
    """

    def __init__(self, python: str, lab: Lab, home: Path) -> None:
        self._python, self._world = python, lab.world
        told = lab.announcement
        self.repository = home / "repository"
        self._environment = child_environment(
            HOME=str(home),
            XDG_CONFIG_HOME=str(home),
            XDG_STATE_HOME=str(home),
            REQUESTS_CA_BUNDLE=told["ca_file"],
            IRUCTL_TENANT=told["kandji_url"],
            IRUCTL_TOKEN=told["kandji_api_token"],
            NO_COLOR="1",
            COLUMNS="250",
        )
        self.asked: list[str] = []
        (self.repository / "profiles").mkdir(parents=True)
        (self.repository / ".iructl").touch()

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """What it said."""
        mark = len(self._world.requests)
        command = [
            self._python,
            str(LAUNCHER),
            "--no-git",
            "--preview",
            "--repo",
            str(self.repository),
            *arguments,
        ]
        done = subprocess.run(
            command,
            cwd=self.repository.parent,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == status, done.stdout + done.stderr
        self.asked = [one.operation for one in self._world.requests[mark:]]
        return done.stdout

    @property
    def writes(self) -> list[str]:
        """Of the last call."""
        return [
            operation
            for operation in self.asked
            if operation.startswith(("Create", "Update", "Delete", "Assign", "Remove"))
        ]

    def remote(self) -> list[dict[str, t.Any]]:
        """The tenant's Custom Profiles."""
        listed = self.repository.parent / "list.json"
        self("profile", "list", "--remote", "--format", "json", "--output", str(listed))
        return [row["remote"] for row in json.loads(listed.read_text(encoding="utf-8"))]

    def info(self, name: str, **changes: t.Any) -> dict[str, t.Any]:
        """A profile's info file in the repository; ``changes`` are written to it."""
        place = self.repository / "profiles" / name / "info.plist"
        found = {**plistlib.loads(place.read_bytes()), **changes}
        if changes:
            place.write_bytes(plistlib.dumps(found))
        return found

    def mobileconfig(self, name: str) -> Path:
        (place,) = (self.repository / "profiles" / name).glob("*.mobileconfig")
        return place

    def make(self, name: str, text: str, *blueprints: str | dict[str, str]) -> str:
        """Write a profile's text into the repository and push it, on blueprints; returns its id."""
        source = self.repository.parent / f"{name}.mobileconfig"
        source.write_text(text, encoding="utf-8")
        self(
            "profile",
            "new",
            "--import",
            str(source),
            "--name",
            name,
            "--runs-on",
            "mac",
            "--active",
        )
        if blueprints:
            self.info(name, ensure_blueprints=list(blueprints))
        self("profile", "push", "--path", str(self.repository / "profiles" / name))
        return self.info(name)["id"]


@pytest.fixture
def iructl(python: str, fresh_lab: Lab, tmp_path: Path) -> Iructl:
    fresh_lab.world.switches.set(
        next_links_on_web_host=False
    )  # iructl goes wherever a link leads, and takes its token along
    return Iructl(python, fresh_lab, tmp_path)


# By itself


def test_profiles_are_listed_over_pages(iructl, fresh_lab, record_conformance):
    record_conformance(IRUCTL, "List Custom Profiles", "over pages, by the next links")
    tenant = fresh_lab.world.kandji
    tenant.profile_page_size = 1
    found = {row["id"]: row["mdm_identifier"] for row in iructl.remote()}
    assert found == {profile.id: profile.mdm_identifier for profile in tenant.library.profiles()}
    assert iructl.asked == ["ping", *["List Custom Profiles"] * len(found)] and len(found) > 1


def test_what_is_pulled_is_in_sync(iructl, fresh_lab, record_conformance):
    record_conformance(IRUCTL, "List Custom Profiles", "pulled, and synced without a write")
    iructl("profile", "pull", "--all")
    for profile in fresh_lab.world.kandji.library.profiles():
        assert iructl.info(profile.name)["id"] == profile.id
        assert plistlib.loads(iructl.mobileconfig(profile.name).read_bytes()) == profile.document
    iructl("profile", "sync", "--all")
    assert iructl.writes == []


def test_a_profile_is_made_changed_and_deleted(iructl, fresh_lab, tmp_path, record_conformance):
    for operation in ("Create Custom Profile", "Update Custom Profile", "Delete Custom Profile"):
        record_conformance(IRUCTL, operation, "its own profile, from new to gone")
    tenant = fresh_lab.world.kandji
    item_id = iructl.make("Made by iructl", handmade("https://scep.example.com/one", "first"))
    assert iructl.writes == ["Create Custom Profile"]
    stored = tenant.items[item_id]
    assert (stored.name, stored.active, stored.runs_on) == ("Made by iructl", True, {"Mac"})
    text = iructl.mobileconfig("Made by iructl")
    text.write_text(
        text.read_text(encoding="utf-8").replace("scep.example.com/one", "scep.example.com/two"),
        encoding="utf-8",
    )
    iructl("profile", "push", "--id", item_id)
    assert (
        iructl.writes == ["Update Custom Profile"] and "https://scep.example.com/two" in stored.text
    )
    iructl("profile", "sync", "--id", item_id)
    assert iructl.writes == []
    iructl(
        "profile",
        "show",
        item_id,
        "--remote",
        "--profile",
        "--format",
        "plist",
        "--output",
        str(tmp_path / "shown.plist"),
    )
    assert plistlib.loads((tmp_path / "shown.plist").read_bytes()) == stored.document
    iructl("profile", "delete", "--id", item_id, "--force")
    assert iructl.writes == ["Delete Custom Profile"] and item_id not in tenant.items


def test_a_profile_is_put_on_blueprints(iructl, fresh_lab, record_conformance):
    record_conformance(IRUCTL, "List Blueprints", "to find blueprints by name")
    record_conformance(
        IRUCTL,
        "Assign Library Item",
        "to a classic blueprint, to the root of a map, to a node of a map",
    )
    tenant = fresh_lab.world.kandji
    sales = next(one for one in tenant.blueprints.values() if one.name == "Sales")
    on_node = {"blueprint": sales.id, "node": sales.nodes[1].id.upper()}
    item_id = iructl.make(
        "Printers", handmade("https://scep.example.com/one", "first"), "Canary", "Design", on_node
    )
    assert iructl.writes == ["Create Custom Profile", *["Assign Library Item"] * 3]
    assert {one.name for one in tenant.blueprints.values() if item_id in one.item_ids} == {
        "Canary",
        "Design",
        "Sales",
    }
    assert item_id in sales.nodes[1].item_ids and item_id not in sales.nodes[0].item_ids


def test_what_is_on_a_node_of_a_map_already_is_no_mistake(iructl, fresh_lab, record_conformance):
    record_conformance(IRUCTL, "Assign Library Item", "again: it knows the words of the refusal")
    item_id = iructl.make("Printers", handmade("https://scep.example.com/one", "first"), "Design")
    iructl("profile", "push", "--id", item_id)
    assert iructl.writes == ["Assign Library Item"]
    assert [
        one.status for one in fresh_lab.world.requests if one.operation == "Assign Library Item"
    ] == [200, 400]


def test_what_is_on_a_classic_blueprint_already_is_reported(iructl, record_conformance):
    """These words of the refusal stand in the vendor's documentation, and iructl does not know
    them.
    """
    record_conformance(
        IRUCTL, "Assign Library Item", "again on a classic blueprint: it reports the refusal"
    )
    item_id = iructl.make("Printers", handmade("https://scep.example.com/one", "first"), "Canary")
    assert "[400] Library Item already exists on Blueprint" in iructl(
        "profile", "push", "--id", item_id, status=1
    )


# Side by side with the collection


def handmade(url: str, challenge: str, retries: int = 5) -> str:
    """A SCEP profile as people write them.

    Other identifiers, another order of keys, comments, spaces, and keys that the collection does
    not set.
    """
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>PayloadVersion</key> <integer>1</integer>
    <key>PayloadType</key> <string>Configuration</string>
    <key>PayloadScope</key> <string>System</string>
    <key>PayloadRemovalDisallowed</key> <true/>
    <key>PayloadOrganization</key> <string>Acme IT</string>
    <key>PayloadIdentifier</key> <string>com.acme.okta.scep</string>
    <key>PayloadUUID</key> <string>6f9619ff-8b86-d011-b42d-00c04fc964ff</string>
    <key>PayloadDisplayName</key> <string>Acme: Okta SCEP</string>
    <key>PayloadContent</key>
    <array>
      <dict>
        <key>PayloadType</key> <string>com.apple.security.scep</string>
        <key>PayloadIdentifier</key> <string>com.acme.okta.scep.payload</string>
        <key>PayloadUUID</key> <string>6f9619ff-8b86-d011-b42d-00c04fc964fe</string>
        <key>PayloadVersion</key> <integer>1</integer>
        <key>PayloadDisplayName</key> <string>SCEP</string>
        <key>PayloadContent</key>
        <dict>
          <!-- as the guide has it -->
          <key>AllowAllAppsAccess</key> <true/>
          <key>KeyIsExtractable</key> <false/>
          <key>RetryDelay</key> <integer>30</integer>
          <key>Retries</key> <integer>{retries}</integer>
          <key>Key Usage</key> <integer>1</integer>
          <key>Key Type</key> <string>RSA</string>
          <key>Keysize</key> <integer>2048</integer>
          <key>Subject</key>
          <array> <array> <array> <string>CN</string> <string>$SERIAL_NUMBER $PROFILE_UUID</string> </array> </array> </array>
          <key>Challenge</key> <string>{escape(challenge)}</string>
          <key>URL</key> <string>{escape(url)}</string>
        </dict>
      </dict>
    </array>
  </dict>
</plist>
"""


@pytest.fixture
def ours(fresh_lab, run_module):
    """Run the collection's module; returns its result and what it wrote."""

    def run(
        args: dict[str, t.Any], module: str = MODULE, **how: t.Any
    ) -> tuple[dict[str, t.Any], list[str]]:
        mark = len(fresh_lab.world.requests)
        result = run_module(module, args, lab=fresh_lab, **how)
        assert not result.get("failed"), result
        return result, [one.operation for one in fresh_lab.world.requests[mark:] if one.writes]

    return run


@pytest.fixture
def scep(fresh_lab):
    return {
        "url": fresh_lab.announcement["scep_url"],
        "challenge": fresh_lab.announcement["scep_challenge"],
    }


def test_the_collection_adopts_what_iructl_made_and_assigned(
    iructl, ours, scep, record_conformance
):
    record_conformance(
        IRUCTL,
        "Create Custom Profile",
        "then kandji_scep_profile adopts it by name and by id without a write",
    )
    record_conformance(IRUCTL, "Assign Library Item", "then kandji_scep_profile finds it assigned")
    item_id = iructl.make("Okta SCEP", handmade(**scep), "Canary")
    for wanted in (
        {"name": "Okta SCEP"},
        {"library_item_id": item_id},
        {"library_item_id": item_id.upper()},
    ):
        result, writes = ours({**wanted, "blueprints": ["Canary"]})
        assert not result["changed"] and writes == [], result
        assert (
            result["profiles"][0]["library_item_id"] == item_id
            and result["profiles"][0]["challenge_matches"]
        )
    assert ours({"name": "Okta SCEP", "blueprints": ["Canary", "Engineering"]})[1] == [
        "PKIOperation",
        "Assign Library Item",
    ]


def test_iructl_finds_nothing_to_do_in_what_the_collection_made(iructl, ours, record_conformance):
    record_conformance(
        IRUCTL,
        "Update Custom Profile",
        "not sent for a profile of kandji_scep_profile that it pulled; nor does the module write"
        " after it",
    )
    wanted = {"name": "Okta SCEP", "blueprints": ["Canary"]}
    item_id = ours(wanted)[0]["profiles"][0]["library_item_id"]
    iructl("profile", "pull", "--all")
    assert iructl.info("Okta SCEP")["id"] == item_id
    for verb in ("push", "sync"):
        iructl("profile", verb, "--all")
        assert iructl.writes == []
    result, writes = ours(wanted)
    assert not result["changed"] and writes == []


def edit(iructl: Iructl, name: str, *replacements: tuple[str, str]) -> None:
    """Change the profile's text in the repository and push it."""
    place = iructl.mobileconfig(name)
    text = place.read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    place.write_text(text, encoding="utf-8")
    iructl("profile", "push", "--id", iructl.info(name)["id"])
    assert iructl.writes[0] == "Update Custom Profile"


TYPED = "typed-in-by-hand-4711"


def test_the_collection_shows_what_iructl_changed_and_no_secret(
    iructl, ours, shown, scep, record_conformance
):
    record_conformance(
        IRUCTL,
        "Update Custom Profile",
        "then kandji_scep_profile shows the difference in check mode, its secrets masked, and corrects"
        " it once",
    )
    wanted = {"name": "Okta SCEP", "blueprints": ["Design"]}
    item_id = iructl.make("Okta SCEP", handmade(**scep), "Design")
    edit(
        iructl,
        "Okta SCEP",
        ("<integer>30</integer>", "<integer>60</integer>"),
        (escape(scep["challenge"]), TYPED),
    )
    predicted, writes = ours(wanted, check=True, diff=True)
    assert predicted["changed"] and writes == []
    before, after = (predicted["diff"][side]["profile 'Okta SCEP'"] for side in ("before", "after"))
    assert set(before) == {"RetryDelay", "Challenge"} and (
        before["RetryDelay"],
        after["RetryDelay"],
    ) == (60, 30)
    assert ours(wanted)[1] == ["PKIOperation", "Update Custom Profile"] and ours(wanted)[1] == []
    assert shown(scep["challenge"]) == shown(TYPED) == []
    iructl("profile", "pull", "--id", item_id)
    kept = iructl.mobileconfig("Okta SCEP").read_text(encoding="utf-8")
    assert "<integer>30</integer>" in kept and "Acme IT" in kept and TYPED not in kept


def test_what_iructl_changes_of_our_writing_is_not_written_over_unasked(
    iructl, ours, run_module, fresh_lab, shown, scep, record_conformance
):
    record_conformance(
        IRUCTL,
        "Update Custom Profile",
        "of what kandji_scep_profile wrote: it says which keys differ, and writes with a new"
        " generation alone",
    )
    wanted = {"name": "Okta SCEP", "blueprints": ["Canary"]}
    ours(wanted)
    iructl("profile", "pull", "--all")
    edit(
        iructl,
        "Okta SCEP",
        ("<integer>30</integer>", "<integer>60</integer>"),
        (escape(scep["challenge"]), TYPED),
    )
    mark = len(fresh_lab.world.requests)
    for check in (True, False):
        refused = run_module(MODULE, wanted, lab=fresh_lab, check=check, diff=True)
        assert refused["failed"] and refused["keys"] == ["Challenge", "RetryDelay"], refused
    assert not any(one.writes for one in fresh_lab.world.requests[mark:])
    assert (
        ours({**wanted, "generation": "2"})[1] == ["PKIOperation", "Update Custom Profile"]
        and ours(wanted)[1] == []
    )
    assert shown(scep["challenge"]) == shown(TYPED) == []


def test_one_file_is_the_same_for_both(iructl, ours, fresh_lab, record_conformance):
    """Of any content.

    What either wrote, the other finds right, and what iructl pulls is as good a file as the first.
    """
    record_conformance(
        IRUCTL,
        "Create Custom Profile",
        "then kandji_custom_profile finds the same file written, and assigns it alone",
    )
    record_conformance(
        IRUCTL,
        "Update Custom Profile",
        "not sent for a profile of kandji_custom_profile that it pulled; nor does the module write"
        " what it pulled",
    )
    text = handmade("https://scep.example.com/one", "first")
    item_id = iructl.make("Printers", text)
    wanted = {
        "name": "Printers",
        "blueprints": ["Canary"],
        "mobileconfig": text,
        "test_enrollment": False,
    }
    assert ours(wanted, "kandji_custom_profile")[1] == ["Assign Library Item"]
    changed = {**wanted, "mobileconfig": text.replace("/one<", "/two<")}
    result, writes = ours(changed, "kandji_custom_profile", diff=True)
    assert writes == ["Update Custom Profile"] and result["diff"]["after"] == {
        "profile 'Printers'": {
            "com.apple.security.scep/PayloadContent.URL": "https://scep.example.com/two"
        }
    }
    iructl("profile", "pull", "--id", item_id, "--force")
    iructl("profile", "sync", "--id", item_id)
    assert iructl.writes == []
    pulled = iructl.mobileconfig("Printers").read_text(encoding="utf-8")
    assert (
        "scep.example.com/two" in pulled
        and ours({**wanted, "mobileconfig": pulled}, "kandji_custom_profile")[1] == []
    )
