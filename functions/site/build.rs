//! Embeds the description of the API and the files of the application: compresses each file, and names their folder after the hash
//! of all of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// The module that the page loads.
const ENTRY: &str = "app.js";
/// The description of the API.
const DESCRIPTION: &str = "../../docs/openapi.json";

#[expect(clippy::disallowed_methods, reason = "cargo names a build script's folders in variables")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=app");
    println!("cargo:rerun-if-changed={DESCRIPTION}");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("app");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    compress(&fs::read(DESCRIPTION)?, &out.join("openapi.json.gz"))?;
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files)?;
    let mut hash = Sha256::new();
    let mut assets = String::new();
    for (name, content) in &files {
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
        let compressed = format!("{}.gz", name.replace('/', "-"));
        compress(content, &out.join(&compressed))?;
        // The compiler resolves the folders, because checkouts that share a target folder share the generated code.
        let (plain, compressed) = (format!("/app/{name}"), format!("/{compressed}"));
        writeln!(
            assets,
            "    Asset {{ name: {name:?}, content_type: {:?}, plain: include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \
             {plain:?})), gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), {compressed:?})) }},",
            content_type(name)?
        )?;
    }
    let version = &hex::encode(hash.finalize())[..16];
    let modules = imported(&files)?;
    let code = format!(
        "/// The hash of all files.\npub(crate) const VERSION: &str = {version:?};\n\n\
         /// The modules that the page needs at once, in any order.\npub(crate) const MODULES: &[&str] = &{modules:?};\n\n\
         pub(crate) static ASSETS: &[Asset] = &[\n{assets}];\n"
    );
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

fn compress(content: &[u8], to: &Path) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzEncoder::new(fs::File::create(to)?, Compression::best());
    encoder.write_all(content)?;
    encoder.finish()?;
    Ok(())
}

/// Reads all files below a folder, under their paths relative to the root.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_str().ok_or("a file's name is not UTF-8")?;
            files.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

fn content_type(name: &str) -> Result<&'static str, String> {
    match name.rsplit('.').next() {
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        _ => Err(format!("functions/site/app/{name} has an unknown type")),
    }
}

/// The entry module and all modules that it imports, directly or through others. Fails if an imported module does not exist.
fn imported(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = vec![ENTRY.to_owned()];
    let mut next = 0;
    while let Some(name) = found.get(next).cloned() {
        next += 1;
        let content = files.get(&name).ok_or_else(|| format!("the module {name} does not exist"))?;
        for import in imports(std::str::from_utf8(content)?) {
            let module = resolve(&name, import);
            if !found.contains(&module) {
                found.push(module);
            }
        }
    }
    Ok(found)
}

/// The paths in the import statements of a module.
fn imports(source: &str) -> impl Iterator<Item = &str> {
    let statements = source.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from "));
    statements.filter_map(|line| line.split_once('\'')?.1.split_once('\'')).map(|(path, _)| path)
}

/// The module that a relative path means in another module.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => _ = parts.pop(),
            name => parts.push(name),
        }
    }
    parts.join("/")
}
