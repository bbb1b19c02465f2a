//! Examples: of texts with a pattern, of requests and of responses.

mod operations;
mod patterns;
mod values;

pub(crate) use operations::add_to_operations;
pub(crate) use patterns::add_pattern_examples;
