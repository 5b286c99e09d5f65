# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's report in a browser.

Searched, filtered, sorted and read by keyboard, in the dark, on a phone, and with 100,000 Macs.
"""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.programs

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--window-size=1280,900",
]
STAGES = (
    "MANAGED",
    "MANAGED",
    "MANAGED",
    "MANAGED",
    "MANAGED",
    "REGISTERED_NOT_MANAGED",
    "NOT_REGISTERED",
    "PROFILE_PENDING",
    "PROFILE_FAILED",
    "NO_LICENSE",
    "REGISTERED_BEFORE_CERTIFICATE",
    "NOT_IN_SCOPE",
)
HOSTILE = "</script><img src=x onerror=alert(1)><b>"
PATIENCE = 20


def row(number: int) -> dict[str, t.Any]:
    stage = STAGES[number * 7 % len(STAGES)]
    return {
        "serial_number": f"C{number * 7919 % 1_000_003:08d}",
        "device_name": HOSTILE if number == 3 else f"Mac of Zoë {number}",
        "device_id": f"id-{number}",
        "person": f"person{number:06d}@example.com",
        "ring": (
            None if stage == "NOT_IN_SCOPE" else ("canary", "engineering", "everybody")[number % 3]
        ),
        "blueprint": f"Blueprint {number % 5}",
        "blueprint_id": f"b{number % 5}",
        "os_version": f"26.{number % 4}",
        "model": "MacBook Air (M4)",
        "tags": ["loan"] if number % 9 == 0 else [],
        "last_check_in": f"2026-11-{1 + number % 24:02d}T08:{number % 60:02d}:00Z",
        "stage": stage,
        "reason": f"Why it is {stage}.",
        "next_step": "What is next.",
        "flags": ["DUPLICATE_RECORD"] if number % 50 == 1 else [],
        "unconfirmed": number % 60 == 7,
        "unconfirmed_reason": "Okta's search may be behind." if number % 60 == 7 else "",
        "users": [
            {
                "login": f"person{number:06d}@example.com",
                "managementStatus": "MANAGED" if stage == "MANAGED" else "NOT_MANAGED",
            }
        ],
        "okta_device_ids": [f"guo{number}"],
        "okta_status": "ACTIVE",
        "last_seen_by_okta": "2026-11-23T10:00:00.000Z",
        "certificates": 0 if stage in ("PROFILE_PENDING", "PROFILE_FAILED", "NOT_IN_SCOPE") else 1,
        "certificate_first_seen": "2026-01-02T03:04:05Z",
        "certificate_expires": f"2027-{1 + number % 11:02d}-15T00:00:00Z" if number % 13 else None,
        "certificate_expiry_source": "estimated",
    }


def write_report(path: Path, count: int) -> Path:
    """As the module writes it."""
    # Not at the top: the collection's import path is not set up when this file is read.
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
        MacRow,
        RowUser,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
        STAGES as ORDER,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
        figures as report,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
        html,
    )

    def rows() -> t.Iterator[MacRow]:
        for values in map(row, range(count)):
            users = [RowUser(user["login"], user["managementStatus"]) for user in values["users"]]
            yield MacRow(**{**values, "users": users})

    before = {
        str(row(number)["serial_number"]): STAGES[(number * 7 + (number % 40 == 0)) % len(STAGES)]
        for number in range(count - 1)
    }
    meta = report.Meta(
        "2026-11-24T06:00:00Z",
        "https://acme.okta.com",
        "https://acme.api.kandji.io",
        ORDER,
        {"canary": "2027-10-24"},
        previous=report.PastReport("2026-11-23T06:00:00Z", before),
        history=True,
        api_calls=215,
    )
    figures = report.survey(rows(), meta)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(html.html_pieces(rows(), figures, meta))
    return path


class Page:
    def __init__(self, driver: webdriver.Chrome, directory: Path) -> None:
        self.driver, self.directory = driver, directory

    def open(self, count: int = 600) -> Page:
        self.driver.get(write_report(self.directory / f"{count}.html", count).as_uri())
        self.until(lambda: self.column("Serial"))
        return self

    def until(self, condition: t.Callable[[], t.Any]) -> t.Any:
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(
            lambda _driver: condition()
        )

    def script(self, text: str, *arguments: t.Any) -> t.Any:
        return self.driver.execute_script(text, *arguments)

    def column(self, heading: str) -> list[str]:
        return self.script(
            "return [...document.querySelectorAll(`#body"
            " td[data-label='${arguments[0]}']`)].map((cell) => cell.textContent)",
            heading,
        )

    @property
    def count(self) -> str:
        return self.driver.find_element(By.ID, "count").text

    def search(self, text: str) -> None:
        box = self.driver.find_element(By.ID, "search")
        box.clear()
        box.send_keys(text)

    def emulate(self, width: int, height: int, dark: bool = False) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
        )

    @property
    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def page(tmp_path: Path) -> t.Iterator[Page]:
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} not found; python -m tools.support.system_packages chromium installs them."
        )
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield Page(driver, tmp_path)
    finally:
        driver.quit()


def test_it_is_searched_filtered_and_sorted(page: Page) -> None:
    page.open()
    assert (
        set(page.column("Stage")) == {"Profile failed", "Profile pending"}
        and page.count == "1 to 100 of 600 Macs"
    ), "who needs something comes first"
    serials = sorted(str(row(number)["serial_number"]) for number in range(600))
    page.driver.find_element(By.CSS_SELECTOR, "th[data-column=serial_number] button").click()
    assert page.column("Serial") == serials[:100]
    page.driver.find_element(By.CSS_SELECTOR, "th[data-column=serial_number] button").click()
    assert page.column("Serial") == serials[:-101:-1]
    page.search("PERSON000042 zoë")
    page.until(lambda: page.column("Person") == ["person000042@example.com"])
    page.search("nobody has this")
    page.until(lambda: page.driver.find_element(By.ID, "none").is_displayed())
    page.driver.find_element(By.ID, "clear").click()
    Select(page.driver.find_element(By.ID, "stage")).select_by_visible_text("Not registered")
    Select(page.driver.find_element(By.ID, "ring")).select_by_visible_text("canary")
    expected = sum(
        row(number)["stage"] == "NOT_REGISTERED" and row(number)["ring"] == "canary"
        for number in range(600)
    )
    assert set(page.column("Stage")) <= {"Not registered"} and page.count.startswith(
        f"{expected} of 600"
    )
    assert page.complaints == []


def test_a_stage_leads_to_its_macs_and_a_mac_to_all_that_is_known(page: Page) -> None:
    page.open()
    button = page.driver.find_element(By.CSS_SELECTOR, "button[data-stage=NO_LICENSE]")
    page.script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    assert set(page.column("Stage")) == {"No license"} and len(page.column("Stage")) == 50
    details = page.driver.find_element(By.CSS_SELECTOR, "#body button")
    details.click()
    shown = page.driver.find_element(By.CSS_SELECTOR, "#body .more").text
    assert "Why it is NO_LICENSE." in shown and "MacBook Air (M4)" in shown
    focused = page.driver.switch_to.active_element
    assert focused.get_attribute("aria-expanded") == "true"
    focused.send_keys(Keys.ENTER)
    assert page.driver.find_elements(By.CSS_SELECTOR, "#body .more") == []


@pytest.mark.parametrize("flag, macs", [("DUPLICATE_RECORD", 12), ("UNCONFIRMED", 10)])
def test_a_flag_leads_to_its_macs(page: Page, flag: str, macs: int) -> None:
    page.open()
    page.driver.find_element(By.CSS_SELECTOR, f"button[data-flag={flag}]").click()
    assert (
        page.count == f"{macs} of 600 Macs"
        and page.driver.switch_to.active_element.get_attribute("id") == "macs"
    )
    page.driver.find_element(By.CSS_SELECTOR, "#body button").click()
    assert (
        "Okta's search may be behind."
        in page.driver.find_element(By.CSS_SELECTOR, "#body .more").text
    ) is (flag == "UNCONFIRMED")


def test_a_hostile_name_is_text_and_the_policy_lets_nothing_else_run(page: Page) -> None:
    page.open()
    page.search("onerror")
    page.until(lambda: page.column("Name") == [HOSTILE])
    assert page.script("return document.images.length") == 0
    assert page.complaints == []
    page.script(
        "const made = document.createElement('script'); made.textContent = 'document.title = 1';"
        " document.body.append(made)"
    )
    page.script(
        "document.body.append(Object.assign(document.createElement('img'), {src:"
        " 'https://evil.example/x.png'}))"
    )
    page.until(lambda: page.script("return document.title") == "Device trust of acme.okta.com")
    assert len([one for one in page.complaints if "Content Security Policy" in one]) == 2


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.open()
    reached = []
    for _press in range(60):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(
            page.script("const it = document.activeElement; return it.id || it.textContent.trim()")
        )
        if reached[-1] == "Certificate expires":
            break
    assert reached[0] == "To the table of Macs"
    tail = reached[reached.index("search") :]
    assert tail == [
        "search",
        "stage",
        "ring",
        "flag",
        "clear",
        "after",
        "Serial",
        "Name",
        "Person",
        "Ring",
        "Stage",
        "Last check-in",
        "Certificate expires",
    ]
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.column("Certificate expires") == sorted(page.column("Certificate expires"))
    assert (
        page.script("return document.querySelector('th[aria-sort]').dataset.column")
        == "certificate_expires"
    )


@pytest.mark.parametrize("width", [375, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_and_everything_can_be_read(page: Page, width: int, dark: bool) -> None:
    page.emulate(width, 800, dark)
    page.open()
    assert page.script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert page.script(CONTRASTS) == []
    assert page.complaints == []


# Texts whose contrast with what lies behind them is below 4.5 to 1 (WCAG 2.1, 1.4.3).
CONTRASTS = """
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => numbers(colour).slice(0, 3).map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
  .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
