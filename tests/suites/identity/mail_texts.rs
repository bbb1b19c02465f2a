//! The text and the HTML of every mail, as golden files under `docs/mails` that a person can review.

use std::collections::BTreeMap;
use std::path::PathBuf;

use custodian_app::ports::Mail;
use custodian_app::{Brand, Settings, mail};
use custodian_domain::{AgentId, Customer, Initiator, RequestedBy, Secret, State, Timestamp};
use custodian_tests::TestApp;
use uuid::Uuid;

use crate::notices::assert_contains;

const REWRITE: &str = "cargo test -p custodian-tests --test identity mail_texts -- --ignored";

fn settings() -> Settings {
    Settings {
        base_url: "https://api.example.com".to_owned(),
        mail_sender: "no-reply@example.com".to_owned(),
        brand: Brand {
            product_name: "Example Phone".to_owned(),
            logo_url: "https://example.com/logo.png".to_owned(),
            accent_color: String::new(),
            support: "help@example.com".to_owned(),
            return_url: "https://example.com/login".to_owned(),
        },
        ..Settings::default()
    }
}

/// Every mail, with example values. A test fails if a function of [`mail`] is missing here.
async fn mails() -> BTreeMap<&'static str, Mail> {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let mut customer = app.customer(id).await;
    customer.profile.name = "Acme Corporation".to_owned();
    let (s, c) = (&settings(), &customer);
    let token = Secret::new("0123456789abcdef".repeat(4));
    let until = Timestamp::parse("2026-12-28T14:05:30Z").unwrap();
    let (agent, key) = (AgentId(Uuid::nil()), Uuid::nil());
    let status = || "https://api.example.com/auth/deletion?token=".to_owned() + &"0123456789abcdef".repeat(4);
    let suspended = &Customer {
        state: State::Frozen {
            tm_frozen: until,
            tm_deletion_scheduled: until,
            frozen_by: Initiator::Operator,
            last_reminder: None,
        },
        ..customer.clone()
    };
    let requested = |by| mail::email_change_requested(s, c, by);
    BTreeMap::from([
        ("access-key-created", mail::access_key_created(s, c, Some("deployment"))),
        ("account-exists", mail::account_exists(s, c, "ann@example.com")),
        ("administrator-added", mail::administrator_added(s, c, Some("bob@example.com"))),
        ("administrator-deleted", mail::administrator_removed(s, c, None)),
        ("administrator-removed", mail::administrator_removed(s, c, Some("bob@example.com"))),
        ("confirm-email-change", mail::confirm_email_change(s, c, "new@example.com", &token, until)),
        ("deletion-begun", mail::deletion_begun(s, "ann@example.com", "Acme Corporation", until, status())),
        (
            "email-change-requested-by-agent",
            requested(RequestedBy::Agent { agent_id: agent, epoch: 1, key_id: None }),
        ),
        ("email-change-requested-by-key", requested(RequestedBy::Key { key_id: key })),
        ("email-change-requested-by-operator", requested(RequestedBy::PlatformAdmin { operator: None })),
        ("email-changed", mail::email_changed(s, c)),
        ("email-replaced", mail::email_replaced(s, c, "old@example.com")),
        ("deletion-done", mail::deletion_done(s, "ann@example.com", "Acme Corporation", until, status())),
        ("deletion-reminder", mail::deletion_reminder(s, c, until, 7, status())),
        ("deletion-reminder-of-operator", mail::deletion_reminder(s, suspended, until, 1, status())),
        ("frozen", mail::frozen(s, c, until, status())),
        ("frozen-by-operator", mail::frozen(s, suspended, until, status())),
        ("password-reset", mail::password_reset(s, "ann@example.com", c, "ann@example.com", &token, until)),
        ("password-set", mail::password_set(s, c, "bob@example.com")),
        ("export-finished", mail::export_finished(s, c, Uuid::nil(), until)),
        ("recovered", mail::recovered(s, c)),
        ("username-changed", mail::username_changed(s, c, "bob@example.com", "agent-0123456789abcdef")),
        ("verification", mail::verification(s, c, "ann@example.com", &token, until)),
        ("webhook-disabled", mail::webhook_disabled(s, c, Some("hooks.example.com"))),
    ])
}

