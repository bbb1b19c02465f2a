//! `template.yaml` is the output of the generator, and the generator follows the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod extending;

use std::fs;

use custodian_template::{COMMAND, Inputs, generate, root};

fn generated() -> String {
    generate(&Inputs::of_project().unwrap()).unwrap()
}

#[test]
fn the_template_matches_the_generator() {
    let (written, expected) = (fs::read_to_string(root().join("template.yaml")).unwrap(), generated());
    let mut lines = (1..).zip(written.lines().zip(expected.lines()));
    let differing = lines.find(|(_, (written, expected))| written != expected);
    assert!(
        written == expected,
        "template.yaml does not match the generator. Update the file with `{COMMAND}`. First difference (line number, then \
         file and generator): {differing:?}"
    );
}

#[test]
#[ignore = "writes template.yaml"]
fn write_the_template() {
    fs::write(root().join("template.yaml"), generated()).unwrap();
}
