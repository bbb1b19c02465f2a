//! The template's section of the kinds' functions: written from the registry, compared with it.
//!
//! `cargo test -p custodian-template-check --test kinds -- --ignored` writes it anew after a change of the registry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::PathBuf;

use custodian_domain::kinds::{Kind, routed};

const BEGIN: &str = "  # The kinds, from here to the end of the section: written from the registry by infra/template-check.\n";
const END: &str = "  # The end of the kinds.\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml")
}

/// The template before the section, the section, and what comes after it.
fn split(template: &str) -> (&str, &str, &str) {
    let (before, rest) = template.split_once(BEGIN).expect("where the section begins");
    let (section, after) = rest.split_once(END).expect("where the section ends");
    (before, section, after)
}

#[test]
fn the_section_of_the_kinds_is_what_the_registry_says() {
    let template = std::fs::read_to_string(path()).unwrap();
    let (_, section, _) = split(&template);
    let expected = section_of_all();
    let differing = section.lines().zip(expected.lines()).find(|(here, there)| here != there);
    assert_eq!(differing, None, "the first line that differs: template, registry");
    assert_eq!(section, expected);
}

#[test]
#[ignore = "writes template.yaml"]
fn write_the_section_anew() {
    let template = std::fs::read_to_string(path()).unwrap();
    let (before, _, after) = split(&template);
    std::fs::write(path(), [before, BEGIN, &section_of_all(), END, after].concat()).unwrap();
}

fn section_of_all() -> String {
    let functions =
        routed().flat_map(|kind| kind.shared_verbs().iter().map(move |verb| function(kind, verb)));
    format!("\n{}", functions.collect::<String>())
}

/// `storage_files` as part of a logical id: `StorageFiles`.
fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

fn table(name: &str) -> String {
    format!("!GetAtt {}Table.Arn", camel(name))
}

fn function(kind: &Kind, verb: &str) -> String {
    let (id, name) = (format!("{}{}", camel(kind.route), camel(verb)), format!("{}-{verb}", kind.route));
    let name = name.replace('_', "-");
    let (method, by_id) = match verb {
        "list" => ("GET", false),
        "create" => ("POST", false),
        "get" => ("GET", true),
        "update" => ("PUT", true),
        _ => ("DELETE", true),
    };
    let path = format!("/v1.0/{}", kind.route);
    let path = if by_id { format!("\"{path}/{{id}}\"") } else { path };
    let mut text = format!(
        "  {id}Function:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: rust-cargolambda, BuildProperties: {{Binary: resource-{verb}}}}}
    Properties:
      FunctionName: !Sub ${{AWS::StackName}}-{name}
      CodeUri: functions/resource-{verb}
      Role: !GetAtt {id}Role.Arn
      Environment: {{Variables: {{RESOURCE_KIND: {route}}}}}
      Events:
        Http: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Method: {method}, Path: {path}}}}}

  {id}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
      ManagedPolicyArns: [!Ref FunctionBasics]
      Policies:
        - PolicyName: {name}
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
",
        route = kind.route,
    );
    for (actions, tables) in rights(kind, verb) {
        let actions = actions.iter().map(|action| format!("dynamodb:{action}")).collect();
        let tables = tables.iter().map(|name| table(name)).collect();
        write!(
            text,
            "              - Effect: Allow\n                Action: {}\n                Resource: {}\n",
            one_or_list(actions),
            one_or_list(tables),
        )
        .unwrap();
    }
    text + "\n"
}

fn one_or_list(items: Vec<String>) -> String {
    if items.len() == 1 { items.concat() } else { format!("[{}]", items.join(", ")) }
}

type Right = (Vec<&'static str>, Vec<&'static str>);

/// What a verb's function does to tables: to admit its caller, and to the rows of its kind.
fn rights(kind: &Kind, verb: &str) -> Vec<Right> {
    let mut admission = vec!["customers", "agents", "accesskeys"];
    admission.extend(Some(kind.table).filter(|_| !matches!(verb, "list" | "create")));
    let mut rights = vec![
        (vec!["Scan"], vec!["verifying_keys"]),
        (vec!["BatchGetItem"], admission),
        // The day of a key's last use.
        (vec!["UpdateItem"], vec!["accesskeys"]),
    ];
    let own = |actions| (actions, vec![kind.table]);
    match verb {
        "get" => return rights,
        "list" => {
            rights.push(own(vec!["Query"]));
            return rights;
        }
        "create" => {
            rights.push(own(vec!["PutItem"]));
            rights.push((vec!["GetItem", "PutItem", "UpdateItem", "DeleteItem"], vec!["idempotency"]));
        }
        "update" => rights.push(own(vec!["GetItem", "PutItem"])),
        _ => rights.push(own(vec!["GetItem", "DeleteItem"])),
    }
    // Why a gate was closed.
    rights.push((vec!["GetItem"], vec!["customers"]));
    let counts = verb != "update";
    // A gate is checked, or, where it counts, updated; a record of an Idempotency-Key checks one too.
    let checks = kind.is_limited() || verb != "delete";
    let mut usage = Vec::new();
    usage.extend(Some("ConditionCheckItem").filter(|_| checks));
    usage.extend(Some("UpdateItem").filter(|_| counts));
    rights.push((usage, vec!["usage"]));
    // What happened is written along.
    rights.push((vec!["PutItem"], vec!["outbox"]));
    rights.extend(names(kind, verb).map(|actions| (actions, vec!["identifiers"])));
    let mut linked: Vec<_> = kind
        .fields
        .iter()
        .filter(|field| verb != "delete" && field.is_writable(verb == "create"))
        .filter_map(|field| field.shape.link().map(|link| link.table))
        .collect();
    linked.sort_unstable();
    linked.dedup();
    rights.extend(Some((vec!["ConditionCheckItem"], linked)).filter(|(_, linked)| !linked.is_empty()));
    rights
}

/// What a verb does to the names that rows of the kind hold alone.
fn names(kind: &Kind, verb: &str) -> Option<Vec<&'static str>> {
    let from = kind.unique.as_ref()?.from;
    // A change takes and gives back names only if it can change what they are made of.
    let changes = || from.iter().filter_map(|name| kind.field(name)).any(|field| field.is_writable(false));
    match verb {
        "delete" => Some(vec!["DeleteItem"]),
        "update" if !changes() => None,
        _ => Some(vec!["GetItem", "PutItem", "DeleteItem"]),
    }
}
