# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's page in a browser: headless Chromium, as Debian packages it with its driver."""

from __future__ import annotations

import base64
import hashlib
import ssl
import time
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from lab.server import Lab

pytestmark = pytest.mark.programs

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
]
PATIENCE = 20  # seconds; the machine is shared


class Page:
    """The page of a lab, and what tests look at in it."""

    def __init__(self, driver: webdriver.Chrome, lab: Lab) -> None:
        self.driver, self.lab = driver, lab

    def open(self) -> Page:
        self.driver.get(self.lab.announcement["page_url"])
        self.until(lambda: self.count == len(self.lab.world.macs))
        return self

    def until(self, condition: t.Callable[[], t.Any]) -> t.Any:
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(
            lambda _driver: condition()
        )

    def script(self, text: str, *arguments: t.Any) -> t.Any:
        return self.driver.execute_script(text, *arguments)

    @property
    def count(self) -> int:
        """What the first tile says."""
        return int(
            self.script("return document.querySelector('#tiles b').textContent").replace(",", "")
        )

    @property
    def rows(self) -> int:
        return self.script("return document.querySelectorAll('#rows tr').length")

    def column(self, heading: str) -> list[str]:
        return self.script(
            "return [...document.querySelectorAll(`#rows"
            " td[data-label='${arguments[0]}']`)].map((cell) => cell.textContent)",
            heading,
        )

    def tile(self, label: str) -> int:
        found = (
            "return [...document.querySelectorAll('#tiles button')].find((tile) =>"
            " tile.lastChild.textContent === arguments[0]).firstChild.textContent"
        )
        return int(self.script(found, label))

    def press(self, text: str) -> None:
        self.driver.find_element(
            By.XPATH, f"//button[starts-with(normalize-space(), '{text}')]"
        ).click()

    def search(self, text: str) -> None:
        box = self.driver.find_element(By.ID, "filter")
        box.clear()
        box.send_keys(text)

    @property
    def complaints(self) -> list[str]:
        """Errors on the console, among which the browser reports what the page's own policy
        forbids.
        """
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def page(fresh_lab: Lab, tmp_path: Path) -> t.Iterator[Page]:
    """A desktop browser.

    Of all certificates that it cannot verify it takes only that with the key of this lab.
    """
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} not found; python -m tools.support.system_packages chromium installs them."
        )
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (
        *FLAGS,
        f"--user-data-dir={tmp_path / 'browser'}",
        f"--ignore-certificate-errors-spki-list={_key_of(fresh_lab)}",
        "--window-size=1400,900",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield Page(driver, fresh_lab)
    finally:
        driver.quit()


def _key_of(lab: Lab) -> str:
    parts = urlsplit(lab.announcement["control_url"])
    certificate = x509.load_pem_x509_certificate(
        ssl.get_server_certificate((parts.hostname, parts.port)).encode()
    )
    return base64.b64encode(
        hashlib.sha256(
            certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).digest()
    ).decode()


def give_profiles(lab: Lab) -> None:
    """The SCEP profile and Okta Verify for everybody, as a rollout leaves them."""
    from lab.kandji.model import ProfileItem

    world = lab.world
    with world.lock:
        settings = {
            "URL": world.okta.platform.scep_url,
            "Challenge": world.okta.platform.challenge,
            "Keysize": 2048,
            "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        }
        payload = {
            "PayloadType": "com.apple.security.scep",
            "PayloadVersion": 1,
            "PayloadUUID": world.uuid(),
            "PayloadIdentifier": "scep",
            "PayloadContent": settings,
        }
        document = {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadUUID": world.uuid(),
            "PayloadIdentifier": "okta",
            "PayloadDisplayName": "Okta SCEP",
            "PayloadContent": [payload],
        }
        profile: ProfileItem = world.kandji.library.create_profile(
            name="Okta SCEP", document=document, runs_on={"Mac"}
        )
        verify = next(item for item in world.kandji.items.values() if item.name == "Okta Verify")
        for blueprint in world.kandji.blueprints.values():
            if blueprint.name in ("Canary", "Engineering", "Everyone else"):
                world.kandji.assignments.assign(blueprint, profile, None)
                world.kandji.assignments.assign(blueprint, verify, None)


def test_the_fleet_is_shown_filtered_and_sorted(page: Page) -> None:
    page.open()
    serials = [mac.serial for mac in page.lab.world.macs]
    assert page.rows == 25
    assert page.column("Serial") == sorted(serials)
    page.press("Serial")
    assert page.column("Serial") == sorted(serials, reverse=True)
    page.search(f"{serials[3].lower()} engineering")
    page.until(lambda: page.column("Serial") == [serials[3]])
    page.search("nobody has this")
    page.until(lambda: page.rows == 0)
    assert "No row" in page.driver.find_element(By.ID, "empty").text
    assert page.complaints == []


def test_the_clock_is_moved(page: Page) -> None:
    page.open()
    before = page.driver.find_element(By.ID, "clock").text
    page.press("+ 30 days")
    page.until(lambda: "It is" in page.driver.find_element(By.ID, "status").text)
    assert page.lab.world.clock.advanced.days == 30
    assert page.driver.find_element(By.ID, "clock").text[:10] > before[:10]


def test_macs_check_in_and_people_make_them_managed(page: Page) -> None:
    page.open()
    give_profiles(page.lab)
    assert (page.tile("with certificate"), page.tile("managed")) == (0, 0)
    page.press("Macs check in")
    page.until(lambda: page.tile("with certificate") > 15)
    page.press("People act")
    page.until(lambda: page.tile("managed") > 10)
    assert page.tile("managed") + page.tile("not managed") == 25
    assert "lies in a drawer and never checks in" in page.column("Why not")
    page.press("Certificates")
    page.until(lambda: page.column("Status"))
    assert set(page.column("Status")) == {"ACTIVE"}
    page.press("System Log")
    assert "pki.cert.bind" in page.column("Event")
    assert page.complaints == []


def test_what_happens_shows_by_itself_until_it_is_paused(page: Page) -> None:
    page.open().press("Requests")
    ask(page.lab)
    page.until(lambda: page.column("Operation") == ["listDevices"])
    ask(page.lab)
    page.until(lambda: page.column("No.") == ["2", "1"])
    page.press("Pause")
    ask(page.lab)
    page.press("People act")  # which looks, whoever paused
    page.until(lambda: page.column("No.") == ["3", "2", "1"])


def ask(lab: Lab) -> None:
    import requests

    headers = {"Authorization": f"SSWS {lab.announcement['okta_api_token']}"}
    assert requests.get(
        lab.announcement["okta_url"] + "/api/v1/devices",
        headers=headers,
        verify=lab.announcement["ca_file"],
        timeout=30,
    ).ok


def test_no_secret_is_in_the_document(page: Page) -> None:
    give_profiles(page.lab)
    page.open().press("Macs check in")
    page.until(lambda: page.tile("with certificate") > 15)
    told = page.lab.announcement
    for view in ("Macs", "Certificates", "Device records", "People", "Requests", "System Log"):
        page.driver.find_element(
            By.XPATH, f"//nav/button[starts-with(normalize-space(), '{view}')]"
        ).click()
        shown = page.script(
            "return document.documentElement.outerHTML + location.href + document.title"
        )
        assert [
            name
            for name in (
                "okta_api_token",
                "okta_private_key",
                "kandji_api_token",
                "scep_challenge",
                "control_token",
            )
            if told[name] in shown
        ] == []
        assert "PRIVATE KEY" not in shown


def test_without_its_token_it_says_what_to_do(page: Page) -> None:
    page.driver.get(page.lab.announcement["control_url"])
    page.until(lambda: "page_url" in page.driver.find_element(By.ID, "status").text)
    assert (page.rows, page.count) == (0, 0)


def test_the_token_outlives_a_reload_and_is_not_in_the_address(page: Page) -> None:
    page.open()
    assert "token" not in page.driver.current_url
    page.driver.refresh()
    page.until(lambda: page.count == 25)


@pytest.mark.parametrize("view", ["Macs", "Certificates", "Requests", "System Log"])
def test_a_phone_needs_no_scrolling_sideways(page: Page, view: str) -> None:
    phone(page)
    give_profiles(page.lab)
    page.open().press("Macs check in")
    page.until(lambda: page.tile("with certificate") > 15)
    page.press("People act")
    page.until(lambda: page.tile("managed") > 10)
    ask(page.lab)
    page.driver.find_element(
        By.XPATH, f"//nav/button[starts-with(normalize-space(), '{view}')]"
    ).click()
    page.until(lambda: page.rows)
    assert page.script("return document.documentElement.scrollWidth <= window.innerWidth")
    beyond = "(one) => one.getBoundingClientRect().right > window.innerWidth + 1"
    assert (
        page.script(
            f"return [...document.querySelectorAll('body *')].filter({beyond}).map((one) =>"
            " one.outerHTML)"
        )
        == []
    )


def phone(page: Page) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 375, "height": 740, "deviceScaleFactor": 2, "mobile": True},
    )


