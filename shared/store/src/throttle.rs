//! Rate limit counters. Each key has a row for its current window, which TTL deletes.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{
    BudgetWindow, Budgets, ClearThrottles, FullWindow, ReadThrottles, ReserveOutcome, Throttle, Window,
};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::Timestamp;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, n, simple_key};
use crate::schema::THROTTLE;

/// The attribute that counts the failed attempts of the window.
const FAILED: &str = "failed";

/// The attribute that counts the attempts of a part of the window, such as those of one client network.
fn part_attribute(key: &str) -> String {
    let hash = key.rsplit('#').next().unwrap_or_default();
    format!("part_{}", hash.chars().take(16).collect::<String>())
}

/// The attribute that counts the failed attempts of a part.
fn failed_part_attribute(key: &str) -> String {
    format!("{FAILED}_{}", part_attribute(key))
}

impl Throttle for Store {
    async fn reserve(&self, window: Window<'_>, now: Timestamp) -> Result<ReserveOutcome, Failure> {
        let mut retry = Retry::new("the throttle", RetryBudget::Short);
        loop {
            // A successful sign-in releases its reservation, so usually it finds no open window.
            if !window.is_usually_open && self.open_window(window, now).await? {
                return Ok(ReserveOutcome::Reserved);
            }
            let Some(row) = self.count_in_window(window, now).await? else {
                return Ok(ReserveOutcome::Reserved);
            };
            if let Some(full) = full_window(&row, window).filter(|full| now < full.until) {
                return Ok(ReserveOutcome::LimitReached(full));
            }
            if window.is_usually_open && self.open_window(window, now).await? {
                return Ok(ReserveOutcome::Reserved);
            }
            // The window has just been closed or opened.
            retry.wait(&*self.entropy).await?;
        }
    }

    /// Deletes the window together with its last reservation, so that a successful sign-in alone leaves no trace.
    async fn release(&self, name: &str, part: Option<&str>) -> Result<(), Failure> {
        if self.close_window(name).await? {
            return Ok(());
        }
        let part = part.map(part_attribute);
        let change = part.as_ref().map(|part| format!(", #{part} = #{part} - :one")).unwrap_or_default();
        let update = Expr::new(format!("SET #n = #n - :one{change}")).with(":one", n(1));
        // The window of the reservation may have ended, and the next one may not count this part.
        let has_part = part.map(|part| format!(" AND #{part} >= :one")).unwrap_or_default();
        let is_reserved = Expr::new(format!("attribute_exists(#id) AND #n > :one{has_part}"));
        self.update_if(THROTTLE, simple_key("id", name), update, is_reserved).await.map(|_| ())
    }

    async fn fail(&self, name: &str, part: Option<&str>) -> Result<(), Failure> {
        let part = part.map(|key| format!(", #{} :one", failed_part_attribute(key))).unwrap_or_default();
        let update = Expr::new(format!("ADD #{FAILED} :one{part}")).with(":one", n(1));
        let exists = Expr::new("attribute_exists(#id)");
        self.update_if(THROTTLE, simple_key("id", name), update, exists).await.map(|_| ())
    }
}

/// The state of a window that refused an attempt. `None` if the row is missing. A row of an earlier release counts no failed
/// attempts, so all of its attempts may be running.
fn full_window(row: &Item, window: Window<'_>) -> Option<FullWindow> {
    let timestamp = |name: &str| number(row, name).map(Timestamp::from_micros);
    let until = timestamp("ends")?;
    let count = |name: &str| number(row, name).unwrap_or(0);
    let part = window
        .part
        .map(|part| (part.max, count(&part_attribute(part.key)), count(&failed_part_attribute(part.key))));
    let counts = [Some((window.max, count("n"), count(FAILED))), part];
    let full = counts.into_iter().flatten().filter(|(max, reserved, _)| *reserved >= i64::from(*max));
    let running = full.map(|(max, reserved, failed)| (reserved - failed, max));
    let (running, max) = running.min().unwrap_or((0, window.max));
    let last = timestamp("last").unwrap_or(until);
    Some(FullWindow { max, until, last, has_running_attempts: running > 0 })
}