const behind = (one) => { for (; one; one = one.parentElement) { const found = getComputedStyle(one).backgroundColor;
  if ((numbers(found)[3] ?? 1) > 0) return found; } return "rgb(255, 255, 255)"; };
return [...document.querySelectorAll("body *")].filter((one) => [...one.childNodes].some((inner) => inner.nodeType === 3 && inner.data.trim()))
  .filter((one) => one.offsetParent && !one.disabled && one.tagName !== "SCRIPT").map((one) => {
    const [lighter, darker] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a);
    return [(lighter + 0.05) / (darker + 0.05), one.outerHTML.slice(0, 120)];
  }).filter(([ratio]) => ratio < 4.5).slice(0, 5);
"""


def test_a_hundred_thousand_macs_stay_responsive(page: Page) -> None:
    start = time.perf_counter()
    page.open(100_000)
    assert time.perf_counter() - start < 40  # most of it is writing the report
    wanted = row(77_777)
    start = time.perf_counter()
    page.script(
        "const box = document.getElementById('search'); box.value = arguments[0];"
        " box.dispatchEvent(new Event('input'))",
        wanted["person"],
    )
    page.until(lambda: page.column("Serial") == [wanted["serial_number"]])
    assert time.perf_counter() - start < 4
    page.driver.find_element(By.ID, "clear").click()
    start = time.perf_counter()
    page.driver.find_element(By.CSS_SELECTOR, "th[data-column=person] button").click()
    assert page.column("Person")[0] == "person000000@example.com"
    assert time.perf_counter() - start < 4
    page.driver.find_element(By.ID, "after").click()
    assert page.count == "101 to 200 of 100,000 Macs"
    assert page.script("return document.querySelectorAll('*').length") < 6000
    assert page.complaints == []


def test_what_is_printed_has_the_macs_and_no_tools(page: Page) -> None:
    page.open()
    page.script("dispatchEvent(new Event('beforeprint'))")
    assert len(page.column("Serial")) == 600
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not page.driver.find_element(By.ID, "search").is_displayed()
    page.script("dispatchEvent(new Event('afterprint'))")
    assert len(page.column("Serial")) == 100


def test_the_rows_are_json_that_cannot_end_its_element(tmp_path: Path) -> None:
    text = write_report(tmp_path / "report.html", 10).read_text(encoding="utf-8")
    inside = text.split('id="rows">', 1)[1].split("</script>", 1)[0]
    assert [one[1] for one in json.loads(inside)].count(HOSTILE) == 1
