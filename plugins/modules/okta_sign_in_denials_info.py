#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_sign_in_denials_info
short_description: People who were denied at apps in Okta since a timestamp, and not before
version_added: 0.1.0
description:
  - Reads the System Log for sign-ins that app sign-in policies denied. It covers the time since a
    timestamp, and as much time before it.
  - Names the people who were denied only after the timestamp. It warns if there are more of them
    than O(max_denied).
  - This module only reads.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.okta
options:
  apps:
    description: Ids or exact labels of apps.
    type: list
    elements: str
    required: true
  since:
    description: The timestamp, in ISO 8601 and UTC, like V(2026-11-25T08:00:00Z). If not set,
      O(minutes) ago.
    type: str
  minutes:
    description: How many minutes since the timestamp, if O(since) is not set. As many minutes
      before it are compared. At most 64800, half of what Okta keeps.
    type: int
    default: 60
  max_denied:
    description: More people than this, who were denied since and not before, are a rise.
    type: int
    default: 0
  wait:
    description: How many seconds to wait first, for people to sign in. Not in check mode.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Find people who are denied since an hour ago and were not before
  devicetrust.okta_kandji.okta_sign_in_denials_info:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    apps: [Salesforce, Slack]
    minutes: 60

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Wait a quarter of an hour after a change, and accept two newly denied people
  devicetrust.okta_kandji.okta_sign_in_denials_info:
    apps: [Device check]
    since: "2026-11-25T08:00:00Z"
    max_denied: 2
    wait: 900
"""

RETURN = r"""
denied:
  description: People who were denied since the timestamp. C(count) is how often, C(apps) and
    C(rules) are where and by what. C(rule_unknown) counts the denials whose event lists several
    rules, or none. C(before) is true if the person was denied before the timestamp, too. A person
    or an app that an event does not show is V(unknown), and counts.
  returned: success
  type: list
  elements: dict
  sample:
    - {login: ann@acme.com, count: 2, apps: [Salesforce], rules: [Other Macs], rule_unknown: 0,
       before: false}
newly_denied:
  description: Logins of the people who were denied since the timestamp, and not in the same time
    before it.
  returned: success
  type: list
  elements: str
  sample: [ann@acme.com]
rise:
  description: Whether RV(newly_denied) has more people than O(max_denied).
  returned: success
  type: bool
  sample: true
since:
  description: The timestamp, in ISO 8601 and UTC.
  returned: success
  type: str
  sample: "2026-11-25T08:00:00.000Z"
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listLogEvents, verb: GET, count: 1}
"""


from ..module_utils._access.forecast.denials import count_denials
from ..module_utils._access.forecast.sign_ins import DENIALS, apps_filter, batch_apps
from ..module_utils._access.policies.lookups import resolve_apps
from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import OKTA, ArgumentSpec, Params, arguments
from ..module_utils._core.results import Result
from ..module_utils._core.text import abbreviate
from ..module_utils._core.timestamps import CLOCK_SKEW, format_days_before, require_timestamp
from ..module_utils._okta import client as okta_api

MAX_MINUTES = 64800
OPTIONS: ArgumentSpec = {
    "apps": {"type": "list", "elements": "str", "required": True},
    "since": {"type": "str"},
    "minutes": {"type": "int", "default": 60},
    "max_denied": {"type": "int", "default": 0},
    "wait": {"type": "int", "default": 0},
}
USES = (okta_api.LIST_APPS, okta_api.LIST_LOG_EVENTS)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    apps = abbreviate([repr(app) for app in params["apps"]], 3)
    if params["wait"] > 0 and not ctx.check_mode:
        ctx.wait(f"waiting for sign-ins to {apps}", params["wait"], params["wait"])
    app_ids = [app.id for app in resolve_apps(ctx.okta.apps(), params["apps"])]
    now = ctx.okta.transport.now()
    minutes = _minutes(params, now)
    since = format_days_before(now, minutes / 1440)
    start = format_days_before(now, 2 * minutes / 1440)
    events = [
        event
        for batch in batch_apps(app_ids)
        for event in ctx.okta.log_events(
            f"{DENIALS} and {apps_filter(batch)}", since=start, newest_first=True
        )
    ]
    denials = count_denials(events, app_ids, since)
    rise = len(denials.new) > params["max_denied"]
    if rise:
        ctx.warn(
            f"{len(denials.new)} {'person was' if len(denials.new) == 1 else 'people were'} denied"
            f" at these apps since {since} and not in as long before: {abbreviate(denials.new)}."
            f" The apps: {apps}. max_denied: {params['max_denied']} is the limit."
        )
    rows = [
        {**person.as_result(), "before": key in denials.before}
        for key, person in sorted(denials.since.items(), key=lambda item: item[1].login)
    ]
    return {
        "changed": False,
        "denied": rows,
        "newly_denied": denials.new,
        "rise": rise,
        "since": since,
    }


def _minutes(params: Params, now: float) -> float:
    """Return the length of the period in minutes. Raises BadOption."""
    minutes = float(params["minutes"])
    if params["since"]:
        since = require_timestamp("since", params["since"])
        minutes = (now - since.timestamp()) / 60
        # A run may have moved apps within the second in which it began.
        if -CLOCK_SKEW.total_seconds() / 60 < minutes <= 0:
            return 0.0
    if not 0 < minutes <= MAX_MINUTES:
        raise BadOption(
            f"{'since' if params['since'] else 'minutes'}: it is not within the last {MAX_MINUTES}"
            " minutes. Set a time in the past, within them."
        )
    return minutes


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS))


if __name__ == "__main__":
    main()
