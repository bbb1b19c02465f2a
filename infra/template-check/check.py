"""This project's own rules for template.yaml, checked on what SAM makes of it.

What the template repeats of the code is compared in tests/template.rs.
"""

import json
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# CloudFormation takes 500.
MOST_RESOURCES = 400
# What an access log may tell. Addresses, agents, paths and queries are personal, or carry credentials.
ACCESS_LOG = {"requestId", "routeKey", "status", "responseLatency", "integrationErrorMessage"}
# Who may touch the private keys.
SIGNING = {"AuthDelegateRole", "AuthLoginRole", "PlatformSetupRole"}
# Functions that wait for what customers run.
WAITING = {"WebhookDeliverFunction"}
# Actions that AWS lets nobody narrow to a resource.
UNBOUND = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

faults = []


def fault(name, what):
    faults.append(f"{name}: {what}")


def transform(path):
    """The template as CloudFormation gets it, with the parameters' defaults."""
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
    """The logical id that a Ref or GetAtt points at."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or listed(value.get("Fn::GetAtt", [None]))[0].split(".")[0]


def check_function(name, function, resources, owners):
    if function.get("TracingConfig") != {"Mode": "Active"}:
        fault(name, "is not traced")
    log_group = target(function.get("LoggingConfig", {}).get("LogGroup"))
    if resources.get(log_group, {}).get("Type") != "AWS::Logs::LogGroup":
        fault(name, "has no log group of the template")
    if "TABLE_PREFIX" not in function.get("Environment", {}).get("Variables", {}):
        fault(name, "does not know TABLE_PREFIX")
    role = target(function["Role"])
    owners[role] += 1
    if not resources.get(role, {}).get("Properties", {}).get("Policies"):
        fault(name, "has no role with a policy of its own")


def check_role(name, role):
    for policy in role.get("ManagedPolicyArns", []):
        if target(policy) is None:
            fault(name, f"has a policy of somebody else: {policy}")
    for policy in role.get("Policies", []):
        check_policy(name, policy["PolicyDocument"])
    if name not in SIGNING and "SigningKeysTable" in json.dumps(role):
        fault(name, "touches the private keys")


def check_policy(name, document):
    for statement in listed(document["Statement"]):
        actions = listed(statement.get("Action"))
        if not actions or any(action.endswith(":*") or action == "*" for action in actions):
            fault(name, f"may do everything: {actions}")
        if not statement.get("Resource") or ("*" in listed(statement["Resource"]) and not set(actions) <= UNBOUND):
            fault(name, f"may do {actions} to everything")


def check_queue(name, queue, resources):
    if name.endswith("Dlq"):
        if f'"{name}"' not in json.dumps(resources["DeadLetterAlarm"]):
            fault(name, "is not watched by DeadLetterAlarm")
    elif not target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn", "")):
        fault(name, "has no redrive policy")


def check_mapping(name, mapping, resources):
    """SQS must hide a message for longer than its function may work on it; AWS advises six times as long."""
    if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        fault(name, "does not report which items failed")
    given_up = mapping.get("DestinationConfig", {}).get("OnFailure")
    if given_up and f'"{name}"' not in json.dumps(resources["StreamGivenUpAlarm"]):
        fault(name, "gives up what StreamGivenUpAlarm does not see")
    source = resources[target(mapping["EventSourceArn"])]
    if source["Type"] == "AWS::SQS::Queue":
        function = target(mapping["FunctionName"])
        if function in WAITING and "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            fault(name, f"{function} waits for others, and may take all of the account's concurrency for it")
        timeout = resources[function]["Properties"]["Timeout"]
        if source["Properties"].get("VisibilityTimeout", 30) < 6 * timeout:
            fault(name, f"works for up to {timeout} s, but its queue does not hide messages for six times that")


def may_put(queue, rule, resources):
    """Whether EventBridge may put on a queue what a rule gives it: the queue's policy has to name the rule."""
    policies = [it["Properties"] for it in resources.values() if it["Type"] == "AWS::SQS::QueuePolicy"]
    for policy in (policy for policy in policies if queue in [target(it) for it in policy["Queues"]]):
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            sources = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn")
            if "sqs:SendMessage" in listed(statement["Action"]) and rule in [target(it) for it in listed(sources)]:
                return True
    return False


def check_rule(name, rule, resources):
    """What a rule cannot put on its queue, and cannot set aside either, is lost without a trace."""
    for it in rule["Targets"]:
        aside = target(it.get("DeadLetterConfig", {}).get("Arn"))
        if aside is None:
            fault(name, "drops what its target does not take")
        for queue in filter(None, [target(it["Arn"]), aside]):
            if not may_put(queue, name, resources):
                fault(name, f"may not put anything on {queue}")


def check_table(name, table):
    kept = [table.get("DeletionPolicy"), table.get("UpdateReplacePolicy")]
    properties = table["Properties"]
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    if kept != ["Retain", "Retain"] or not properties.get("DeletionProtectionEnabled"):
        fault(name, "can be lost with its stack")
    if not recovery.get("PointInTimeRecoveryEnabled") or "RecoveryPeriodInDays" not in recovery:
        fault(name, "cannot be recovered, or for how long is not said")
    if target(properties.get("SSESpecification", {}).get("KMSMasterKeyId")) != "DataKey":
        fault(name, "is not encrypted with DataKey")


def check_stage(name, stage):
    wanted = json.loads(stage["AccessLogSettings"]["Format"])
    told = {value.removeprefix("$context.") for value in wanted.values()}
    if not told <= ACCESS_LOG or any(len(re.findall(r"\$", value)) != 1 for value in wanted.values()):
        fault(name, f"its access log tells {sorted(told - ACCESS_LOG) or wanted}")


def check_features(manifest):
    """`sam build` cannot name features, so the manifest does."""
    metadata = tomllib.loads(manifest.read_text(encoding="utf-8"))["workspace"].get("metadata", {})
    if "lambda" not in metadata.get("lambda", {}).get("build", {}).get("features", []):
        fault("Cargo.toml", 'lacks features = ["lambda"] in [workspace.metadata.lambda.build]: sam would build nothing')


def main(path):
    resources = transform(path)
    if len(resources) >= MOST_RESOURCES:
        fault(path, f"makes {len(resources)} resources; {MOST_RESOURCES} are too many")
    owners = Counter()
    for name, resource in resources.items():
        properties = resource["Properties"]
        match resource["Type"]:
            case "AWS::Lambda::Function":
                check_function(name, properties, resources, owners)
            case "AWS::IAM::Role":
                check_role(name, properties)
            case "AWS::IAM::ManagedPolicy":
                check_policy(name, properties["PolicyDocument"])
            case "AWS::SQS::Queue":
                check_queue(name, properties, resources)
            case "AWS::Events::Rule" if "EventPattern" in properties:
                check_rule(name, properties, resources)
            case "AWS::Lambda::EventSourceMapping":
                check_mapping(name, properties, resources)
            case "AWS::DynamoDB::Table":
                check_table(name, resource)
            case "AWS::ApiGatewayV2::Stage":
                check_stage(name, properties)
    for role, functions in owners.items():
        if functions > 1:
            fault(role, f"is shared by {functions} functions")
    check_features(Path(path).resolve().parent / "Cargo.toml")

    for line in sorted(faults):
        print(line, file=sys.stderr)
    print(f"{path}: {len(resources)} resources, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
