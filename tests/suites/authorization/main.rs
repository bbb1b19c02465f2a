//! The authorization table: every route but the default one, sixteen types of callers, and a test that runs every cell.
//!
//! A cell holds the result of authentication and authorization. `.` means that neither refused the caller; other suites
//! check what the handler then does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callers;
mod matrix;
mod order_of_checks;
mod tenant_isolation;

use std::collections::BTreeMap;

use callers::{CALLERS, Fixture};
use custodian_domain::kinds::{Verbs, routed};
use custodian_local::deployed_routes;

/// One code for each caller, in the order of [`CALLERS`]:
///
/// `.` authorized, `a` 401 no credential, `c` 401 invalid credential, `p` 403 no permission, `f` 403 frozen, `v` 403
/// not verified, `n` authorized, but the caller's account, or the account in the path, has no such row (404).
///
/// `{kind}` stands for each kind with all five operations that managers may use: numbers, flows, queues, trunks,
/// extensions, storage_files, tags, transcribes, contacts.
const TABLE: &str = "
                                        anonymous
                                        | agent
                                        | | manager
                                        | | | admin
                                        | | | | admin of another account
                                        | | | | | key
                                        | | | | | | expired key
                                        | | | | | | | delegate
                                        | | | | | | | | platform admin
                                        | | | | | | | | | admin of a frozen account
                                        | | | | | | | | | | token from before the freeze
                                        | | | | | | | | | | | admin of an unverified account
                                        | | | | | | | | | | | | token of a deleted account
                                        | | | | | | | | | | | | | token of an expired account
                                        | | | | | | | | | | | | | | key that may only read
                                        | | | | | | | | | | | | | | | key for agents only
