//! Every route for every kind of caller: a table to read, and a test that runs it whole.
//!
//! What a cell says is what the admission answers. `ok` stands for everything that comes after it: the caller was let in,
//! and whether the request itself makes sense is another suite's business.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callers;
mod leaks;

use std::collections::BTreeMap;

use callers::{CALLERS, Stage};
use custodian_domain::kinds::{Verbs, routed};
use custodian_local::deployed_routes;

/// One letter a caller, in the order of [`CALLERS`]:
///
/// `.` let in, `a` 401 no credential, `c` 401 invalid credential, `p` 403 no permission, `f` 403 frozen, `v` 403 not
/// verified, `n` let in and told that in its own account there is no such thing (404).
///
/// `{kind}` stands for each kind that managers work on and whose rows come and go: numbers, flows, queues, trunks,
/// extensions, storage_files, tags, transcribes, contacts.
const TABLE: &str = "
                                        nobody
                                        | agent
                                        | | manager
                                        | | | admin
                                        | | | | admin of another account
                                        | | | | | key
                                        | | | | | | key that has ended
                                        | | | | | | | delegate
                                        | | | | | | | | platform admin
                                        | | | | | | | | | admin of a frozen account
                                        | | | | | | | | | | token from before the freeze
                                        | | | | | | | | | | | admin of an account not verified
                                        | | | | | | | | | | | | token of a deleted account
                                        | | | | | | | | | | | | | token of an expired account
GET /ping                               . . . . . . . . . . . . . .
GET /auth/email-verify                  . . . . . . . . . . . . . .
GET /auth/password-reset                . . . . . . . . . . . . . .
POST /auth/signup                       . . . . . . . . . . . . . .
POST /auth/login                        . . . . . . . . . . . . . .
POST /auth/email-verify                 . . . . . . . . . . . . . .
POST /auth/password-forgot              . . . . . . . . . . . . . .
POST /auth/password-reset               . . . . . . . . . . . . . .
POST /auth/unregister                   a p p . . . c p . . c . c c
DELETE /auth/unregister                 a p p . . . c . . . c . c c
POST /auth/logout                       a . . . . p c . . . c . c c
POST /auth/delegate                     a p p p p p c p . f c v c c
GET /v1.0/me                            a . . . . . c . . f c v c c
GET /v1.0/customer                      a p . . . . c . . . c . c c
PUT /v1.0/customer                      a p p . . . c . . f c v c c
GET /v1.0/customers                     a p p p p p c p . f c v c c
POST /v1.0/customers                    a p p p p p c p . f c v c c
GET /v1.0/customers/{id}                a p p p p p c p . f c v c c
PUT /v1.0/customers/{id}                a p p p p p c p . f c v c c
DELETE /v1.0/customers/{id}             a p p p p p c p . f c v c c
POST /v1.0/customers/{id}/freeze        a p p p p p c p . f c v c c
POST /v1.0/customers/{id}/recover       a p p p p p c p . f c v c c
GET /v1.0/accesskeys                    a p p . . . c . . f c v c c
POST /v1.0/accesskeys                   a p p . . . c . . f c v c c
GET /v1.0/accesskeys/{id}               a p p . n . c . n f c v c c
PUT /v1.0/accesskeys/{id}               a p p . n . c . n f c v c c
DELETE /v1.0/accesskeys/{id}            a p p . n . c . n f c v c c
GET /v1.0/agents                        a p . . . . c . . f c v c c
POST /v1.0/agents                       a p . . . . c . . f c v c c
GET /v1.0/agents/{id}                   a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}                   a p . . n . c . n f c v c c
DELETE /v1.0/agents/{id}                a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}/permission        a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}/password          a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}/status            a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}/addresses         a p . . n . c . n f c v c c
PUT /v1.0/agents/{id}/tag_ids           a p . . n . c . n f c v c c
GET /v1.0/{kind}                        a p . . . . c . . f c v c c
POST /v1.0/{kind}                       a p . . . . c . . f c v c c
GET /v1.0/{kind}/{id}                   a p . . n . c . n f c v c c
PUT /v1.0/{kind}/{id}                   a p . . n . c . n f c v c c
DELETE /v1.0/{kind}/{id}                a p . . n . c . n f c v c c
POST /v1.0/transcribes/{id}/stop        a p . . n . c . n f c v c c
GET /v1.0/billing_accounts              a p p . . . c . . f c v c c
GET /v1.0/billing_accounts/{id}         a p p . n . c . n f c v c c
PUT /v1.0/billing_accounts/{id}         a p p . n . c . n f c v c c
GET /v1.0/billing_account               a p p . . . c . n f c v c c
PUT /v1.0/customer/billing_account_id   a p p . . . c . . f c v c c
GET /v1.0/customer/webhook              a p p . . . c . . f c v c c
POST /v1.0/customer/webhook/rotate      a p p . . . c . . f c v c c
POST /v1.0/customer/webhook/test        a p p . . . c . . f c v c c
GET /v1.0/customer/webhook/deliveries   a p p . . . c . . f c v c c
POST /v1.0/customer/webhook/deliveries/{id}/redeliver a p p n n n c n n f c v c c
GET /v1.0/customer/usage                a p . . . . c . . f c v c c
PUT /v1.0/customers/{id}/plan           a p p p p p c p . f c v c c
POST /v1.0/customers/{id}/balance       a p p p p p c p . f c v c c
";

