# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each place that reads a clock, whose clock it is, and what it decides by it.

Decisions about a vendor's data go by that vendor's clock: the Date header of its answers. Those that
compare two vendors' times allow for CLOCK_SKEW. tests/functional/safety/test_clocks.py runs them with the
controller's clock an hour off, and around the switches of summer time.
"""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

from tools.support.environment import CHECKOUT

VENDOR, CONTROLLER, WAIT = "the vendor's", "the controller's", "seconds that only grow"
# Below plugins/ or extensions/. What a file decides by which clock.
CLOCKS: dict[str, tuple[str, str]] = {
    "plugins/modules/device_trust_certificates.py": (VENDOR, "Okta: which events are new"),
    "plugins/modules/device_trust_gate.py": (
        VENDOR,
        "Kandji: from when on an event proves a certificate",
    ),
    "plugins/module_utils/_module_bodies/device_trust_info.py": (
        VENDOR,
        "Okta: when an authority expires",
    ),
    "plugins/modules/device_trust_preflight.py": (VENDOR, "Kandji: the age of a check-in"),
    "plugins/modules/device_trust_renewal_info.py": (VENDOR, "Kandji: what is due for renewal"),
    "plugins/modules/device_trust_report.py": (VENDOR, "Okta: the time of the report"),
    "plugins/modules/kandji_profile_redelivery.py": (
        VENDOR,
        "Kandji: whether issued_before, a time by Okta's clock perhaps, has come (with CLOCK_SKEW)",
    ),
    "plugins/modules/okta_access_policy.py": (VENDOR, "Okta: when the run began"),
    "plugins/module_utils/_module_bodies/site_plans.py": (
        VENDOR,
        "Okta: which issued certificates the log still has",
    ),
    "plugins/module_utils/_module_bodies/okta_device_integration.py": (
        VENDOR,
        "Okta: when an authority expires",
    ),
    "plugins/modules/okta_device_info.py": (VENDOR, "Okta: which steps the log may lack yet"),
    "plugins/modules/okta_sign_in_denials_info.py": (VENDOR, "Okta: which denials are new"),
    "plugins/modules/device_trust_verify.py": (VENDOR, "Okta: the time of the answers"),
    "plugins/module_utils/_tenant_check/reads.py": (VENDOR, "Okta: from where the log is read"),
    "plugins/module_utils/_access/forecast/sign_ins.py": (VENDOR, "Okta: which sign-ins count"),
    "plugins/module_utils/_fleet/reader.py": (VENDOR, "Okta: the age of records and events"),
    "plugins/module_utils/_http/transport.py": (
        VENDOR,
        "each vendor's: rate limits; the controller's before the first answer, when none is known",
    ),
    "plugins/module_utils/_okta/authentication/auth.py": (
        VENDOR,
        "Okta: assertions and proofs, corrected once by the Date header of a refusal",
    ),
    "plugins/module_utils/_okta/events/log_follower.py": (
        VENDOR,
        "Okta: from where the log is read",
    ),
    "plugins/module_utils/_device_records/apply.py": (
        VENDOR,
        "Okta: which records, sign-ins and deletions count",
    ),
    "extensions/eda/plugins/event_source/okta_system_log.py": (VENDOR, "Okta: where it begins"),
    "plugins/callback/tenants.py": (CONTROLLER, "nothing: the time of the page"),
    "plugins/module_utils/_device_records/audit.py": (CONTROLLER, "nothing: the time of a line"),
    "plugins/module_utils/_scep/client.py": (
        CONTROLLER,
        "nothing: the key's own certificate is valid from a day before to thirty days later",
    ),
    "extensions/eda/plugins/event_source/okta_event_hook.py": (WAIT, "which lines are repeated"),
    "plugins/module_utils/_core/polling.py": (WAIT, "when a module stops to wait"),
    "plugins/module_utils/_core/progress.py": (WAIT, "when a line is due"),
    "plugins/module_utils/_http/listener.py": (WAIT, "how long a connection may take"),
    "plugins/plugin_utils/_progress.py": (WAIT, "when a line is due"),
}


def reads_clock(node: ast.AST) -> bool:
    """Return whether a node asks for the time: now(), started(), utcnow(), time.time() ..."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in ("now", "started", "utcnow", "today", "monotonic", "time_ns")
            or (node.func.attr == "time" and not node.args)
        )
    )


def files_with_clocks() -> set[str]:
    """Return the files of the collection that read a clock."""
    paths = [
        path
        for directory in ("plugins", "extensions")
        for path in (CHECKOUT / directory).rglob("*.py")
    ]
    return {
        path.relative_to(CHECKOUT).as_posix()
        for path in paths
        if any(map(reads_clock, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }


def test_each_file_that_reads_a_clock_says_whose() -> None:
    assert files_with_clocks() == set(CLOCKS)


def test_how_far_clocks_may_differ_is_written_once() -> None:
    paths = (CHECKOUT / "plugins").rglob("*.py")
    defined = [
        str(path.relative_to(CHECKOUT))
        for path in paths
        if re.search(r"^\w*SKEW\w* *[=:]", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert defined == ["plugins/module_utils/_core/timestamps.py"]


def texts() -> t.Iterator[tuple[Path, str]]:
    """Yield the files that people copy from, and those that run."""
    for directory in ("plugins", "roles", "playbooks", "docs", "extensions"):
        for path in (CHECKOUT / directory).rglob("*"):
            if path.suffix in (".py", ".yml", ".md"):
                yield path, path.read_text(encoding="utf-8")


def test_a_time_that_ends_with_z_is_in_utc_also_in_examples() -> None:
    """Ansible's filter strftime writes the controller's local time, without utc=true."""
    wrong = [
        f"{path.name}: {line.strip()}"
        for path, text in texts()
        for line in text.splitlines()
        if re.search(r"\|\s*strftime", line) and "utc=true" not in line
    ]
    assert wrong == []


TIMESTAMPS = "plugins/module_utils/_core/timestamps.py"
# Where a time in full precision is compared or returned, or comes from a user's YAML.
FULL_PRECISION = {
    "plugins/module_utils/_okta/authorities/device_integration.py",
    "plugins/module_utils/_fleet/certificates/challenge_age.py",
    "plugins/modules/okta_device_reset.py",
    "plugins/plugin_utils/_variables.py",
}
WRITERS = re.compile(r"strftime\(\"%Y-%m-%dT|(?<!date\(\))\.isoformat\(\)")


def test_times_of_messages_and_requests_are_written_in_one_form() -> None:
    """Another form in a message, such as +00:00, looks like another time."""
    writers = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "plugins").rglob("*.py")
        if WRITERS.search(path.read_text(encoding="utf-8"))
    }
    assert writers == {TIMESTAMPS} | FULL_PRECISION


def test_a_form_of_its_own_is_noticed() -> None:
    assert WRITERS.search('now.strftime("%Y-%m-%dT%H:%M:%SZ")') and WRITERS.search("x.isoformat()")
    assert not WRITERS.search("now.date().isoformat()")


def test_times_of_options_are_read_in_one_place() -> None:
    """Each module refuses a text that is not a time, and a year out of range, by one message."""
    read = re.compile(r"\bparse_timestamp\(\s*(ctx\.)?params\[")
    paths = CHECKOUT.glob("plugins/modules/*.py")
    assert [path.name for path in paths if read.search(path.read_text(encoding="utf-8"))] == []
