# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The range of each option that is a number, for modules, event sources and the inventory plugin.

An option has one meaning and one range wherever it is. Waits end within a day's work.
"""

from __future__ import annotations

import typing as t

from .errors import BadOption
from .options import ArgumentSpec, Params
from .text import walk_texts


class Range(t.NamedTuple):
    """The lowest and the highest value of an option."""

    low: float
    high: float


COUNT = Range(0, 1_000_000)  # of devices, people, rows
PERCENT = Range(0, 100)
SHARE = Range(1, 100)
WAIT = Range(0, 28_800)  # seconds
DAYS = Range(1, 365)
LOG_AGE = Range(1, 90)  # days; Okta keeps its System Log for 90
PAYLOAD = Range(0, 2**31 - 1)  # an integer of an Apple payload

RANGES: dict[str, Range] = {
    # How to speak to vendors
    "api_timeout": Range(0.1, 600),
    "api_retries": Range(0, 20),
    "capacity_percent": SHARE,
    # Waits, in seconds
    "wait": WAIT,
    "poll_interval": Range(1, 600),
    "interval": Range(0.001, 86_400),
    # Limits
    "max_reissue": COUNT,
    "max_started": COUNT,
    "max_reinstall": COUNT,
    "max_new": COUNT,
    "max_removed": COUNT,
    "max_remaining": COUNT,
    "max_devices": COUNT,
    "max_percent": PERCENT,
    "max_locked_out": COUNT,
    "max_denied": COUNT,
    "max_losing_access": COUNT,
    "max_enrollments_per_hour": Range(1, 1_000_000),
    "confirm_above": COUNT,
    "min_healthy_percent": PERCENT,
    "licenses": COUNT,
    # How much is read or shown
    "max_rows": COUNT,  # 0 is all
    "log_events": COUNT,
    "limit": Range(1, 1_000),  # of a page of Okta's log
    "backlog": Range(1, 1_000_000),
    # Ages, in days, but for the grace (hours) and the minutes
    "active_days": LOG_AGE,
    "log_days": LOG_AGE,
    "expiry_warning_days": Range(0, 3_650),
    "lifetime_days": Range(1, 3_650),
    "min_days_between": DAYS,
    "redistribution_days": DAYS,
    "renew_within_days": DAYS,
    "within_days": DAYS,
    "stale_days": Range(1, 3_650),
    "unused_days": Range(1, 82),  # with the grace a week less than Okta keeps its log
    "grace_days": Range(1, 82),
    "newest_per_user": Range(1, 1000),
    "sign_in_grace": Range(0, 2_160),
    "minutes": Range(1, 64_800),
    "valid_minutes": Range(0, 14_400),  # 0 is the default of the org
    # What a profile holds
    "key_size": Range(1_024, 4_096),
    "retries": PAYLOAD,
    "retry_delay": PAYLOAD,
    # Where the receiver of event hooks listens; 0 is any free port
    "port": Range(0, 65_535),
}

# Options, and keys of options, that hold names or ids of objects.
NAMES = frozenset(
    (
        "after",
        "apps",
        "authenticator",
        "before",
        "blueprint",
        "blueprints",
        "break_glass_group",
        "bundle_id",
        "certificate_check_item_id",
        "clone_of",
        "device_assurances",
        "device_ids",
        "generation",
        "groups",
        "groups_excluded",
        "leaving_users",
        "library_item",
        "library_item_id",
        "library_item_ids",
        "name",
        "names",
        "okta_client_id",
        "okta_verify_item_ids",
        "payload_uuid",
        "person",
        "platform",
        "policy",
        "replaces",
        "scep_profile",
        "scep_profile_prefix",
        "self_service_category_id",
        "serial_numbers",
        "serials",
        "shared_serials",
        "tag",
        "test_macs",
        "user",
        "user_types",
        "user_types_excluded",
        "users",
        "users_excluded",
        "zones",
        "zones_excluded",
    )
)


def check_ranges(params: Params) -> None:
    """Raise BadOption for a number that is out of the range of its option, or not a number.

    A boolean, which is what YAML reads yes and on as, is none, although Python counts with it.
    """
    for name, value in params.items():
        limits = RANGES.get(name)
        if limits is None or not isinstance(value, (int, float)):
            continue
        if isinstance(value, bool):
            raise BadOption(f"{name}: it is a boolean (yes, no, on, off). Set a number.")
        if not limits.low <= value <= limits.high:
            low, high = (f"{limit:g}" if limit % 1 else f"{limit:.0f}" for limit in limits)
            raise BadOption(
                f"{name}: {value} is not between {low} and {high}. Set a number in that range."
            )


def check_texts(params: Params) -> None:
    """Raise BadOption for a name or an id that YAML read as a boolean: yes, no, on or off.

    Ansible turns it into the text True or False, which no object is called. In other texts, such as
    a message for people, the word may be meant.
    """
    for path, text in walk_texts(dict(params)):
        if text in ("True", "False") and path.rpartition(".")[2] in NAMES:
            raise BadOption(
                f"{path.lstrip('.')}: it is {text}, which Ansible makes of yes, no, on, off, true"
                " and false without quotes. Put the word in quotes. If the object is really named"
                f" {text}, rename it, or give its id where the option takes one."
            )


def check_required_names(spec: ArgumentSpec, params: Params, place: str = "") -> None:
    """Raise BadOption for a name of an object that is blank.

    To AnsibleModule, an empty text is a value. A vendor refuses it, or gives an object no name.

    :arg place: what precedes an option's name in a message, such as ``rules[0].``.
    """
    for option, details in spec.items():
        value = params.get(option)
        if option == "name" or (option == "policy" and details.get("required")):
            if isinstance(value, str) and not value.strip():
                raise BadOption(f"{place}{option}: it is empty. Set the name.")
        elif isinstance(value, list) and "options" in details:
            for number, element in enumerate(value):
                check_required_names(details["options"], element, f"{place}{option}[{number}].")
