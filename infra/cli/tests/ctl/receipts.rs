//! Fetching receipts and keys, and verifying receipts without a network.

use custodian_tests::Client;
use serde_json::json;

use crate::program::Program;

/// A program in a folder with the receipt of a deletion, and with the keys. Returns the account's id, too.
async fn with_receipt(name: &str) -> (Client, Program, String) {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    for tag in ["a", "b"] {
        owner.post("/v1.0/tags", json!({ "name": tag })).await.ok();
    }
    let program = Program::signed_in(name, &service);
    program.run(&["customers", "delete", &id, "--yes"]).ok();
    service.idle().await;
    service.advance(1_800).await;
    program.run(&["receipt", "get", &id, "-o", "receipt.jwt"]).ok();
    program.run(&["receipt", "keys", "-o", "jwks.json"]).ok();
    (service, program, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_verified_without_a_network() {
    let (_, program, id) = with_receipt("offline").await;
    let elsewhere = Program::new("elsewhere", None);
    for file in ["receipt.jwt", "jwks.json"] {
        std::fs::copy(program.file(file), elsewhere.file(file)).unwrap();
    }
    let verify = ["receipt", "verify", "receipt.jwt", "--keys", "jwks.json"];
    let proof = elsewhere.run(&verify).ok();
    assert!(proof.starts_with("The receipt is genuine") && proof.contains(&id), "{proof}");
    assert!(proof.contains("deleted at once by an operator"), "{proof}");
    let tags: Vec<_> =
        proof.lines().find(|line| line.starts_with("tags")).unwrap().split_whitespace().collect();
    assert_eq!(tags[1], "2", "{proof}");
    let claims = elsewhere.run(&[&verify[..], &["--json", "--customer", &id]].concat()).json();
    assert_eq!(claims["sub"], id.as_str());
    let other = ["--customer", "0193b3d2-0000-7000-8000-000000000000"];
    assert!(elsewhere.run(&[&verify[..], &other].concat()).fails(6).contains("another account"));
    let receipt = std::fs::read_to_string(elsewhere.file("receipt.jwt")).unwrap();
    elsewhere.run_with(&["receipt", "verify", "-", "--keys", "jwks.json"], &receipt, &[]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_with_a_changed_byte_is_refused() {
    let (_, program, _) = with_receipt("changed").await;
    let receipt = std::fs::read(program.file("receipt.jwt")).unwrap();
    let length = receipt.len() - 1;
    for at in (0..length).step_by(length / 40).chain([length - 1]) {
        let mut changed = receipt.clone();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        std::fs::write(program.file("changed.jwt"), changed).unwrap();
        let message = program.run(&["receipt", "verify", "changed.jwt", "--keys", "jwks.json"]).fails(6);
        assert!(message.ends_with('.'), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_verified_with_the_published_keys() {
    let (service, program, id) = with_receipt("published").await;
    program.run(&["receipt", "verify", "receipt.jwt"]).ok();
    program.run(&["receipt", "verify", "receipt.jwt", "--url", service.base()]).ok();
    let compact = program.run(&["receipt", "get", &id]).ok();
    assert_eq!(compact, std::fs::read_to_string(program.file("receipt.jwt")).unwrap());
    assert_eq!(program.run(&["receipt", "get", &id, "--json"]).json()["receipt"], compact.trim_end());
    assert_eq!(program.run(&["receipt", "keys", "--json"]).json()["keys"][0]["kty"], "OKP");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_service_and_files_without_keys_are_refused() {
    let (_, program, _) = with_receipt("keys").await;
    let other = Client::start().await;
    let message = program.run(&["receipt", "verify", "receipt.jwt", "--url", other.base()]).fails(6);
    assert!(message.contains("None of the keys") || message.contains("signature is wrong"), "{message}");
    for content in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA"}]}"#] {
        std::fs::write(program.file("none.json"), content).unwrap();
        let message = program.run(&["receipt", "verify", "receipt.jwt", "--keys", "none.json"]).fails(2);
        assert!(message.contains("receipt keys -o FILE"), "{message}");
    }
    program.run(&["receipt", "verify", "missing.jwt", "--keys", "jwks.json"]).fails(2);
    program.run(&["receipt", "verify", "jwks.json", "--keys", "jwks.json"]).fails(6);
}
