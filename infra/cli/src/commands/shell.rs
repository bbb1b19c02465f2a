//! `completions` and `man`.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::files::not_written;
use crate::args::Arguments;
use crate::console::note;
use crate::exit::Failure;
use crate::output::print_bytes;

pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "custodianctl", &mut script);
    print_bytes(&script)
}

/// Prints the page of the program, or writes the pages of all commands, such as `custodianctl-hold-set.1`.
pub(crate) fn man(folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let rendered = Man::new(Arguments::command()).render(&mut page);
        rendered.map_err(|error| Failure::unavailable(format!("The page cannot be written: {error}.")))?;
        return print_bytes(&page);
    };
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Arguments::command(), folder));
    written.map_err(|error| not_written(folder, &error))?;
    note(&format!("The pages are in {}.", folder.display()));
    Ok(())
}
