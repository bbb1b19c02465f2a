//! The dashboard and the runbook cover every alarm, and their names exist in the template or the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use custodian_app::Metric;
use custodian_runtime::{DIMENSION, NAMESPACE};
use custodian_template::deployed::{list, read, resources, template, text};
use custodian_template::root;
use serde_json::{Value, json};

/// Names in the runbook that AWS defines.
const AWS: [&str; 12] = [
    "AccessDenied",
    "AccessDeniedException",
    "BadRequestException",
    "BatchWriteItem",
    "DestinationDeliveryFailures",
    "DroppedEventCount",
    "MaximumConcurrency",
    "MemorySize",
    "MessageRejected",
    "PutEvents",
    "ThrottlingException",
    "TooManyRequestsException",
];
/// Suffixes of logical ids. No word in the runbook's prose has such a suffix.
const SUFFIXES: [&str; 4] = ["Alarm", "Dlq", "Queue", "Role"];
const RUNBOOK: &str = "docs/operations.md";

fn file(path: &str) -> String {
    read(&root().join(path))
}

#[test]
fn the_template_contains_the_dashboard_of_the_file() {
    let deployed = text(&resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Sub"]);
    let deployed: Value = serde_json::from_str(&deployed).expect("JSON");
    assert_eq!(deployed, dashboard());
}

fn dashboard() -> Value {
    serde_json::from_str(&file("infra/operations/dashboard.json")).expect("JSON")
}

fn alarms() -> BTreeMap<String, Value> {
    resources("AWS::CloudWatch::Alarm")
}

fn metric_names() -> BTreeSet<String> {
    Metric::ALL.iter().map(|metric| metric.name().to_owned()).collect()
}

#[test]
fn widgets_of_the_dashboard_do_not_overlap() {
    let mut taken = BTreeSet::new();
    for widget in list(&dashboard()["widgets"]) {
        let number = |name: &str| widget[name].as_u64().unwrap();
        assert!(number("x") + number("width") <= 24, "{widget}");
        for x in number("x")..number("x") + number("width") {
            for y in number("y")..number("y") + number("height") {
                assert!(taken.insert((x, y)), "this widget overlaps another: {widget}");
            }
        }
    }
}

#[test]
fn the_dashboard_shows_every_alarm_and_every_metric() {
    let body = dashboard().to_string();
    let shown: BTreeSet<_> =
        alarms().into_keys().filter(|name| body.contains(&format!("${{{name}.Arn}}"))).collect();
    assert_eq!(shown, alarms().into_keys().collect(), "alarms on the dashboard, and alarms in the template");

    let lines =
        list(&dashboard()["widgets"]).into_iter().flat_map(|widget| list(&widget["properties"]["metrics"]));
    let own = lines.filter(|line| line[0] == NAMESPACE);
    let own: BTreeSet<_> = own
        .map(|line| {
            assert_eq!((&line[2], &line[3]), (&json!(DIMENSION), &json!("${AWS::StackName}")), "{line}");
            text(&line[1])
        })
        .collect();
    assert_eq!(own, metric_names(), "metrics on the dashboard, and metrics in the code");
}

/// CloudWatch evaluates an alarm before the newest data point arrives, so with one period it would only see the filled value.
#[test]
fn an_alarm_that_fills_missing_data_evaluates_more_than_the_newest_period() {
    let filling: Vec<_> =
        alarms().into_iter().filter(|(_, alarm)| alarm.to_string().contains("FILL(")).collect();
    assert!(filling.len() >= 3, "{filling:?}");
    for (name, alarm) in filling {
        let number = |field: &str| alarm[field].as_u64().unwrap_or(u64::MAX);
        assert!(number("DatapointsToAlarm") < number("EvaluationPeriods"), "{name}");
    }
}

#[test]
fn alarms_on_custom_metrics_name_metrics_in_the_code() {
    let stack = json!([{ "Name": DIMENSION, "Value": { "Ref": "AWS::StackName" } }]);
    let own: Vec<_> = alarms().into_iter().filter(|(_, alarm)| alarm["Namespace"] == NAMESPACE).collect();
    assert!(own.len() >= 3, "{own:?}");
    for (name, alarm) in own {
        assert!(metric_names().contains(&text(&alarm["MetricName"])), "{name}: {alarm}");
        assert_eq!(alarm["Dimensions"], stack, "{name}");
    }
    let name = &template()["Globals"]["Function"]["Environment"]["Variables"]["STACK_NAME"];
    assert_eq!(*name, json!({ "Ref": "AWS::StackName" }), "functions read the dimension from here");
}

#[test]
fn every_alarm_notifies_at_its_start_and_end_with_a_link_to_the_runbook() {
    for (name, alarm) in alarms() {
        let topic = json!([{ "Ref": "AlarmTopic" }]);
        assert_eq!((&alarm["AlarmActions"], &alarm["OKActions"]), (&topic, &topic), "{name}");
        let place = format!("{RUNBOOK}#{}", name.to_lowercase());
        assert!(text(&alarm["AlarmDescription"]).ends_with(&place), "{name} must end with {place}");
    }
}

#[test]
fn every_alarm_has_a_section_in_the_runbook_and_every_section_an_alarm() {
    let runbook = file(RUNBOOK);
    let sections =
        runbook.lines().filter_map(|line| line.strip_prefix("### ")).filter(|title| title.ends_with("Alarm"));
    assert_eq!(sections.map(str::to_owned).collect::<BTreeSet<_>>(), alarms().into_keys().collect());
    for section in runbook
        .split("\n### ")
        .skip(1)
        .filter(|section| alarms().keys().any(|name| section.starts_with(name)))
    {
        let title = section.lines().next().unwrap();
        for part in ["**Means.**", "**See.**", "**Causes.**", "**Do.**", "**Over.**"] {
            assert!(section.contains(part), "{title} does not say {part}");
        }
    }
    let table = file("docs/deploy.md");
    for name in alarms().into_keys() {
        let link = format!("[`{name}`](operations.md#{})", name.to_lowercase());
        assert!(table.contains(&link), "docs/deploy.md lacks {link}");
    }
}

/// The code spans of a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn names_in_the_runbook_exist_in_the_template_or_the_code() {
    let (runbook, template) = (file(RUNBOOK), template());
    let of = |part: &str| template[part].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let known: BTreeSet<String> = of("Resources")
        .into_iter()
        .chain(of("Parameters"))
        .chain(of("Outputs"))
        .chain(metric_names())
        .collect();
    let known = |word: &str| known.contains(word) || AWS.contains(&word);
    let is_name = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().any(|c| c.is_ascii_lowercase())
            && word.chars().skip(1).any(|c| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
    };
    // Names in commands have no backticks around them.
    let words = runbook.split(|c: char| !c.is_ascii_alphanumeric());
    let in_commands =
        words.filter(|word| SUFFIXES.iter().any(|suffix| word.ends_with(suffix) && word != suffix));
    let unknown: BTreeSet<_> =
        quoted(&runbook).filter(is_name).chain(in_commands).filter(|word| !known(word)).collect();
    assert_eq!(unknown, BTreeSet::new(), "names that are neither in the template nor in the code");
}

