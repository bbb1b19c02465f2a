//! The routes of functions that serve several: their part of the API's definition, and the permission of each function.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use custodian_http::Route;

use crate::function::Function;

/// The line of `base/head.yaml` in place of the definition.
pub(crate) const PLACEHOLDER: &str =
    "      # The definition has the routes of functions that serve several.\n";

/// The API's definition. SAM adds the other routes, which are events of their functions.
pub(crate) fn definition(functions: &[Function]) -> String {
    let mut paths: BTreeMap<&str, Vec<(&Route, String)>> = BTreeMap::new();
    for function in functions {
        for route in function.several_routes() {
            paths.entry(&route.path).or_default().push((route, function.id()));
        }
    }
    let mut text = PLACEHOLDER.to_owned();
    text += "      DefinitionBody:
        openapi: 3.0.1
        info: {title: !Ref AWS::StackName, version: \"1.0\"}
        paths:\n";
    for (path, operations) in paths {
        let _ = writeln!(text, "          \"{path}\":");
        text.extend(operations.iter().map(|(route, function)| operation(route, function)));
    }
    text
}

fn operation(route: &Route, function: &str) -> String {
    let method = match route.gateway_method() {
        "ANY" => "x-amazon-apigateway-any-method".to_owned(),
        method => method.to_ascii_lowercase(),
    };
    let parameter = |name| format!("{{name: {name}, in: path, required: true}}");
    let parameters: Vec<_> = parameters(&route.path).map(parameter).collect();
    format!(
        "            {method}:
              parameters: [{parameters}]
              responses: {{}}
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                payloadFormatVersion: \"2.0\"
                uri: !Sub >-
                  arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{function}Function.Arn}}/invocations\n",
        parameters = parameters.join(", "),
    )
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    // A last parameter such as `{path+}` takes the whole rest of a path.
    path.split('/').filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches('+')))
}

/// The permission of the gateway to invoke a function with several routes: for the paths with their common beginning. A wildcard also
/// matches slashes.
pub(crate) fn permission(function: &Function) -> String {
    let paths = function.several_routes().iter().map(|route| route.path.split('/').collect::<Vec<_>>());
    let Some(common) = paths.reduce(common_parts) else { return String::new() };
    let pattern: Vec<_> = common.iter().map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    let pattern = pattern.join("/");
    let path = if pattern.is_empty() { "/*" } else { pattern.trim_end_matches('*') };
    let path = format!("{}*", path.trim_end_matches('*'));
    format!(
        "  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref {id}Function
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub \"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*/*{path}\"\n\n",
        id = function.id(),
    )
}

fn common_parts<'a>(one: Vec<&'a str>, other: Vec<&'a str>) -> Vec<&'a str> {
    one.into_iter().zip(other).take_while(|(part, same)| part == same).map(|(part, _)| part).collect()
}
