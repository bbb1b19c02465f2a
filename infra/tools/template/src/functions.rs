//! The functions as YAML, in sections.

use custodian_http::Route;

use crate::api_routes;
use crate::function::Function;
use crate::inputs::Inputs;
use crate::roles::{ports, role};
use crate::yaml::comment;

const RULE: &str = "  # ----------------------------------------------------------------------------------------------------\n";

/// All functions with their roles. The functions that serve routes come first, grouped by the first parts of their paths.
pub fn functions(inputs: &Inputs) -> Result<String, String> {
    let mut sections: Vec<(String, Vec<Function>)> = Vec::new();
    for function in inputs.route_functions()? {
        let about = section_of(&function);
        match sections.iter_mut().find(|(known, _)| *known == about) {
            Some((_, functions)) => functions.push(function),
            None => sections.push((about, vec![function])),
        }
    }
    for (section, functions) in inputs.background_functions()? {
        sections.push((section.about.to_owned(), functions));
    }
    let mut text = String::new();
    for (about, functions) in sections {
        text += RULE;
        text += &comment("  ", &about);
        text += "\n";
        for function in &functions {
            text += &format!("{}\n{}\n", yaml(function)?, role(function, inputs)?);
            text += &api_routes::permission(function);
        }
    }
    Ok(text)
}

/// The heading of the function's section: the first parts of its path. `/v1.0/agents/{id}` is under `/v1.0/agents`.
fn section_of(function: &Function) -> String {
    let first = function.http.as_ref().and_then(|http| http.routes.first());
    let path = first.map_or("", |route| route.path.as_str());
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        [] => "The route of all requests that match no other.".to_owned(),
        [version, resource, ..] if version.starts_with('v') => format!("/{version}/{resource}"),
        [first, ..] => format!("/{first}"),
    }
}

fn yaml(function: &Function) -> Result<String, String> {
    let (id, name, binary, settings) = (function.id(), &function.name, &function.binary, function.settings);
    let mut text = comment("  ", settings.about);
    text += &format!(
        "  {id}Function:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: rust-cargolambda, BuildProperties: {{Binary: {binary}}}}}
    Properties:
      FunctionName: !Sub ${{AWS::StackName}}-{name}
      CodeUri: functions/{binary}
      Role: !GetAtt {id}Role.Arn\n"
    );
    text.extend(settings.memory.map(|memory| format!("      MemorySize: {memory}\n")));
    text.extend(settings.timeout.map(|timeout| format!("      Timeout: {timeout}\n")));
    text.extend(settings.recursive.then_some("      RecursiveLoop: Allow\n"));
    text += &environment(function)?;
    text += settings.retries.yaml();
    text += &events(function);
    Ok(text)
}

/// The environment variables that the adapters of the function's ports read.
fn environment(function: &Function) -> Result<String, String> {
    let kind = function.configured_kind().map(|kind| format!("RESOURCE_KIND: {}", kind.route));
    let ports = ports(function)?;
    let of_ports =
        ports.iter().flat_map(|port| port.variables).map(|(name, value)| format!("{name}: {value}"));
    let variables: Vec<String> = kind.into_iter().chain(of_ports).collect();
    Ok(match variables.as_slice() {
        [] => String::new(),
        [variable] => format!("      Environment: {{Variables: {{{variable}}}}}\n"),
        variables => {
            let lines: String = variables.iter().map(|variable| format!("          {variable}\n")).collect();
            format!("      Environment:\n        Variables:\n{lines}")
        }
    })
}

/// SAM adds a permission for the gateway with each HTTP event of a function. Routes of a function with several are in the API's
/// definition, so that the function needs one permission only.
fn events(function: &Function) -> String {
    let routes = function.http.as_ref().map_or(&[][..], |http| http.routes.as_slice());
    let http = if let [route] = routes { http_event(route) } else { String::new() };
    let triggers = function.settings.triggers.iter().map(|trigger| trigger.yaml());
    let events: String = std::iter::once(http).chain(triggers).collect();
    if events.is_empty() { events } else { format!("      Events:\n{events}") }
}

fn http_event(route: &Route) -> String {
    // API Gateway's default route has neither a method nor a path.
    let matching = if route.is_default() {
        String::new()
    } else {
        format!(", Method: {}, Path: \"{}\"", route.gateway_method(), route.path)
    };
    format!("        Http: {{Type: HttpApi, Properties: {{ApiId: !Ref Api{matching}}}}}\n")
}
