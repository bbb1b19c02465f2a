//! The permissions of a function, and its role as YAML.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use custodian_domain::kinds::NUMBERS;
use custodian_store::schema::{ACCESS_KEYS, AGENTS, CUSTOMERS};

use crate::applies::applies;
use crate::function::Function;
use crate::grant::{Grant, Target, Use};
use crate::inputs::Inputs;
use crate::port_table;
use crate::ports::Port;
use crate::trigger::{self, Trigger};
use crate::yaml::logical_id;

/// One action on one resource. Resource and condition are YAML.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    pub action: &'static str,
    pub resource: String,
    pub condition: Option<&'static str>,
}

/// The maximum width of a statement on one line. A longer one is written as a block.
const MAX_WIDTH: usize = 120;
const JOB_GROUP: &str = "schedule/${JobGroup}/";

/// The ports in the bounds of a function's handler, and the ports whose grants these include.
pub fn ports(function: &Function) -> Result<Vec<&'static Port>, String> {
    let mut ports: Vec<&'static Port> = Vec::new();
    for name in function.handler.ports() {
        let port = port_table::by_name(name);
        let port = port.ok_or_else(|| {
            format!(
                "{}: {name} is missing in infra/tools/template/src/store and services.rs",
                function.binary
            )
        })?;
        ports.extend(port_table::with_included(port));
    }
    Ok(ports)
}

/// The permissions of a function, without those that all functions share.
pub fn permissions(function: &Function, inputs: &Inputs) -> Result<Vec<Permission>, String> {
    Ok(statements(function, inputs)?.iter().flat_map(Statement::permissions).collect())
}

/// The statements of a function's policy, in the order of the grants. Statements stay small, because the end-to-end test removes
/// each statement of the sampled functions in turn and checks that the function then fails.
fn statements(function: &Function, inputs: &Inputs) -> Result<Vec<Statement>, String> {
    let mut statements: Vec<Statement> = Vec::new();
    for grant in grants(function)?.iter().filter(|grant| applies(grant, function)) {
        let mut new: Vec<Statement> = Vec::new();
        for resource in resources(&grant.on, function, inputs) {
            let is_permitted =
                |action: &&&str| statements.iter().any(|it| it.permits(action, &resource, grant.condition));
            let actions: Vec<&str> =
                grant.actions.iter().filter(|action| !is_permitted(action)).copied().collect();
            if actions.is_empty() {
                continue;
            }
            // If a statement on only this resource permits some of the grant's actions, add the other actions to it.
            let has_part = |it: &&mut Statement| {
                it.resources == [resource.as_str()]
                    && grant.actions.iter().any(|action| it.permits(action, &resource, grant.condition))
            };
            if let Some(statement) = statements.iter_mut().find(has_part) {
                statement.actions.extend(actions);
            } else if let Some(statement) = new.iter_mut().find(|it| it.actions == actions) {
                statement.resources.push(resource);
            } else {
                new.push(Statement { actions, resources: vec![resource], condition: grant.condition });
            }
        }
        statements.append(&mut new);
    }
    Ok(statements)
}

/// The grants of the ports, of the triggers and of the retries.
fn grants(function: &Function) -> Result<Vec<Grant>, String> {
    let settings = function.settings;
    let of_ports = ports(function)?.into_iter().flat_map(|port| port.grants).copied();
    let of_triggers = trigger::grants(settings.triggers);
    let grants: Vec<_> = of_ports.chain(of_triggers).chain(settings.retries.grants()).collect();
    let needs_kind = |grant: &Grant| matches!(grant.on, Target::KindTable) && applies(grant, function);
    if function.kind.is_none() && grants.iter().any(needs_kind) {
        return Err(format!("{} works on rows of a kind: name it with `.kind(…)`", function.binary));
    }
    let decides = |of: &Use| grants.iter().any(|grant| grant.uses().contains(of));
    match settings.uses.iter().find(|of| !decides(of)) {
        Some(of) => Err(format!("{} declares the use {of:?}, which no grant depends on", function.binary)),
        None => Ok(grants),
    }
}

fn jobs(pattern: &str) -> String {
    format!(
        "!Sub \"arn:${{AWS::Partition}}:scheduler:${{AWS::Region}}:${{AWS::AccountId}}:{JOB_GROUP}{pattern}\""
    )
}

fn table(name: &str) -> String {
    format!("!GetAtt {}Table.Arn", logical_id(name))
}

