//! Credits and debits of a billing account.

use serde_json::{Map, Value, json};

use crate::field_problem::FieldProblem;
use crate::fields::Fields;
use crate::plain_values::MAX_INTEGER;
use crate::plain_values::integer;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::{Resource, Timestamp};

/// A change of both balances: a positive amount is added, a negative one deducted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// In millionths of the currency unit.
    balance_credit: i64,
    /// The tokens that a plan grants, which are no credentials.
    balance_token: i64,
}

const CREDIT_FIELD: &str = "balance_credit";
const TOKENS_FIELD: &str = "balance_token";

impl Adjustment {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let mut amount = |name: &'static str| {
            let Some(given) = fields.given(name) else { return 0 };
            let valid = integer(given).filter(|amount| amount.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
            valid.unwrap_or_else(|| {
                fields.refuse(name, FieldProblem::OutsideRange { min: -MAX_INTEGER, max: MAX_INTEGER });
                0
            })
        };
        let read = Self { balance_credit: amount(CREDIT_FIELD), balance_token: amount(TOKENS_FIELD) };
        if fields.given(CREDIT_FIELD).is_none() && fields.given(TOKENS_FIELD).is_none() {
            fields.refuse(CREDIT_FIELD, FieldProblem::BalanceMissing);
        }
        fields.finish(read)
    }

    /// The next version of a billing account. A negative balance is refused.
    pub fn apply(self, row: &Resource, now: Timestamp) -> Result<Resource, Refusal> {
        let mut changes = Map::new();
        for (name, amount) in [(CREDIT_FIELD, self.balance_credit), (TOKENS_FIELD, self.balance_token)] {
            let before = row.fields.get(name).and_then(Value::as_i64).unwrap_or(0);
            let after = before.saturating_add(amount);
            if after < 0 {
                let problem = FieldProblem::BalanceTooLow { balance: before };
                return Err(Refusal::field(Reason::InsufficientBalance, name, problem));
            }
            if after > MAX_INTEGER {
                let problem = FieldProblem::BalanceTooHigh { max: MAX_INTEGER };
                return Err(Refusal::field(Reason::InvalidArgument, name, problem));
            }
            changes.insert(name.to_owned(), json!(after));
        }
        if self.balance_credit > 0 || self.balance_token > 0 {
            changes.insert("tm_last_topup".to_owned(), json!(now.to_rfc3339()));
        }
        Ok(row.with_fields(changes, now))
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
        let fields = json!({ "balance_credit": balance }).as_object().cloned().unwrap_or_default();
        let row = Resource::new(&BILLING_ACCOUNTS, CustomerId(Uuid::nil()), Uuid::nil(), now, fields);
        let body = body.as_object().cloned().unwrap_or_default();
        let result = Adjustment::read(&body).and_then(|adjustment| adjustment.apply(&row, now));
        result.map(|row| row.fields[CREDIT_FIELD].as_i64().unwrap_or(-1)).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_balance_never_falls_below_zero() {
        assert_eq!(adjusted(5, &json!({ "balance_credit": 7 })), Ok(12));
        assert_eq!(adjusted(5, &json!({ "balance_credit": -5 })), Ok(0));
        assert_eq!(adjusted(5, &json!({ "balance_credit": -6 })), Err(Reason::InsufficientBalance));
        assert_eq!(adjusted(MAX_INTEGER, &json!({ "balance_credit": 1 })), Err(Reason::InvalidArgument));
        for bad in [
            json!({}),
            json!({ "balance_credit": null }),
            json!({ "balance_credit": 1.5 }),
            json!({ "balance_credit": "1" }),
        ] {
            assert_eq!(adjusted(5, &bad), Err(Reason::InvalidArgument), "{bad}");
        }
    }
}
