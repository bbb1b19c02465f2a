//! The trait bounds of a handler determine the permissions of its function.

use custodian_template::Inputs;
use custodian_template::handler::Handler;
use custodian_template::roles::{Permission, permissions};

const WITHOUT_PORTS: &str = "impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for Ping {}";
const IN_WHERE_CLAUSE: &str = "
    impl<S, E: Alarms + ports::Tasks> Consumer<S, E> for Reconcile where S: DueCustomers + Rows {}
    impl<S: Sync> Other<S> for Reconcile {}
";

fn ports(source: &str) -> (Vec<String>, Vec<String>) {
    let handler = Handler::parse(source).unwrap();
    (handler.store, handler.services)
}

#[test]
fn bounds_come_from_the_parameters_and_the_where_clause() {
    assert_eq!(ports(WITHOUT_PORTS), (vec![], vec![]));
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!(ports(IN_WHERE_CLAUSE), (names(["DueCustomers", "Rows"]), names(["Alarms", "Tasks"])));
}

#[test]
fn a_source_without_a_handler_is_refused() {
    assert!(Handler::parse("pub struct Ping;").is_err());
    assert!(Handler::parse(&WITHOUT_PORTS.repeat(2)).is_err());
}

/// The permissions of the function `ping` with another handler.
fn permissions_of_ping(handler: &str) -> Result<Vec<Permission>, String> {
    let mut inputs = Inputs::of_project()?;
    inputs.handlers.insert("ping".to_owned(), Handler::parse(handler)?);
    let functions = inputs.route_functions()?;
    permissions(functions.iter().find(|function| function.name == "ping").expect("ping"), &inputs)
}

#[test]
fn a_new_bound_adds_the_permissions_of_its_port() {
    assert_eq!(permissions_of_ping(WITHOUT_PORTS).unwrap(), []);
    let usage = permissions_of_ping("impl<S: Usage, E: Send + Sync> Endpoint<S, E> for Ping {}").unwrap();
    let [permission] = usage.as_slice() else { panic!("{usage:?}") };
    assert_eq!((permission.action, &*permission.resource), ("dynamodb:Query", "!GetAtt UsageTable.Arn"));
    let bus = permissions_of_ping("impl<S: Send + Sync, E: EventBus> Endpoint<S, E> for Ping {}").unwrap();
    let [permission] = bus.as_slice() else { panic!("{bus:?}") };
    assert_eq!((permission.action, &*permission.resource), ("events:PutEvents", "!GetAtt EventBus.Arn"));
}

#[test]
fn a_bound_that_is_missing_in_the_table_of_ports_is_refused() {
    let refused =
        permissions_of_ping("impl<S: Teleport, E: Send + Sync> Endpoint<S, E> for Ping {}").unwrap_err();
    assert!(refused.contains("Teleport"), "{refused}");
}
