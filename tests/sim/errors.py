# SPDX-License-Identifier: MIT
"""Error bodies of Entra ID and ARM, made fresh for every reply."""
import dataclasses
import json
import time
import uuid
from collections.abc import Mapping

from .http1 import Reply
from .times import TICKS_PER_SECOND, Clock

JSON_TYPE = "application/json; charset=utf-8"
_ONBOARD = "https://learn.microsoft.com/en-us/azure/sentinel/" \
    "quickstart-onboard"
_ONBOARD_API = "https://learn.microsoft.com/en-us/rest/api/securityinsights" \
    "/sentinel-onboarding-states/create?view=rest-securityinsights-2024-03-01"
_NOT_ONBOARDED = (
    "Workspace '{workspace}' is not onboarded to Microsoft Sentinel. Please "
    f"onboard through the portal ({_ONBOARD}) or use the OnboardingStates "
    f"ARM api to onboard to Sentinel ({_ONBOARD_API}).")


@dataclasses.dataclass(frozen=True)
class ArmError:
    """One error of ARM: {name} in the message is filled by the caller."""
    status: int
    code: str
    message: str


#: By the code, or by a name of ours where one code has several messages.
ARM_ERRORS: dict[str, ArmError] = {
    "AuthenticationFailed": ArmError(
        401, "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing."),
    "InvalidAuthenticationToken": ArmError(
        401, "InvalidAuthenticationToken", "The access token is invalid."),
    "NoServicePrincipal": ArmError(
        401, "InvalidAuthenticationToken",
        "The received access token is not valid: at least one of the claims "
        "'puid' or 'altsecid' or 'oid' should be present. If you are "
        "accessing as application please make sure service principal is "
        "properly created in the tenant."),
    "InvalidAuthenticationTokenTenant": ArmError(
        401, "InvalidAuthenticationTokenTenant",
        "The access token is from the wrong issuer "
        "'https://sts.windows.net/{token_tenant}/'. It must match the tenant "
        "'https://sts.windows.net/{tenant}/' associated with this "
        "subscription. Please use the authority (URL) "
        "'https://login.windows.net/{tenant}' to get the token. Note, if the "
        "subscription is transferred to another tenant there is no impact "
        "to the services, but information about new tenant could take time "
        "to propagate (up to an hour). If you just transferred your "
        "subscription and see this error message, please try back later."),
    "InvalidAuthenticationTokenAudience": ArmError(
        401, "InvalidAuthenticationTokenAudience",
        "The access token has been obtained for wrong audience or resource "
        "'{audience}'. It should exactly match with one of the allowed "
        "audiences '{arm}/','{arm}'."),
    "ExpiredAuthenticationToken": ArmError(
        401, "ExpiredAuthenticationToken",
        "The access token expiry UTC time '{expiry}' is earlier than current "
        "UTC time '{now}'."),
    "AuthorizationFailed": ArmError(
        403, "AuthorizationFailed",
        "The client '{client}' with object id '{object}' does not have "
        "authorization to perform action '{action}' over scope '{scope}' or "
        "the scope is invalid. If access was recently granted, please "
        "refresh your credentials."),
    "SubscriptionNotFound": ArmError(
        404, "SubscriptionNotFound",
        "The subscription '{subscription}' could not be found."),
    "ResourceGroupNotFound": ArmError(
        404, "ResourceGroupNotFound",
        "Resource group '{group}' could not be found."),
    "ResourceNotFound": ArmError(
        404, "ResourceNotFound",
        "The Resource 'Microsoft.OperationalInsights/workspaces/{workspace}' "
        "under resource group '{group}' was not found. For more details "
        "please go to https://aka.ms/ARMResourceNotFoundFix"),
    # The wording of these three is ours; the code is what counts.
    "NotFound": ArmError(
        404, "NotFound", "The requested resource '{name}' was not found."),
    "InvalidResourceType": ArmError(
        404, "InvalidResourceType",
        "The resource type could not be found in the namespace "
        "'Microsoft.SecurityInsights' for api version '{version}'."),
    "MethodNotAllowed": ArmError(
        405, "MethodNotAllowed",
        "The http method '{method}' is not supported for this resource."),
    "NotOnboarded": ArmError(400, "BadRequest", _NOT_ONBOARDED),
    "MissingApiVersionParameter": ArmError(
        400, "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all "
        "requests."),
    "NoRegisteredProviderFound": ArmError(
        400, "NoRegisteredProviderFound",
        "No registered resource provider found for location '{location}' and "
        "API version '{version}' for type '{type}'. The supported "
        "api-versions are '{supported}'. The supported locations are "
        "', {location}'."),
    "UnsupportedApiVersion": ArmError(
        400, "UnsupportedApiVersion",
        "The HTTP resource that matches the request URI does not support the "
        "API version."),
    "OData": ArmError(400, "BadRequest", "OData query syntax error"),
    "Conflict": ArmError(
        409, "Conflict",
        "Newer version of resource '{name}' exists. Data was not saved"),
    "SubscriptionRequestsThrottled": ArmError(
        429, "SubscriptionRequestsThrottled",
        "Number of requests for subscription '{subscription}' and operation "
        "'{operation}' exceeded the backend storage limit. Please try again "
        "after '{seconds}' seconds."),
    "ResourceRequestsThrottled": ArmError(
        429, "ResourceRequestsThrottled",
        "Number of requests for action '{operation}' exceeded the limit. "
        "Please try again after '{seconds}' seconds."),
    "TooManyRequests": ArmError(
        429, "TooManyRequests", "The request is being throttled."),
    "InternalServerError": ArmError(
        500, "InternalServerError", "Internal server error."),
    "ServiceUnavailable": ArmError(
        503, "ServiceUnavailable",
        "The service is temporarily unavailable. Please retry the request."),
    "GatewayTimeout": ArmError(
        504, "GatewayTimeout",
        "The gateway did not receive a response from "
        "'Microsoft.SecurityInsights' within the specified time period."),
}


