//! Rotation of the key that signs tokens. Tokens of the previous key stay valid.

use std::time::Duration;

use custodian_app::platform::{rotate_signing_key, set_up};
use custodian_app::ports::{SigningKeys, VerifyingKeys};
use custodian_app::{Failure, PlatformKeys};
use custodian_auth::{Claims, Signer};
use custodian_domain::{AgentId, Reason, Secret};
use custodian_tests::{Interruption, PASSWORD, TestApp};
use uuid::Uuid;

async fn app_with_platform() -> TestApp {
    let app = TestApp::default();
    set_up(&app.cx, "admin@localhost".to_owned(), Secret::new(PASSWORD)).await.unwrap();
    app
}

async fn signer(app: &TestApp) -> Signer {
    app.cx.store.signer().await.unwrap().expect("a key")
}

fn sign_token(app: &TestApp, signer: &Signer) -> Secret {
    let claims = Claims {
        agent_id: AgentId(Uuid::nil()),
        customer_id: custodian_domain::ids::PLATFORM,
        customer_epoch: 1,
        agent_epoch: 1,
        operator: None,
        key_id: None,
    };
    let now = app.cx.now();
    signer.sign(claims, &app.cx.settings.token_issuer, now, now.plus(app.cx.settings.session)).unwrap()
}

/// The key set that a newly started function reads.
async fn load_keys(app: &TestApp) -> PlatformKeys {
    PlatformKeys::new(app.cx.store.platform_key_set().await.unwrap())
}

async fn verify(app: &TestApp, keys: &PlatformKeys, token: &Secret) -> Result<Claims, Failure> {
    keys.verify(&app.cx.store, token.expose(), &app.cx.settings.token_issuer, app.cx.now()).await
}

async fn is_valid(app: &TestApp, keys: &PlatformKeys, token: &Secret) -> bool {
    verify(app, keys, token).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_previous_key_stay_valid_and_running_functions_load_the_new_key() {
    let app = app_with_platform().await;
    let (running, first) = (load_keys(&app).await, sign_token(&app, &signer(&app).await));
    rotate_signing_key(&app.cx).await.unwrap();
    let second = sign_token(&app, &signer(&app).await);
    for keys in [running, load_keys(&app).await] {
        assert!(is_valid(&app, &keys, &second).await, "the new key");
        assert!(is_valid(&app, &keys, &first).await, "the previous key");
    }
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_after_a_failed_read_of_the_keys_a_token_of_the_new_key_is_valid() {
    let app = app_with_platform().await;
    let running = load_keys(&app).await;
    rotate_signing_key(&app.cx).await.unwrap();
    let second = sign_token(&app, &signer(&app).await);
    app.fault_injector.interrupt(0, Interruption::CrashBefore);
    for attempt in ["the first", "the second"] {
        let refused = verify(&app, &running, &second).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::ServiceUnavailable, "{attempt} failed read");
    }
    app.fault_injector.reset();
    assert!(verify(&app, &running, &second).await.is_err(), "the keys are read once a second at most");
    assert_eq!(app.fault_injector.calls(), 0);
    app.clock.advance(Duration::from_secs(1));
    assert!(is_valid(&app, &running, &second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_with_a_token_of_the_new_key_wait_for_one_read_of_the_keys() {
    let app = app_with_platform().await;
    let running = load_keys(&app).await;
    rotate_signing_key(&app.cx).await.unwrap();
    let second = sign_token(&app, &signer(&app).await);
    app.fault_injector.reset();
    let (one, other) = futures::join!(is_valid(&app, &running, &second), is_valid(&app, &running, &second));
    assert!(one && other);
    assert_eq!(app.fault_injector.calls(), 1, "the keys are read once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_started_before_the_platform_setup_loads_the_keys_within_half_a_minute() {
    let app = TestApp::default();
    let (store, running) = (&app.cx.store, load_keys(&app).await);
    running.reload_if_missing(store, app.cx.now()).await.unwrap();
    set_up(&app.cx, "admin@localhost".to_owned(), Secret::new(PASSWORD)).await.unwrap();

    running.reload_if_missing(store, app.cx.now()).await.unwrap();
    assert!(running.keyed_hash("login", "a@example.com").is_err(), "it loaded the keys a moment ago");
    app.clock.advance(Duration::from_secs(30));
    running.reload_if_missing(store, app.cx.now()).await.unwrap();
    let expected = load_keys(&app).await.keyed_hash("login", "a@example.com").unwrap();
    assert_eq!(running.keyed_hash("login", "a@example.com").unwrap(), expected);

    app.fault_injector.reset();
    app.clock.advance(Duration::from_secs(30));
    running.reload_if_missing(store, app.cx.now()).await.unwrap();
    assert_eq!(app.fault_injector.calls(), 0, "a function with keys does not reload");
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_before_the_previous_one_is_withdrawn() {
    let app = app_with_platform().await;
    let first = sign_token(&app, &signer(&app).await);
    rotate_signing_key(&app.cx).await.unwrap();
    let second = sign_token(&app, &signer(&app).await);
    rotate_signing_key(&app.cx).await.unwrap();
    let keys = load_keys(&app).await;
    assert!(!is_valid(&app, &keys, &first).await, "two rotations withdraw it");
    assert!(is_valid(&app, &keys, &second).await);
    assert_eq!(app.tables.scan("verifying_keys").len(), 3, "two keys, and the secret of keyed hashes");
    assert!(app.cx.store.platform_key_set().await.unwrap().keyed_hasher.is_some());
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rotation_leaves_a_key_whose_tokens_are_valid() {
    let app = app_with_platform().await;
    app.fault_injector.reset();
    rotate_signing_key(&app.cx).await.unwrap();
    for at in 0..app.fault_injector.calls() {
        for interruption in Interruption::ALL {
            let app = app_with_platform().await;
            let before = sign_token(&app, &signer(&app).await);
            app.fault_injector.interrupt(at, interruption);
            let outcome = rotate_signing_key(&app.cx).await;
            app.fault_injector.reset();
            let keys = load_keys(&app).await;
            let after = sign_token(&app, &signer(&app).await);
            assert!(is_valid(&app, &keys, &after).await, "{interruption:?} at {at}: {outcome:?}");
            assert!(is_valid(&app, &keys, &before).await, "{interruption:?} at {at}: {outcome:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_rotations_leave_no_unknown_key() {
    let app = app_with_platform().await;
    let (one, other) = futures::join!(rotate_signing_key(&app.cx), rotate_signing_key(&app.cx));
    assert!(one.is_ok() || other.is_ok());
    let after = sign_token(&app, &signer(&app).await);
    assert!(is_valid(&app, &load_keys(&app).await, &after).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_keeps_what_a_newer_version_stored_with_the_key() {
    let app = app_with_platform().await;
    let mut rows = app.tables.scan("signing_keys");
    rows[0]["x_text"] = serde_json::json!({ "S": "newer" });
    app.tables.insert("signing_keys", &rows);
    let before = signer(&app).await;
    rotate_signing_key(&app.cx).await.unwrap();
    assert_ne!(signer(&app).await.key_id(), before.key_id());
    assert_eq!(app.tables.scan("signing_keys")[0]["x_text"]["S"], "newer");
}
