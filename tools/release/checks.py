# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and try a release without releasing anything: `make release-check`.

In a copy of the checkout the changelog gets its release, and the collection is built twice and must
be the same bytes. galaxy-importer checks it, a bill of materials is written and read by a second
library, pip-audit looks for known vulnerabilities, a signature is made and verified, and the site
playbook runs against the lab by its full name, from the tarball installed into an empty path. The
results stay in .cache/release.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

import yaml

from tools.release import signature, tarball
from tools.release.advisories import Audit
from tools.release.sbom import completed, reading_problems
from tools.support.check_runner import CheckStep, NotDone
from tools.support.environment import CACHE, CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.git_files import tracked_files
from tools.support.interpreters import here
from tools.support.playbook import INVENTORY, lab_environment
from tools.support.venvs import environment_of

PLACE = CACHE / "release"
NAMESPACED = Path("ansible_collections") / "devicetrust" / "okta_kandji"
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
# Only what belongs to the checkout; galaxy.yml leaves it out.
NOT_SHIPPED = (
    "lab/",
    "tools/",
    "tests/unit/",
    "tests/functional/",
    "tests/conformance/",
    "extensions/molecule/",
    "docs/dev/",
    ".",
)
IMPORTER = ("galaxy-importer==0.4.44",)
CYCLONEDX = ("cyclonedx-bom==7.5.0",)
SECOND_READER = ("lib4sbom==0.10.4",)  # it shares no code with cyclonedx-bom
PIP_AUDIT = ("pip-audit==2.10.1",)
# A link in Markdown to a file of the checkout.
RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^)#]*)(#[^)]*)?\)")


def steps() -> list[CheckStep]:
    """Return the checks of a release, in order."""
    return [
        CheckStep("version", version_agrees),
        CheckStep("changelog", changelog),
        CheckStep("build", build),
        CheckStep("importer", importer),
        CheckStep("sbom", bill_of_materials),
        CheckStep("advisories", advisories),
        CheckStep("install", install),
        CheckStep("signature", signed),
        CheckStep("site", site),
    ]


def galaxy() -> dict[str, t.Any]:
    """Return the content of galaxy.yml."""
    metadata: dict[str, t.Any] = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())
    return metadata


def version() -> str:
    """Return the version in galaxy.yml."""
    return str(galaxy()["version"])


def built() -> Path:
    """Return the path of the tarball."""
    return PLACE / f"devicetrust-okta_kandji-{version()}.tar.gz"


def timestamp() -> int:
    """Return the time of the last commit in seconds, which everything in the tarball gets."""
    command = ["git", "log", "-1", "--format=%ct"]
    return int(
        subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    )


# What is released


