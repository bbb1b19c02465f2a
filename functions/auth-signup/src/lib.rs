//! `POST /auth/signup`: opens an account, which becomes active when its e-mail address is verified. The response is the same
//! for known and new addresses, because this function only queues the request. The `requests` function looks up the address.

use custodian_app::ports::{DeferredRequest, QueuedRequest, RequestQueue, Throttle};
use custodian_app::rate_limits::{Quota, SIGNUP_BY_EMAIL, SIGNUP_BY_NETWORK, client_network};
use custodian_app::throttle::reserve;
use custodian_app::{Context, Failure, sign_up};
use custodian_domain::profile::fold_case;
use custodian_http::{Anyone, Endpoint, Request, Response, Route};
use serde_json::json;

pub struct SignUp;

impl<S: Throttle, E: RequestQueue> Endpoint<S, E> for SignUp {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/signup")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let profile = sign_up::read(&request.json()?)?;
        let (email, network) = (fold_case(&profile.email), client_network(&request.client_ip));
        // A request that is accepted counts, too, so its quota is not released afterwards.
        reserve(
            cx,
            &[
                Quota::new(SIGNUP_BY_EMAIL, &format!("{email} {network}")),
                Quota::new(SIGNUP_BY_NETWORK, &network),
            ],
        )
        .await?;
        cx.services
            .enqueue_request(&QueuedRequest::new(
                DeferredRequest::SignUp { profile },
                cx.providers.id_seed(cx.now()),
            ))
            .await?;
        Ok(Response::json(&json!({})))
    }
}