class _Ids(dict[str, object]):
    """Fills what a message wants and the caller does not know."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def arm_body(name: str, ids: Mapping[str, object] = {}) -> bytes:
    """The JSON body of the named error."""
    error = ARM_ERRORS[name]
    message = error.message.format_map(_Ids(ids))
    return json.dumps({"error": {"code": error.code, "message": message}},
                      separators=(",", ":")).encode()


def arm_error(name: str, ids: Mapping[str, object] = {}) -> Reply:
    """A reply with the named error and the headers that go with it."""
    error = ARM_ERRORS[name]
    headers = [("Content-Type", JSON_TYPE)]
    if name == "AuthorizationFailed":
        headers.append(("x-ms-failure-cause", "gateway"))
    if error.status == 401:
        tenant = ids.get("tenant", "common")
        headers.append((
            "WWW-Authenticate",
            f'Bearer authorization_uri="https://login.windows.net/{tenant}", '
            f'error="invalid_token", error_description="{error.code}"'))
    return Reply(error.status, headers, arm_body(name, ids))


def not_onboarded_twice(workspace: str) -> Reply:
    """The form in which the message is itself an error document."""
    inner = arm_body("NotOnboarded", {"workspace": workspace}).decode()
    body = json.dumps({"error": {"code": "BadRequest", "message": inner}})
    return Reply(400, [("Content-Type", JSON_TYPE)], body.encode())


@dataclasses.dataclass(frozen=True)
class EntraError:
    """One AADSTS error; {name} in the text is filled by the caller."""
    status: int
    error: str
    text: str
    suberror: str | None = None


ENTRA_ERRORS: dict[int, EntraError] = {
    7000215: EntraError(
        401, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the "
        "request is the client secret value, not the client secret ID, for "
        "a secret added to app '{client}'."),
    7000222: EntraError(
        401, "invalid_client",
        "The provided client secret keys for app '{client}' are expired. "
        "Visit the Azure portal to create new keys for your app: "
        "https://aka.ms/NewClientSecret, or consider using certificate "
        "credentials for added security: https://aka.ms/certCreds."),
    7000216: EntraError(
        401, "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for "
        "the 'client_credentials' grant type."),
    7000218: EntraError(
        401, "invalid_client",
        "The request body must contain the following parameter: "
        "'client_assertion' or 'client_secret'."),
    700027: EntraError(
        401, "invalid_client",
        "The certificate with identifier used to sign the client assertion "
        "is not registered on application. [Reason - The key was not found., "
        "Please visit the Azure Portal, Graph Explorer or directly use MS "
        "Graph to see configured keys for app Id '{client}'.]"),
    700024: EntraError(
        401, "invalid_client",
        "Client assertion is not within its valid time range."),
    50012: EntraError(401, "invalid_client", "Authentication failed."),
    700016: EntraError(
        400, "unauthorized_client",
        "Application with identifier '{client}' was not found in the "
        "directory '{tenant}'. This can happen if the application has not "
        "been installed by the administrator of the tenant or consented to "
        "by any user in the tenant. You may have sent your authentication "
        "request to the wrong tenant."),
    7000112: EntraError(
        400, "unauthorized_client",
        "Application '{client}'({app}) is disabled."),
    90002: EntraError(
        400, "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the "
        "correct tenant ID and are signing into the correct cloud. Check "
        "with your subscription administrator, this may happen if there are "
        "no active subscriptions for the tenant."),
    900023: EntraError(
        400, "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, "
        "nor a valid external domain."),
    50194: EntraError(
        400, "invalid_request",
        "Application '{client}'({app}) is not configured as a multi-tenant "
        "application. Usage of the /common endpoint is not supported for "
        "such apps."),
    70003: EntraError(
        400, "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant}'."),
    70011: EntraError(
        400, "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. "
        "The scope {scope} is not valid."),
    1002012: EntraError(
        400, "invalid_scope",
        "The provided value for scope {scope} is not valid. Client "
        "credential flows must have a scope value with /.default suffixed "
        "to the resource identifier (application ID URI)."),
    500011: EntraError(
        400, "invalid_resource",
        "The resource principal named {resource} was not found in the tenant "
        "named {tenant_name}. This can happen if the application has not "
        "been installed by the administrator of the tenant or consented to "
        "by any user in the tenant. You might have sent your authentication "
        "request to the wrong tenant."),
    53003: EntraError(
        400, "interaction_required",
        "Access has been blocked by Conditional Access policies. The access "
        "policy does not allow token issuance.", "message_only"),
    530035: EntraError(
        400, "interaction_required",
        "Access has been blocked by security defaults.", "message_only"),
    900144: EntraError(
        400, "invalid_request",
        "The request body must contain the following parameter: "
        "'{parameter}'."),
    900382: EntraError(
        400, "invalid_request",
        "Confidential Client is not supported in Cross Cloud request."),
    90033: EntraError(
        503, "temporarily_unavailable",
        "A transient error has occurred. Please try again."),
    90006: EntraError(
        500, "server_error",
        "The server encountered an unexpected error. Please retry."),
    50196: EntraError(
        400, "invalid_grant",
        "The server terminated an operation because it encountered a client "
        "request loop."),
}


def entra_error(code: int, clock: Clock, ids: Mapping[str, object] = {},
                newline: str = " ") -> Reply:
    """A reply with an AADSTS error.

    newline  what stands before "Trace ID" and the two after it: a space
             today, CR LF in older replies.
    """
    error = ENTRA_ERRORS[code]
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ",
                          time.gmtime(clock.now() // TICKS_PER_SECOND))
    body: dict[str, object] = {
        "error": error.error,
        "error_description": newline.join((
            f"AADSTS{code}: " + error.text.format_map(_Ids(ids)),
            f"Trace ID: {trace}", f"Correlation ID: {correlation}",
            f"Timestamp: {stamp}")),
        "error_codes": [code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    if error.suberror:
        body["suberror"] = error.suberror
    return Reply(error.status, [("Content-Type", JSON_TYPE)],
                 json.dumps(body, separators=(",", ":")).encode())
