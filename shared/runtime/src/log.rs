//! The one form of a line in the log: a flat object of JSON. The fields of the spans around an event stand beside the event's
//! own, so that a query says `request_id` whatever the line is of.

use std::fmt;

use custodian_app::Clock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, SubscriberBuilder};
use tracing_subscriber::registry::LookupSpan;

use crate::real::SystemClock;

/// Lines in the form that deployed functions log, from level info on, on the standard output unless told otherwise.
pub fn lines() -> SubscriberBuilder<JsonFields, Flat> {
    tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(Flat)
}

/// The trace of an invocation by its header, `Root=1-…;Parent=…;Sampled=1`: what X-Ray finds it by.
pub fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// Writes an event with everything that is known around it.
#[derive(Clone, Copy, Debug)]
pub struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, cx: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), SystemClock.now().to_rfc3339().into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        for span in cx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>().map(|fields| fields.as_str());
            if let Some(Ok(Value::Object(fields))) = fields.map(serde_json::from_str) {
                line.extend(fields);
            }
        }
        event.record(&mut Fields(&mut line));
        writeln!(out, "{}", Value::Object(line))
    }
}

/// Takes the fields of an event.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::{lines, trace_id};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn told(work: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = lines().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans_beside_its_own() {
        let lines = told(|| {
            let outer = tracing::info_span!("invocation", cold = true, customer_id = tracing::field::Empty);
            let _outer = outer.entered();
            let _inner =
                tracing::info_span!("request", request_id = "req_1", reason = Option::<&str>::None).entered();
            tracing::info!(status = 200, latency_ms = 1.5, "answered \"well\"\nand soon");
            tracing::debug!("below what is told");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = lines[0].as_object().unwrap();
        let names: Vec<_> = line.keys().map(String::as_str).collect();
        assert_eq!(names, ["timestamp", "level", "cold", "request_id", "message", "status", "latency_ms"]);
        assert_eq!(lines[0]["message"], "answered \"well\"\nand soon");
        assert_eq!((&lines[0]["cold"], &lines[0]["status"]), (&json!(true), &json!(200)));
    }

    #[test]
    fn what_becomes_known_of_a_span_is_in_the_lines_from_then_on() {
        let lines = told(|| {
            let span = tracing::info_span!("request", customer_id = tracing::field::Empty);
            let _entered = span.clone().entered();
            tracing::info!("before");
            span.record("customer_id", "c1");
            tracing::info!("after");
        });
        assert_eq!((lines[0].get("customer_id"), &lines[1]["customer_id"]), (None, &json!("c1")));
    }

    #[test]
    fn a_trace_is_found_by_its_root() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(trace_id(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1")), Some(root));
        assert_eq!(trace_id(&format!("Self=1-a-b;Root={root}")), Some(root));
        assert_eq!(trace_id("Parent=53995c3f42cd8ad8"), None);
    }
}
