//! Generates the client from the description of the API in OpenAPI 3.0.

use std::error::Error;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=openapi-3.0.json");
    let document = serde_json::from_str(&fs::read_to_string("openapi-3.0.json")?)?;
    let mut settings = progenitor::GenerationSettings::default();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let tokens = progenitor::Generator::new(&settings).generate_tokens(&document)?;
    let text = prettyplease::unparse(&syn::parse2(tokens)?);
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), text)?)
}