#[test]
fn functions_that_the_runbook_invokes_are_in_the_template() {
    let runbook = file(RUNBOOK);
    let ends = |c: char| !(c.is_ascii_lowercase() || c == '-');
    let named: BTreeSet<&str> =
        runbook.split("$STACK-").skip(1).map(|rest| rest.split(ends).next().unwrap()).collect();
    let functions = resources("AWS::Serverless::Function").into_values();
    let deployed: BTreeSet<String> = functions
        .map(|function| text(&function["FunctionName"]["Sub"]).replace("${AWS::StackName}-", ""))
        .collect();
    let unknown: BTreeSet<_> = named
        .into_iter()
        // In a query, `$STACK-` alone is a prefix.
        .filter(|name| !name.is_empty() && !deployed.contains(*name))
        .collect();
    assert_eq!(unknown, BTreeSet::new(), "functions in the runbook but not in the template");
}

/// Lambda loses an event if it cannot deliver it to the destination of failures.
#[test]
fn the_alarm_about_lost_events_watches_every_function_with_a_destination_of_failures() {
    let alarm = &resources("AWS::CloudWatch::Alarm")["LostEventAlarm"];
    let metrics = alarm["Metrics"].as_array().unwrap().iter().map(|metric| &metric["MetricStat"]["Metric"]);
    let watched: BTreeSet<String> = metrics
        .filter(|metric| metric["MetricName"] == "DestinationDeliveryFailures")
        .map(|metric| text(&metric["Dimensions"][0]["Value"]["Ref"]))
        .collect();
    let functions = resources("AWS::Serverless::Function").into_iter();
    let with_destination: BTreeSet<String> = functions
        .filter(|(_, function)| function.to_string().contains("\"OnFailure\""))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(watched, with_destination);
    assert!(with_destination.len() > 1);
}
