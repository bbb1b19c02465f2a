//! Reads the webhook endpoints of the account, and lists the event types that they can choose:
//! `GET /v1.0/customer/webhook` (the first endpoint), `GET /v1.0/customer/webhook/endpoints`,
//! `GET /v1.0/customer/webhook/endpoints/{id}` and `GET /v1.0/customer/webhook/event_types`.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_domain::EventType;
use custodian_http::page::Page;
use custodian_http::{Account, Active, Admin, Endpoint, OwnEndpoint, Request, Response, Route};
use custodian_views::EventTypeView;
use custodian_webhooks::{WebhookStore, list_endpoints, show_endpoint};

/// What a route of this function reads.
#[derive(Clone, Copy, Debug)]
enum Subject {
    FirstEndpoint,
    Endpoints,
    Endpoint,
    EventTypes,
}

pub struct GetWebhook(Subject);

impl GetWebhook {
    pub fn routes() -> impl Iterator<Item = Self> {
        [Subject::FirstEndpoint, Subject::Endpoints, Subject::Endpoint, Subject::EventTypes]
            .into_iter()
            .map(Self)
    }
}

impl<S: Authenticator + WebhookStore, E: Send + Sync> Endpoint<S, E> for GetWebhook {
    type Caller = Account<Admin, Active, OwnEndpoint>;

    fn route(&self) -> Route {
        Route::new(
            "GET",
            match self.0 {
                Subject::FirstEndpoint => "/v1.0/customer/webhook",
                Subject::Endpoints => "/v1.0/customer/webhook/endpoints",
                Subject::Endpoint => "/v1.0/customer/webhook/endpoints/{id}",
                Subject::EventTypes => "/v1.0/customer/webhook/event_types",
            },
        )
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let (customer, destinations) = (&caller.customer, request.destinations(&cx.settings));
        Ok(match self.0 {
            Subject::FirstEndpoint | Subject::Endpoint => {
                Response::json(&show_endpoint(cx, customer, caller.target.id, &destinations).await?)
            }
            Subject::Endpoints => {
                Response::json(&Page::of_all(&list_endpoints(cx, customer, &destinations).await?)?)
            }
            Subject::EventTypes => {
                let types = EventType::sent_as_webhooks().map(|known| EventTypeView::from(&known));
                Response::json(&Page::of_all(&types.collect::<Vec<_>>())?)
            }
        })
    }
}
