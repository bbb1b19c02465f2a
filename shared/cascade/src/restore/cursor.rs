//! Where a run continues.

use custodian_domain::{CustomerId, ids};

use super::plan::Scan;

/// The position of a run: a scan of its plan, the start of the next page, and the account whose rows the last page ended with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) scan: usize,
    pub(super) start: Option<String>,
    /// The account that the next page may continue. Its rows are not counted yet.
    pub(super) uncounted: Option<CustomerId>,
}

impl Cursor {
    /// `None` if this is no cursor of a run with these scans.
    pub(super) fn parse(text: &str, scans: &[Scan]) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (table, uncounted, start) = (parts.next()?, parts.next()?, parts.next()?);
        let scan = scans.iter().position(|scan| scan.table() == table)?;
        let uncounted = match uncounted {
            "" => None,
            id => Some(CustomerId(ids::parse(id)?)),
        };
        Some(Self { scan, uncounted, start: Some(start.to_owned()).filter(|start| !start.is_empty()) })
    }

    /// `None` if every scan is finished.
    pub(super) fn text(&self, scans: &[Scan]) -> Option<String> {
        let table = scans.get(self.scan)?.table();
        let uncounted = self.uncounted.map(|id| id.to_string()).unwrap_or_default();
        Some(format!("{table}.{uncounted}.{}", self.start.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_parses_from_its_own_text_and_nothing_else_does() {
        let scans = [Scan::Customers, Scan::Rows("tags")];
        for start in [None, Some("abc".to_owned()), Some("a.b".to_owned())] {
            for uncounted in [None, Some(CustomerId(Uuid::from_u128(7)))] {
                let cursor = Cursor { scan: 1, start: start.clone(), uncounted };
                let text = cursor.text(&scans).expect("the scan exists");
                assert_eq!(Cursor::parse(&text, &scans), Some(cursor));
            }
        }
        assert_eq!(Cursor { scan: 2, ..Cursor::default() }.text(&scans), None);
        for bad in ["", "tags", "flows..", "tags.x.", "tags."] {
            assert_eq!(Cursor::parse(bad, &scans), None, "{bad}");
        }
    }
}
