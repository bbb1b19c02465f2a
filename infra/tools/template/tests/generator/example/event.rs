use custodian_domain::ids::content_id;
use custodian_domain::kinds::TRANSCRIPTIONS;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{EventType, Resource};

/// The outbox record of `transcribe_done`. `None` if this change does not stop the transcription.
pub fn transcribe_done(before: &Resource, after: &Resource) -> Option<OutboxRecord> {
    let is_done = |row: &Resource| row.fields.get("status").is_some_and(|status| status == "done");
    let updated = OutboxRecord::updated(TRANSCRIPTIONS.noun, before, after)?;
    let stops = is_done(after) && !is_done(before);
    stops.then(|| {
        let event_type = EventType::Other("transcribe_done".to_owned());
        OutboxRecord { id: content_id(&format!("{}:{event_type}", updated.id)), event_type, ..updated }
    })
}
