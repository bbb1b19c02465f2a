//! Decrypts stored values with the platform's secret, as someone who may read every table can.

use custodian_app::PlatformKeys;
use custodian_app::field_location::FieldLocation;
use custodian_app::ports::PlatformKeySet;
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::webhook_secret::WebhookSecret;
use custodian_domain::{Ciphertext, CustomerId, Secret};
use uuid::Uuid;

use crate::Tables;

/// The hasher with the platform's secret, which is in the table of the public keys.
pub fn platform_hasher(tables: &Tables) -> KeyedHasher {
    let rows = tables.scan("verifying_keys");
    let secret = rows.iter().find_map(|row| row["pseudonyms"]["S"].as_str()).expect("the platform is set up");
    KeyedHasher::new(Secret::new(secret))
}

/// The signing secrets of an account's first webhook endpoint.
pub fn webhook_secret(tables: &Tables, customer: &str) -> WebhookSecret {
    let keys = PlatformKeySet { ring: KeyRing::default(), keyed_hasher: Some(platform_hasher(tables)) };
    let rows = tables.query("webhooks", "customer_id", customer);
    let row = rows.iter().find(|row| row["key"]["S"] == "secret").expect("the account has a secret");
    let ciphertext = Ciphertext::from_cipher(row["encrypted"]["S"].as_str().unwrap().to_owned());
    let id = Uuid::try_parse(customer).unwrap();
    let location = FieldLocation { customer: CustomerId(id), table: "webhooks", id, field: "secret" };
    PlatformKeys::new(keys).decrypt_field(&location, &ciphertext).unwrap()
}
