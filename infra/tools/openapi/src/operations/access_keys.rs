//! Access keys.

use custodian_domain::Reason;
use custodian_domain::access_key::MIN_LIFETIME;
use custodian_domain::fields::MAX_DURATION;
use custodian_domain::profile::{MAX_DETAIL, MAX_NAME};
use serde_json::json;

use crate::components::{made_keys, scopes};
use crate::operation::Operation;
use crate::schema::{multi_line_text, object, text, with_description};

pub(super) fn all() -> Vec<Operation> {
    let expire = json!({
        "type": "integer", "minimum": MIN_LIFETIME.as_secs(), "maximum": MAX_DURATION.as_secs(),
        "description": "The lifetime of the key in seconds. The default is a year. A key that a key creates expires no later than its \
            creator.",
    });
    let scopes = with_description(
        scopes(),
        "What the key may do: `read` permits every GET under `/v1.0` except exports, `numbers` every request to `/v1.0/numbers`, and `numbers:read` every GET \
            there. Empty, the default, permits everything.",
    );
    let names = || vec![("name", text(MAX_NAME)), ("detail", multi_line_text(MAX_DETAIL))];
    let new_key = names().into_iter().chain([("expire", expire), ("scopes", scopes)]).collect();
    let one = |method, description: &str| {
        Operation::new(method, "/v1.0/accesskeys/{id}", description)
            .returns_row("AccessKey")
            .fails_with(&[Reason::AccessKeyNotFound])
    };
    vec![
        Operation::new(
            "GET",
            "/v1.0/accesskeys",
            "Lists the account's access keys, newest first. Also expired ones.",
        )
        .returns_page("AccessKey"),
        Operation::new(
            "POST",
            "/v1.0/accesskeys",
            "Creates an access key. Only this response contains its token. A limited key can create only keys that may do no \
                more than itself.",
        )
        .body(object(new_key, &[]))
        .returns_row("AccessKeyWithToken")
        .fails_with(&[Reason::ResourceLimitExceeded])
        .also_refuses(
            Reason::InvalidArgument,
            "expire",
            "An access key makes the request, and the new key would expire later than it.",
        )
        .also_refuses(
            Reason::PermissionDenied,
            None,
            "A limited access key makes the request, and the new key could do more than it.",
        ),
        one("GET", "Returns an access key. A change of `tm_last_used` does not change the `ETag`."),
        one("PUT", "Changes name and detail. The lifetime and the scopes cannot be changed.")
            .body(object(names(), &[]))
            .also_refuses(Reason::InvalidArgument, "expire", "`expire` differs from the lifetime of the key.")
            .also_refuses(Reason::InvalidArgument, "scopes", "`scopes` differ from those of the key."),
        one(
            "DELETE",
            "Deletes an access key, and the keys that were made with it, directly or through other keys. They stop working at \
                once.",
        )
        .parameter(made_keys("`keep` does not delete the keys that were made with this key."))
        .fails_with(&[Reason::InvalidRequestParameter]),
    ]
}
