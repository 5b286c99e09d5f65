# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the lab from its parts."""

from __future__ import annotations

import typing as t
from pathlib import Path

from lab.control.routes import Control
from lab.kandji.app import KandjiApp
from lab.kandji.tenant import Tenant
from lab.okta.app import OktaApp
from lab.okta.org import Org
from lab.seeds import fleet, legacy
from lab.state import Options, World

Begin = t.Callable[[Options], dict[str, t.Any]]


def build(
    world: World,
    urls: t.Mapping[str, str],
    ca_file: Path,
    begin: Begin | None = None,
    control_token: str = "",
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the applications by the name of their listener, and the lab's announcement.

    ``begin`` replaces the company by another one.
    """
    world.ca_file = ca_file
    org = world.okta = Org(world, urls["okta"])
    world.kandji = Tenant(world, urls["kandji"])
    okta, kandji = OktaApp(world), KandjiApp(world)
    fleet.populate(world)
    if world.options.past:
        legacy.populate(world)
    control = Control(world, okta, kandji, begin, control_token)
    app = org.oauth.add_app().announced()
    announcement = {
        "okta_url": urls["okta"],
        "okta_api_token": org.api_token,
        "okta_client_id": app["client_id"],
        "okta_private_key": app["private_key"],
        "okta_key_id": app["key_id"],
        "kandji_url": urls["kandji"],
        "kandji_api_token": world.kandji.api_token,
        "ca_file": str(ca_file),
        "scep_url": org.platform.shown_scep_url if org.platform.added else "",
        "scep_challenge": org.platform.challenge if org.platform.added else "",
        "control_url": urls["control"],
        "control_token": control.token,
        # The part behind # is not sent to a server and not logged.
        "page_url": f"{urls['control']}/#token={control.token}",
        "rings": fleet.rings(world),
    }
    return {
        "okta": okta.application(),
        "kandji": kandji.application(),
        "control": control.application(),
    }, announcement
