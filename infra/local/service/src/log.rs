//! The log of the local service: lines of text for a person, or the JSON lines of a deployed function.
//!
//! In text, a request is one line with its method and path, of `request_log`. In JSON, it is the line of the function that
//! handles it.

use std::fmt;
use std::io::IsTerminal;

use custodian_app::Clock;
use custodian_runtime::SystemClock;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::args::{Args, LogFormat, LogLevel};
use crate::error::LocalError;
use crate::request_log;

/// Starts the log on standard error, and logs panics.
pub fn start_log(args: &Args) -> Result<(), LocalError> {
    let is_terminal = std::io::stderr().is_terminal();
    let format = args.log_format.unwrap_or(if is_terminal { LogFormat::Text } else { LogFormat::Json });
    let filter = filter(format, args.log_level)?;
    match format {
        LogFormat::Json => {
            custodian_runtime::subscriber().with_env_filter(filter).with_writer(std::io::stderr).init();
        }
        LogFormat::Text => {
            let text = tracing_subscriber::fmt().with_ansi(false).event_format(TextLines);
            text.with_env_filter(filter).with_writer(std::io::stderr).init();
        }
    }
    // The default hook prints Rust's own format, which is no JSON.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("unknown cause");
        tracing::error!("this is a bug in Custodian, please report it: {message} ({place})");
    }));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "RUST_LOG is the usual setting of the log of a Rust program")]
fn filter(format: LogFormat, level: LogLevel) -> Result<EnvFilter, LocalError> {
    match std::env::var("RUST_LOG") {
        Ok(text) if !text.is_empty() => {
            EnvFilter::try_new(text).map_err(|cause| LocalError::LogFilter(cause.to_string()))
        }
        _ => Ok(EnvFilter::new(directives(format, level))),
    }
}

/// Libraries log nothing below level warn, because their other lines say nothing to a user of the service.
fn directives(format: LogFormat, level: LogLevel) -> String {
    let lines = match level {
        LogLevel::Error => return "error".to_owned(),
        LogLevel::Warn => return "warn".to_owned(),
        LogLevel::Info => "custodian_local=info,custodian_http=info",
        LogLevel::Debug => "custodian=debug",
        LogLevel::Trace => "custodian=trace",
    };
    let requests = match format {
        LogFormat::Text => "custodian_http::endpoint=warn",
        LogFormat::Json => "custodian_local::request_log=off",
    };
    let own = match format {
        LogFormat::Text => ",custodian_local::request_log=debug",
        LogFormat::Json => "",
    };
    format!("warn,{lines},{requests}{own}")
}

/// One line for each event: the time, the level (except for a request) and the message. A warning or an error also has the fields
/// of its spans, such as the request id.
struct TextLines;

impl<S, F> FormatEvent<S, F> for TextLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    F: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, cx: &FmtContext<'_, S, F>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (time, metadata) = (SystemClock.now().to_whole_seconds(), event.metadata());
        write!(out, "{time}Z ")?;
        if metadata.target() != request_log::TARGET {
            write!(out, "{:5} ", metadata.level())?;
        }
        cx.format_fields(out.by_ref(), event)?;
        if *metadata.level() <= Level::WARN {
            for span in cx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
                let extensions = span.extensions();
                let fields = extensions.get::<FormattedFields<F>>().filter(|fields| !fields.is_empty());
                fields.map_or(Ok(()), |fields| write!(out, " {fields}"))?;
            }
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_and_format_gives_a_valid_filter() {
        for format in [LogFormat::Text, LogFormat::Json] {
            for level in [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace] {
                let text = directives(format, level);
                assert!(EnvFilter::try_new(&text).is_ok(), "{text}");
            }
        }
    }
}
