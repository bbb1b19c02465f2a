//! The defence of cookies against other sites, which can make a browser send requests with them (cross-site request forgery).

use custodian_domain::{Reason, Refusal};
use http::header::{HOST, ORIGIN};
use url::Url;

use crate::Request;

/// Refuses a request that a page of another origin made a browser send. Browsers say which page sent a request, so a client that sends
/// neither header is no browser. A page of another subdomain is another origin, although `SameSite` cookies come with its requests.
pub(crate) fn require(request: &Request, base_url: &str) -> Result<(), Refusal> {
    let is_own = match (request.header("sec-fetch-site"), request.header(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => is_own_origin(origin, request, base_url),
        (None, None) => true,
    };
    if is_own { Ok(()) } else { Err(Reason::CrossOriginRequest.into()) }
}

/// Whether an origin is that of the base URL or of the requested host. A browser sends `null` for a page whose origin it hides.
fn is_own_origin(origin: &str, request: &Request, base_url: &str) -> bool {
    let base_url = Url::parse(base_url).ok().filter(Url::has_host);
    let scheme = base_url.as_ref().map_or("https", Url::scheme);
    let own = base_url.as_ref().map(|url| url.origin().ascii_serialization());
    let of_host = request.header(HOST).map(|host| format!("{scheme}://{host}"));
    [own, of_host].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(origin))
}