def version_agrees() -> bool:
    """Check that galaxy.yml, the user agent and the changelog have the same, new version."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
        VERSION,
    )

    wrong = version_problems(version(), VERSION, released(), len(fragments(CHECKOUT)))
    print("\n".join(wrong) or f"Version {version()}.")
    return not wrong


def version_problems(galaxys: str, agents: str, before: t.Sequence[str], new: int) -> list[str]:
    """Return what is wrong with the version.

    ``before``: the versions in the changelog; ``new``: the number of fragments that it lacks.
    """
    wrong = (
        [] if SEMANTIC.fullmatch(galaxys) else [f"galaxy.yml: {galaxys} is not a semantic version."]
    )
    if agents != galaxys:
        wrong.append(
            f"galaxy.yml says {galaxys}, and VERSION in plugins/module_utils/_http/transport.py"
            f" {agents}."
        )
    if galaxys in before and new:
        wrong.append(
            f"The changelog has {galaxys} already, and there are {new} new fragments; set the next"
            " version in galaxy.yml."
        )
    if galaxys not in before and not new:
        wrong.append(f"There is no fragment that says what {galaxys} brings.")
    return wrong


def released() -> list[str]:
    """Return the versions in the changelog."""
    changes = CHECKOUT / "changelogs" / "changelog.yaml"
    return list(yaml.safe_load(changes.read_text())["releases"]) if changes.exists() else []


def fragments(checkout: Path) -> list[Path]:
    """Return the changelog fragments of a checkout."""
    return list((checkout / "changelogs" / "fragments").glob("*.yml"))


def changelog() -> bool:
    """Make the release of the changelog in two copies, unless it exists.

    The checkout keeps its fragments.
    """
    shutil.rmtree(PLACE, ignore_errors=True)
    for name in ("first", "second"):
        if not released_copy(PLACE / name / NAMESPACED, backwards=name == "second"):
            return False
    text = (PLACE / "first" / NAMESPACED / "CHANGELOG.rst").read_text()
    left = fragments(PLACE / "first" / NAMESPACED)
    print(f"CHANGELOG.rst has {len(text.splitlines())} lines; {len(left)} fragments are left over.")
    return f"v{version()}" in text and not left


def released_copy(copy: Path, backwards: bool) -> bool:
    """Copy the checkout in one order of files or the other, and release its changelog."""
    for file in sorted(tracked_files(), reverse=backwards):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / file, copy / file)
    base = f"{galaxy()['repository']}/blob/{version()}"
    for page in (copy / "README.md", *copy.glob("roles/*/README.md")):
        page.write_text(with_full_links(page.read_text(), page.relative_to(copy).parent, base))
    for page in copy.glob("docs/*.md"):
        page.write_text(with_full_links(page.read_text(), Path("docs"), base, below="dev/"))
    if version() in released():
        return True
    date = subprocess.run(
        ["git", "log", "-1", "--format=%cs"],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    command = [
        str(SCRIPTS / "antsibull-changelog"),
        "release",
        "--version",
        version(),
        "--date",
        date,
    ]
    return run_and_read(command, child_environment(), copy)[0] == 0


def with_full_links(text: str, folder: Path, base: str, below: str = "") -> str:
    """Return a page with full links, since it is shown outside of the repository too.

    :arg below: what the links begin with that change. The pages for contributors are not shipped.
    """

    def full(match: re.Match[str]) -> str:
        if not match.group(1).startswith(below):
            return match.group(0)
        parts: list[str] = []
        for part in (folder / match.group(1)).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return f"]({base}/{'/'.join(parts)}{match.group(2) or ''})"

    return RELATIVE.sub(full, text)


def build() -> bool:
    """Build the collection from both copies, and compare them without what may differ."""
    first, second = one_build(PLACE / "first"), one_build(PLACE / "second")
    if first is None or second is None:
        return False
    same = first.read_bytes() == second.read_bytes()
    names = tarball.names(first)
    wrong = tarball_problems(names, tracked_files())
    print(
        "\n".join(wrong)
        or f"{len(names)} files, {first.stat().st_size // 1024} KiB, sha256 {tarball.digest(first)}"
    )
    print("Both builds are the same bytes." if same else "The two builds differ.")
    shutil.copy(first, built())
    (PLACE / "SHA256SUMS").write_text(f"{tarball.digest(built())}  {built().name}\n")
    return same and not wrong


def one_build(place: Path) -> Path | None:
    """Return a normalized tarball of a copy, or None if it could not be built."""
    command = [
        str(SCRIPTS / "ansible-galaxy"),
        "collection",
        "build",
        str(place / NAMESPACED),
        "--output-path",
        str(place),
    ]
    if run_and_read(command, child_environment(), show=False)[0]:
        return None
    made = place / built().name
    tarball.normalise(made, timestamp())
    return made


def tarball_problems(names: t.Iterable[str], tracked: t.Iterable[Path]) -> list[str]:
    """Return the files that must not be in the tarball, and those that are missing."""
    inside = set(names)
    wanted = {
        str(file)
        for file in tracked
        if file.parts[0] in ("plugins", "roles", "playbooks", "meta", "docs", "LICENSES")
        and not str(file).startswith(NOT_SHIPPED)
    }
    wanted |= {
        "README.md",
        "LICENSE",
        "CHANGELOG.rst",
        "REUSE.toml",
        "changelogs/changelog.yaml",
        "tests/config.yml",
    }
    extra = sorted(name for name in inside if name.startswith(NOT_SHIPPED))
    return [f"{name} must not be in the tarball." for name in extra] + [
        f"{name} is not in the tarball." for name in sorted(wanted - inside)
    ]


# What others say of it


def importer() -> bool:
    """Run galaxy-importer, as Galaxy and Automation Hub do on upload."""
    place = environment_of("galaxy-importer", here(), IMPORTER)
    if place is None:
        return False
    environment = child_environment(
        PATH=f"{place / 'bin'}:/usr/local/bin:/usr/bin:/bin", HOME=str(PLACE)
    )
    environment.pop("ANSIBLE_COLLECTIONS_PATH")  # it sets its own
    return judge_importer(
        *run_and_read(
            [str(place / "bin" / "python"), "-m", "galaxy_importer.main", str(built())],
            environment,
            PLACE,
        )
    )


def imports_its_own(line: str) -> bool:
    """Return whether a warning only names a playbook of this collection.

    The importer runs ansible-lint where the collection is not installed.
    """
    match = re.fullmatch(
        r"WARNING: ERROR +Failed to find devicetrust\.okta_kandji\.(\w+) playbook\.", line.strip()
    )
    return match is not None and (CHECKOUT / "playbooks" / f"{match[1]}.yml").is_file()


def judge_importer(status: int, output: str) -> bool:
    """Return whether the importer finished without a complaint."""
    complaints = [
        line
        for line in output.splitlines()
        if line.startswith(("ERROR", "WARNING")) and not imports_its_own(line)
    ]
    print(f"galaxy-importer: {len(complaints)} complaints")
    return status == 0 and not complaints and "Importer processing completed successfully" in output


def runtime() -> Path | None:
    """Return an environment with ansible-core and the packages that the collection names."""
    names = [
        line.strip()
        for line in (CHECKOUT / "meta" / "ee-requirements.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return environment_of("release-runtime", here(), ["ansible-core", *names])


def bill_of_materials() -> bool:
    """Write the CycloneDX document of the collection and the packages it runs with."""
    target, cyclonedx = runtime(), environment_of("cyclonedx", here(), CYCLONEDX)
    if target is None or cyclonedx is None:
        return False
    file = bill()
    command = [
        str(cyclonedx / "bin" / "cyclonedx-py"),
        "environment",
        "--output-reproducible",
        "--spec-version",
        "1.6",
        str(target / "bin" / "python"),
    ]
    status, output = run_and_read(
        [*command, "--output-file", str(file)], child_environment(), show=False
    )
    if status:
        print(output)
        return False
    document = completed(json.loads(file.read_text()), galaxy(), tarball.digest(built()))
    file.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
    print(f"{file.name}: {len(document['components'])} components")
    return (
        run_and_read(
            [str(cyclonedx / "bin" / "python"), "-c", VALIDATE, str(file)], child_environment()
        )[0]
        == 0
    ) and read_again(target)


def bill() -> Path:
    """Return the path of the bill of materials."""
    return PLACE / f"{built().name.removesuffix('.tar.gz')}.cdx.json"


def read_again(target: Path) -> bool:
    """Read the bill of materials with another library, and compare it with what is installed."""
    reader = environment_of("sbom-reader", here(), SECOND_READER)
    if reader is None:
        return False
    status, output = run_and_read(
        [str(reader / "bin" / "python"), "-c", READ, str(bill())], child_environment(), show=False
    )
    if status:
        print(output)
        return False
    listed = run_and_read(
        [str(target / "bin" / "python"), "-c", LIST], child_environment(), show=False
    )[1]
    wrong = reading_problems(json.loads(output), json.loads(listed))
    print("\n".join(wrong) or "lib4sbom reads the packages that are installed.")
    return not wrong


# Each prints one line of JSON: name and version of each package.
READ = """
import json, sys
from lib4sbom.parser import SBOMParser
parser = SBOMParser()
parser.parse_file(sys.argv[1])
print(json.dumps([[one["name"], one["version"]] for one in parser.get_packages()]))
"""
LIST = """
import importlib.metadata, json
print(json.dumps([[one.name, one.version] for one in importlib.metadata.distributions()]))
"""
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = open(sys.argv[1], encoding="utf-8").read()
found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
sys.exit(str(found) if found else 0)
"""


