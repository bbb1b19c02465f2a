//! The files of the application, which `build.rs` embeds.

/// A file of the application.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The path below the folder of the files, such as `views/keys.js`.
    pub(crate) name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The URL of a file. A new version of any file gives all of them a new URL, so browsers may keep them for ever.
pub(crate) fn url(name: &str) -> String {
    format!("/account/assets/{VERSION}/{name}")
}

/// The file at a path below `/account/assets/`.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    let (version, name) = path.split_once('/')?;
    ASSETS.iter().find(|asset| version == VERSION && asset.name == name)
}
