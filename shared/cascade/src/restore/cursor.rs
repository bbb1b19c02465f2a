//! Where a run continues.

use super::plan::Scan;

/// The position of a run: the number of a scan in its plan, and the start of the next page. The text has the name of the scan
/// instead of its number, because another release may have another plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) scan: usize,
    pub(super) start: Option<String>,
}

impl Cursor {
    /// `None` if this is no cursor of a run with these scans.
    pub(super) fn parse(text: &str, scans: &[Scan]) -> Option<Self> {
        let (name, start) = text.split_once('.')?;
        let scan = scans.iter().position(|scan| scan.name() == name)?;
        Some(Self { scan, start: Some(start.to_owned()).filter(|start| !start.is_empty()) })
    }

    /// `None` if every scan is finished.
    pub(super) fn text(&self, scans: &[Scan]) -> Option<String> {
        let start = self.start.as_deref().unwrap_or_default();
        scans.get(self.scan).map(|scan| format!("{}.{start}", scan.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_parses_from_its_own_text_and_nothing_else_does() {
        let scans = [Scan::Names("numbers"), Scan::Rows("numbers")];
        for start in [None, Some("abc".to_owned()), Some("a.b".to_owned())] {
            let cursor = Cursor { scan: 1, start };
            let text = cursor.text(&scans).expect("the scan exists");
            assert_eq!(Cursor::parse(&text, &scans), Some(cursor));
        }
        assert_eq!(Cursor { scan: 2, start: None }.text(&scans), None);
        for bad in ["", "rows:numbers", "1.", "x.", "numbers.", "tags.."] {
            assert_eq!(Cursor::parse(bad, &scans), None, "{bad}");
        }
    }
}
