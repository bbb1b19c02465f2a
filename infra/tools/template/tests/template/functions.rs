//! Each folder of functions is deployed, with the routes that its code declares.

use std::collections::{BTreeMap, BTreeSet};

use custodian_domain::kinds::routed;
use custodian_template::deployed::{read, resources, text};
use custodian_template::root;
use serde_json::{Map, Value};

use crate::{PREFIX, compare, entries};

#[test]
fn each_folder_of_functions_is_deployed_with_its_routes() {
    let deployed = resources("AWS::Serverless::Function").into_iter().map(|(id, function)| {
        let name = text(&function["FunctionName"]["Sub"]).replace(PREFIX, "");
        (name, deployed_function(&id, &function))
    });
    compare("function", deployed.collect(), declared_functions());
}

/// The benchmarks compare a function that hashes passwords with a baseline that does so as well.
#[test]
fn the_functions_of_routes_with_memory_for_password_hashes_are_those_that_the_benchmarks_list() {
    let source = read(&root().join("infra/bench/measure/src/programs.rs"));
    let (_, rest) = source.split_once("const HASHING_FUNCTIONS").expect("the list of the benchmarks");
    let (list, _) = rest.split_once("];\n").expect("the end of the list");
    let hashing = resources("AWS::Serverless::Function").into_iter().filter(|(id, function)| {
        function["MemorySize"] == 1024 && !deployed_function(id, function).routes.is_empty()
    });
    let hashing = hashing.map(|(_, function)| text(&function["FunctionName"]["Sub"]).replace(PREFIX, ""));
    assert_eq!(hashing.collect::<BTreeSet<_>>(), literals(list).map(str::to_owned).collect());
}

/// A function as deployed.
#[derive(Debug, PartialEq)]
struct Deployed {
    binary: String,
    folder: String,
    kind: Option<String>,
    routes: BTreeSet<String>,
}

fn deployed_function(id: &str, function: &Value) -> Deployed {
    let events = function["Events"].as_object().into_iter().flat_map(Map::values);
    let http = events.filter(|event| event["Type"] == "HttpApi").map(|event| {
        let properties = &event["Properties"];
        match (&properties["Method"], &properties["Path"]) {
            (Value::Null, Value::Null) => "$default ".to_owned(),
            // A route for reading has any method, so that it also matches HEAD.
            (method, path) => format!("{} {}", text(method).replace("ANY", "GET"), text(path)),
        }
    });
    let kind = &function["Environment"]["Variables"]["RESOURCE_KIND"];
    Deployed {
        binary: text(&function["Metadata"]["BuildProperties"]["Binary"]),
        folder: text(&function["CodeUri"]),
        kind: kind.as_str().map(str::to_owned),
        routes: http.chain(defined_routes(id)).collect(),
    }
}

/// The routes of a function in the API's definition.
fn defined_routes(id: &str) -> Vec<String> {
    let paths = &resources("AWS::Serverless::HttpApi")["Api"]["DefinitionBody"]["paths"];
    let operations = paths.as_object().into_iter().flatten().flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        // A route for reading has any method, so that it also matches HEAD.
        let verb = |method: &str| method.replace("x-amazon-apigateway-any-method", "get").to_uppercase();
        operations.map(move |(method, operation)| (format!("{} {path}", verb(method)), operation))
    });
    let uri = |operation: &Value| text(&operation["x-amazon-apigateway-integration"]["uri"]["Sub"]);
    let of_function = operations.filter(|(_, operation)| uri(operation).contains(&format!("${{{id}.Arn}}")));
    of_function.map(|(route, _)| route).collect()
}

/// The functions that the folders declare, by name. A folder that kinds share declares one function for each kind.
fn declared_functions() -> BTreeMap<String, Deployed> {
    let mut functions = BTreeMap::new();
    for folder in entries(&root().join("functions")) {
        let manifest = read(&folder.join("Cargo.toml"));
        let (_, bin) = manifest.split_once("[[bin]]").expect("a binary");
        let binary = literals(bin).next().expect("the binary's name");
        let routes = declared_routes(&read(&folder.join("src/lib.rs")));
        let folder = format!("functions/{}", folder.file_name().and_then(|name| name.to_str()).unwrap());
        let deploy = |kind: Option<&str>, routes: Vec<String>| {
            let (binary, folder) = (binary.to_owned(), folder.clone());
            Deployed { binary, folder, kind: kind.map(str::to_owned), routes: routes.into_iter().collect() }
        };
        let Some(verb) = binary.strip_prefix("resource-") else {
            functions.insert(binary.to_owned(), deploy(None, routes));
            continue;
        };
        for kind in routed().filter(|kind| kind.shared_verbs().contains(&verb)) {
            let route = routes.iter().map(|route| route.replace("{}", kind.route).replace("{{id}}", "{id}"));
            let parts = kind.parts.iter().filter(|_| verb == "update");
            let parts =
                parts.map(|part| format!("{} /v1.0/{}/{{id}}/{}", part.method, kind.route, part.path));
            let routes = route.chain(parts).collect();
            functions
                .insert(format!("{}-{verb}", kind.route).replace('_', "-"), deploy(Some(kind.route), routes));
        }
    }
    functions
}

/// The method and the path in each `Route::new(…)`; the path may be a format string. If it is not a literal, one route for each path
/// in the source.
fn declared_routes(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let paths: Vec<&str> = literals(&code).filter(|literal| literal.starts_with('/')).collect();
    // The routes of parts of kinds come from the registry.
    let written = code.split("Route::new(").skip(1).filter(|arguments| !arguments.starts_with("part."));
    let routes = written.flat_map(|arguments| {
        let mut of_route = arguments.splitn(5, '"').skip(1);
        let (method, between, path) = (of_route.next(), of_route.next(), of_route.next());
        let is_own = |between: &str| !between.contains(')') && !between.contains("match");
        let own = path.filter(|_| between.is_some_and(is_own));
        let paths = own.map_or_else(|| paths.clone(), |path| vec![path]);
        paths.into_iter().map(move |path| format!("{} {path}", method.unwrap_or_default()))
    });
    routes.collect()
}

/// The string literals of a source.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2)
}
