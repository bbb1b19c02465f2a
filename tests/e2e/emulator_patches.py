"""Patches for ministack where it differs from AWS in a way that this test would notice, and where it is slow or tells too little.
They apply to its process only.

Known differences that stay: ministack invokes the target of a scheduled job once, where AWS retries twice. It finds
no route for a path with %2F. It has no throttling, no index lag, no TransactionConflict and no expiry by TTL.
"""

import functools
import io
import json
import logging
import socketserver
import threading
import zipfile
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, scheduler
from ministack.services.cloudformation import provisioners

invocations_by_function = {}
running_async_invocations = {"count": 0}
_counter_lock = threading.Lock()


def create_routes_from_api_body():
    """SAM puts every route into the body of the HTTP API. ministack ignores that body and still reports the stack as complete.
    This patch creates a route and an integration for each operation of the body, as API Gateway does."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create = handlers["create"]

    def create_api(logical_id, properties, stack):
        body = properties["Body"]
        cors = {name[0].upper() + name[1:]: value for name, value in body["x-amazon-apigateway-cors"].items()}
        api_properties = {"Name": body["info"]["title"], "ProtocolType": "HTTP", "CorsConfiguration": cors}
        api_id, attributes = create(logical_id, api_properties, stack)
        for path, operations in body["paths"].items():
            for method, operation in operations.items():
                add_route(api_id, path, method, operation["x-amazon-apigateway-integration"])
        return api_id, attributes

    handlers["create"] = create_api


def add_route(api_id, path, method, integration):
    integration_properties = {
        "ApiId": api_id, "IntegrationUri": integration["uri"], "PayloadFormatVersion": integration["payloadFormatVersion"]}
    integration_id, _ = provisioners._apigw_v2_integration_create("", integration_properties, "")
    verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
    route_key = "$default" if path == "/$default" else f"{verb} {path}"
    route_properties = {"ApiId": api_id, "RouteKey": route_key, "Target": f"integrations/{integration_id}"}
    provisioners._apigw_v2_route_create("", route_properties, "")


def accept_alarms_with_metric_math():
    """ministack cannot create an alarm on an expression over several metrics. This test evaluates no alarms, so the patch
    only pretends to create such an alarm."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    create = handlers["create"]

    def create_alarm(logical_id, properties, stack):
        if "Metrics" not in properties:
            return create(logical_id, properties, stack)
        name = f"{stack}-{logical_id}"
        return name, {"Arn": f"arn:aws:cloudwatch:::alarm:{name}"}

    handlers["create"] = create_alarm


def load_code_from_disk(binaries_dir):
    """ministack's S3 needs 15 seconds to store a gigabyte of binaries. This patch reads each function's code from cargo's
    target folder instead, and zips each binary once."""

    @functools.cache
    def zip_binary(name):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            file.writestr(entry, (Path(binaries_dir) / name).read_bytes())
        return archive.getvalue()

    lambda_svc._fetch_code_from_s3 = lambda bucket, key, version_id=None: zip_binary(key)


def disable_nagle():
    """ministack's Runtime API writes each response in two small parts. Nagle's algorithm and delayed acknowledgements then add
    40 ms to each invocation."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def write_function_logs_to(path):
    """After each invocation ministack waits up to 50 ms for more log lines, to return them with the result. Writing the lines
    to a file avoids that wait."""
    log = open(path, "a", encoding="utf-8", buffering=1)

    def copy_output(self, stream, _):
        for raw in iter(stream.readline, b""):
            log.write(f"{self.func_name} {raw.decode('utf-8', 'replace')}")
        stream.close()

    lambda_runtime.ProvidedWorker._pump_output = copy_output
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = lambda self, **_: ""


def hide_function_errors():
    """When a function fails, API Gateway responds with 500 and its own message. ministack responds with 502 and the
    function's message."""
    original = lambda_svc.lambda_execute_result_to_api_proxy_response

    def proxy_response(result):
        if result.get("error") and not result.get("throttle"):
            message = json.dumps({"message": "Internal Server Error"})
            return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": message}, None
        return original(result)

    lambda_svc.lambda_execute_result_to_api_proxy_response = proxy_response


def count_invocations():
    execute = lambda_svc._execute_function_dispatch

    def dispatch(function, config, event, request_id, started):
        result = execute(function, config, event, request_id, started)
        with _counter_lock:
            counts = invocations_by_function.setdefault(config["FunctionName"], {"invoked": 0, "failed": 0})
            counts["invoked"] += 1
            counts["failed"] += bool(result.get("error"))
        return result

    lambda_svc._execute_function_dispatch = dispatch


def track_async_invocations():
    """ministack runs the target of a scheduled job in a thread that it does not track, so a test could not wait until the
    thread has finished."""

    def run(record, event):
        try:
            lambda_svc._execute_function_with_config_scope(record, event)
        finally:
            with _counter_lock:
                running_async_invocations["count"] -= 1

    def dispatch(arn, payload):
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        record = lambda_svc._execution_record_for_config(function, config)
        with _counter_lock:
            running_async_invocations["count"] += 1
        threading.Thread(target=run, args=(record, json.loads(payload)), daemon=True).start()

    eventbridge._dispatch_to_lambda = dispatch


def disable_builtin_scheduler():
    """ministack checks for due jobs every ten seconds. virtual_time.py checks once a second and after each clock change."""
    scheduler.start_scheduler = lambda: None


def apply(binaries_dir, function_log):
    logging.getLogger("lambda_runtime").setLevel(logging.WARNING)
    create_routes_from_api_body()
    accept_alarms_with_metric_math()
    load_code_from_disk(binaries_dir)
    disable_nagle()
    write_function_logs_to(function_log)
    hide_function_errors()
    count_invocations()
    track_async_invocations()
    disable_builtin_scheduler()
