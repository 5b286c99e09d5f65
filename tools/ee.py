# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the execution environment and run the site playbook in it, as AWX would: `make ee`.

ansible-builder builds it from this checkout, and the playbook runs against the lab.

Settings, all from the environment:
    EE_IMAGE            the name of the image (localhost/device-trust-ee)
    EE_BASE_IMAGE       another base than execution-environment.yml names
    EE_PACKAGE_MANAGER  of that base, if it is not of the RPM family: /usr/bin/apt-get. The base
                        must then have Python 3.11 and pip
    EE_BUILD_OPTIONS    further options of `podman build`, like --network=host or
                        --volume=/etc/pip.conf:/etc/pip.conf:ro
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import yaml

from lab.server import Lab
from lab.state import Options
from tests.support import awx_job
from tools.support.environment import CACHE, CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.git_files import tracked_files

DEFINITION = CHECKOUT / "execution-environment.yml"
PLACE = CACHE / "ee"
TARBALL = PLACE / "devicetrust-okta_kandji.tar.gz"
IMAGE = "localhost/device-trust-ee"
STATE_DIR = "/var/lib/device-trust"
MACS = 4


def definition(base_image: str = "", package_manager: str = "") -> dict[str, t.Any]:
    """execution-environment.yml, with another base where one is given.

    The tarball is named by its whole path, since the file is written elsewhere.
    """
    wanted: dict[str, t.Any] = yaml.safe_load(DEFINITION.read_text())
    wanted["additional_build_files"][0]["src"] = str(TARBALL)
    if base_image:
        wanted["images"]["base_image"]["name"] = base_image
    if package_manager:
        wanted["options"] = {"package_manager_path": package_manager, "skip_pip_install": True}
    return wanted


def build_collection() -> None:
    """Build the tarball that Galaxy would get, under a name without the version."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE) as directory:
        source = Path(directory) / "source"
        for file in tracked_files():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / file, source / file)
        command = [
            str(SCRIPTS / "ansible-galaxy"),
            "collection",
            "build",
            str(source),
            "--output-path",
            directory,
        ]
        subprocess.run(command, env=child_environment(), check=True, stdout=subprocess.DEVNULL)
        next(Path(directory).glob("*.tar.gz")).replace(TARBALL)


def make_context(directory: Path, base_image: str = "", package_manager: str = "") -> Path:
    """Create the build context, a Containerfile and its files. Return its directory."""
    build_collection()
    file = PLACE / "execution-environment.yml"
    file.write_text(yaml.safe_dump(definition(base_image, package_manager)))
    command = [
        str(SCRIPTS / "ansible-builder"),
        "create",
        "--file",
        str(file),
        "--context",
        str(directory),
        "--output-filename",
        "Containerfile",
    ]
    subprocess.run(command, env=child_environment(), check=True, stdout=subprocess.DEVNULL)
    return directory


def build(image: str) -> bool:
    """Build the image with podman. Return whether it was built."""
    shutil.rmtree(PLACE / "context", ignore_errors=True)
    context = make_context(
        PLACE / "context",
        os.environ.get("EE_BASE_IMAGE", ""),
        os.environ.get("EE_PACKAGE_MANAGER", ""),
    )
    command = [
        "podman",
        "build",
        "--file",
        str(context / "Containerfile"),
        "--tag",
        image,
        *os.environ.get("EE_BUILD_OPTIONS", "").split(),
        str(context),
    ]
    return subprocess.run(command, check=False).returncode == 0


def run_in(
    image: str, template: str, announcement: dict[str, t.Any], directory: Path, **values: t.Any
) -> awx_job.Outcome:
    """Run a job in a container of the image.

    The project brings the playbooks, and the image brings the collection.
    """
    container = {
        "process_isolation": True,
        "process_isolation_executable": "podman",
        "container_image": image,
        "container_options": ["--user=root", "--network=host", "--pull=never"],
        "container_volume_mounts": [f"{directory / 'state'}:{STATE_DIR}:z"],
    }
    (directory / "state").mkdir(parents=True)
    job = awx_job.Job(template, awx_job.lab_credentials(announcement), **values)
    playbook = awx_job.lay_out(job, directory, seen_at="/runner", settings=container)
    shutil.copytree(CHECKOUT / "playbooks", directory / "project" / "playbooks")
    command = [str(SCRIPTS / "ansible-runner"), "run", str(directory), "-p", playbook, "-i", "1"]
    status, output = run_and_read(command, child_environment(), show=False)
    return awx_job.read(directory, status, output)


def try_it(image: str) -> bool:
    """Run site twice and the report. Return whether all passed.

    The second run must write nothing, and the state must be in the mounted directory.
    """
    with (
        Lab(Options(macs=MACS, people=True)) as lab,
        tempfile.TemporaryDirectory(prefix="devicetrust-ee-") as place,
    ):
        announcement = lab.announcement
        variables = {
            "device_trust_rings": announcement["rings"],
            "device_trust_gate_wait": 60,
            "device_trust_poll_interval": 2,
            "device_trust_state_dir": STATE_DIR,
        }
        jobs = [("site", True), ("site", False), ("report", False)]
        passed = [
            _try(lab, image, template, Path(place) / str(number), variables, writes)
            for number, (template, writes) in enumerate(jobs)
        ]
        return all(passed)


def _try(
    lab: Lab,
    image: str,
    template: str,
    directory: Path,
    variables: dict[str, t.Any],
    may_write: bool,
) -> bool:
    mark, started = len(lab.world.requests), time.monotonic()
    outcome = run_in(image, template, lab.announcement, directory, variables=variables)
    wrote = sum(
        request.writes and request.vendor != "scep" and "(lab Mac)" not in request.user_agent
        for request in lab.world.requests[mark:]
    )
    print(
        f"{template:<7} exit status {outcome.status}, {len(outcome.events)} events, {wrote} writes,"
        f" {time.monotonic() - started:.1f} s",
        flush=True,
    )
    kept = template != "report" or (directory / "state" / "report" / "device-trust.html").exists()
    passed = outcome.status == 0 and (wrote > 0) == may_write and kept
    if not passed:
        print(outcome.said[-4000:])
    return passed


def main() -> int:
    """Build the image and try it. Return the exit status."""
    if not shutil.which("podman"):
        print(
            "There is no podman here, and the image is built and run with it. On Debian: apt"
            " install podman",
            file=sys.stderr,
        )
        return 1
    image, started = os.environ.get("EE_IMAGE", IMAGE), time.monotonic()
    if not build(image):
        print("The image could not be built (see above).", file=sys.stderr)
        return 1
    took = time.monotonic() - started
    size = json.loads(
        subprocess.run(
            ["podman", "image", "inspect", image], check=True, capture_output=True
        ).stdout
    )[0]["Size"]
    print(f"{image}: built in {took:.0f} s, {size / 1e6:.0f} MB", flush=True)
    return 0 if try_it(image) else 1


if __name__ == "__main__":
    sys.exit(main())
