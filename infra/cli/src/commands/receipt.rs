//! `receipt`: fetching receipts and keys, and verifying receipts.

use std::path::Path;

use custodian_auth::receipt::ReceiptKey;
use serde_json::{Value, json};
use uuid::Uuid;

use super::files::{read_text, write_text};
use super::{deletion, proof};
use crate::args::{GlobalOptions, ReceiptCommand, VerifyReceipt};
use crate::connection::{connect, connect_anonymously};
use crate::console::note;
use crate::exit::{Failure, FailureKind};
use crate::output::Output;

const KEYS_PATH: &str = "/.well-known/jwks.json";

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &ReceiptCommand) -> Result<(), Failure> {
    match command {
        ReceiptCommand::Get { id, output: file } => get(options, output, *id, file.as_deref()),
        ReceiptCommand::Verify(arguments) => verify(options, output, arguments),
        ReceiptCommand::Keys { output: file } => {
            let keys = connect_anonymously(options)?.get(KEYS_PATH)?.body;
            write_text(file.as_deref(), &format!("{keys:#}"))?;
            report_saved_file(file.as_deref(), "keys")
        }
    }
}

fn get(options: &GlobalOptions, output: Output, id: Uuid, file: Option<&Path>) -> Result<(), Failure> {
    let deletion = connect(options)?.get(&deletion::path(id))?.body;
    let Some(receipt) = deletion.get("receipt").and_then(Value::as_str) else {
        return Err(Failure::new(FailureKind::NotFound, "There is no receipt yet.")
            .hint(&deletion::describe(&deletion))
            .hint(&format!("Wait for the receipt with `custodianctl deletion show {id} --watch`.")));
    };
    if file.is_none() && output.json {
        return output.result(&json!({ "id": id, "receipt": receipt }), Value::to_string);
    }
    write_text(file, receipt)?;
    report_saved_file(file, "receipt")
}

fn report_saved_file(file: Option<&Path>, what: &str) -> Result<(), Failure> {
    if let Some(file) = file {
        note(&format!("The {what} is in {}.", file.display()).replace("keys is", "keys are"));
    }
    Ok(())
}

fn verify(options: &GlobalOptions, output: Output, arguments: &VerifyReceipt) -> Result<(), Failure> {
    let receipt = read_text(&arguments.file)?;
    let keys = match &arguments.keys {
        Some(file) => parse_keys(
            &serde_json::from_str(&read_text(file)?).unwrap_or_default(),
            &file.display().to_string(),
        )?,
        None => {
            let client = connect_anonymously(options)?;
            parse_keys(&client.get(KEYS_PATH)?.body, client.url().as_str())?
        }
    };
    let proof = proof::verify(&receipt, &keys)?;
    if arguments.customer.is_some_and(|customer| customer != proof.receipt.sub.0) {
        return Err(Failure::new(
            FailureKind::InvalidReceipt,
            format!("This receipt is about another account: {}.", proof.receipt.sub.0),
        ));
    }
    output.result(&proof.claims, |_| proof.text())
}

fn parse_keys(set: &Value, source: &str) -> Result<Vec<ReceiptKey>, Failure> {
    let keys: Option<Vec<_>> = set
        .get("keys")
        .and_then(Value::as_array)
        .map(|keys| keys.iter().filter_map(ReceiptKey::from_jwk).collect());
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| {
        Failure::usage(format!("{source} has no keys of receipts."))
            .hint("Save them with `custodianctl receipt keys -o FILE`.")
    })
}
