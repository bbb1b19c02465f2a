//! Credit and debit of a billing account.

use serde_json::{Map, Value, json};

use crate::fields::Fields;
use crate::kinds::MOST_INTEGER;
use crate::reason::{Reason, Refusal};
use crate::{Resource, Timestamp};

/// By how much a balance is to change: a credit is positive, a debit negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Millionths of the currency's unit.
    credit: i64,
    tokens: i64,
}

const CREDIT: &str = "balance_credit";
const TOKENS: &str = "balance_token";

impl Adjustment {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let mut amount = |name: &'static str| {
            let Some(given) = body.get(name) else { return 0 };
            let fits = given.as_i64().filter(|amount| amount.unsigned_abs() <= MOST_INTEGER.unsigned_abs());
            fits.unwrap_or_else(|| {
                fields.refuse(name, format!("must be an integer from -{MOST_INTEGER} to {MOST_INTEGER}"));
                0
            })
        };
        let read = Self { credit: amount(CREDIT), tokens: amount(TOKENS) };
        if !body.contains_key(CREDIT) && !body.contains_key(TOKENS) {
            fields.refuse(CREDIT, "or balance_token is required");
        }
        fields.finish(read)
    }

    /// The next version of a billing account; refused if it would owe something.
    pub fn apply(self, row: &Resource, now: Timestamp) -> Result<Resource, Refusal> {
        let mut given = Map::new();
        for (name, by) in [(CREDIT, self.credit), (TOKENS, self.tokens)] {
            let before = row.fields.get(name).and_then(Value::as_i64).unwrap_or(0);
            let after = before.saturating_add(by);
            if after < 0 {
                return Err(Refusal::field(Reason::InsufficientBalance, name, format!("is {before}")));
            }
            if after > MOST_INTEGER {
                let most = format!("must not exceed {MOST_INTEGER}");
                return Err(Refusal::field(Reason::InvalidArgument, name, most));
            }
            given.insert(name.to_owned(), json!(after));
        }
        if self.credit > 0 || self.tokens > 0 {
            given.insert("tm_last_topup".to_owned(), json!(now.to_rfc3339()));
        }
        Ok(row.changed(given, now))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::CustomerId;
    use crate::kinds::BILLING_ACCOUNTS;

    fn adjusted(balance: i64, body: &Value) -> Result<i64, Reason> {
        let now = Timestamp::from_micros(1);
        let first = json!({ "balance_credit": balance }).as_object().cloned().unwrap_or_default();
        let row = Resource::first(&BILLING_ACCOUNTS, CustomerId(Uuid::nil()), Uuid::nil(), now, first);
        let body = body.as_object().cloned().unwrap_or_default();
        let done = Adjustment::read(&body).and_then(|adjustment| adjustment.apply(&row, now));
        done.map(|row| row.fields[CREDIT].as_i64().unwrap_or(-1)).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_balance_rises_and_falls_but_never_below_nothing() {
        assert_eq!(adjusted(5, &json!({ "balance_credit": 7 })), Ok(12));
        assert_eq!(adjusted(5, &json!({ "balance_credit": -5 })), Ok(0));
        assert_eq!(adjusted(5, &json!({ "balance_credit": -6 })), Err(Reason::InsufficientBalance));
        assert_eq!(adjusted(MOST_INTEGER, &json!({ "balance_credit": 1 })), Err(Reason::InvalidArgument));
        for bad in [json!({}), json!({ "balance_credit": 1.5 }), json!({ "balance_credit": "1" })] {
            assert_eq!(adjusted(5, &bad), Err(Reason::InvalidArgument), "{bad}");
        }
    }
}
