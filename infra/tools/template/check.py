"""Checks this project's own rules on template.yaml after SAM's transform.

tests/template/ compares the template with the code.
"""

import fnmatch
import json
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# CloudFormation permits 500 resources. The rest is a reserve: a replacement needs the old and the new resource at the same
# time. A function with a route needs three (itself, its role and the gateway's permission), and a kind 16 (five functions and a
# table).
MAX_RESOURCES = 480
# The only fields of the access log. Addresses, user agents, paths and queries are personal or carry credentials.
ACCESS_LOG = {"requestId", "routeKey", "status", "responseLatency", "integrationErrorMessage"}
# The roles that may use the private keys of the sessions, and those of the receipts.
SIGNING = {
    "SigningKeysTable": {"AuthDelegateRole", "AuthLoginRole", "PlatformSetupRole"},
    "ReceiptSigningKeysTable": {"PlatformSetupRole", "ReconcileRole"},
}
# Functions that wait for customers' servers.
WAITING = {"WebhookDeliverFunction"}
# Actions that policies cannot restrict to resources.
UNBOUND = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

faults = []


def fault(name, text):
    faults.append(f"{name}: {text}")


def transform(path):
    """The resources after SAM's transform, with the default values of the parameters."""
    template = yaml_parse(Path(path).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    parameters = {name: parameter.get("Default", "x") for name, parameter in template["Parameters"].items()}
    return Translator({}, Parser()).translate(template, parameters)["Resources"]


def listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def target(value):
    """The logical id in a Ref or a GetAtt."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or listed(value.get("Fn::GetAtt", [None]))[0].split(".")[0]


def check_function(name, function, resources, owners):
    if function.get("TracingConfig") != {"Mode": "Active"}:
        fault(name, "is not traced")
    log_group = target(function.get("LoggingConfig", {}).get("LogGroup"))
    if resources.get(log_group, {}).get("Type") != "AWS::Logs::LogGroup":
        fault(name, "has no log group in the template")
    if "TABLE_PREFIX" not in function.get("Environment", {}).get("Variables", {}):
        fault(name, "lacks TABLE_PREFIX")
    role = target(function["Role"])
    owners[role] += 1
    if resources.get(role, {}).get("Type") != "AWS::IAM::Role":
        fault(name, "has no role in the template")


def check_role(name, role):
    for policy in role.get("ManagedPolicyArns", []):
        if target(policy) is None:
            fault(name, f"has a managed policy from outside the template: {policy}")
    for policy in role.get("Policies", []):
        check_policy(name, policy["PolicyDocument"])
    check_signing(name, role)


def check_managed_policy(name, policy):
    """Several roles may have it, so it may not name the private keys."""
    check_policy(name, policy["PolicyDocument"])
    check_signing(name, policy)


def check_signing(name, permissions):
    """A table's name is in quotation marks (`!GetAtt`), or in a longer text (`!Sub`)."""
    for table, permitted in SIGNING.items():
        if name not in permitted and re.search(rf"\b{table}\b", json.dumps(permissions)):
            fault(name, f"may use the private keys in {table}")


def check_policy(name, document):
    for statement in listed(document["Statement"]):
        actions = listed(statement.get("Action"))
        if not actions or any(action.endswith(":*") or action == "*" for action in actions):
            fault(name, f"has no actions or a wildcard: {actions}")
        if not statement.get("Resource") or ("*" in listed(statement["Resource"]) and not set(actions) <= UNBOUND):
            fault(name, f"permits {actions} on every resource")


def check_queue(name, queue, resources):
    if name.endswith("Dlq"):
        if f'"{name}"' not in json.dumps(resources["DeadLetterAlarm"]):
            fault(name, "is missing in DeadLetterAlarm")
    elif not target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn", "")):
        fault(name, "has no redrive policy")


def check_mapping(name, mapping, resources):
    """The visibility timeout must be longer than the function's timeout; AWS advises six times as long."""
    if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        fault(name, "does not report failed items")
    on_failure = mapping.get("DestinationConfig", {}).get("OnFailure")
    if on_failure and f'"{name}"' not in json.dumps(resources["StreamFailureAlarm"]):
        fault(name, "is missing in StreamFailureAlarm")
    source = resources[target(mapping["EventSourceArn"])]
    if source["Type"] == "AWS::SQS::Queue":
        function = target(mapping["FunctionName"])
        if function in WAITING and "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            fault(name, f"{function} waits for customers' servers, so it needs MaximumConcurrency")
        timeout = resources[function]["Properties"]["Timeout"]
        if source["Properties"].get("VisibilityTimeout", 30) < 6 * timeout:
            fault(name, f"the visibility timeout of its queue is shorter than six times the function's timeout of {timeout} s")


def may_put(queue, rule, resources):
    """Whether EventBridge may send a rule's events to a queue: the queue's policy has to name the rule."""
    policies = [it["Properties"] for it in resources.values() if it["Type"] == "AWS::SQS::QueuePolicy"]
    for policy in (policy for policy in policies if queue in [target(it) for it in policy["Queues"]]):
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            sources = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn")
            if "sqs:SendMessage" in listed(statement["Action"]) and rule in [target(it) for it in listed(sources)]:
                return True
    return False


def check_rule(name, rule, resources):
    """An event is lost silently if a rule can send it neither to its target nor to a dead-letter queue."""
    for it in rule["Targets"]:
        dead_letters = target(it.get("DeadLetterConfig", {}).get("Arn"))
        if dead_letters is None:
            fault(name, "has no dead-letter queue")
        for queue in filter(None, [target(it["Arn"]), dead_letters]):
            if not may_put(queue, name, resources):
                fault(name, f"may not send messages to {queue}")


def check_table(name, table):
    policies = [table.get("DeletionPolicy"), table.get("UpdateReplacePolicy")]
    properties = table["Properties"]
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    if policies != ["Retain", "Retain"] or not properties.get("DeletionProtectionEnabled"):
        fault(name, "can be deleted with its stack")
    if not recovery.get("PointInTimeRecoveryEnabled") or "RecoveryPeriodInDays" not in recovery:
        fault(name, "has no point-in-time recovery or no recovery period")
    if target(properties.get("SSESpecification", {}).get("KMSMasterKeyId")) != "DataKey":
        fault(name, "is not encrypted with DataKey")


def check_stage(name, stage):
    log_format = json.loads(stage["AccessLogSettings"]["Format"])
    logged = {value.removeprefix("$context.") for value in log_format.values()}
    if not logged <= ACCESS_LOG or any(len(re.findall(r"\$", value)) != 1 for value in log_format.values()):
        fault(name, f"its access log has {sorted(logged - ACCESS_LOG) or log_format}")


def permitted_routes(resources):
    """The patterns of the routes for which the gateway may invoke each function, such as `PUT/v1.0/tags/*`."""
    patterns = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::Permission":
            arn = resource["Properties"]["SourceArn"]["Fn::Sub"]
            found = re.search(r":execute-api:[^/]*/[^/]*/(.*)", arn if isinstance(arn, str) else arn[0])
            if found:
                patterns.setdefault(target(resource["Properties"]["FunctionName"]), []).append(found[1])
    return patterns


def check_routes(name, api, resources):
    """Without the permission, the gateway responds with 500."""
    patterns = permitted_routes(resources)
    for path, operations in api["Body"]["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)[1]
            verb = "*" if method == "x-amazon-apigateway-any-method" else method.upper()
            route = path.strip("/") if path == "/$default" else f"{verb}{path}"
            if not any(fnmatch.fnmatchcase(route, pattern) for pattern in patterns.get(function, [])):
                fault(name, f"may not invoke {function} for {route}: {patterns.get(function)}")


def check_features(manifest):
    """`sam build` cannot pass features, so the manifest has to name them."""
    metadata = tomllib.loads(manifest.read_text(encoding="utf-8"))["workspace"].get("metadata", {})
    if "lambda" not in metadata.get("lambda", {}).get("build", {}).get("features", []):
        fault("Cargo.toml", 'lacks features = ["lambda"] in [workspace.metadata.lambda.build]: sam would build no binary')


def main(path):
    resources = transform(path)
    if len(resources) > MAX_RESOURCES:
        fault(path, f"has {len(resources)} resources; the limit is {MAX_RESOURCES}: see \"Check the space first\" in docs/extending.md")
    owners = Counter()
    for name, resource in resources.items():
        properties = resource["Properties"]
        match resource["Type"]:
            case "AWS::Lambda::Function":
                check_function(name, properties, resources, owners)
            case "AWS::IAM::Role":
                check_role(name, properties)
            case "AWS::IAM::ManagedPolicy":
                check_managed_policy(name, properties)
            case "AWS::SQS::Queue":
                check_queue(name, properties, resources)
            case "AWS::Events::Rule" if "EventPattern" in properties:
                check_rule(name, properties, resources)
            case "AWS::Lambda::EventSourceMapping":
                check_mapping(name, properties, resources)
            case "AWS::DynamoDB::Table":
                check_table(name, resource)
            case "AWS::ApiGatewayV2::Api":
                check_routes(name, properties, resources)
            case "AWS::ApiGatewayV2::Stage":
                check_stage(name, properties)
    for role, functions in owners.items():
        if functions > 1:
            fault(role, f"is the role of {functions} functions")
    check_features(Path(path).resolve().parent / "Cargo.toml")

    for line in sorted(faults):
        print(line, file=sys.stderr)
    print(f"{path}: {len(resources)} resources, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