/// The names of the public functions of [`mail`] that return a mail, from their sources.
fn functions() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/app/src/mail");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sources: Vec<_> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let declared = sources.iter().flat_map(|source| source.split("\npub fn ").skip(1));
    let signatures = declared.filter_map(|function| function.split('{').next());
    let of_mails = signatures.filter(|signature| signature.ends_with("-> Mail "));
    of_mails.filter_map(|signature| signature.split(['(', '<']).next().map(str::to_owned)).collect()
}

#[test]
fn every_function_that_returns_a_mail_has_a_golden_file() {
    let (functions, tests) = (functions(), include_str!("mail_texts.rs"));
    assert!(functions.len() > 15, "{functions:?}");
    for name in functions {
        assert!(tests.contains(&format!("mail::{name}(")), "{name} is missing in the list of mails");
    }
}

/// The golden files by path.
async fn golden() -> BTreeMap<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/mails");
    let files = mails().await.into_iter().flat_map(|(name, mail)| {
        let Mail { from, to, subject, text, html } = mail;
        let text = format!("From: {from}\nTo: {to}\nSubject: {subject}\n\n{text}");
        [(folder.join(format!("{name}.txt")), text), (folder.join(format!("{name}.html")), html)]
    });
    files.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_golden_files_match_the_mails() {
    for (path, expected) in golden().await {
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(stored, expected, "{}. If the change is intended: {REWRITE}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "rewrites docs/mails"]
async fn rewrite_the_golden_files() {
    for (path, text) in golden().await {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_is_complete_and_uses_no_word_of_the_machine() {
    for (name, mail) in mails().await {
        for part in [
            "<!doctype html>\n<html lang=\"en\">",
            "<meta name=\"color-scheme\" content=\"light dark\">",
            "prefers-color-scheme:dark",
            "alt=\"Example Phone\"",
            "mailto:help@example.com",
        ] {
            assert!(mail.html.contains(part), "{name}: {part}");
        }
        assert!(mail.html.contains(&format!("<title>{}</title>", mail.subject)), "{name}");
        assert_eq!(mail.html.matches("<h1").count(), 1, "{name}");
        assert!(mail.text.contains("\n-- \nExample Phone\nHelp: help@example.com\n"), "{name}");
        // A link is not prose. That of an export has the path of the API.
        let prose: Vec<_> = mail.text.lines().filter(|line| !line.starts_with("https://")).collect();
        let prose = prose.join("\n");
        for word in ["POST", "GET ", "DELETE", "log in", "log out", "login", "tenant", "customer", "token "] {
            assert!(!prose.contains(word), "{name}: {word}\n{prose}");
        }
        let ids = prose.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
        assert!(ids.filter(|word| Uuid::try_parse(word).is_ok()).count() == 0, "{name} shows an id");
        let links = mail.text.matches("https://api.example.com").count();
        assert!(links <= 1, "{name}: one link to the API at most");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_names_its_sender_and_escapes_every_value() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let mut customer = app.customer(id).await;
    customer.profile.name = "<script>alert(1)</script> & \"Co\"".to_owned();
    let mut settings = app.cx.settings.clone();
    settings.brand.product_name = "Fish & <Chips>".to_owned();
    settings.brand.logo_url = "https://x.example/\"onerror=\"alert(1)".to_owned();
    settings.brand.support = "javascript:alert(1)".to_owned();
    settings.mail_sender = "no-reply@example.com".to_owned();
    let mail = mail::recovered(&settings, &customer);
    assert_eq!(mail.from, "\"Fish & <Chips>\" <no-reply@example.com>");
    for dangerous in ["<script", "<Chips>", "\"onerror", "href=\"javascript"] {
        assert!(!mail.html.contains(dangerous), "{dangerous} in {}", mail.html);
    }
    assert_contains(&mail.html, &["&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot;"]);
    assert_contains(&mail.text, &["<script>alert(1)</script> & \"Co\"", "-- \nFish & <Chips>"]);
    settings.brand.support = "help@example.com".to_owned();
    assert_contains(&mail::recovered(&settings, &customer).html, &["href=\"mailto:help@example.com\""]);
}