/// The table's rows: what each caller is answered on a route.
fn rows() -> BTreeMap<String, Vec<char>> {
    let lines = TABLE.lines().filter(|line| line.contains('/'));
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let cells = words[2..].iter().map(|cell| cell.chars().next().unwrap()).collect();
        (format!("{} {}", words[0], words[1]), cells)
    };
    lines.map(row).flat_map(of_each_kind).collect()
}

/// A row of the table for each kind that it stands for.
fn of_each_kind((route, cells): (String, Vec<char>)) -> Vec<(String, Vec<char>)> {
    if !route.contains("{kind}") {
        return vec![(route, cells)];
    }
    let kinds = routed().filter(|kind| kind.verbs == Verbs::All);
    kinds.map(|kind| (route.replace("{kind}", kind.route), cells.clone())).collect()
}

/// The letter of an answer.
fn letter(status: u16, reason: &str) -> char {
    match (status, reason) {
        (401, "AUTHENTICATION_REQUIRED") => 'a',
        // A wrong login is told with the same reason, by the handler: the test sends none.
        (401, "INVALID_CREDENTIALS") => 'c',
        (403, "PERMISSION_DENIED") => 'p',
        (403, "ACCOUNT_FROZEN") => 'f',
        (403, "ACCOUNT_NOT_VERIFIED") => 'v',
        (404, reason) if reason.ends_with("_NOT_FOUND") && reason != "ROUTE_NOT_FOUND" => 'n',
        (200 | 201 | 400 | 409 | 429, _) => '.',
        _ => '?',
    }
}

#[test]
fn the_table_has_every_route_and_every_caller() {
    let deployed: Vec<String> = deployed_routes()
        .into_iter()
        .filter(|(_, route)| !route.path.is_empty())
        .map(|(_, route)| format!("{} {}", route.method, route.path))
        .collect();
    let rows = rows();
    for route in &deployed {
        assert!(rows.contains_key(route), "{route} is not in the table");
    }
    assert_eq!(rows.len(), deployed.len());
    assert!(rows.values().all(|cells| cells.len() == CALLERS.len()));
}

/// Later for what takes something away that other cells need: rows are put back, but not accounts and sessions.
fn turn(route: &str) -> usize {
    let last = ["/freeze", "DELETE /v1.0/customers/{id}", "DELETE /auth/unregister", "POST /auth/logout"];
    last.iter().position(|end| route.ends_with(end)).map_or(0, |at| at + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_caller_as_the_table_says() {
    let mut stage = Stage::set().await;
    let mut cells: Vec<_> = rows()
        .into_iter()
        .flat_map(|(route, cells)| {
            cells.into_iter().enumerate().map(move |(caller, cell)| (route.clone(), caller, cell))
        })
        .collect();
    // First everybody who is to be refused: nothing may come of that.
    cells.sort_by_key(|(route, _, cell)| (*cell == '.', turn(route)));
    let (mut wrong, before) = (Vec::new(), stage.dump());
    let mut only_refused = true;
    for (route, caller, cell) in cells {
        if cell == '.' && only_refused {
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            stage.idle().await;
            assert_eq!(stage.dump(), before, "who is refused changes nothing");
            only_refused = false;
        }
        let answer = stage.ask(caller, &route).await;
        let found = letter(answer.status, &answer.reason());
        // The pages behind mailed links refuse a request without a token.
        let is_plain_read = route.starts_with("GET /") && !route.starts_with("GET /auth/");
        if found != cell || (cell == '.' && is_plain_read && answer.status != 200) {
            let text = answer.text;
            wrong.push(format!("{route} by {}: {found} and not {cell}: {text}", CALLERS[caller]));
        }
    }
    assert!(!only_refused && wrong.is_empty(), "{}", wrong.join("\n"));
}
