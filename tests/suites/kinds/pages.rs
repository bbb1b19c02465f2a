//! Lists of any kind: newest first, every row once, whatever the page and however many were made at one moment.

use custodian_domain::{CustomerId, Resource, Timestamp};
use custodian_tests::Client;
use serde_json::Value;
use uuid::Uuid;

use crate::values::{kinds, least, path};

/// Rows of a moment, put into the table behind the product's back.
fn rows(client: &Client, customer: &str, table: &str, template: &Value) -> Vec<String> {
    let now = Timestamp::from_micros(1_718_893_355_123_456);
    let stamp = |n: u16| {
        let mut random = [7; 10];
        random[8..].copy_from_slice(&n.to_be_bytes());
        // Five moments, fifty rows each.
        custodian_domain::Stamp { now: Timestamp::from_micros(now.micros() + i64::from(n / 50)), random }
    };
    let ids: Vec<Uuid> = (0..250).map(|n| stamp(n).uuid()).collect();
    let rows: Vec<_> = ids
        .iter()
        .map(|id| {
            let mut row = template.clone();
            row["id"] = serde_json::json!({ "S": id });
            row["customer_id"] = serde_json::json!({ "S": customer });
            row
        })
        .collect();
    custodian_tests::Tables(client.engine().clone()).insert(table, &rows);
    let mut ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.sort();
    ids.reverse();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_one_show_250_rows_of_few_moments_once_each_newest_first() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    for (number, kind) in kinds().enumerate() {
        let id = CustomerId(customer.parse().unwrap());
        let now = Timestamp::from_micros(1_718_893_355_123_456);
        let row = Resource::first(kind, id, Uuid::nil(), now, least(kind, 1).as_object().cloned().unwrap());
        let item = item(&serde_json::to_value(&row).unwrap(), kind);
        let expected = rows(&client, &customer, kind.table, &item);
        // One kind by pages of one; the others by pages that do not divide 250.
        let size = if number == 0 { 1 } else { 97 };
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = ann.get(&format!("{}?page_size={size}&page_token={token}", path(kind))).await.ok();
            seen.extend(
                page["result"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            token = page["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, expected, "{}", kind.route);
    }
}

/// A row as the table has it.
fn item(row: &Value, kind: &custodian_domain::kinds::Kind) -> Value {
    let attribute = |(name, value): (&String, &Value)| {
        let nested = kind.field(name).is_some_and(|field| field.shape.is_nested());
        let attribute = match value {
            value if nested => serde_json::json!({ "S": value.to_string() }),
            Value::String(text) => serde_json::json!({ "S": text }),
            Value::Bool(flag) => serde_json::json!({ "BOOL": flag }),
            Value::Number(number) => serde_json::json!({ "N": number.to_string() }),
            _ => serde_json::json!({ "NULL": true }),
        };
        (name.clone(), attribute)
    };
    row.as_object().unwrap().iter().map(attribute).collect::<serde_json::Map<_, _>>().into()
}