GET /ping                               . . . . . . . . . . . . . . . .
GET /account                            . . . . . . . . . . . . . . . .
GET /account/{path+}                    . . . . . . . . . . . . . . . .
GET /console                            . . . . . . . . . . . . . . . .
GET /console/{path+}                    . . . . . . . . . . . . . . . .
GET /docs                               . . . . . . . . . . . . . . . .
GET /docs/{path+}                       . . . . . . . . . . . . . . . .
GET /openapi.json                       . . . . . . . . . . . . . . . .
GET /auth/deletion                      . . . . . . . . . . . . . . . .
GET /.well-known/jwks.json              . . . . . . . . . . . . . . . .
GET /auth/email-verify                  . . . . . . . . . . . . . . . .
GET /auth/password-forgot               . . . . . . . . . . . . . . . .
GET /auth/password-reset                . . . . . . . . . . . . . . . .
POST /auth/signup                       . . . . . . . . . . . . . . . .
POST /auth/login                        . . . . . . . . . . . . . . . .
POST /auth/email-verify                 . . . . . . . . . . . . . . . .
POST /auth/password-forgot              . . . . . . . . . . . . . . . .
POST /auth/password-reset               . . . . . . . . . . . . . . . .
POST /auth/unregister                   a p p . . . c p . . c . c c p p
DELETE /auth/unregister                 a p p . . . c . . . c . c c p p
POST /auth/logout                       a . . . . p c . . . . . . . p p
POST /auth/delegate                     a p p p p p c p . f c v c c p p
GET /v1.0/me                            a . . . . . c . . . c v c c . p
GET /v1.0/customer                      a p . . . . c . . . c . c c . p
PUT /v1.0/customer                      a p p . . . c . . f c v c c p p
GET /v1.0/customers                     a p p p p p c p . f c v c c p p
POST /v1.0/customers                    a p p p p p c p . f c v c c p p
GET /v1.0/customers/{id}                a p p p p p c p . f c v c c p p
PUT /v1.0/customers/{id}                a p p p p p c p . f c v c c p p
DELETE /v1.0/customers/{id}             a p p p p p c p . f c v c c p p
POST /v1.0/customers/{id}/freeze        a p p p p p c p . f c v c c p p
POST /v1.0/customers/{id}/recover       a p p p p p c p . f c v c c p p
GET /v1.0/accesskeys                    a p p . . . c . . f c v c c . p
POST /v1.0/accesskeys                   a p p . . . c p . f c v c c p p
GET /v1.0/accesskeys/{id}               a p p . n . c . n f c v c c . p
PUT /v1.0/accesskeys/{id}               a p p . n . c . n f c v c c p p
DELETE /v1.0/accesskeys/{id}            a p p . n . c . n f c v c c p p
GET /v1.0/agents                        a p . . . . c . . f c v c c . .
POST /v1.0/agents                       a p . . . . c p . f c v c c p p
GET /v1.0/agents/{id}                   a p . . n . c . n f c v c c . .
PUT /v1.0/agents/{id}                   a p . . n . c . n f c v c c p .
DELETE /v1.0/agents/{id}                a p . . n . c . n f c v c c p .
PUT /v1.0/agents/{id}/permission        a p . . n . c p n f c v c c p p
PUT /v1.0/agents/{id}/password          a p . . n . c p n f c v c c p p
PUT /v1.0/agents/{id}/status            a p . . n . c . n f c v c c p .
PUT /v1.0/agents/{id}/addresses         a p . . n . c . n f c v c c p .
PUT /v1.0/agents/{id}/tag_ids           a p . . n . c . n f c v c c p .
GET /v1.0/{kind}                        a p . . . . c . . f c v c c . p
POST /v1.0/{kind}                       a p . . . . c . . f c v c c p p
GET /v1.0/{kind}/{id}                   a p . . n . c . n f c v c c . p
PUT /v1.0/{kind}/{id}                   a p . . n . c . n f c v c c p p
DELETE /v1.0/{kind}/{id}                a p . . n . c . n f c v c c p p
POST /v1.0/transcribes/{id}/stop        a p . . n . c . n f c v c c p p
PUT /v1.0/numbers/{id}/flow_ids         a p . . n . c . n f c v c c p p
PUT /v1.0/queues/{id}/tag_ids           a p . . n . c . n f c v c c p p
PUT /v1.0/queues/{id}/routing_method    a p . . n . c . n f c v c c p p
POST /v1.0/contacts/{id}/addresses      a p . . n . c . n f c v c c p p
PUT /v1.0/contacts/{id}/addresses/{address_id} a p . . n . c . n f c v c c p p
DELETE /v1.0/contacts/{id}/addresses/{address_id} a p . . n . c . n f c v c c p p
POST /v1.0/contacts/{id}/tags           a p . . n . c . n f c v c c p p
DELETE /v1.0/contacts/{id}/tags/{tag_id} a p . . n . c . n f c v c c p p
GET /v1.0/contacts/lookup               a p . . . . c . . f c v c c . p
GET /v1.0/billing_accounts              a p p . . . c . . f c v c c . p
GET /v1.0/billing_accounts/{id}         a p p . n . c . n f c v c c . p
PUT /v1.0/billing_accounts/{id}         a p p . n . c . n f c v c c p p
GET /v1.0/billing_account               a p p . . . c . n f c v c c . p
PUT /v1.0/customer/billing_account_id   a p p . . . c . . f c v c c p p
GET /v1.0/customer/webhook              a p p . . . c . . f c v c c . p
POST /v1.0/customer/webhook/rotate      a p p . . . c p . f c v c c p p
POST /v1.0/customer/webhook/test        a p p . . . c . . f c v c c p p
GET /v1.0/customer/webhook/deliveries   a p p . . . c . . f c v c c . p
POST /v1.0/customer/webhook/deliveries/{id}/redeliver a p p n n n c n n f c v c c p p
GET /v1.0/customer/webhook/event_types  a p p . . . c . . f c v c c . p
GET /v1.0/customer/webhook/endpoints    a p p . . . c . . f c v c c . p
POST /v1.0/customer/webhook/endpoints   a p p . . . c . . f c v c c p p
GET /v1.0/customer/webhook/endpoints/{id} a p p . n . c . n f c v c c . p
PUT /v1.0/customer/webhook/endpoints/{id} a p p . n . c . n f c v c c p p
DELETE /v1.0/customer/webhook/endpoints/{id} a p p . n . c . n f c v c c p p
POST /v1.0/customer/webhook/endpoints/{id}/rotate a p p . n . c p n f c v c c p p
POST /v1.0/customer/webhook/endpoints/{id}/test a p p . n . c . n f c v c c p p
GET /v1.0/customer/usage                a p . . . . c . . . c v c c . p
GET /v1.0/customer/audit                a p p . . . c . . . c . c c . p
GET /v1.0/customers/{id}/audit          a p p p p p c p . f c v c c p p
POST /v1.0/customer/export              a p p . . . c . . . c . c c p p
GET /v1.0/customer/export/{id}          a p p n n n c n n n c n c c p p
GET /v1.0/customer/export/{id}/file     a p p n n n c p n n c n c c p p
GET /v1.0/customer/email_change         a p n n n n c n n f c v c c n p
DELETE /v1.0/customer/email_change      a p p n n n c p n f c v c c p p
PUT /v1.0/customers/{id}/billing_account_id a p p p p p c p . f c v c c p p
PUT /v1.0/customers/{id}/plan           a p p p p p c p . f c v c c p p
POST /v1.0/customers/{id}/balance       a p p p p p c p . f c v c c p p
GET /v1.0/customers/{id}/deletion       a p p p p p c p n f c v c c p p
PUT /v1.0/customers/{id}/hold           a p p p p p c p . f c v c c p p
GET /v1.0/customers/{id}/hold           a p p p p p c p n f c v c c p p
DELETE /v1.0/customers/{id}/hold        a p p p p p c p n f c v c c p p
GET /v1.0/platform/deletions            a p p p p p c p . f c v c c p p
PUT /v1.0/platform/deletions            a p p p p p c p . f c v c c p p
POST /v1.0/platform/restore             a p p p p p c p . f c v c c p p
";

