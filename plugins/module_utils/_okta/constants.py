# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Constants of Okta: lifetimes, domains, error codes and types of events."""

from __future__ import annotations

from datetime import timedelta

# Okta shows created and lastUpdated of its objects in whole seconds, the rest is cut off: recorded.
OBJECT_TIME_PRECISION = timedelta(seconds=1)
LOG_RETENTION = timedelta(days=90)  # of the System Log
# How far after Okta's time a bounded read of the log ends, so that events of this run are in it.
LOG_AHEAD = timedelta(minutes=1)
# An event may come into the log later than the timestamp that it bears.
LOG_OVERLAP = timedelta(hours=1)
# In which the log has an event at the latest. No document says it (log_lag_seconds in
# docs/dev/unverified-vendor-behaviour.md).
LOG_DELAY = timedelta(minutes=10)
UNUSED_CERTIFICATE_LIFETIME = timedelta(days=90)  # one that is not used so long is revoked
CERTIFICATE_LIFETIME = timedelta(days=365)  # of a certificate of Okta's SCEP authority
OKTA_DOMAINS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com", ".okta.mil")
NOT_WELL_FORMED = "E0000003"  # the code for a body of another form than Okta takes
# Types of events in the System Log.
FASTPASS_EVENT, SESSION_START = "user.authentication.auth_via_mfa", "user.session.start"
