#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_system_log_info
short_description: Read events of Okta's System Log
version_added: 0.1.0
description:
  - Only reads. Without O(filter), it reads the events about certificates, device records and their
    users.
  - Okta keeps events for 90 days. A call returns up to 1000 of them.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._max_rows
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.okta
options:
  filter:
    description: Okta's own filter expression, like V(eventType eq "pki.cert.issue").
    type: str
  q:
    description: Words that must all occur in the event, such as a serial. At most 10 words of at
      most 40 characters.
    type: str
  since:
    description: Events from this time on, in ISO 8601. If not set, Okta returns the last seven
      days.
    type: str
  until:
    description: Events before this time, in ISO 8601.
    type: str
  sort_order:
    description: Order of the events, the newest first (V(DESCENDING)) or the oldest first.
    type: str
    choices: [ASCENDING, DESCENDING]
    default: DESCENDING
"""

EXAMPLES = r"""
- name: Read when certificates were issued to a Mac
  devicetrust.okta_kandji.okta_system_log_info:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    filter: eventType eq "pki.cert.issue"
    q: C02XK1ZAJG5J
    since: "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(now().timestamp() - 30 * 86400, utc=true) }}"

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Read the first events of a day
  devicetrust.okta_kandji.okta_system_log_info:
    since: "2026-11-22T00:00:00Z"
    until: "2026-11-23T00:00:00Z"
    sort_order: ASCENDING
    max_rows: 50
"""

RETURN = r"""
events:
  description: The events with the keys of Okta's operation listLogEvents.
  returned: success
  type: list
  elements: dict
  sample:
    - eventType: pki.cert.issue
      published: "2026-11-20T08:12:00.000Z"
      displayMessage: Issue certificate
      outcome: {result: SUCCESS}
      target: [{type: Certificate, alternateId: C02XK1ZAJG5J 7D8A}]
more:
  description: Whether there were more events than O(max_rows).
  returned: success
  type: bool
  sample: false
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listLogEvents, verb: GET, count: 1}
"""


from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import MAX_ROWS, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, row_limit, take_rows
from ..module_utils._core.timestamps import require_timestamp
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.events.device_events import EVENTS

OPTIONS: ArgumentSpec = {
    **MAX_ROWS,
    "filter": {"type": "str"},
    "q": {"type": "str"},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "sort_order": {"type": "str", "choices": ["ASCENDING", "DESCENDING"], "default": "DESCENDING"},
}
USES = (okta_api.LIST_LOG_EVENTS,)
MOST_WORDS = 10  # that Okta takes as q
LONGEST_WORD = 40


def run(ctx: ModuleContext) -> Result:
    """Return the events that the options select."""
    params = ctx.params
    for name in ("since", "until"):
        if params[name]:
            require_timestamp(name, params[name])
    words = (params["q"] or "").split()
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise BadOption(
            f"q: Okta takes at most {MOST_WORDS} words of at most {LONGEST_WORD} characters."
            " Shorten it."
        )
    # One more than is shown tells whether there are more.
    limit = row_limit(params["max_rows"])
    events = ctx.okta.log_events(
        params["filter"] or EVENTS,
        params["since"],
        params["until"],
        params["sort_order"] == "DESCENDING",
        at_most=None if limit is None else limit + 1,
        word=params["q"],
    )
    rows, more = take_rows((dict(event.row) for event in events), params["max_rows"])
    return {"changed": False, "events": rows, "more": more}


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS))


if __name__ == "__main__":
    main()