/// The table's rows: the expected code of each caller, by route.
fn rows() -> BTreeMap<String, Vec<char>> {
    let lines = TABLE.lines().filter(|line| line.contains('/'));
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let cells = words[2..].iter().map(|cell| cell.chars().next().unwrap()).collect();
        (format!("{} {}", words[0], words[1]), cells)
    };
    lines.map(row).flat_map(expand_kinds).collect()
}

/// Expands a `{kind}` row to one row for each kind.
fn expand_kinds((route, cells): (String, Vec<char>)) -> Vec<(String, Vec<char>)> {
    if !route.contains("{kind}") {
        return vec![(route, cells)];
    }
    let kinds = routed().filter(|kind| kind.verbs == Verbs::All);
    kinds.map(|kind| (route.replace("{kind}", kind.route), cells.clone())).collect()
}

/// The code of a response.
fn outcome_code(status: u16, reason: &str) -> char {
    match (status, reason) {
        (401, "AUTHENTICATION_REQUIRED") => 'a',
        // The login handler gives the same reason for a wrong password, but the test sends no password.
        (401, "INVALID_CREDENTIALS") => 'c',
        (403, "PERMISSION_DENIED") => 'p',
        (403, "ACCOUNT_FROZEN") => 'f',
        (403, "ACCOUNT_NOT_VERIFIED") => 'v',
        (404, reason) if reason.ends_with("_NOT_FOUND") && reason != "ROUTE_NOT_FOUND" => 'n',
        (200..=202 | 400 | 409 | 429, _) => '.',
        _ => '?',
    }
}

#[test]
fn the_table_covers_every_route_and_every_caller() {
    let deployed: Vec<String> = deployed_routes()
        .into_iter()
        .filter(|deployed| !deployed.route.is_default())
        .map(|deployed| deployed.route.to_string())
        .collect();
    let rows = rows();
    for route in &deployed {
        assert!(rows.contains_key(route), "{route} is not in the table");
    }
    assert_eq!(rows.len(), deployed.len());
    assert!(rows.values().all(|cells| cells.len() == CALLERS.len()));
}

/// The order of a route's requests. Requests that close accounts or revoke sessions run last, because other cells need them.
fn order(route: &str) -> usize {
    let last = ["/freeze", "DELETE /v1.0/customers/{id}", "DELETE /auth/unregister", "POST /auth/logout"];
    last.iter().position(|suffix| route.ends_with(suffix)).map_or(0, |at| at + 1)
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_responds_to_every_caller_as_the_table_says() {
    let mut fixture = Fixture::new().await;
    let mut cells: Vec<_> = rows()
        .into_iter()
        .flat_map(|(route, cells)| {
            cells.into_iter().enumerate().map(move |(caller, cell)| (route.clone(), caller, cell))
        })
        .collect();
    // Refused requests run first, and must leave every table but `throttle` unchanged.
    cells.sort_by_key(|(route, _, cell)| (*cell == '.', order(route)));
    let (mut wrong, before) = (Vec::new(), fixture.dump());
    let mut only_refused = true;
    for (route, caller, cell) in cells {
        if cell == '.' && only_refused {
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            fixture.idle().await;
            assert_eq!(fixture.dump(), before, "a refused request changes no row");
            only_refused = false;
        }
        let response = fixture.send_as(caller, &route).await;
        let found = outcome_code(response.status, &response.reason());
        // The pages behind mailed links reject a request without a token.
        let is_plain_read = route.starts_with("GET /") && !route.starts_with("GET /auth/");
        if found != cell || (cell == '.' && is_plain_read && response.status != 200) {
            let text = response.text;
            wrong.push(format!("{route} by {}: {found} instead of {cell}: {text}", CALLERS[caller]));
        }
    }
    assert!(!only_refused && wrong.is_empty(), "{}", wrong.join("\n"));
}
