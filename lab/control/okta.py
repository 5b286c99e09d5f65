# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of the Okta org: what an administrator does in Okta's console, and its limits.

Users, groups and their sign-ins are in ``okta_users``.
"""

from __future__ import annotations

from lab.control.schemas import (
    BadRequest,
    Body,
    ControlRequest,
    ControlRoute,
    check_choice,
    check_names,
    check_values,
    has_type,
    read_app_settings,
    read_flags,
)
from lab.okta.app import OktaApp
from lab.okta.authenticators.org_authenticators import STATUSES
from lab.okta.authorities.scep_configurations import CHALLENGE_TYPES, NoConfiguration
from lab.okta.oauth import ALGORITHMS
from lab.okta.org import Org
from lab.okta.system_log.hooks import HookSettings, NotAHook
from lab.okta.system_log.targets import target
from lab.state import World

PIPELINES = ("idx", "v1")


class OktaControls:
    """Operations on the org's limits, permissions, apps, hooks, platform and authenticators."""

    def __init__(self, world: World, okta: OktaApp) -> None:
        self.world = world
        self._limits = okta.limits
        self._operations = {operation.name for operation in okta.operations()}

    @property
    def org(self) -> Org:
        """The org."""
        org: Org = self.world.okta
        return org

    def routes(self) -> list[ControlRoute]:
        """Return the operations."""
        return [
            ControlRoute("PATCH", "/limits", self.set_limits),
            ControlRoute("POST", "/limits/use", self.use_limit),
            ControlRoute("PATCH", "/okta/refuse", self.set_refused),
            ControlRoute("PATCH", "/okta/org", self.set_org),
            ControlRoute("POST", "/okta/apps", self.add_app),
            ControlRoute("PATCH", "/okta/apps", self.change_app),
            ControlRoute("POST", "/okta/tokens/expire", self.expire_tokens),
            ControlRoute("POST", "/okta/platform", self.add_platform),
            ControlRoute("POST", "/okta/platforms", self.add_further_platform),
            ControlRoute("DELETE", "/okta/platforms/{key}", self.remove_platform),
            ControlRoute("POST", "/okta/authority/renew", self.renew_authority),
            ControlRoute("POST", "/okta/authority/migrate", self.migrate_platforms),
            ControlRoute("POST", "/secret/reset", self.reset_secret),
            ControlRoute("PATCH", "/okta/authenticators", self.set_authenticators),
            ControlRoute("GET", "/okta/hooks", self.list_hooks),
            ControlRoute("POST", "/okta/hooks", self.add_hook, in_thread=True),
        ]

    # Limits and permissions

    def set_limits(self, request: ControlRequest) -> Body:
        """Set limits and return all of them."""
        try:
            self._limits.set(request.body)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        return dict(self._limits.as_dict())

    def use_limit(self, request: ControlRequest) -> Body:
        """Count requests that others in the org send in this minute. Return the limit's headers."""
        check_names(request.body, ("bucket", "requests"))
        bucket, requests = request.body.get("bucket"), request.body.get("requests", -1)
        if not isinstance(bucket, str) or not has_type(requests, int) or requests < 0:
            raise BadRequest("bucket has to be a name, and requests a number that is not negative.")
        try:
            self._limits.use(bucket, requests)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        return dict(self._limits.headers(bucket))

    def set_refused(self, request: ControlRequest) -> Body:
        """Refuse operations, or allow them again. Return those that the org refuses."""
        flags = read_flags(request.body, self._operations)
        self.org.refused |= {name for name, refused in flags.items() if refused}
        self.org.refused -= {name for name, refused in flags.items() if not refused}
        return {"refused": sorted(self.org.refused)}

    def set_org(self, request: ControlRequest) -> Body:
        """Set the org's ``pipeline``: Identity Engine or Classic Engine."""
        check_names(request.body, ("pipeline",))
        check_choice("pipeline", request.body.get("pipeline"), PIPELINES)
        self.org.pipeline = request.body["pipeline"]
        return {"pipeline": self.org.pipeline}

    # Service apps

    def add_app(self, request: ControlRequest) -> Body:
        """Add a service app with a new key. Only this answer shows the key."""
        check_names(request.body, ("algorithm", "scopes", "dpop", "role"))
        check_choice("algorithm", request.body.get("algorithm", "ES256"), ALGORITHMS)
        return self.org.oauth.add_app(**read_app_settings(request.body)).announced()

    def change_app(self, request: ControlRequest) -> Body:
        """Change scopes, DPoP, admin role and status of the app ``client_id``."""
        check_names(request.body, ("client_id", "scopes", "dpop", "role", "active"))
        app = self.org.oauth.apps.get(str(request.body.get("client_id", "")))
        if app is None:
            raise BadRequest("client_id: a service app with this id does not exist.")
        settings = {name: value for name, value in request.body.items() if name != "client_id"}
        for name, value in read_app_settings(settings).items():
            setattr(app, name, set(value) if name == "scopes" else value)
        return {
            "client_id": app.client_id,
            "scopes": sorted(app.scopes),
            "dpop": app.dpop,
            "role": app.role,
            "active": app.active,
        }

    def expire_tokens(self, _request: ControlRequest) -> Body:
        """Expire all access tokens. Return their number."""
        return {"expired": self.org.oauth.expire()}

    # Device trust

    def add_platform(self, _request: ControlRequest) -> Body:
        """Add the Desktop platform. Only this answer shows its URL and its challenge."""
        platform = self.org.platform
        if platform.added:
            raise BadRequest("The Desktop platform is there already.")
        platform.add()
        return {"scep_url": platform.shown_scep_url, "scep_challenge": platform.challenge}

    def add_further_platform(self, request: ControlRequest) -> Body:
        """Add another platform, for SCEP enrollment or for Device Access."""
        check_values(request.body, {"name": str, "challenge_type": str, "device_access": bool})
        platform = self.org.platform
        challenge_type = request.body.get("challenge_type", CHALLENGE_TYPES[0])
        check_choice("challenge_type", challenge_type, CHALLENGE_TYPES)
        configuration = platform.configurations.new(
            platform.device_access if request.body.get("device_access") else platform.authority,
            request.body.get("name", ""),
            challenge_type=challenge_type,
        )
        platform.configurations.add(configuration)
        platform.log_event("device.platform.add", "Add device management platform", configuration)
        return {
            "id": configuration.id,
            "scep_url": platform.show_url(configuration),
            "scep_challenge": configuration.challenge,
        }

    def remove_platform(self, request: ControlRequest) -> Body:
        """Delete a platform."""
        try:
            return {"id": self.org.platform.configurations.remove(request.key).id}
        except NoConfiguration as problem:
            raise BadRequest(str(problem)) from None

    def renew_authority(self, request: ControlRequest) -> Body:
        """Generate the replacement of the authority's certificate, as Okta does by itself."""
        check_names(request.body, ("status",))
        status = request.body.get("status", "VALID")
        check_choice("status", status, ("VALID", "INACTIVE"))
        return {"key_id": self.org.platform.renew_authority(status)}

    def migrate_platforms(self, request: ControlRequest) -> Body:
        """Move platforms to the replacement, as an administrator does in the console."""
        check_values(request.body, {"platforms": list})
        platform = self.org.platform
        every = [each.id for each in platform.configurations.of(platform.authority)]
        try:
            moved = [platform.migrate(str(each)) for each in request.body.get("platforms", every)]
        except NoConfiguration as problem:
            raise BadRequest(str(problem)) from None
        return {"platforms": [each.id for each in moved]}

    def reset_secret(self, request: ControlRequest) -> Body:
        """Replace the challenge of the platform. Return the new one.

        ``platform`` names another one, such as iOS, whose secret no SCEP URL has.
        """
        check_names(request.body, ["platform"])
        if name := request.body.get("platform"):
            self.org.platform.log_reset(target("unknown", "DevicePlatform", str(name)))
            return {}
        return {"scep_challenge": self.org.platform.reset_secret()}

    def set_authenticators(self, request: ControlRequest) -> Body:
        """Set Okta Verify (``okta_verify``) and its methods to ACTIVE or INACTIVE."""
        verify = self.org.authenticators["okta_verify"]
        names = (verify.key, *verify.methods)
        check_names(request.body, names)
        for name, status in request.body.items():
            check_choice(name, status, STATUSES)
        for name, status in request.body.items():
            (verify.inactive.add if status == "INACTIVE" else verify.inactive.discard)(name)
        return {name: verify.status_of(name) for name in names}

    # Event hooks

    def list_hooks(self, _request: ControlRequest) -> list[Body]:
        """Return the event hooks with their attempts to deliver."""
        return [hook.describe() for hook in self.org.hooks]

    def add_hook(self, request: ControlRequest) -> Body:
        """Add an event hook and verify its address, which takes a request to it."""
        body, texts = request.body, ("url", "key", "value")
        check_names(body, (*texts, "events", "ca_file"))
        if not all(isinstance(body.get(name), str) for name in texts) or not isinstance(
            body.get("events"), list
        ):
            raise BadRequest(
                "A hook needs url, key and value, which are texts, and events, which is a list of"
                " event types."
            )
        try:
            with self.world.lock:
                hook = self.org.add_hook(HookSettings(**body))
        except NotAHook as problem:
            raise BadRequest(str(problem)) from None
        hook.verify(self.world.switches.hook_verification_authorized)
        return hook.describe()
