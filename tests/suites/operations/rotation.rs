//! A new key to sign tokens with, while those of the last one stay good.

use std::time::Duration;

use custodian_app::Keys;
use custodian_app::platform::{rotate, set_up};
use custodian_app::ports::{SigningKeys, VerifyingKeys};
use custodian_auth::{Claims, Signer};
use custodian_domain::{AgentId, Secret};
use custodian_tests::{Bench, Cut, PASSWORD};
use uuid::Uuid;

async fn platform() -> Bench {
    let bench = Bench::default();
    set_up(&bench.cx, "admin@localhost".to_owned(), Secret::new(PASSWORD)).await.unwrap();
    bench
}

async fn signer(bench: &Bench) -> Signer {
    bench.cx.store.signer().await.unwrap().expect("a key")
}

fn token(bench: &Bench, signer: &Signer) -> Secret {
    let claims = Claims {
        agent_id: AgentId(Uuid::nil()),
        customer_id: custodian_domain::ids::PLATFORM,
        customer_epoch: 1,
        agent_epoch: 1,
        operator: None,
    };
    let now = bench.cx.now();
    signer.sign(claims, now, now.plus(bench.cx.settings.session)).unwrap()
}

/// The keys as a function that starts now reads them.
async fn fresh(bench: &Bench) -> Keys {
    Keys::new(bench.cx.store.shared_keys().await.unwrap())
}

async fn is_good(bench: &Bench, keys: &Keys, token: &Secret) -> bool {
    keys.verify(&bench.cx.store, token.expose(), bench.cx.now()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_last_key_live_on_and_functions_that_run_already_learn_the_new_one() {
    let bench = platform().await;
    let (running, first) = (fresh(&bench).await, token(&bench, &signer(&bench).await));
    rotate(&bench.cx).await.unwrap();
    let second = token(&bench, &signer(&bench).await);
    for keys in [running, fresh(&bench).await] {
        assert!(is_good(&bench, &keys, &second).await, "the new key");
        assert!(is_good(&bench, &keys, &first).await, "the last key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_ran_before_the_platform_was_set_up_learns_of_it_within_half_a_minute() {
    let bench = Bench::default();
    let (store, running) = (&bench.cx.store, fresh(&bench).await);
    running.look_again(store, bench.cx.now()).await.unwrap();
    set_up(&bench.cx, "admin@localhost".to_owned(), Secret::new(PASSWORD)).await.unwrap();

    running.look_again(store, bench.cx.now()).await.unwrap();
    assert!(running.pseudonym("login", "a@example.com").is_err(), "it has only just looked");
    bench.clock.advance(Duration::from_secs(30));
    running.look_again(store, bench.cx.now()).await.unwrap();
    let known = fresh(&bench).await.pseudonym("login", "a@example.com").unwrap();
    assert_eq!(running.pseudonym("login", "a@example.com").unwrap(), known);

    bench.fuse.mend();
    bench.clock.advance(Duration::from_secs(30));
    running.look_again(store, bench.cx.now()).await.unwrap();
    assert_eq!(bench.fuse.calls(), 0, "it does not look once it knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_before_the_last_is_withdrawn() {
    let bench = platform().await;
    let first = token(&bench, &signer(&bench).await);
    rotate(&bench.cx).await.unwrap();
    let second = token(&bench, &signer(&bench).await);
    rotate(&bench.cx).await.unwrap();
    let keys = fresh(&bench).await;
    assert!(!is_good(&bench, &keys, &first).await, "two rotations end it");
    assert!(is_good(&bench, &keys, &second).await);
    assert_eq!(bench.tables.scan("verifying_keys").len(), 3, "two keys, and the secret of pseudonyms");
    assert!(bench.cx.store.shared_keys().await.unwrap().pseudonyms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_rotation_is_cut_off_who_logs_in_gets_a_token_that_is_good() {
    let bench = platform().await;
    bench.fuse.mend();
    rotate(&bench.cx).await.unwrap();
    for at in 0..bench.fuse.calls() {
        for cut in Cut::ALL {
            let bench = platform().await;
            let before = token(&bench, &signer(&bench).await);
            bench.fuse.cut(at, cut);
            let outcome = rotate(&bench.cx).await;
            bench.fuse.mend();
            let keys = fresh(&bench).await;
            let after = token(&bench, &signer(&bench).await);
            assert!(is_good(&bench, &keys, &after).await, "{cut:?} at {at}: {outcome:?}");
            assert!(is_good(&bench, &keys, &before).await, "{cut:?} at {at}: {outcome:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rotations_at_once_none_leaves_a_key_that_is_not_known() {
    let bench = platform().await;
    let (one, other) = futures::join!(rotate(&bench.cx), rotate(&bench.cx));
    assert!(one.is_ok() || other.is_ok());
    let after = token(&bench, &signer(&bench).await);
    assert!(is_good(&bench, &fresh(&bench).await, &after).await);
}
