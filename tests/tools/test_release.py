# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release must be, judged on small stand-ins for a tarball, an importer and a bill of
materials.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from tools.release import signature
from tools.release.advisories import Audit
from tools.release.checks import (
    judge_advisories,
    judge_importer,
    judge_site,
    tarball,
    tarball_problems,
    version_problems,
    with_full_links,
)
from tools.release.sbom import NEEDED, REFERENCE, completed, reading_problems
from tools.support.check_runner import CheckStep, NotDone, run_steps

GALAXY = {
    "namespace": "devicetrust",
    "name": "okta_kandji",
    "version": "1.2.3",
    "description": "Macs",
    "license": ["GPL-3.0-or-later"],
    "repository": "https://x",
}
DONE = "INFO: Importer processing completed successfully"


def packed(place: Path, files: list[str], moment: int) -> Path:
    """As ansible-galaxy packs: in the order and with the time that it happens to meet."""
    listed = json.dumps({"files": [{"name": name} for name in files]}).encode()
    manifest = json.dumps(
        {"file_manifest_file": {"chksum_sha256": hashlib.sha256(listed).hexdigest()}}
    ).encode()
    with tarfile.open(place, "w:gz") as archive:
        for name, content in [
            ("MANIFEST.json", manifest),
            ("FILES.json", listed),
            *((name, name.encode()) for name in files),
        ]:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), moment, "somebody"
            archive.addfile(member, io.BytesIO(content))
    return place


def test_another_time_and_order_are_the_same_bytes(tmp_path):
    one, other = (
        packed(tmp_path / "one.tar.gz", ["a", "b"], 1),
        packed(tmp_path / "other.tar.gz", ["b", "a"], 2),
    )
    assert one.read_bytes() != other.read_bytes()
    for file in (one, other):
        tarball.normalise(file, 1_700_000_000)
    assert one.read_bytes() == other.read_bytes()
    assert tarball.names(one) == ["MANIFEST.json", "FILES.json", "a", "b"]
    with tarfile.open(one) as archive:
        listed, manifest = (
            archive.extractfile("FILES.json").read(),
            json.load(archive.extractfile("MANIFEST.json")),
        )
        assert manifest["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(listed).hexdigest()
        assert {member.mtime for member in archive.getmembers()} == {1_700_000_000}


def test_another_content_is_another_tarball(tmp_path):
    one, other = (
        packed(tmp_path / "one.tar.gz", ["a"], 1),
        packed(tmp_path / "other.tar.gz", ["c"], 1),
    )
    for file in (one, other):
        tarball.normalise(file, 1)
    assert tarball.digest(one) != tarball.digest(other)


@pytest.mark.parametrize(
    ("galaxys", "agents", "before", "new", "says"),
    [
        ("1.2.3", "1.2.3", ["1.2.2"], 2, None),
        ("1.2.3", "1.2.3", ["1.2.3"], 0, None),
        ("1.2", "1.2", [], 2, "not a semantic version"),
        ("1.2.3", "1.2.2", [], 2, "transport.py 1.2.2"),
        ("1.2.3", "1.2.3", ["1.2.3"], 2, "set the next version"),
        ("1.2.3", "1.2.3", [], 0, "no fragment"),
    ],
)
def test_the_version(galaxys, agents, before, new, says):
    wrong = version_problems(galaxys, agents, before, new)
    assert wrong == [] if says is None else says in wrong[0]


def test_links_of_a_page_lead_somewhere_from_outside():
    base = "https://host/blob/1.2.3"
    assert (
        with_full_links("[a](docs/dev/lab.md#start-it)", Path("."), base)
        == "[a](https://host/blob/1.2.3/docs/dev/lab.md#start-it)"
    )
    assert (
        with_full_links("[a](../../docs/dev/lab.md)", Path("roles/x"), base)
        == "[a](https://host/blob/1.2.3/docs/dev/lab.md)"
    )
    assert (
        with_full_links("[a](dev/lab.md) [b](reset.md)", Path("docs"), base, below="dev/")
        == "[a](https://host/blob/1.2.3/docs/dev/lab.md) [b](reset.md)"
    )
    for left in ("[a](https://okta.com/x)", "[a](#headline)"):
        assert with_full_links(left, Path("."), base) == left


def test_the_tarball_holds_what_users_use_and_nothing_else():
    whole = [
        "README.md",
        "LICENSE",
        "CHANGELOG.rst",
        "REUSE.toml",
        "changelogs/changelog.yaml",
        "tests/config.yml",
        "plugins/modules/one.py",
    ]
    checkout = ["lab/state.py", "docs/dev/lab.md", "tests/unit/conftest.py"]
    tracked = [Path("plugins/modules/one.py"), *map(Path, checkout)]
    assert tarball_problems(whole, tracked) == []
    assert tarball_problems([*whole, "lab/state.py", ".github/workflows/ci.yml"], tracked) == [
        ".github/workflows/ci.yml must not be in the tarball.",
        "lab/state.py must not be in the tarball.",
    ]
    assert len(tarball_problems([*whole, *checkout], tracked)) == len(checkout)
    assert tarball_problems(whole[:-1], tracked) == [
        "plugins/modules/one.py is not in the tarball."
    ]


@pytest.mark.parametrize(
    ("status", "output", "passes"),
    [
        (0, DONE, True),
        (1, DONE, False),
        (0, f"WARNING: no changelog\n{DONE}", False),
        (0, f"ERROR: bad\n{DONE}", False),
        (0, "", False),
        (
            0,
            f"WARNING: ERROR    Failed to find devicetrust.okta_kandji.rotate_scep_challenge playbook.\n{DONE}",
            True,
        ),
        (
            0,
            f"WARNING: ERROR    Failed to find devicetrust.okta_kandji.rotation playbook.\n{DONE}",
            False,
        ),
    ],
)
def test_the_importer_has_to_be_content_and_to_say_so(status, output, passes):
    assert judge_importer(status, output) is passes


def test_the_site_has_to_change_something_and_then_nothing():
    did, nothing = (0, "ok=30 changed=2 failed=0"), (0, "ok=30 changed=0 failed=0")
    assert judge_site(did, nothing)
    assert (
        not judge_site(did, did)
        and not judge_site(nothing, nothing)
        and not judge_site((2, did[1]), nothing)
    )


def environment(*names):
    """A document as cyclonedx-bom writes it."""
    return {
        "components": [{"name": name, "bom-ref": f"{name}==1"} for name in names],
        "dependencies": [{"ref": f"{name}==1", "dependsOn": ["pip==1"]} for name in names],
    }


def test_the_bill_names_the_collection_and_what_it_needs():
    document = completed(environment(*NEEDED, "urllib3", "pip"), GALAXY, "ab" * 32)
    assert (
        document["metadata"]["component"]["version"] == "1.2.3"
        and document["metadata"]["component"]["hashes"][0]["content"] == "ab" * 32
    )
    assert {one["name"] for one in document["components"]} == {*NEEDED, "urllib3"}
    first = document["dependencies"][0]
    assert first["ref"] == REFERENCE and len(first["dependsOn"]) == len(NEEDED)
    assert "pip==1" not in json.dumps(document)


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="PyJWT"):
        completed(environment(*NEEDED[:-1]), GALAXY, "")


