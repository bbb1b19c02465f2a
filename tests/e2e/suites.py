"""Runs the black-box suites of `tests/` against the deployed functions.

A test can run here if it uses one service and only its HTTP API. The suites lifecycle, cascade, faults, costs and observability
do not run here at all. From the other suites, this module skips the tests in the lists below. Each entry is a part of a test's name.
"""

import json
import os
import re
import subprocess

# Tests that read the service's tables, inject faults into its database calls, or run its background work step by step.
NEEDS_SERVICE_INTERNALS = {
    "authorization": [
        "every_route_responds_to_every_caller", "the_table_covers_every_route",
        "matrix::", "order_of_checks::a_caller_without_the_right", "order_of_checks::a_wrong_version"],
    "events": [
        "accounts::replaying_the_streams", "terminate::any_number_of_running", "terminate::a_freeze_event_that_arrives",
        "terminate::the_terminate_event_is_published"],
    "webhooks": [
        "forbidden_destinations::a_destination_that", "forbidden_destinations::no_notation",
        "forbidden_destinations::the_local_services_flag"],
    "identity": [
        "agent_permissions::a_key_gives", "audit_log::it_holds", "audited_acts::writes_of", "audited_routes::every_route",
        "customer_search::every",
        "customer_search::a_former", "customer_search::an_address_that_another_account", "delegation::successful_delegations",
        "email_change::a_verification_link_confirms",
        "cancelled_email_changes::an_operators_request_of_an_earlier",
        "interrupted_confirmations::", "key_rotation::", "lockout::",
        "mailed_links::a_l", "mailed_links::an_address_is_free", "mailed_links::no_table_holds",
        "mailed_links::only_the_mailed_one", "notices::a_changed_address", "notices::a_username",
        "closure_notices::a_deletion",
        "page_states::too_many_attempts",
        "password_rules::a_common_password_that_was_set_before", "password_rules::a_sign_in_replaces",
        "passwords::a_login_rehashes", "confirmed_addresses::an_address_can_be_confirmed_while_32", "rate_limits::", "refusals::",
        "spellings::a_new_agent", "spellings::a_username_that_was_stored", "who_signs_in::"],
    "idempotency": [
        "leases::", "idempotency_keys::an_idempotency_key_is_scoped", "platform_secret::", "redelivered_messages::", "mails::",
        "kept_responses::"],
    "resources": [
        "plan_limits::", "linearizability::", "unique_names::a_number_is_free_again", "lists::",
        "field_rules::an_extension_of_an_earlier_release",
        "access_control::no_row_is_created", "secrets_at_rest::", "exports::", "export_content::", "plan_bytes::", "taken_names::",
        "newer_rows::", "newer_values::"],
    "validation": [
        "malformed_http::", "api_description::", "read_budget::", "browser_requests::cookies_of_the_gateways_event",
        "error_formats::a_rate_limit_and_an_outage",
        # The emulator is reached by HTTP, and a deployed function knows that its gateway only accepts HTTPS.
        "browser_requests::a_cookie_authenticates",
        # Also a response of the gateway itself, to which a deployed function adds nothing.
        "browser_requests::every_response_keeps",
        # About the local service.
        "browser_requests::the_local_service_exposes"],
    "specification": [
        "late_jobs::names", "late_jobs::recovery", "late_jobs::verification_after",
        "account_lifecycle::names_are_free_at_once", "stored_attributes::"],
}
# The other modules of these suites need no service, read what is inside it, or start one that may send webhooks to loopback. A
# deployed stack sends none to loopback.
INCLUDED_MODULES = {"events": ["accounts::", "terminate::"], "webhooks": ["forbidden_destinations::"]}
# The emulator's API Gateway differs from AWS: it decodes any bytes as text, finds no route for a path with %2f, merges double
# slashes, responds to CORS preflight requests by itself, and adds a content type to 304. Its S3 has no TLS, so the link to an
# exported file is not the one that the API describes.
EMULATOR_DIFFERS = {
    "identity": ["audited_routes::an_export"],
    "validation": [
        "bodies::a_body_that_is_not_a_json_object", "requests::a_path_id_must_be_a_uuid", "requests::an_unknown_path",
        "requests::a_cross_origin_preflight", "http_semantics::if_none_match_with"],
}
# Long tests of rules that the handlers decide without a role, a route or a trigger of their own. `cargo test` runs them all.
SHOWS_NOTHING_ABOUT_THE_DEPLOYMENT = {
    "identity": [
        "access_keys::an_account_holds_at_most_fifty_keys", "account_takeover::concurrent_correct_logins",
        "confirmed_addresses::an_address_belongs", "confirmed_addresses::exactly_one_of_32",
        "page_states::an_address_can_be_confirmed", "passwords::ten_wrong_passwords", "spellings::every_spelling"],
    "resources": [
        "agent_fields::every_agent_field", "fields::an_empty_string", "fields::an_invalid_value", "fields::every_field",
        "fields::fields_are"],
    "validation": [
        "account_status::initial_frozen_and_deleted", "field_limits::", "pagination::accounts_are_listed", "permitted_values::"],
}


def test_environment(emulator):
    """The environment without the preloaded clock, because tests ask the service for the time."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "CUSTODIAN_CLOCK")}
    return {**inherited, "CUSTODIAN_DEPLOYED": emulator.api_url, "RUST_BACKTRACE": "0"}


def run_suite(emulator, binary, name):
    skipped = [
        *NEEDS_SERVICE_INTERNALS[name], *EMULATOR_DIFFERS.get(name, []), *SHOWS_NOTHING_ABOUT_THE_DEPLOYMENT.get(name, [])]
    skip_flags = [it for part in skipped for it in ("--skip", part)]
    command = [binary, "--test-threads=1", *INCLUDED_MODULES.get(name, []), *skip_flags]
    result = subprocess.run(command, env=test_environment(emulator), capture_output=True, text=True)
    summary = re.search(r"(\d+) passed.* (\d+) filtered out", result.stdout)
    assert result.returncode == 0 and summary and int(summary[1]), result.stdout[-6000:] + result.stderr[-2000:]
    return f"{summary[1]} tests passed, {summary[2]} skipped"


def suite_binaries(cargo_messages):
    """The path of each suite's binary by its name, from cargo's JSON messages."""
    with open(cargo_messages, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    return {it["target"]["name"]: it["executable"] for it in messages if it.get("executable")}


def run(runner, emulator, cargo_messages):
    binaries = suite_binaries(cargo_messages)
    for name in NEEDS_SERVICE_INTERNALS:
        runner.check(name, run_suite, emulator, binaries[name], name)
