//! Random texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::random::Random;

/// How many repetitions beyond the minimum there usually are at most.
const USUAL_REPETITIONS: u32 = 12;

/// A random text that matches a pattern. The pattern must be anchored, and have neither look-around nor backreferences.
pub(crate) fn matching(pattern: &str, random: &mut Random) -> String {
    let parsed = regex_syntax::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let mut text = String::new();
    append(&parsed, random, &mut text);
    text
}

fn append(part: &Hir, random: &mut Random, text: &mut String) {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).unwrap()),
        HirKind::Class(Class::Unicode(class)) => {
            let range = class.ranges()[random.below(class.ranges().len())];
            let (start, end) = (u32::from(range.start()), u32::from(range.end()));
            let offset = u32::try_from(random.below((end - start + 1) as usize)).unwrap();
            text.extend(char::from_u32(start + offset));
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.ranges()[0].start())),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + USUAL_REPETITIONS);
            // Usually few, and sometimes as many as possible.
            let usual = most.min(repetition.min + USUAL_REPETITIONS);
            let most = if random.one_in(8) { most } else { usual };
            let count =
                repetition.min + u32::try_from(random.below((most - repetition.min + 1) as usize)).unwrap();
            (0..count).for_each(|_| append(&repetition.sub, random, text));
        }
        HirKind::Capture(capture) => append(&capture.sub, random, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| append(part, random, text)),
        HirKind::Alternation(parts) => append(&parts[random.below(parts.len())], random, text),
    }
}
