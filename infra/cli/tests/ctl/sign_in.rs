//! Signing in and out, and where the token goes.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::program::Program;
use crate::stub::{Stub, bytes, response};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_kept_in_a_private_file_until_the_sign_out() {
    let service = Client::start().await;
    let program = Program::signed_in("kept", &service);
    assert!(std::fs::read_to_string(program.config()).unwrap().contains(service.base()));
    #[cfg(unix)]
    for (path, mode) in [(program.config(), 0o600), (program.file("custodianctl"), 0o700)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    let shown = program.run(&["whoami"]).ok();
    assert!(shown.contains("admin@localhost") && shown.contains("platform admin"), "{shown}");
    assert_eq!(program.run(&["whoami", "--json"]).json()["username"], "admin@localhost");
    let config = std::fs::read_to_string(program.config()).unwrap();

    assert!(program.run(&["logout"]).notes().contains("signed out"));
    assert!(!program.config().exists());
    assert!(program.run(&["whoami"]).fails(3).contains("custodianctl login"));
    // The token died with the sign-out.
    std::fs::write(program.file("copy.json"), config).unwrap();
    make_private(&program.file("copy.json"));
    program.run(&["whoami", "--config", "copy.json"]).fails(3);
}

#[cfg(unix)]
fn make_private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Stores a session file for a program that never signed in.
fn store_session(program: &Program, text: &str) {
    std::fs::create_dir(program.file("custodianctl")).unwrap();
    std::fs::write(program.config(), text).unwrap();
    make_private(&program.config());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_keeps_nothing() {
    let service = Client::start().await;
    let program = Program::new("wrong", Some(service.base()));
    let login = ["login", "--username", "admin@localhost", "--password-stdin"];
    let message = program.run_with(&login, "not the password", &[]).fails(3);
    assert!(message.contains("check the username and the password"), "{message}");
    assert!(!program.config().exists());
    // The standard input is no terminal. A program that asks anyway waits here if the test runs in a terminal.
    let message = program.run(&["login", "--username", "admin@localhost"]).fails(2);
    assert!(message.contains("--password-stdin"), "{message}");
    program.run(&["login", "--password-stdin"]).fails(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_environment_needs_no_file() {
    let service = Client::start().await;
    let admin = service.platform_admin().await;
    let program = Program::with_token("environment", service.base(), admin.token());
    assert_eq!(program.run(&["whoami", "--json"]).json()["username"], "admin@localhost");
    assert!(!program.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_token_is_sent_to_its_own_service_only() {
    let service = Client::start().await;
    let program = Program::signed_in("own", &service);
    // The stub would answer and record a request.
    let other = Stub::start(&vec![response(200, &[], json!({})); 2]);
    for variables in [vec![("CUSTODIAN_URL", other.url())], vec![]] {
        let arguments: &[&str] =
            if variables.is_empty() { &["whoami", "--url", other.url()] } else { &["whoami"] };
        let message = program.run_with(arguments, "", &variables).fails(3);
        assert!(message.contains("not signed in at"), "{message}");
    }
    assert_eq!(other.requests(), Vec::<String>::new());
    let message = program.run(&["login", "--url", "http://custodian.example.com"]).fails(2);
    assert!(message.contains("https://"), "{message}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let service = Client::start().await;
    let program = Program::signed_in("shared", &service);
    std::fs::set_permissions(program.config(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(program.run(&["whoami"]).fails(2).contains("chmod 600"));
    std::fs::write(program.config(), "{}").unwrap();
    make_private(&program.config());
    assert!(program.run(&["whoami"]).fails(2).contains("custodianctl login"));
    // A new sign-in replaces the file and its mode.
    std::fs::set_permissions(program.config(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let login = ["login", "--url", service.base(), "--username", "admin@localhost", "--password-stdin"];
    program.run_with(&login, PASSWORD, &[]).ok();
    program.run(&["whoami"]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_that_the_service_does_not_hear_removes_the_token() {
    let service = Client::start().await;
    let program = Program::signed_in("unheard", &service);
    let config = std::fs::read_to_string(program.config()).unwrap();
    std::fs::write(program.config(), config.replace(service.base(), "http://127.0.0.1:1")).unwrap();
    let message = program.run(&["logout"]).fails(5);
    assert!(message.contains("removed from this computer"), "{message}");
    assert!(!program.config().exists());
}

#[test]
fn a_refusal_of_something_else_than_the_service_is_no_sign_out() {
    let stub = Stub::start(&[bytes(403, &[], b"{\"message\":\"Forbidden\"}")]);
    let program = Program::new("portal", None);
    let config = json!({ "url": stub.url(), "username": "ann", "token": "a-token-of-a-test" });
    store_session(&program, &config.to_string());
    let message = program.run(&["logout"]).fails(3);
    assert!(
        message.contains("does not answer like Custodian") && message.contains("may stay valid"),
        "{message}"
    );
    assert!(!program.config().exists());
}

#[test]
fn a_token_of_the_environment_is_signed_out_beside_a_file_that_cannot_be_read() {
    let stub = Stub::start(&[response(200, &[], json!({}))]);
    let program = Program::with_token("damaged", stub.url(), "a-token-of-a-test");
    store_session(&program, "{}");
    assert!(program.run(&["logout"]).notes().contains("signed out"));
    assert!(program.config().exists());
}
