//! The one form of a line in the log: a flat object of JSON. The fields of the spans around an event stand beside the event's
//! own, so that a query says `request_id` whatever the line is of.
//!
//! A field becomes JSON when it is recorded, as a pair `"name":value` on a line of its own: JSON has no line breaks within.
//! What a span knows is so put into each line as it is.

use std::fmt;

use custodian_app::Clock;
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, SubscriberBuilder};
use tracing_subscriber::registry::LookupSpan;

use crate::real::SystemClock;

/// Lines in the form that deployed functions log, from level info on, on the standard output unless told otherwise.
pub fn lines() -> SubscriberBuilder<Pairs, Flat> {
    tracing_subscriber::fmt().fmt_fields(Pairs).event_format(Flat)
}

/// The trace of an invocation by its header, `Root=1-…;Parent=…;Sampled=1`: what X-Ray finds it by.
pub fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// Writes an event with everything that is known around it.
#[derive(Clone, Copy, Debug)]
pub struct Flat;

impl<S: Subscriber + for<'span> LookupSpan<'span>> FormatEvent<S, Pairs> for Flat {
    fn format_event(
        &self,
        cx: &FmtContext<'_, S, Pairs>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut known = String::new();
        for span in cx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<Pairs>>();
            known.push_str(fields.map_or("", |fields| fields.as_str()));
        }
        cx.format_fields(Writer::new(&mut known), event)?;
        let (time, level) = (SystemClock.now().to_rfc3339(), event.metadata().level());
        write!(out, r#"{{"timestamp":"{time}","level":"{level}""#)?;
        let mut pairs = known.lines();
        while let Some(pair) = pairs.next() {
            // Of several of a name the last one counts.
            let name = pair.split_inclusive(':').next().unwrap_or_default();
            if !pairs.clone().any(|later| later.starts_with(name)) {
                write!(out, ",{pair}")?;
            }
        }
        writeln!(out, "}}")
    }
}

/// Writes fields as pairs.
#[derive(Clone, Copy, Debug)]
pub struct Pairs;

impl<'writer> FormatFields<'writer> for Pairs {
    fn format_fields<R: RecordFields>(&self, out: Writer<'writer>, fields: R) -> fmt::Result {
        let mut pairs = Writing { out, came_to: Ok(()) };
        fields.record(&mut pairs);
        pairs.came_to
    }

    fn add_fields(&self, known: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(known.as_writer(), fields)
    }
}

struct Writing<'writer> {
    out: Writer<'writer>,
    came_to: fmt::Result,
}

impl Writing<'_> {
    fn pair(&mut self, field: &Field, value: impl Serialize) {
        let value = serde_json::to_string(&value).map_err(|_| fmt::Error);
        let written = value.and_then(|value| writeln!(self.out, r#""{}":{value}"#, field.name()));
        self.came_to = self.came_to.and(written);
    }
}

impl Visit for Writing<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.pair(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.pair(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.pair(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.pair(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.pair(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.pair(field, format!("{value:?}"));
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

    fn written<const LINES: usize>(work: impl FnOnce()) -> [String; LINES] {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = lines().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.try_into().unwrap()
    }

    fn told<const LINES: usize>(work: impl FnOnce()) -> [Value; LINES] {
        written(work).map(|line| serde_json::from_str(&line).unwrap())
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans_beside_its_own() {
        let [line] = told(|| {
            let outer = tracing::info_span!("invocation", cold = true, customer_id = tracing::field::Empty);
            let _outer = outer.entered();
            let _inner =
                tracing::info_span!("request", request_id = "req_1", reason = Option::<&str>::None).entered();
            tracing::info!(status = 200, latency_ms = 1.5, "answered \"well\"\nand soon");
            tracing::debug!("below what is told");
        });
        let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["timestamp", "level", "cold", "request_id", "message", "status", "latency_ms"]);
        assert_eq!(line["message"], "answered \"well\"\nand soon");
        assert_eq!((&line["cold"], &line["status"]), (&json!(true), &json!(200)));
    }

    #[test]
    fn what_becomes_known_of_a_span_is_in_the_lines_from_then_on() {
        let lines: [_; 2] = told(|| {
            let span = tracing::info_span!("request", customer_id = tracing::field::Empty);
            let _entered = span.clone().entered();
            tracing::info!("before");
            span.record("customer_id", "c1");
            tracing::info!("after");
        });
        assert_eq!((lines[0].get("customer_id"), &lines[1]["customer_id"]), (None, &json!("c1")));
    }

    #[test]
    fn a_name_stands_in_a_line_once_with_what_was_said_last() {
        let texts = written(|| {
            let span = tracing::info_span!("request", customer = "the longer name", customer_id = "c1");
            let _entered = span.clone().entered();
            span.record("customer_id", "c2");
            tracing::info!("of the span");
            tracing::info!(customer_id = "c3", "of the event");
        });
        let ids = texts.map(|text| (text.matches("\"customer_id\":").count(), text));
        assert!(
            matches!(&ids, [(1, first), (1, second)] if first.contains("c2") && second.contains("c3")),
            "{ids:?}"
        );
        assert!(ids.iter().all(|(_, text)| text.contains("the longer name")), "{ids:?}");
    }

    #[test]
    fn a_trace_is_found_by_its_root() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(trace_id(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1")), Some(root));
        assert_eq!(trace_id(&format!("Self=1-a-b;Root={root}")), Some(root));
        assert_eq!(trace_id("Parent=53995c3f42cd8ad8"), None);
    }
}
