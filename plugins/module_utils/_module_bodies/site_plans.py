# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of the site playbook predict for its rings, from one read of both vendors."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .._core.module import ModuleContext
from .._core.options import KANDJI, OKTA, ArgumentSpec, Params, arguments
from .._core.results import Result
from .._core.timestamps import format_milliseconds
from .._fleet.registration import Registration
from .._fleet.rings.gate import ISSUED
from .._kandji import client as kandji_api
from .._kandji.assignments import read_blueprints, read_items
from .._kandji.console_items import catalogue
from .._kandji.records import KandjiDevice
from .._okta import client as okta_api
from .._okta.authorities.certificate_authorities import read_without_platforms
from .._okta.authorities.device_integration import NEVER
from .._okta.constants import LOG_AHEAD, LOG_RETENTION
from . import (
    device_trust_info,
    kandji_app_store_item,
    kandji_custom_profile,
    kandji_scep_profile,
    okta_device_integration,
)
from .predictions import Part, predict


def _list_authorities(ctx: ModuleContext) -> Result:
    """Return the authorities as okta_device_integration does, which also verifies a platform."""
    authorities = read_without_platforms(ctx.okta)
    return {
        "changed": False,
        "authorities": [each.as_result() for each in authorities.all],
        "authorities_unavailable": authorities.unavailable or None,
    }


def _find_check(ctx: ModuleContext) -> Result:
    """Return the id of the library item with the name of the certificate check, None without one.

    It is None, too, if several have the name: the task that writes the check refuses then.
    """
    blueprints = read_blueprints(ctx.kandji, ctx.params["blueprints"])[0]
    items = catalogue(read_items(ctx.kandji, blueprints), blueprints, [ctx.params["name"]])
    return {"changed": False, "id": items[0].id if len(items) == 1 else None}


CHECK_OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "blueprints": {"type": "list", "elements": "str", "required": True},
}
CERTIFICATE_CHECK = Part(
    "certificate_check_name",
    _find_check,
    (kandji_api.LIST_BLUEPRINTS, kandji_api.LIST_ITEMS),
    {"argument_spec": arguments(KANDJI, CHECK_OPTIONS)},
)
OKTA_VERIFY = Part(
    "okta_verify", kandji_app_store_item.run, kandji_app_store_item.USES, kandji_app_store_item.SPEC
)
STATUS = Part("stages", device_trust_info.run, device_trust_info.USES, device_trust_info.SPEC)
AUTHORITY = Part(
    "certificate_authority",
    okta_device_integration.run,
    okta_device_integration.USES,
    okta_device_integration.SPEC,
)
AUTHORITIES_ALONE = Part(
    AUTHORITY.option,
    _list_authorities,
    (okta_api.LIST_AUTHORITIES, okta_api.LIST_LOG_EVENTS),
    {"argument_spec": arguments(OKTA)},
)
SETTINGS = Part(
    "settings", kandji_custom_profile.run, kandji_custom_profile.USES, kandji_custom_profile.SPEC
)
SCEP = Part("scep", kandji_scep_profile.run, kandji_scep_profile.USES, kandji_scep_profile.SPEC)
PARTS = (OKTA_VERIFY, STATUS, AUTHORITY, SETTINGS, SCEP)
# The lists that more than one part reads. Those of Macs are as long as the fleet: one part reads
# them.
READ_ONCE = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_PROFILES,
    kandji_api.PRISM_PROFILES,
    okta_api.LIST_AUTHORITIES,
    okta_api.LIST_REGISTRATION_AUTHORITIES,
)


@dataclass
class SeenMacs:
    """The Macs with some serials, of all Macs that a part listed.

    :arg serial_keys: the serials in lower case.
    :arg is_complete: whether all Macs were listed.
    """

    serial_keys: t.AbstractSet[str]
    macs: list[KandjiDevice] = field(default_factory=list)
    count: int = 0
    is_complete: bool = False

    def add(self, mac: KandjiDevice) -> None:
        """Take note of a Mac."""
        self.count += 1
        if mac.serial_key in self.serial_keys:
            self.macs.append(mac)


