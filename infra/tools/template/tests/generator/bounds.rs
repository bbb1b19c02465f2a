//! The trait bounds of a handler decide about the rights of its function.

use custodian_template::Inputs;
use custodian_template::handler::Handler;
use custodian_template::roles::{Right, rights};

const OPEN_BUT_UNUSED: &str = "impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for Ping {}";
const IN_WHERE_CLAUSE: &str = "
    impl<S, E: Alarms + ports::Tasks> Consumer<S, E> for Reconcile where S: DueCustomers + Rows {}
    impl<S: Sync> Other<S> for Reconcile {}
";

fn ports(source: &str) -> (Vec<String>, Vec<String>) {
    let handler = Handler::parse(source).unwrap();
    (handler.store, handler.services)
}

#[test]
fn bounds_are_read_from_the_parameters_and_from_the_where_clause() {
    assert_eq!(ports(OPEN_BUT_UNUSED), (vec![], vec![]));
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!(ports(IN_WHERE_CLAUSE), (names(["DueCustomers", "Rows"]), names(["Alarms", "Tasks"])));
}

#[test]
fn a_source_without_a_handler_is_refused() {
    assert!(Handler::parse("pub struct Ping;").is_err());
    assert!(Handler::parse(&OPEN_BUT_UNUSED.repeat(2)).is_err());
}

/// The rights of `ping`, with another handler.
fn rights_of_ping(handler: &str) -> Result<Vec<Right>, String> {
    let mut inputs = Inputs::of_project()?;
    inputs.handlers.insert("ping".to_owned(), Handler::parse(handler)?);
    let functions = inputs.route_functions()?;
    rights(functions.iter().find(|function| function.name == "ping").expect("ping"), &inputs)
}

#[test]
fn a_new_bound_adds_the_rights_of_its_port() {
    assert_eq!(rights_of_ping(OPEN_BUT_UNUSED).unwrap(), []);
    let usage = rights_of_ping("impl<S: Usage, E: Send + Sync> Endpoint<S, E> for Ping {}").unwrap();
    let [right] = usage.as_slice() else { panic!("{usage:?}") };
    assert_eq!((right.action, &*right.resource), ("dynamodb:Query", "!GetAtt UsageTable.Arn"));
    let bus = rights_of_ping("impl<S: Send + Sync, E: EventBus> Endpoint<S, E> for Ping {}").unwrap();
    let [right] = bus.as_slice() else { panic!("{bus:?}") };
    assert_eq!((right.action, &*right.resource), ("events:PutEvents", "!GetAtt EventBus.Arn"));
}

#[test]
fn a_bound_without_rights_in_the_table_is_refused() {
    let refused = rights_of_ping("impl<S: Teleport, E: Send + Sync> Endpoint<S, E> for Ping {}").unwrap_err();
    assert!(refused.contains("Teleport"), "{refused}");
}
