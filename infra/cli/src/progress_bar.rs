//! Progress on the standard error: one line that is drawn again on a terminal, or one line for each change.

use std::io::{Write, stderr};

use crate::console::is_interactive;

const WIDTH: u64 = 30;

pub(crate) struct ProgressBar {
    is_interactive: bool,
    shown: String,
}

impl ProgressBar {
    pub(crate) fn new() -> Self {
        Self { is_interactive: is_interactive(), shown: String::new() }
    }

    /// Shows a line in place of the one before.
    pub(crate) fn show(&mut self, line: String) {
        if line == self.shown {
            return;
        }
        let mut out = stderr().lock();
        let _ = if self.is_interactive { write!(out, "\r\x1b[K{line}") } else { writeln!(out, "{line}") };
        let _ = out.flush();
        self.shown = line;
    }
}

impl Drop for ProgressBar {
    /// The next output begins on its own line.
    fn drop(&mut self) {
        if self.is_interactive && !self.shown.is_empty() {
            let _ = writeln!(stderr().lock());
        }
    }
}

/// A bar such as `[######        ]  43 %`.
pub(crate) fn bar(done: u64, total: u64) -> String {
    let share = |of: u64| {
        if total == 0 {
            of
        } else {
            u64::try_from(u128::from(done.min(total)) * u128::from(of) / u128::from(total)).unwrap_or(of)
        }
    };
    let filled: String = (0..WIDTH).map(|at| if at < share(WIDTH) { '#' } else { ' ' }).collect();
    format!("[{filled}] {:3} %", share(100))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_full_when_all_is_done() {
        assert_eq!(bar(0, 10), "[                              ]   0 %");
        assert_eq!(bar(5, 10), "[###############               ]  50 %");
        assert_eq!(bar(10, 10), "[##############################] 100 %");
        assert_eq!(bar(0, 0), bar(u64::MAX, 1));
    }
}