impl ReadThrottles for Store {
    async fn full_until(&self, key: &str, max: u32, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        let request = self.client.get_item().table_name(self.table(THROTTLE)).consistent_read(true);
        let response = request.set_key(Some(simple_key("id", key))).send().await;
        let row = response.map_err(|error| aws_failure("the throttle", &error))?.item.unwrap_or_default();
        let until = number(&row, "ends").map(Timestamp::from_micros).filter(|until| now < *until);
        Ok(until.filter(|_| number(&row, "n").is_some_and(|attempts| attempts >= i64::from(max))))
    }
}

fn number(row: &Item, name: &str) -> Option<i64> {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok())
}

impl ClearThrottles for Store {
    async fn clear(&self, name: &str) -> Result<(), Failure> {
        self.delete_if(THROTTLE, simple_key("id", name), Expr::unconditional("id")).await.map(|_| ())
    }
}

impl Budgets for Store {
    async fn spend(&self, window: BudgetWindow<'_>, bytes: u64) -> Result<bool, Failure> {
        let count = "#n = if_not_exists(#n, :zero) + :one, #bytes = if_not_exists(#bytes, :zero) + :bytes";
        let update = Expr::new(format!("SET {count}, #ttl = :ttl"))
            .with(":zero", n(0))
            .with(":one", n(1))
            .with(":bytes", n(bytes))
            .with(":ttl", n(window.ends.seconds() + 60));
        let has_capacity = Expr::new("attribute_not_exists(#id) OR (#n < :max AND #bytes <= :room)")
            .with(":max", n(window.max_attempts))
            .with(":room", n(window.max_bytes.saturating_sub(bytes)));
        self.update_if(THROTTLE, simple_key("id", window.key), update, has_capacity).await
    }

    async fn refund(&self, key: &str, bytes: u64) -> Result<(), Failure> {
        let update = Expr::new("SET #n = #n - :one, #bytes = #bytes - :bytes")
            .with(":one", n(1))
            .with(":bytes", n(bytes));
        let is_counted = Expr::new("attribute_exists(#id) AND #n >= :one AND #bytes >= :bytes");
        self.update_if(THROTTLE, simple_key("id", key), update, is_counted).await.map(|_| ())
    }
}

impl Store {
    /// Adds a reservation to the open window. If the window or its part is full, or the window is expired, returns its row. If no
    /// window exists, returns an empty row.
    async fn count_in_window(&self, window: Window<'_>, now: Timestamp) -> Result<Option<Item>, Failure> {
        let mut update = Expr::new("SET #n = #n + :one, #last = :now");
        let open = "attribute_exists(#id) AND #ends > :now AND #n < :max";
        let mut has_capacity = Expr::new(open);
        if let Some(part) = window.part {
            let name = part_attribute(part.key);
            update = Expr::new(format!(
                "SET #n = #n + :one, #last = :now, #{name} = if_not_exists(#{name}, :zero) + :one"
            ))
            .with(":zero", n(0));
            has_capacity = Expr::new(format!(
                "{open} AND attribute_not_exists(#{name}) OR {open} AND #{name} < :max_part"
            ))
            .with(":max_part", n(part.max));
        }
        let update = update.with(":one", n(1));
        let has_capacity = has_capacity.with(":now", n(now.micros())).with(":max", n(window.max));
        self.update_or_read(THROTTLE, simple_key("id", window.key), update, has_capacity).await
    }

    /// Deletes a window that has a single reservation, unless that attempt has failed: then the reservation to release was one of an
    /// earlier window. Returns whether it did.
    async fn close_window(&self, name: &str) -> Result<bool, Failure> {
        let is_single =
            Expr::new(format!("#n = :one AND attribute_not_exists(#{FAILED})")).with(":one", n(1));
        self.delete_if(THROTTLE, simple_key("id", name), is_single).await
    }

    /// Opens a window with one reservation. Returns false if a window is already open.
    async fn open_window(&self, window: Window<'_>, now: Timestamp) -> Result<bool, Failure> {
        let ends = now.plus(window.length);
        let mut row = simple_key("id", window.key);
        row.insert("n".to_owned(), n(1));
        row.insert("ends".to_owned(), n(ends.micros()));
        row.insert("last".to_owned(), n(now.micros()));
        row.insert("ttl".to_owned(), AttributeValue::N((ends.seconds() + 60).to_string()));
        if let Some(part) = window.part {
            row.insert(part_attribute(part.key), n(1));
        }
        let is_over = Expr::new("attribute_not_exists(#id) OR #ends <= :now").with(":now", n(now.micros()));
        self.put_if(THROTTLE, row, is_over).await
    }
}
