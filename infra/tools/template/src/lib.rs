//! Generates `template.yaml` from the base template in `base/`, the routes, the registry of kinds, the schema of the tables and
//! the trait bounds of the handlers. A function has the permissions of the ports in its handler's bounds.

mod actions;
mod api_routes;
mod applies;
pub mod background;
pub mod deployed;
pub mod function;
pub mod functions;
pub mod grant;
pub mod handler;
pub mod inputs;
mod paths;
pub mod port_table;
pub mod ports;
pub mod roles;
mod routes;
mod services;
mod store;
pub mod tables;
pub mod trigger;
mod yaml;

pub use inputs::Inputs;
pub use paths::root;

/// The command that writes `template.yaml`.
pub const COMMAND: &str = "cargo test -p custodian-template -- --ignored";

const TABLES_HEADING: &str =
    "  # ----------------------------------------------------------------------------------------------------
  # Tables, as shared/store/src/schema.rs declares them. They and their key outlive the stack.\n\n";

/// The template for these inputs.
pub fn generate(inputs: &Inputs) -> Result<String, String> {
    let header = format!(
        "# Generated: do not edit. `{COMMAND}` writes this file from infra/tools/template/base/*.yaml, the
# routes, the registry of kinds, the tables' schema, the ports in the bounds of each function's handler
# (infra/tools/template/src) and infra/operations/dashboard.json. docs/deploy.md says how to deploy it.\n"
    );
    let definition = api_routes::definition(&inputs.route_functions()?);
    let parts = [
        header,
        include_str!("../base/head.yaml").replace(api_routes::PLACEHOLDER, &definition),
        functions::functions(inputs)?,
        TABLES_HEADING.to_owned() + &tables::tables(&inputs.tables),
        include_str!("../base/storage.yaml").to_owned(),
        include_str!("../base/events.yaml").to_owned(),
        include_str!("../base/operations.yaml").to_owned(),
        include_str!("../base/alarms.yaml").to_owned(),
        dashboard(&inputs.dashboard),
        include_str!("../base/outputs.yaml").to_owned(),
    ];
    let parts: Vec<_> = parts.iter().map(|part| part.trim_end()).collect();
    Ok(parts.join("\n\n") + "\n")
}

fn dashboard(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: !Sub ${{AWS::StackName}}-${{AWS::Region}}
      DashboardBody: !Sub |\n{body}"
    )
}
