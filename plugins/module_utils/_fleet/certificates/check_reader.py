# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the certificate check reported on single Macs, where it decides.

The names of their certificates have proved something already. The report may show that another
authority signed them. The authorities are read once, and only if a Mac reported certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..._kandji import client as kandji_api
from ..._kandji.certificate_proof import Subject, UnattestedNames
from ..._kandji.client import PAGE, Kandji
from ..._okta import client as okta_api
from .check_report import (
    NO_KEYS,
    CheckReport,
    KeyExpiries,
    MacReport,
    expiries_of,
    last_identity,
    read_checks,
    unattested_names,
)

USES = (kandji_api.ITEM_STATUSES, okta_api.LIST_AUTHORITIES, okta_api.LIST_LOG_EVENTS)


class CertificateReports:
    """The reports of one Custom Script, or none without its id.

    ``read_keys`` reads the keys of the authority's certificates.
    """

    def __init__(
        self, kandji: Kandji, read_keys: Callable[[], KeyExpiries], item_id: str | None
    ) -> None:
        self._kandji, self._read_keys, self._item_id = kandji, read_keys, item_id
        self._keys: KeyExpiries | None = None

    def read_unattested(
        self, device_ids: Collection[str], devices: int = PAGE * PAGE
    ) -> Mapping[str, UnattestedNames]:
        """Return device id -> names of certificates of other authorities on that Mac.

        A Mac of which nothing is known has none.

        :arg devices: how many devices Kandji has: the reports of all come in pages, and are read if
            that takes fewer calls than one for each of ``device_ids``.
        """
        return {
            device_id: unattested_names(check, self._keys or NO_KEYS)
            for device_id, check in self._read_checks(device_ids, devices).items()
        }

    def read_report(self, device_id: str, subject: Subject) -> MacReport:
        """Return what the check on one Mac reported, empty if nothing is known.

        :arg subject: of its SCEP profile.
        """
        checks = self._read_checks([device_id], PAGE * PAGE)
        if not checks:
            return MacReport()
        keys = self._keys or NO_KEYS
        check = checks[device_id]
        expiry = expiries_of(checks, keys, subject).get(device_id)
        last = last_identity(check, keys, subject)
        return MacReport(
            unattested_names(check, keys),
            expiry,
            last is not None and last.is_of(keys),
            last.common_name if last else "",
        )

    def _read_checks(self, device_ids: Collection[str], devices: int) -> Mapping[str, CheckReport]:
        """Return device id -> its report, and read the keys for the first one."""
        item_id = self._item_id
        if not item_id or not device_ids:
            return {}
        if len(device_ids) * PAGE > devices:
            statuses = list(self._kandji.item_statuses(item_id))
        else:
            statuses = [
                status
                for device_id in device_ids
                for status in self._kandji.item_statuses(item_id, device_id)
            ]
        checks = {
            device_id: check
            for device_id, check in read_checks(statuses).items()
            if device_id in device_ids and check.identities
        }
        if checks and self._keys is None:
            self._keys = self._read_keys()
        return checks
