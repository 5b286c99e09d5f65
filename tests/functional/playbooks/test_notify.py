# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/notify.yml: what a channel of Slack and one of Microsoft Teams are sent."""

from __future__ import annotations

import json

from tools.support.environment import CHECKOUT
from tools.support.playbook import run_playbook

NOTIFY = CHECKOUT / "playbooks" / "notify.yml"
MESSAGE = 'Okta denied 7 sign-ins.\nLook at *Payroll* ("5 people").'


def notify(url, **variables):
    known = {"device_trust_notification": MESSAGE, "device_trust_notify_url": url}
    return run_playbook(NOTIFY, None, variables={**known, **variables})


def test_slack_is_sent_a_text(webhook):
    url, bodies = webhook
    done = notify(url)
    assert done.status == 0 and bodies == [{"text": MESSAGE}], done.output
    assert "hook-with-a-secret" not in done.output


def test_on_several_hosts_a_message_says_whose_it_is(webhook, tmp_path):
    url, bodies = webhook
    hosts = dict.fromkeys(("eu", "us"), {"ansible_connection": "local"})
    inventory = tmp_path / "tenants.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    done = run_playbook(
        NOTIFY,
        None,
        variables={
            "device_trust_hosts": "all",
            "device_trust_notification": MESSAGE,
            "device_trust_notify_url": url,
        },
        inventory=inventory,
    )
    assert done.status == 0, done.output
    assert sorted(body["text"] for body in bodies) == [f"eu: {MESSAGE}", f"us: {MESSAGE}"]


def test_a_message_names_the_tenant_where_a_limit_leaves_one(webhook, tmp_path):
    """As a job of AWX with a slice or a limit."""
    url, bodies = webhook
    inventory = tmp_path / "tenants.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"eu": {"ansible_connection": "local"}}}}))
    done = run_playbook(
        NOTIFY,
        None,
        variables={
            "device_trust_hosts": "all",
            "device_trust_notification": MESSAGE,
            "device_trust_notify_url": url,
        },
        inventory=inventory,
    )
    assert done.status == 0 and bodies == [{"text": f"eu: {MESSAGE}"}], done.output


def test_a_refusal_of_the_webhook_is_shown_by_its_status_alone(webhook, webhook_statuses):
    url, bodies = webhook
    webhook_statuses.append(500)
    done = notify(url)
    assert done.status != 0 and bodies == [], done.output
    assert "device_trust_notify_url: the webhook answered with status 500." in done.output
    assert "hook-with-a-secret" not in done.output


def test_a_webhook_that_nobody_serves_is_named():
    done = notify("http://127.0.0.1:9/hook-with-a-secret")
    assert done.status != 0 and "the webhook was not reached." in done.output, done.output
    assert "hook-with-a-secret" not in done.output


def test_in_check_mode_nothing_is_posted(webhook):
    url, bodies = webhook
    done = run_playbook(
        NOTIFY,
        None,
        arguments=["--check"],
        variables={"device_trust_notification": MESSAGE, "device_trust_notify_url": url},
    )
    assert done.status == 0 and bodies == [], done.output


def test_without_a_webhook_the_run_says_that_nothing_was_posted():
    done = notify("")
    assert done.status == 0, done.output
    assert "Posted nowhere: device_trust_notify_url is not set." in done.output


def test_teams_is_sent_an_adaptive_card(webhook):
    """A workflow of Teams fails without attachments, after it has answered 202."""
    url, bodies = webhook
    done = notify(url, device_trust_notify_format="teams")
    assert done.status == 0, done.output
    [body] = bodies
    [attachment] = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert card["body"] == [{"type": "TextBlock", "text": MESSAGE, "wrap": True}]
    assert "hook-with-a-secret" not in done.output


def test_another_format_is_refused_before_anything_is_posted(webhook):
    url, bodies = webhook
    refused = notify(url, device_trust_notify_format="mail")
    assert refused.status != 0 and bodies == []
    assert "device_trust_notify_format" in refused.output and "slack, teams" in refused.output
