//! Pieces of the template.

/// `storage_files` or `storage-files` as part of a logical id: `StorageFiles`.
pub(crate) fn logical_id(name: &str) -> String {
    let mut id = String::new();
    for word in name.split(['_', '-']) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    id
}

/// The text as a YAML comment. Each line begins with `#`.
pub(crate) fn comment(indent: &str, text: &str) -> String {
    text.lines().map(|line| format!("{indent}# {line}\n")).collect()
}