def advisories() -> bool:
    """Look for known vulnerabilities of the packages in requirements.lock.

    Raises NotDone if the advisory service cannot be reached or knows none of them.
    """
    place = environment_of("pip-audit", here(), PIP_AUDIT)
    if place is None:
        return False
    command = [
        str(place / "bin" / "pip-audit"),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
        f"--output={PLACE / 'advisories.json'}",
        f"--requirement={CHECKOUT / 'requirements.lock'}",
    ]
    (PLACE / "advisories.json").unlink(missing_ok=True)
    _status, output = run_and_read(command, child_environment(), show=False)
    if not (PLACE / "advisories.json").is_file():
        if "ConnectionError" in output:
            raise NotDone("the advisory service could not be reached")
        print(output)
        return False
    return judge_advisories(Audit.from_json((PLACE / "advisories.json").read_text()))


def judge_advisories(audit: Audit) -> bool:
    """Print what an audit found. Return whether no package is vulnerable.

    Raises NotDone if the service knew no package.
    """
    if not audit.checked:
        raise NotDone(f"the advisory service knew none of {len(audit.unchecked)} packages")
    print("\n".join((*audit.vulnerable, *(f"Not checked: {line}" for line in audit.unchecked))))
    print(f"{audit.checked} packages checked, {len(audit.vulnerable)} vulnerabilities.")
    return not audit.vulnerable and not audit.unchecked