def test_everything_is_reached_by_keyboard_in_the_order_that_one_reads(page: Page) -> None:
    page.open()
    reached = []
    for _press in range(30):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(
            page.script("const it = document.activeElement; return it.id || it.textContent.trim()")
        )
    expected = ["+ 1 hour", "+ 1 day", "+ 30 days", "Macs check in", "People act", "pause"]
    assert reached[:6] == expected
    assert [
        name
        for name in reached[6:]
        if name == "filter"
        or name.startswith(("25Macs", "Macs", "System Log", "Serial", "Why not"))
    ] == [
        "25Macs",
        "Macs 25",
        *[name for name in reached if name.startswith("System Log")],
        "filter",
        "Serial",
        "Why not",
    ]
    page.driver.find_element(By.ID, "filter").send_keys(
        Keys.TAB, Keys.ENTER
    )  # on to the first heading: with one page of rows the pager is off
    assert page.column("Serial") == sorted(
        (mac.serial for mac in page.lab.world.macs), reverse=True
    )


@pytest.mark.lab(macs=10_000, real_macs=0)
def test_ten_thousand_macs_stay_responsive(page: Page) -> None:
    page.open()
    assert page.rows == 200
    assert "of 10,000" in page.driver.find_element(By.ID, "count").text
    wanted = page.lab.world.macs[-1].serial
    start = time.perf_counter()
    page.script(
        "const box = document.getElementById('filter'); box.value = arguments[0];"
        " box.dispatchEvent(new Event('input'))",
        wanted,
    )
    assert page.column("Serial") == [wanted]
    assert time.perf_counter() - start < 2
    page.script(
        "const box = document.getElementById('filter'); box.value = ''; box.dispatchEvent(new"
        " Event('input'))"
    )
    start = time.perf_counter()
    page.press("Name")
    assert page.rows == 200
    assert time.perf_counter() - start < 3
    page.driver.find_element(By.ID, "after").click()
    assert page.driver.find_element(By.ID, "count").text.startswith("201")
    assert page.script("return document.querySelectorAll('*').length") < 6000
    assert page.complaints == []