class SitePlans:
    """Runs the parts that the options ask for, and keeps their results by option.

    :arg rings: as the preflight returns them.
    :arg unusable: the vendors of which nothing can be read.
    """

    def __init__(
        self, ctx: ModuleContext, rings: t.Sequence[Result], unusable: t.AbstractSet[str]
    ) -> None:
        self._ctx, self._rings, self._unusable = ctx, rings, unusable
        self.results: dict[str, Result] = {}

    def predict(self, registration: Registration | None, seen: SeenMacs) -> None:
        """Run the parts, each with what those before it returned."""
        deploys = self._ctx.params["deploys"]
        if self._rings:
            self._predict_okta_verify()
        if self._rings and not self._unusable:
            self._read_stages(registration, seen)
        if "okta" not in self._unusable:
            if deploys:
                self._verify_authority()
            elif self._ctx.params["reads_authorities"]:
                self._run(AUTHORITIES_ALONE, {})
        if deploys and self._rings:
            self._predict_settings()
            self._predict_scep()

    def as_result(self) -> Result:
        """Return the results, and what the run would change in the rings."""
        results = {
            option: {key: value for key, value in result.items() if key != "diff"}
            for option, result in self.results.items()
        }
        deploys = self._ctx.params["deploys"]
        changing = [each for each in self.results.values() if deploys and each["changed"]]
        diffs = [each.get("diff") or {} for each in changing]
        return {
            "changed": False,
            "changes": [change for each in changing for change in each.get("changes") or ()],
            "diff": {
                side: {name: value for diff in diffs for name, value in diff.get(side, {}).items()}
                for side in ("before", "after")
            },
            **results,
        }

    @property
    def needs_no_gate(self) -> bool:
        """Whether it is certain that the run changes nothing in the rings."""
        asked = [part for part in (OKTA_VERIFY, SETTINGS, SCEP) if self._options(part) is not None]
        results = [self.results.get(part.option) for part in asked]
        return bool(asked) and all(
            result is not None and not result.get("failed") and not result["changed"]
            for result in results
        )

    def _options(self, part: Part) -> Params | None:
        if part is SETTINGS and self._ctx.params["mobileconfig"] is None:
            return None
        options: Params | None = self._ctx.params[part.option]
        return options

    def _predict_okta_verify(self) -> None:
        options = self._options(OKTA_VERIFY)
        if options is None:
            return
        placed = [ring["settings_profile"] for ring in self._rings]
        nodes: dict[str, object] = {}
        for each in placed:
            nodes.update(each["assignment_nodes"])
        self._run(
            OKTA_VERIFY,
            {
                **options,
                "blueprints": [name for each in placed for name in each["blueprints"]],
                "assignment_nodes": nodes,
                "report": False,
            },
        )

    def _read_stages(self, registration: Registration | None, seen: SeenMacs) -> None:
        options = self._options(STATUS)
        if options is None:
            return
        item = self.results.get(OKTA_VERIFY.option, {}).get("library_item")
        check = self._find_certificate_check()
        if check.get("failed"):
            self.results[STATUS.option] = check
            return
        self._run(
            STATUS,
            {
                **options,
                "rings": [ring["stages"] for ring in self._rings],
                "okta_verify_item_ids": [item["id"]] if item else [],
                "certificate_check_item_id": check["id"],
            },
            registration=registration,
            on_device=seen.add,
        )
        seen.is_complete = not self.results[STATUS.option].get("failed")

    def _find_certificate_check(self) -> Result:
        name = self._ctx.params[CERTIFICATE_CHECK.option]
        if not name:
            return {"id": None}
        blueprints = [each for ring in self._rings for each in ring["stages"]["blueprints"]]
        return predict(self._ctx, CERTIFICATE_CHECK, {"name": name, "blueprints": blueprints})

    def _verify_authority(self) -> None:
        options = self._options(AUTHORITY)
        if options is None:
            return
        profiles = self.results.get(STATUS.option, {}).get("profiles") or ()
        self._run(AUTHORITY, {**options, "challenge_deployed_at": find_deployment(profiles)})

    def _predict_settings(self) -> None:
        options = self._options(SETTINGS)
        if options is None:
            return
        profiles = [ring["settings_profile"] for ring in self._rings]
        content = self._ctx.params["mobileconfig"]
        self._run(SETTINGS, {**options, "profiles": profiles, "mobileconfig": content})

    def _predict_scep(self) -> None:
        options = self._options(SCEP)
        if options is None:
            return
        url = options.get("url") or self.results.get(AUTHORITY.option, {}).get("scep_url")
        if self._options(AUTHORITY) is not None and not url:
            return  # what prevented the read is a problem already
        self._run(
            SCEP,
            {
                **options,
                "url": url,
                "challenge": self._ctx.params["challenge"],
                "profiles": [ring["scep_profile"] for ring in self._rings],
            },
            is_issued=None if "okta" in self._unusable else self._is_issued,
        )

    def _is_issued(self, uuid: str) -> bool:
        """Return whether Okta's log has the issue of a certificate whose name holds a UUID.

        Raises DeviceTrustError if the log cannot be read.
        """
        okta = self._ctx.okta
        now = datetime.fromtimestamp(okta.transport.now(), timezone.utc)
        since = format_milliseconds(now - LOG_RETENTION + timedelta(hours=1))
        until = format_milliseconds(now + LOG_AHEAD)
        events = okta.log_events(ISSUED, since, until, at_most=1, word=uuid)
        return any(
            uuid in text.lower()
            for event in events
            for target in event.targets
            for text in target.texts
        )

    def _run(self, part: Part, options: Params, **known: object) -> None:
        present = {name: value for name, value in options.items() if value is not None}
        self.results[part.option] = predict(self._ctx, part, present, **known)


def find_deployment(profiles: t.Sequence[Params]) -> str | None:
    """Return since when the challenge is in profiles, for challenge_deployed_at.

    It is NEVER without a profile, and None if one shows no time: then it is unknown.

    :arg profiles: of the rings, as device_trust_info returns them.
    """
    written = [each["updated_at"] for each in profiles if each["library_item_id"]]
    if not written:
        return NEVER
    return min(written) if all(written) else None