# As a user has it


def installed() -> Path:
    """Return the directory where the collection is installed."""
    return PLACE / "installed"


def user_environment(**more: str) -> dict[str, str]:
    """Return an environment without the checkout: only the installed collection counts."""
    scripts = PLACE.parent / "environments" / "release-runtime" / "bin"
    environment = child_environment(
        ANSIBLE_COLLECTIONS_PATH=str(installed()), PATH=f"{scripts}:/usr/bin:/bin", **more
    )
    return {
        name: value
        for name, value in environment.items()
        if name not in ("ANSIBLE_CONFIG", "ANSIBLE_CALLBACK_PLUGINS")
    }


def install() -> bool:
    """Install the tarball into an empty path."""
    target = runtime()
    if target is None:
        return False
    installed().mkdir(parents=True)
    command = [
        str(target / "bin" / "ansible-galaxy"),
        "collection",
        "install",
        str(built()),
        "--collections-path",
        str(installed()),
    ]
    return (
        run_and_read(command, user_environment(), installed())[0] == 0
        and (installed() / NAMESPACED / "MANIFEST.json").is_file()
    )


def signed() -> bool:
    """Sign the manifest with a key made for this, and let ansible-galaxy verify it.

    It must refuse the signature of another manifest. Raises NotDone without gpg.
    """
    target = runtime()
    if target is None:
        return False
    if shutil.which("gpg") is None:
        raise NotDone("gpg is not installed")
    galaxy = [str(target / "bin" / "ansible-galaxy"), "collection", "verify", "--offline"]
    return signature.verified(
        installed() / NAMESPACED / "MANIFEST.json",
        PLACE / "signature",
        [*galaxy, "devicetrust.okta_kandji"],
        user_environment(),
    )


def site() -> bool:
    """Run the site playbook twice; the second run must change nothing."""
    from lab.server import Lab
    from lab.state import Options

    with Lab(Options(people=True)) as lab:
        outputs = [one_run(lab.announcement) for _unused in range(2)]
    return judge_site(*outputs)


def one_run(announcement: dict[str, t.Any]) -> tuple[int, str]:
    """Run the installed site playbook. Return its exit status and output."""
    variables = json.dumps({"device_trust_rings": announcement["rings"]})
    scripts = PLACE.parent / "environments" / "release-runtime" / "bin"
    command = [
        str(scripts / "ansible-playbook"),
        "-i",
        str(INVENTORY),
        "-e",
        variables,
        "devicetrust.okta_kandji.site",
    ]
    return run_and_read(command, user_environment(**lab_environment(announcement)), installed())


def judge_site(first: tuple[int, str], second: tuple[int, str]) -> bool:
    """Return whether both runs passed, and only the first one changed something."""
    return first[0] == second[0] == 0 and "changed=0 " not in first[1] and "changed=0 " in second[1]
