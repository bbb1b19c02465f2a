//! The `From` header of mails.

/// The maximum length of an encoded word. RFC 2047 permits 75 characters.
const MAX_ENCODED: usize = 75;
const START: &str = "=?UTF-8?Q?";
const END: &str = "?=";

/// The sender with a display name: `"Product" <address>`. A name that is not ASCII is encoded as RFC 2047 requires.
pub fn sender(name: &str, address: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    match name.trim() {
        "" => address.to_owned(),
        name if name.is_ascii() => {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{quoted}\" <{address}>")
        }
        name => format!("{} <{address}>", encoded_words(name)),
    }
}

/// The text as encoded words. A character is never split between two words.
fn encoded_words(text: &str) -> String {
    let mut words = vec![String::new()];
    for c in text.chars() {
        let encoded = encoded(c);
        let is_full = words
            .last()
            .is_none_or(|word| START.len() + word.len() + encoded.len() + END.len() > MAX_ENCODED);
        match words.last_mut().filter(|_| !is_full) {
            Some(word) => word.push_str(&encoded),
            None => words.push(encoded),
        }
    }
    let words: Vec<_> = words.iter().map(|word| format!("{START}{word}{END}")).collect();
    words.join(" ")
}

fn encoded(c: char) -> String {
    match c {
        ' ' => "_".to_owned(),
        c if c.is_ascii_alphanumeric() => c.to_string(),
        c => c.to_string().bytes().map(|byte| format!("={byte:02X}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::sender;

    const ADDRESS: &str = "no-reply@example.com";

    #[test]
    fn a_sender_has_a_quoted_display_name() {
        for (name, expected) in [
            ("Acme", "\"Acme\" <no-reply@example.com>"),
            ("Acme, Inc.", "\"Acme, Inc.\" <no-reply@example.com>"),
            ("The \"best\" \\ one", r#""The \"best\" \\ one" <no-reply@example.com>"#),
            ("Acme\r\nBcc: eve@evil.example", "\"AcmeBcc: eve@evil.example\" <no-reply@example.com>"),
            (" ", ADDRESS),
        ] {
            assert_eq!(sender(name, ADDRESS), expected);
        }
    }

    #[test]
    fn a_name_that_is_not_ascii_is_encoded_in_words_of_at_most_75_characters() {
        assert_eq!(sender("Café 1", ADDRESS), "=?UTF-8?Q?Caf=C3=A9_1?= <no-reply@example.com>");
        let long = sender(&"é".repeat(30), ADDRESS);
        let words: Vec<_> = long.split(' ').filter(|word| word.starts_with("=?")).collect();
        assert_eq!(words.len(), 3);
        assert!(words.iter().all(|word| word.len() <= 75 && word.ends_with("=C3=A9?=")), "{words:?}");
    }
}
