//! Secret values that are never printed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A password, token, key or hash. `Debug` hides the value, and `Drop` wipes its memory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Reviewers must check every call.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn the_debug_output_of_a_secret_hides_its_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2hunter2")), "[secret]");
    }
}
