"""Deploys template.yaml as it is: translated by SAM's own translator, created by the emulator's CloudFormation."""

import json
import time
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

STACK, PREFIX, BUCKET = "rehearsal", "rehearsal-", "rehearsal-code"
SENDER = "accounts@example.com"
PARAMETERS = {"Architecture": "x86_64", "TablePrefix": PREFIX, "MailSender": SENDER,
              "PlatformAdminEmail": "ops@example.com"}


def binary_of(function):
    return function["Metadata"]["BuildProperties"]["Binary"]


def of_type(template, kind):
    return {name: it for name, it in template["Resources"].items() if it["Type"] == kind}


class Template:
    def __init__(self, path):
        self.source = yaml_parse(Path(path).read_text(encoding="utf-8"))
        self.functions = of_type(self.source, "AWS::Serverless::Function")
        self.translated = self.translate(path)
        self.resources = self.translated["Resources"]

    def translate(self, path):
        source = yaml_parse(Path(path).read_text(encoding="utf-8"))
        for function in of_type(source, "AWS::Serverless::Function").values():
            function["Properties"]["CodeUri"] = f"s3://{BUCKET}/{binary_of(function)}"
        defaults = {name: it.get("Default", "x") for name, it in source["Parameters"].items()}
        return Translator({}, Parser()).translate(source, {**defaults, **PARAMETERS})

    def declared_routes(self):
        """By route, as the template's events name it, the function that it leads to."""
        routes = {}
        for name, function in self.functions.items():
            for event in function["Properties"].get("Events", {}).values():
                if event["Type"] == "HttpApi":
                    at = event["Properties"]
                    routes[f"{at['Method']} {at['Path']}" if "Path" in at else "$default"] = name
        return routes


def upload(cloud, template):
    """The template only: the emulator fetches the programs itself."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template.translated).encode())


def create(cloud):
    cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    formation = cloud.client("cloudformation")
    formation.create_stack(
        StackName=STACK, TemplateURL=f"{cloud.url}/{BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()])
    while (stack := formation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.2)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [it for it in events if it["ResourceStatus"].endswith("FAILED")]
        raise AssertionError("; ".join(f"{it['LogicalResourceId']}: {it.get('ResourceStatusReason')}" for it in failed))
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {it["LogicalResourceId"]: it["PhysicalResourceId"] for page in pages for it in page["StackResourceSummaries"]}


def check(cloud, template, made):
    """The emulator calls much complete that is not there. Answers the API's id and how many routes it has."""
    missing = set(template.resources) - set(made)
    assert not missing, f"not made: {sorted(missing)}"
    api = cloud.client("apigatewayv2")
    routes, page = {}, {}
    while True:
        answer = api.get_routes(ApiId=made["Api"], **page)
        routes.update({it["RouteKey"]: it for it in answer["Items"]})
        if not answer.get("NextToken"):
            break
        page = {"NextToken": answer["NextToken"]}
    declared = template.declared_routes()
    assert set(routes) == set(declared), f"routes differ: {sorted(set(routes) ^ set(declared))}"
    check_functions(cloud, made, template)
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    wanted = of_type(template.translated, "AWS::DynamoDB::Table")
    assert len(tables) == len(wanted), f"{len(tables)} tables instead of {len(wanted)}"
    return len(routes)


def check_functions(cloud, made, template):
    functions = cloud.client("lambda")
    for name in template.functions:
        has = functions.get_function_configuration(FunctionName=made[name])
        assert has["CodeSize"] > 100_000 and has["Runtime"] == "provided.al2023", f"{name} has no code: {has}"
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    wanted = of_type(template.translated, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(wanted), f"{len(mappings)} mappings instead of {len(wanted)}"
    for name, rule in of_type(template.translated, "AWS::Events::Rule").items():
        bus = made["EventBus"]
        targets = cloud.client("events").list_targets_by_rule(Rule=made[name].split("|")[-1], EventBusName=bus)["Targets"]
        assert len(targets) == len(rule["Properties"]["Targets"]), f"{name} has {len(targets)} targets"


def write(cloud, table, key, **attributes):
    """Changes a row behind the product's back, to what would take a race or years to come by."""
    names = {f"#{name}": name for name in attributes}
    cloud.client("dynamodb").update_item(
        TableName=PREFIX + table, Key=key, ExpressionAttributeNames=names,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in attributes.items()})
