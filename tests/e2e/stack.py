"""Deploys template.yaml, in which only each CodeUri is replaced: SAM's own translator expands it, and the emulator's
CloudFormation creates the stack.
"""

import json
import re
import time
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

STACK, TABLE_PREFIX, BUCKET = "e2e", "e2e-", "e2e-code"
SENDER = "accounts@example.com"
PARAMETERS = {"Architecture": "x86_64", "TablePrefix": TABLE_PREFIX, "MailSender": SENDER,
              "PlatformAdminEmail": "ops@example.com"}


def binary_name(function):
    return function["Metadata"]["BuildProperties"]["Binary"]


def resources_of_type(template, resource_type):
    return {name: it for name, it in template["Resources"].items() if it["Type"] == resource_type}


class Template:
    def __init__(self, path):
        self.source = yaml_parse(Path(path).read_text(encoding="utf-8"))
        self.functions = resources_of_type(self.source, "AWS::Serverless::Function")
        self.translated = self.translate(path)
        self.resources = self.translated["Resources"]

    def translate(self, path):
        source = yaml_parse(Path(path).read_text(encoding="utf-8"))
        for function in resources_of_type(source, "AWS::Serverless::Function").values():
            function["Properties"]["CodeUri"] = f"s3://{BUCKET}/{binary_name(function)}"
        defaults = {name: it.get("Default", "x") for name, it in source["Parameters"].items()}
        return Translator({}, Parser()).translate(source, {**defaults, **PARAMETERS})

    def declared_routes(self):
        """Maps each route key of the API to the logical id of its function."""
        routes = {}
        for path, operations in self.resources["Api"]["Properties"]["Body"]["paths"].items():
            for method, operation in operations.items():
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                key = "$default" if path == "/$default" else f"{verb} {path}"
                routes[key] = re.search(r"\$\{(\w+)\.Arn\}", uri)[1]
        return routes


def upload_template(emulator, template):
    """Uploads the template only: the emulator reads the binaries from disk."""
    s3 = emulator.aws_client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template.translated).encode())


def create(emulator):
    """Creates the stack. Returns the physical id of each resource by its logical id."""
    emulator.aws_client("sesv2").create_email_identity(EmailIdentity=SENDER)
    cloudformation = emulator.aws_client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK, TemplateURL=f"{emulator.aws_url}/{BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()])
    while (stack := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.2)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [it for it in events if it["ResourceStatus"].endswith("FAILED")]
        raise AssertionError("; ".join(f"{it['LogicalResourceId']}: {it.get('ResourceStatusReason')}" for it in failed))
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {it["LogicalResourceId"]: it["PhysicalResourceId"] for page in pages for it in page["StackResourceSummaries"]}


def verify(emulator, template, physical_ids):
    """Verifies that everything was created, since the emulator reports a stack as complete even if parts of it are missing.
    Returns the number of routes."""
    missing = set(template.resources) - set(physical_ids)
    assert not missing, f"resources not created: {sorted(missing)}"
    api = emulator.aws_client("apigatewayv2")
    routes, page = {}, {}
    while True:
        response = api.get_routes(ApiId=physical_ids["Api"], **page)
        routes.update({it["RouteKey"]: it for it in response["Items"]})
        if not response.get("NextToken"):
            break
        page = {"NextToken": response["NextToken"]}
    declared = template.declared_routes()
    assert set(routes) == set(declared), f"routes differ: {sorted(set(routes) ^ set(declared))}"
    verify_functions(emulator, template, physical_ids)
    tables = emulator.aws_client("dynamodb").list_tables()["TableNames"]
    expected = resources_of_type(template.translated, "AWS::DynamoDB::Table")
    assert len(tables) == len(expected), f"{len(tables)} tables instead of {len(expected)}"
    return len(routes)


def verify_functions(emulator, template, physical_ids):
    functions = emulator.aws_client("lambda")
    for name in template.functions:
        configuration = functions.get_function_configuration(FunctionName=physical_ids[name])
        has_code = configuration["CodeSize"] > 100_000 and configuration["Runtime"] == "provided.al2023"
        assert has_code, f"{name} has no code: {configuration}"
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    expected = resources_of_type(template.translated, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(expected), f"{len(mappings)} event source mappings instead of {len(expected)}"
    events = emulator.aws_client("events")
    for name, rule in resources_of_type(template.translated, "AWS::Events::Rule").items():
        rule_name = physical_ids[name].split("|")[-1]
        targets = events.list_targets_by_rule(Rule=rule_name, EventBusName=physical_ids["EventBus"])["Targets"]
        assert len(targets) == len(rule["Properties"]["Targets"]), f"{name} has {len(targets)} targets"


def update_row(emulator, table, key, **attributes):
    """Writes a row directly, to create a state that the API of this release never reaches, or only through a race or after
    years."""
    names = {f"#{name}": name for name in attributes}
    emulator.aws_client("dynamodb").update_item(
        TableName=TABLE_PREFIX + table, Key=key, ExpressionAttributeNames=names,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in attributes.items()})
