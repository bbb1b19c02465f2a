//! What repeated and reordered messages must not change: the webhooks, the mails with their links, and the rows.

use std::collections::BTreeMap;

use custodian_auth::mail_token;
use custodian_domain::Secret;
use custodian_tests::TestApp;
use custodian_tests::tables::Dump;
use serde_json::Value;
use uuid::Uuid;

/// The webhooks that were sent, sorted: id, destination, type and version. Their data depends on the time of
/// delivery.
pub(crate) fn webhooks(app: &TestApp) -> Vec<(Uuid, String, Value, Value)> {
    let state = app.cx.services.state();
    let webhooks = state.sent_webhooks.iter().map(|(id, uri, body)| {
        let body: Value = serde_json::from_str(body).unwrap();
        (*id, uri.clone(), body["type"].clone(), body["version"].clone())
    });
    let mut webhooks: Vec<_> = webhooks.collect();
    webhooks
        .sort_by_key(|(id, uri, kind, version)| (*id, uri.clone(), kind.to_string(), version.to_string()));
    webhooks
}

/// The number of mails by recipient and subject.
pub(crate) fn mails(app: &TestApp) -> BTreeMap<(String, String), usize> {
    let mut count = BTreeMap::new();
    for mail in &app.cx.services.state().mails {
        *count.entry((mail.to.clone(), mail.subject.clone())).or_default() += 1;
    }
    count
}

/// All rows except those of `throttle`, with random values masked and equal links to deletions once.
pub(crate) fn rows(app: &TestApp) -> Dump {
    let masked = |row: &String| {
        let words = row.split_inclusive('"').map(|word| {
            let bare = word.trim_end_matches('"');
            let hex = bare.rsplit('#').next().unwrap_or_default();
            let hash = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let ciphertext = bare.len() > 80 && bare.bytes().all(is_base64);
            if hash || ciphertext { "*\"" } else { word }
        });
        words.collect::<String>()
    };
    let sorted = |rows: &Vec<String>| {
        let mut rows: Vec<_> = rows.iter().map(masked).collect();
        rows.sort();
        rows
    };
    // The limits count the mails that were sent, so their counters depend on how many mails were superseded before.
    let tables = app.tables.dump();
    let compared = tables.iter().filter(|(table, _)| *table != "throttle");
    let mut compared: Dump = compared.map(|(table, rows)| (table.clone(), sorted(rows))).collect();
    // The id of an audit entry is random.
    if let Some(entries) = compared.get_mut("audits") {
        for entry in entries.iter_mut() {
            let mut row: Value = serde_json::from_str(entry).unwrap();
            row["id"] = Value::Null;
            *entry = row.to_string();
        }
        entries.sort();
    }
    // Each mail about a deletion has a link of its own, also one that was superseded later.
    if let Some(links) = compared.get_mut("deletion_links") {
        links.dedup();
    }
    compared
}

/// Asserts that the newest link of each type that was mailed to an address is valid.
pub(crate) fn assert_newest_links_work(app: &TestApp) {
    let mut newest = BTreeMap::new();
    for mail in &app.cx.services.state().mails {
        if let Some((_, token)) = mail.text.split_once("token=") {
            newest.insert((mail.to.clone(), mail.subject.clone()), token[..64].to_owned());
        }
    }
    let (tokens, deletion_links) = (app.tables.scan("tokens"), app.tables.scan("deletion_links"));
    for (mail, token) in newest {
        let hash = mail_token::hash(&Secret::new(token));
        let is_token = |row: &Value| row["id"]["S"] == format!("hash#{hash}");
        let is_valid =
            tokens.iter().any(is_token) || deletion_links.iter().any(|row| row["id"]["S"] == *hash);
        assert!(is_valid, "{mail:?}");
    }
}