def audited(*rows: dict[str, object]) -> Audit:
    return Audit.from_json(json.dumps({"dependencies": rows, "fixes": []}))


SOUND = {"name": "idna", "version": "3.20", "vulns": []}
UNKNOWN = {"name": "requests", "skip_reason": "Dependency not found"}
BROKEN = {
    "name": "urllib3",
    "version": "1.26.0",
    "vulns": [{"id": "CVE-2023-43804", "fix_versions": ["1.26.17", "2.0.6"]}],
}


def test_a_vulnerable_package_fails_the_audit(capsys):
    assert judge_advisories(audited(SOUND))
    assert not judge_advisories(audited(SOUND, BROKEN))
    assert "urllib3 1.26.0: CVE-2023-43804, fixed in 1.26.17, 2.0.6" in capsys.readouterr().out


def test_a_package_that_the_service_does_not_know_fails_the_audit(capsys):
    assert not judge_advisories(audited(SOUND, UNKNOWN))
    assert "Not checked: requests: Dependency not found" in capsys.readouterr().out


def test_a_service_that_knows_no_package_has_checked_nothing():
    with pytest.raises(NotDone, match="knew none of 1 packages"):
        judge_advisories(audited(UNKNOWN))


@pytest.mark.parametrize("text", ["", "[]", '{"dependencies": [{"name": "idna"}]}', "null"])
def test_an_unreadable_audit_is_an_error(text):
    with pytest.raises(ValueError, match="cannot be read"):
        Audit.from_json(text)


def test_a_check_that_is_not_done_is_listed_and_fails_nothing(capsys):
    def not_done() -> bool:
        raise NotDone("gpg is not installed")

    assert run_steps([CheckStep("build", lambda: True), CheckStep("signature", not_done)]) == 0
    printed = capsys.readouterr().out
    assert "Not done: gpg is not installed." in printed
    assert "1 of 2 passed" in printed and printed.strip().endswith("; not done: signature")
    assert run_steps([CheckStep("build", lambda: False), CheckStep("signature", not_done)]) == 1


def test_a_bill_of_materials_lists_what_is_installed_and_nothing_else():
    installed = [("requests", "2.34.2"), ("PyJWT", "2.15.1"), ("pip", "26.0")]
    assert reading_problems([("Requests", "2.34.2"), ("pyjwt", "2.15.1")], installed) == []
    assert reading_problems([("requests", "2.34.1"), ("pyjwt", "2.15.1")], installed) == [
        "requests 2.34.2 is installed, and the bill of materials does not list it.",
        "requests 2.34.1 is in the bill of materials, and not installed.",
    ]


@pytest.mark.parametrize(
    ("taken", "refused", "answer", "right"),
    [
        (True, True, "Signature verification failed for 'x'", True),
        (False, True, "Signature verification failed for 'x'", False),
        (True, False, "Signature verification failed for 'x'", False),
        (True, True, "Traceback", False),
    ],
)
def test_a_signature_counts_if_another_one_is_refused_for_it(taken, refused, answer, right):
    assert signature.judge(taken, "no", refused, answer) is right
