//! The brake trips by itself if more accounts than the limit are deleted or fall due within an hour. Such a number is more
//! often a mistake, such as a script with the wrong list of accounts, than an intention.

use std::time::Duration;

use custodian_domain::{Brake, Timestamp};

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{CountDue, DeletionBrake};

const HOUR: Duration = Duration::from_secs(3600);

/// Counts a deletion, and trips the brake if more accounts than the limit were deleted within the hour. `due` is the deadline of a
/// purge or expiry: the operator who released the brake permitted those that were due by then, so they do not count. The account is
/// deleted already, so a failure of the count must not fail the request.
pub(crate) async fn count_deletion<S: DeletionBrake, E>(cx: &Context<S, E>, due: Option<Timestamp>) {
    if cx.settings.max_deletions_per_hour == 0 {
        return;
    }
    let counted = async {
        if let Some(due) = due
            && cx.store.brake().await?.tm_update.is_some_and(|released| due <= released)
        {
            return Ok(());
        }
        let counted = cx.store.count_deletion(cx.now()).await?;
        if counted > u64::from(cx.settings.max_deletions_per_hour) {
            // An operator may have released the brake since then, which forgets the earlier deletions. So the deletions are
            // counted once more after the brake is read.
            let brake = cx.store.brake().await?;
            let deletions = cx.store.deletions_within_an_hour(cx.now()).await?;
            trip_above_limit(cx, &brake, deletions).await?;
        }
        Ok(())
    };
    ignore(counted.await, "the next deletion counts as well");
}

/// Whether purges may run: the brake is off, and the accounts that fell due or were deleted within the last hour do not exceed
/// the limit. If they do, this trips the brake, so that no more of them are purged.
pub async fn permits_purges<S: DeletionBrake + CountDue, E>(cx: &Context<S, E>) -> Result<bool, Failure> {
    let brake = cx.store.brake().await?;
    if brake.paused {
        return Ok(false);
    }
    let limit = cx.settings.max_deletions_per_hour;
    if limit == 0 {
        return Ok(true);
    }
    let now = cx.now();
    let deletions = cx.store.deletions_within_an_hour(now).await?;
    let since = brake.tm_update.map_or(now.minus(HOUR), |released| released.max(now.minus(HOUR)));
    let due = cx.store.count_due(since, now, limit.saturating_add(1)).await?;
    Ok(!trip_above_limit(cx, &brake, deletions + u64::from(due)).await?)
}

/// Sets the brake if `deletions` exceeds the hourly limit, and returns whether it does. It never overwrites the reason of an
/// operator, and does nothing if an operator has released the brake in the meantime.
async fn trip_above_limit<S: DeletionBrake, E>(
    cx: &Context<S, E>,
    brake: &Brake,
    deletions: u64,
) -> Result<bool, Failure> {
    let limit = u64::from(cx.settings.max_deletions_per_hour);
    if limit == 0 || deletions <= limit {
        return Ok(false);
    }
    if brake.paused {
        return Ok(true);
    }
    let reason = format!("More than {limit} accounts were deleted or fell due within an hour.");
    let tripped = Brake { paused: true, reason, set_by: None, tm_update: Some(cx.now()) };
    if cx.store.trip_brake(brake, &tripped).await? {
        tracing::error!(deletions, limit, "the brake has tripped: all deletions are paused");
        cx.metrics.record(&[Metric::BrakeTripped]);
    }
    Ok(true)
}

/// The length of a slot, in which deletions are counted together.
pub const SLOT: Duration = Duration::from_secs(600);

/// The slots of the last hour, the current one first. Seven slots cover 60 to 70 minutes, so a count is never too low.
pub fn slots_of_hour(now: Timestamp) -> impl Iterator<Item = i64> {
    let present = now.seconds() / i64::try_from(SLOT.as_secs()).unwrap_or(i64::MAX);
    (0..=6).map(move |past| present - past)
}
