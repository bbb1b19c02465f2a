//! The deployed routes, joined with their descriptions.

use std::collections::BTreeMap;

use custodian_http::Audience;
use custodian_local::deployed_operations;

use crate::operation::Operation;
use crate::operations;

/// An operation that is both described and deployed, with its id and its audience.
pub(crate) type Deployed = (Operation, String, Audience);

/// Lists the routes that are deployed but not described, and those that are described but not deployed.
pub fn mismatches() -> Vec<String> {
    let deployed: Vec<String> = deployed_operations().iter().map(|(_, route, _)| key(route)).collect();
    let described: Vec<String> = operations::all().iter().map(Operation::key).collect();
    let difference = |keys: &[String], others: &[String], problem: &str| -> Vec<String> {
        keys.iter().filter(|key| !others.contains(key)).map(|key| format!("{key} is {problem}")).collect()
    };
    let undescribed = "deployed but not described in infra/tools/openapi/src/operations";
    let undeployed = "described in infra/tools/openapi/src/operations but not deployed";
    let mut mismatches = difference(&deployed, &described, undescribed);
    mismatches.extend(difference(&described, &deployed, undeployed));
    mismatches
}

fn key(route: &custodian_http::Route) -> String {
    format!("{} {}", route.method, route.path)
}

pub(crate) fn operations() -> Vec<Deployed> {
    let functions: BTreeMap<String, (String, Audience)> = deployed_operations()
        .into_iter()
        .map(|(function, route, audience)| (key(&route), (operation_id(&function), audience)))
        .collect();
    let joined = operations::all().into_iter().filter_map(|operation| {
        let (id, audience) = functions.get(&operation.key())?.clone();
        Some((operation, id, audience))
    });
    joined.collect()
}

/// The name of the function; for a function that all kinds share, the kind and the verb: `tags-get` for `resource-get tags`.
fn operation_id(function: &str) -> String {
    match function.strip_prefix("resource-").and_then(|rest| rest.split_once(' ')) {
        Some((verb, kind)) => format!("{kind}-{verb}"),
        None => function.to_owned(),
    }
}
