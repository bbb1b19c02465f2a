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

/// The permission of the gateway to invoke a function with several routes. A wildcard in it also matches slashes, so the pattern of
/// the row's path includes the paths below it. A function whose paths have no such common path is permitted for all of the API.
pub(crate) fn permission(function: &Function) -> String {
    let paths = function.several_routes().iter().map(|route| route.path.as_str());
    let Some(shortest) = paths.clone().min_by_key(|path| path.len()) else { return String::new() };
    let common = if paths.clone().all(|path| path.starts_with(shortest)) { shortest } else { "/{path+}" };
    let pattern: Vec<_> =
        common.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    format!(
        "  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref {id}Function
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub \"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*/*{path}\"\n\n",
        id = function.id(),
        path = pattern.join("/"),
    )
}
