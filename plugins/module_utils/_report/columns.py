# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of the report: their order, their labels, and where each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# How the page writes a value:
Format = Literal[
    "text",
    "texts",
    "number",  # no text for 0
    "time",  # the table has the date alone
    "name",  # NOT_REGISTERED -> Not registered
    "names",
    "stage",  # a name in the colour of who acts
    "code",
    "address",  # a line may break after @
    "users",  # with their status
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of CSV, which is a field of MacRow, and its places on the page.

    ``table`` is whether the table of all Macs has it, ``details`` whether Details of a Mac do. A
    column of neither is not on the page. ``searched`` is whether the search looks at it. ``shared``
    is for texts whose few values repeat from Mac to Mac: the page holds each value once.
    """

    name: str
    label: str = ""
    format: Format = "text"
    table: bool = False
    details: bool = False
    searched: bool = False
    shared: bool = False

    @property
    def on_page(self) -> bool:
        """Whether the page has the column."""
        return self.table or self.details

    def for_script(self) -> Mapping[str, str | bool]:
        """Return what the page's script takes of the column."""
        return {
            "name": self.name,
            "label": self.label,
            "format": self.format,
            "table": self.table,
            "details": self.details,
            "searched": self.searched,
        }


# In the order of CSV, of the table and of Details.
COLUMNS = (
    Column("serial_number", "Serial", "code", table=True, searched=True),
    Column("device_name", "Name", table=True, searched=True),
    Column("person", "Person", "address", table=True, searched=True),
    Column("ring", "Ring", table=True, searched=True, shared=True),
    Column("stage", "Stage", "stage", table=True, searched=True, shared=True),
    Column("reason", "Why", details=True, searched=True, shared=True),
    Column("next_step", "Next step", details=True, shared=True),
    Column("flags", "Flags", "names", details=True, searched=True),
    Column("unconfirmed"),
    Column("unconfirmed_reason", "Unconfirmed, because", details=True, shared=True),
    Column("blueprint", "Blueprint", details=True, searched=True, shared=True),
    Column("blueprint_id"),
    Column("os_version", "macOS", details=True, searched=True, shared=True),
    Column("model", "Model", details=True, searched=True, shared=True),
    Column("tags", "Tags", "texts", details=True, searched=True),
    Column("last_check_in", "Last check-in", "time", table=True, details=True),
    Column("device_id"),
    Column("okta_device_ids"),
    Column("okta_status", "Okta record", "name", details=True, searched=True, shared=True),
    Column("last_seen_by_okta", "Last seen by Okta", "time", details=True),
    Column("users", "People in Okta", "users", details=True, searched=True),
    Column("certificates", "Certificates", "number", details=True),
    Column("certificate_first_seen", "First certificate", "time", details=True),
    Column("certificate_expires", "Certificate expires", "time", table=True),
    Column("certificate_expiry_source", "Expiry is known from", details=True, shared=True),
    Column("managed_until", "Surely managed until", "time", details=True),
    Column("managed_until_reason", "Managed no longer, because", details=True),
)
