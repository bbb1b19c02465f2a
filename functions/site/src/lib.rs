//! `GET /account`, `GET /console` and `GET /docs`: the account page for owners and agents, the console for platform admins, and the
//! reference of the API.
//!
//! The account page and the console are one application of plain ES modules. All of its paths have the same page, and the
//! application shows the view of the path. The files of the application are below `/account/assets/`.

mod assets;
mod compressed;
mod docs;
mod page;

use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_http::{Anyone, Endpoint, Request, Response, Route};
use http::header::CACHE_CONTROL;

use crate::assets::Asset;

/// The paths of the application, which all have the same page, and those of the reference.
const PATHS: [&str; 7] = [
    "/account",
    "/account/{path+}",
    "/console",
    "/console/{path+}",
    "/openapi.json",
    "/docs",
    "/docs/{path+}",
];

/// The application or the reference at one of their paths.
pub struct Site {
    path: &'static str,
}

impl Site {
    pub fn routes() -> impl Iterator<Item = Self> {
        PATHS.into_iter().map(|path| Self { path })
    }
}

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for Site {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", self.path)
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let path = request.path_parameter("path");
        if self.path == docs::DESCRIPTION {
            return Ok(docs::description(request));
        }
        if self.path.starts_with(docs::DOCS) {
            return Ok(docs::page(&cx.settings.brand, path));
        }
        match path.and_then(|path| path.strip_prefix("assets/")) {
            Some(path) => Ok(file(request, assets::find(path).ok_or(Reason::RouteNotFound)?)),
            None => Ok(page::page(&cx.settings.brand, request)),
        }
    }
}

fn file(request: &Request, asset: &Asset) -> Response {
    compressed::response(request, asset.content_type, asset.gzip, || asset.plain)
        .header(CACHE_CONTROL, "public, max-age=31536000, immutable")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::assets::{ASSETS, MODULES, find, url};

    /// A browser downloads fewer compressed bytes than this before it shows the sign-in form, without the page itself.
    const MAX_FIRST_VIEW_BYTES: usize = 40 * 1024;

    #[test]
    fn the_first_view_is_small() {
        let at_once =
            |name: &str| MODULES.contains(&name) || ["style.css", "icon.svg", "texts/de.js"].contains(&name);
        let bytes: usize =
            ASSETS.iter().filter(|asset| at_once(asset.name)).map(|asset| asset.gzip.len()).sum();
        assert!(bytes < MAX_FIRST_VIEW_BYTES, "{bytes}");
    }

    #[test]
    fn every_file_has_a_url_and_other_paths_have_none() {
        for asset in ASSETS {
            let found = url(asset.name).strip_prefix("/account/assets/").and_then(find);
            assert_eq!(found.map(|found| found.name), Some(asset.name));
        }
        for path in ["app.js", "0000000000000000/app.js", "../Cargo.toml", ""] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    /// Both languages have the same texts, so no view lacks a text in only one of them.
    #[test]
    fn the_languages_have_the_same_texts() {
        let keys = |name: &str| -> BTreeSet<String> {
            let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
            let text = std::str::from_utf8(asset.plain).unwrap();
            let lines = text.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": "));
            lines.map(|(key, _)| key.to_owned()).filter(|key| !key.starts_with(' ')).collect()
        };
        assert_eq!(keys("texts/en.js"), keys("texts/de.js"));
    }

    /// Ways to turn a text into markup or code, and places in which a script could keep or read a credential.
    #[test]
    fn no_file_can_turn_a_text_into_markup_or_code() {
        let forbidden = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc",
            "DOMParser",
            "createContextualFragment",
            "setHTML",
            "localStorage.token",
            "sessionStorage",
            "document.cookie",
        ];
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            let text = std::str::from_utf8(asset.plain).unwrap();
            for word in forbidden {
                assert!(!text.contains(word), "{}: {word}", asset.name);
            }
        }
    }
}
