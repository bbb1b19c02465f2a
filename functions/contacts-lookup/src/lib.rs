//! `GET /v1.0/contacts/lookup`: finds the contact with a telephone number or an e-mail address. The response is a page
//! with at most one contact, as in the production API.

use custodian_app::field_encryption::decrypt_row_without_secrets;
use custodian_app::ports::{Authenticator, FindResources, Prefetch};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::{CONTACTS, address_name};
use custodian_domain::{FieldProblem, Reason, Refusal};
use custodian_http::page::Page;
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct LookUpContact;

impl<S: Authenticator + FindResources, E: Send + Sync> Endpoint<S, E> for LookUpContact {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/contacts/lookup")
    }

    fn prefetch(&self, _: &Request) -> Prefetch {
        Prefetch::Kind(&CONTACTS)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Tenant,
        request: &Request,
    ) -> Result<Response, Failure> {
        let name = requested_address(request)?;
        let stored = cx.store.resource_with_name(&CONTACTS, caller.customer_id(), &name).await?;
        let row = stored.map(|stored| decrypt_row_without_secrets(cx, &CONTACTS, &stored)).transpose()?;
        let found: Vec<_> = row.iter().map(|row| ResourceView::new(&CONTACTS, row)).collect();
        Ok(Response::json(&Page::of_all(&found)?))
    }
}

/// The name of the address in the query.
fn requested_address(request: &Request) -> Result<String, Refusal> {
    let given = |name| request.query(name).filter(|text| !text.is_empty());
    match (given("phone"), given("email")) {
        // An unescaped plus sign decodes to a space.
        (Some(phone), _) => match phone.strip_prefix(' ') {
            Some(digits) => Ok(address_name("tel", &format!("+{digits}"))),
            None => Ok(address_name("tel", phone)),
        },
        (None, Some(email)) => Ok(address_name("email", email)),
        (None, None) => {
            Err(Refusal::field(Reason::InvalidRequestParameter, "phone", FieldProblem::NeitherPhoneNorEmail))
        }
    }
}