fn resources(target: &Target, function: &Function, inputs: &Inputs) -> Vec<String> {
    let tables = |names: Vec<&str>| names.into_iter().map(table).collect();
    match *target {
        Target::Table(name) => vec![table(name)],
        Target::AuthenticationTables => {
            let always = [CUSTOMERS, AGENTS].into_iter();
            let keys = function.authenticates().then_some(ACCESS_KEYS);
            let kind = function.kind.filter(|_| function.reads_kind_row_along());
            tables(always.chain(keys).chain(kind.map(|kind| kind.table)).collect())
        }
        Target::Index { table, index } => {
            vec![format!("!Sub \"${{{}Table.Arn}}/index/{index}\"", logical_id(table))]
        }
        Target::KindTable => tables(function.kind.iter().map(|kind| kind.table).collect()),
        Target::OwnedTables => {
            tables(inputs.kinds.iter().map(|kind| kind.table).chain([ACCESS_KEYS]).collect())
        }
        Target::LinkedTables { creating } => {
            let fields = function.kind.into_iter().flat_map(|kind| kind.fields);
            let writable = fields.filter(|field| field.is_writable(creating));
            let linked: BTreeSet<_> =
                writable.filter_map(|field| field.field_type.link().map(|link| link.table)).collect();
            tables(linked.into_iter().collect())
        }
        Target::EmptiedTables => tables(inputs.emptied.clone()),
        Target::CountedTables => {
            let has_counter =
                |name: &str| name == ACCESS_KEYS || inputs.kinds.iter().any(|kind| kind.table == name);
            let emptied = inputs.emptied.iter().copied().filter(|name| !has_counter(name));
            tables(emptied.chain([NUMBERS.table]).collect())
        }
        Target::PairedTables => {
            let paired =
                inputs.tables.iter().filter(|table| (table.hash, table.range) == ("id", Some("key")));
            tables(paired.map(|table| table.name).filter(|name| inputs.emptied.contains(name)).collect())
        }
        Target::Jobs(patterns) => patterns.iter().map(|pattern| jobs(pattern)).collect(),
        Target::Queues(queues) => queues.iter().map(|queue| format!("!GetAtt {queue}.Arn")).collect(),
        Target::OwnQueues => {
            let queues = function.settings.triggers.iter().filter_map(Trigger::queue);
            queues.map(|queue| format!("!GetAtt {queue}.Arn")).collect()
        }
        Target::OwnStreams => {
            let tables = function.settings.triggers.iter().filter_map(Trigger::stream);
            tables.map(|table| format!("!Sub \"${{{}Table.Arn}}/stream/*\"", logical_id(table))).collect()
        }
        Target::Yaml(resources) => resources.iter().map(|&resource| resource.to_owned()).collect(),
    }
}

/// A statement of a policy.
struct Statement {
    actions: Vec<&'static str>,
    resources: Vec<String>,
    condition: Option<&'static str>,
}

impl Statement {
    /// Whether the statement permits the action. A permission for all jobs includes every job.
    fn permits(&self, action: &str, resource: &str, condition: Option<&str>) -> bool {
        let includes = |own: &String| own == resource || (*own == jobs("*") && resource.contains(JOB_GROUP));
        self.condition == condition && self.actions.contains(&action) && self.resources.iter().any(includes)
    }

    fn permissions(&self) -> Vec<Permission> {
        let of = |resource: &String| {
            let permission =
                |action| Permission { action, resource: resource.clone(), condition: self.condition };
            self.actions.iter().copied().map(permission).collect::<Vec<_>>()
        };
        self.resources.iter().flat_map(of).collect()
    }

    fn yaml(&self) -> String {
        let one_or_list = |items: &[&str]| match items {
            [item] => (*item).to_owned(),
            items => format!("[{}]", items.join(", ")),
        };
        let resources: Vec<&str> = self.resources.iter().map(String::as_str).collect();
        let (actions, inline) = (one_or_list(&self.actions), one_or_list(&resources));
        let line = format!("              - {{Effect: Allow, Action: {actions}, Resource: {inline}}}\n");
        if self.condition.is_none() && line.len() <= MAX_WIDTH {
            return line;
        }
        let mut text = format!("              - Effect: Allow\n                Action: {actions}\n");
        let line = format!("                Resource: {inline}\n");
        if line.len() <= MAX_WIDTH || resources.len() == 1 {
            text += &line;
        } else {
            text += "                Resource:\n";
            text.extend(resources.iter().map(|resource| format!("                  - {resource}\n")));
        }
        text.extend(self.condition.map(|condition| format!("                Condition: {condition}\n")));
        text
    }
}

/// The role of a function: the shared policy, and an inline policy if the function has permissions of its own.
pub fn role(function: &Function, inputs: &Inputs) -> Result<String, String> {
    let mut text = comment(function);
    let (id, name) = (function.id(), &function.name);
    let assume = "[{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]";
    let _ = write!(
        text,
        "  {id}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement: {assume}
      ManagedPolicyArns: [!Ref FunctionBasics]\n"
    );
    let statements = statements(function, inputs)?;
    if !statements.is_empty() {
        let _ = write!(
            text,
            "      Policies:
        - PolicyName: {name}
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:\n"
        );
        text.extend(statements.iter().map(Statement::yaml));
    }
    Ok(text)
}

/// The ports and uses that the permissions come from.
fn comment(function: &Function) -> String {
    let ports: Vec<_> = function.handler.ports().collect();
    let uses: Vec<_> = function.settings.uses.iter().map(|of| format!("{of:?}")).collect();
    match (ports.is_empty(), uses.is_empty()) {
        (true, _) => String::new(),
        (_, true) => format!("  # Ports: {}.\n", ports.join(", ")),
        _ => format!("  # Ports: {}. Uses: {}.\n", ports.join(", "), uses.join(", ")),
    }
}
