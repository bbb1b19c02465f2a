//! The format of the log: one flat JSON object per line. It has the fields of the event and of the spans around it, so that a
//! query finds every line of a request by `request_id`.
//!
//! Each field is encoded when it is recorded, as one line `"name":value`. Line breaks can separate the fields, because encoded
//! JSON contains none. So the fields of a span are encoded once and copied into each of its log lines.

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

use crate::system::SystemClock;

/// Builds the log subscriber of deployed functions. It writes level info and above, by default to standard output.
pub fn subscriber() -> SubscriberBuilder<JsonFields, JsonLines> {
    tracing_subscriber::fmt().fmt_fields(JsonFields).event_format(JsonLines)
}

/// The X-Ray trace id in the header of an invocation, `Root=1-…;Parent=…;Sampled=1`.
pub fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// Writes an event with the fields of its spans.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines;

impl<S: Subscriber + for<'span> LookupSpan<'span>> FormatEvent<S, JsonFields> for JsonLines {
    fn format_event(
        &self,
        cx: &FmtContext<'_, S, JsonFields>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = String::new();
        for span in cx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let span_fields = extensions.get::<FormattedFields<JsonFields>>();
            fields.push_str(span_fields.map_or("", |fields| fields.as_str()));
        }
        cx.format_fields(Writer::new(&mut fields), event)?;
        let (time, level) = (SystemClock.now().to_rfc3339(), event.metadata().level());
        write!(out, r#"{{"timestamp":"{time}","level":"{level}""#)?;
        let mut pairs = fields.lines();
        while let Some(pair) = pairs.next() {
            // If a name occurs more than once, write only its last value.
            let name = pair.split_inclusive(':').next().unwrap_or_default();
            if !pairs.clone().any(|later| later.starts_with(name)) {
                write!(out, ",{pair}")?;
            }
        }
        writeln!(out, "}}")
    }
}

/// Encodes fields as lines `"name":value`.
#[derive(Clone, Copy, Debug)]
pub struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(&self, out: Writer<'writer>, fields: R) -> fmt::Result {
        let mut writer = FieldWriter { out, outcome: Ok(()) };
        fields.record(&mut writer);
        writer.outcome
    }

    fn add_fields(&self, current: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

struct FieldWriter<'writer> {
    out: Writer<'writer>,
    outcome: fmt::Result,
}

impl FieldWriter<'_> {
    fn write(&mut self, field: &Field, value: impl Serialize) {
        let value = serde_json::to_string(&value).map_err(|_| fmt::Error);
        let written = value.and_then(|value| writeln!(self.out, r#""{}":{value}"#, field.name()));
        self.outcome = self.outcome.and(written);
    }
}

impl Visit for FieldWriter<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.write(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::{subscriber, trace_id};

    #[derive(Clone, Default)]
    struct CapturedOutput(Arc<Mutex<Vec<u8>>>);

    impl Write for CapturedOutput {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn log_lines<const LINES: usize>(log: impl FnOnce()) -> [String; LINES] {
        let output = CapturedOutput::default();
        let writer = output.clone();
        let subscriber = subscriber().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, log);
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.try_into().unwrap()
    }

    fn logged<const LINES: usize>(log: impl FnOnce()) -> [Value; LINES] {
        log_lines(log).map(|line| serde_json::from_str(&line).unwrap())
    }

    #[test]
    fn a_line_has_the_fields_of_its_event_and_its_spans() {
        let [line] = logged(|| {
            let outer = tracing::info_span!("invocation", cold = true, customer_id = tracing::field::Empty);
            let _outer = outer.entered();
            let _inner =
                tracing::info_span!("request", request_id = "req_1", reason = Option::<&str>::None).entered();
            tracing::info!(status = 200, latency_ms = 1.5, "a \"quoted\" text\nwith a line break");
            tracing::debug!("below the logged level");
        });
        let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["timestamp", "level", "cold", "request_id", "message", "status", "latency_ms"]);
        assert_eq!(line["message"], "a \"quoted\" text\nwith a line break");
        assert_eq!((&line["cold"], &line["status"]), (&json!(true), &json!(200)));
    }

    #[test]
    fn a_field_recorded_later_appears_only_in_later_lines() {
        let lines: [_; 2] = logged(|| {
            let span = tracing::info_span!("request", customer_id = tracing::field::Empty);
            let _entered = span.clone().entered();
            tracing::info!("before");
            span.record("customer_id", "c1");
            tracing::info!("after");
        });
        assert_eq!((lines[0].get("customer_id"), &lines[1]["customer_id"]), (None, &json!("c1")));
    }

    #[test]
    fn a_repeated_field_is_written_once_with_its_last_value() {
        let texts = log_lines(|| {
            let span = tracing::info_span!("request", customer = "another field", customer_id = "c1");
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
        assert!(ids.iter().all(|(_, text)| text.contains("another field")), "{ids:?}");
    }

    #[test]
    fn the_trace_id_is_the_root_of_the_header() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(trace_id(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1")), Some(root));
        assert_eq!(trace_id(&format!("Self=1-a-b;Root={root}")), Some(root));
        assert_eq!(trace_id("Parent=53995c3f42cd8ad8"), None);
    }
}
