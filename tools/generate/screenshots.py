# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the screenshots of the documentation, of a lab in the middle of a rollout.

Run it with ``python -m tools.generate.screenshots``. Needs Chromium, its driver and fonts for the
names in many scripts (Debian: fonts-noto-core, fonts-noto-cjk).
"""

from __future__ import annotations

import base64
import sys
import tempfile
import typing as t
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from lab.actors import mac as macs
from lab.actors import person as people
from lab.server import Lab
from lab.state import Options
from tools.support.environment import CHECKOUT
from tools.support.playbook import SITE, run_playbook

IMAGES = CHECKOUT / "docs" / "images"
LARGEST = 200_000  # bytes; who clones the repository pays for each
WIDTH, HEIGHT = 1180, 760
PATIENCE = 30
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    f"--window-size={WIDTH},{HEIGHT}",
)


def browser() -> webdriver.Chrome:
    """Start Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("acceptInsecureCerts", True)  # the lab's CA is its own
    for flag in FLAGS:
        options.add_argument(flag)
    return webdriver.Chrome(
        options=options, service=webdriver.ChromeService("/usr/bin/chromedriver")
    )


def take(driver: webdriver.Chrome, name: str, height: int = HEIGHT) -> Path:
    """Save a screenshot of the upper part of the page.

    Raises ValueError if it is too large to be committed.
    """
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    shot = base64.b64decode(
        driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
        )["data"]
    )
    if len(shot) > LARGEST:
        raise ValueError(f"{name}: {len(shot)} bytes are more than {LARGEST}.")
    (IMAGES / f"{name}.png").write_bytes(shot)
    return IMAGES / f"{name}.png"


def main() -> int:
    """Take all screenshots."""
    IMAGES.mkdir(exist_ok=True)
    report = CHECKOUT / "playbooks" / "report.yml"
    with (
        Lab(Options(macs=60)) as lab,
        tempfile.TemporaryDirectory() as directory,
        _Quitting(browser()) as driver,
    ):
        kept = {"device_trust_report_dir": directory, "device_trust_state_dir": directory}
        for _round in range(3):
            run_playbook(SITE, lab.announcement, variables={"device_trust_gate_wait": 1})
            macs.act(lab.world)
        run_playbook(
            report, lab.announcement, variables=kept
        )  # so that the next one has something to say of what changed
        people.act(lab.world)
        lab.world.clock.advance(hours=1)  # what changed minutes ago is unconfirmed
        run_playbook(report, lab.announcement, variables=kept)
        driver.get(lab.announcement["page_url"])
        WebDriverWait(driver, PATIENCE).until(
            lambda driver: driver.execute_script(
                "return document.querySelectorAll('#rows tr').length > 20"
            )
        )
        driver.execute_script("document.querySelector('th[data-key=managed] button').click()")
        taken = [take(driver, "lab")]
        driver.get(f"file://{directory}/device-trust.html")
        taken += [take(driver, "report")]
        driver.execute_script("document.querySelector('#macs').scrollIntoView()")
        taken += [take_here(driver, "report-macs")]
    print("\n".join(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size} bytes" for path in taken))
    return 0


def take_here(driver: webdriver.Chrome, name: str) -> Path:
    """Save a screenshot of the visible part of the page."""
    path = IMAGES / f"{name}.png"
    path.write_bytes(driver.get_screenshot_as_png())
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{name}: {path.stat().st_size} bytes are more than {LARGEST}.")
    return path


class _Quitting:
    """A browser that is quit at the end."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def __enter__(self) -> webdriver.Chrome:
        return self._driver

    def __exit__(self, *_exc: t.Any) -> None:
        self._driver.quit()


if __name__ == "__main__":
    sys.exit(main())
