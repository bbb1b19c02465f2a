//! The deployed routes, joined with their descriptions.

use std::collections::BTreeMap;

use custodian_http::Audience;
use custodian_local::DeployedRoute;

use crate::operation::Operation;
use crate::operation_ids::operation_id;
use crate::operations;

/// An operation that is both described and deployed, with its id and its audience.
pub(crate) type Deployed = (Operation, String, Audience);

/// Lists the routes that are deployed but not described, and those that are described but not deployed.
pub fn mismatches() -> Vec<String> {
    let deployed: Vec<String> = deployed_routes().map(|deployed| deployed.route.to_string()).collect();
    let described: Vec<String> =
        operations::all().iter().map(|operation| operation.route.to_string()).collect();
    let difference = |keys: &[String], others: &[String], problem: &str| -> Vec<String> {
        keys.iter().filter(|key| !others.contains(key)).map(|key| format!("{key} is {problem}")).collect()
    };
    let undescribed = "deployed but not described in infra/tools/openapi/src/operations";
    let undeployed = "described in infra/tools/openapi/src/operations but not deployed";
    let mut mismatches = difference(&deployed, &described, undescribed);
    mismatches.extend(difference(&described, &deployed, undeployed));
    mismatches
}

pub(crate) fn operations() -> Vec<Deployed> {
    let functions: BTreeMap<String, DeployedRoute> =
        deployed_routes().map(|deployed| (deployed.route.to_string(), deployed)).collect();
    let joined = operations::all().into_iter().filter_map(|operation| {
        let deployed = functions.get(&operation.route.to_string())?;
        let (id, audience) = (operation_id(deployed), deployed.audience);
        Some((operation, id, audience))
    });
    joined.collect()
}

/// The deployed routes of the API.
fn deployed_routes() -> impl Iterator<Item = DeployedRoute> {
    custodian_local::deployed_routes().into_iter().filter(DeployedRoute::is_of_api)
}
