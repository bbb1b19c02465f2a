//! Where a run continues.

/// The position of a run: the number of a scan in its plan, and the start of the next page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) scan: usize,
    pub(super) start: Option<String>,
}

impl Cursor {
    /// `None` if this is no cursor of a run with this number of scans.
    pub(super) fn parse(text: &str, scans: usize) -> Option<Self> {
        let (scan, start) = text.split_once('.')?;
        let scan = scan.parse().ok().filter(|scan| *scan < scans)?;
        Some(Self { scan, start: Some(start.to_owned()).filter(|start| !start.is_empty()) })
    }

    /// `None` if every scan is finished.
    pub(super) fn text(&self, scans: usize) -> Option<String> {
        let start = self.start.as_deref().unwrap_or_default();
        (self.scan < scans).then(|| format!("{}.{start}", self.scan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_parses_from_its_own_text_and_nothing_else_does() {
        for start in [None, Some("abc".to_owned()), Some("a.b".to_owned())] {
            let cursor = Cursor { scan: 1, start };
            let text = cursor.text(2).expect("the scan exists");
            assert_eq!(Cursor::parse(&text, 2), Some(cursor));
        }
        assert_eq!(Cursor { scan: 2, start: None }.text(2), None);
        for bad in ["", "1", "2.", "x.", "-1.", "tags.."] {
            assert_eq!(Cursor::parse(bad, 2), None, "{bad}");
        }
    }
}
