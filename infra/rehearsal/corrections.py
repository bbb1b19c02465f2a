"""What ministack does otherwise than AWS and would be in the way here. Each is put right in its process alone.

Known and left: it makes one attempt to invoke a function by a rule or a job, where AWS makes three; a path with %2F is not
found; there is no throttling, no lag of indexes, no TransactionConflict; nothing expires by TTL.
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

invoked = {}
asynchronous = {"running": 0}
_counting = threading.Lock()


def read_bodies():
    """It ignores the body of an HTTP API, in which SAM puts every route, and calls a stack without any complete. So each
    operation of a body becomes a route and an integration, as API Gateway makes them of it."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create = handlers["create"]

    def create_api(logical_id, properties, stack):
        body = properties["Body"]
        cors = {name[0].upper() + name[1:]: value for name, value in body["x-amazon-apigateway-cors"].items()}
        described = {"Name": body["info"]["title"], "ProtocolType": "HTTP", "CorsConfiguration": cors}
        api, attributes = create(logical_id, described, stack)
        for path, operations in body["paths"].items():
            for method, operation in operations.items():
                add_route(api, path, method, operation["x-amazon-apigateway-integration"])
        return api, attributes

    handlers["create"] = create_api


def add_route(api, path, method, integration):
    asked = {"ApiId": api, "IntegrationUri": integration["uri"], "PayloadFormatVersion": integration["payloadFormatVersion"]}
    made, _ = provisioners._apigw_v2_integration_create("", asked, "")
    verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
    key = "$default" if path == "/$default" else f"{verb} {path}"
    provisioners._apigw_v2_route_create("", {"ApiId": api, "RouteKey": key, "Target": f"integrations/{made}"}, "")


def take_any_alarm():
    """It knows no alarm on the sum of several metrics. Nothing here looks at alarms, so such a one is said to be there."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    create = handlers["create"]

    def create_alarm(logical_id, properties, stack):
        if "Metrics" not in properties:
            return create(logical_id, properties, stack)
        name = f"{stack}-{logical_id}"
        return name, {"Arn": f"arn:aws:cloudwatch:::alarm:{name}"}

    handlers["create"] = create_alarm


def fetch_code(programs):
    """Its S3 takes a quarter of a minute to store a gigabyte of programs. So code is fetched from where cargo has put it, in an
    archive as Lambda takes it, and one for all functions that are the same program."""

    @functools.cache
    def archive(name):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            file.writestr(entry, (Path(programs) / name).read_bytes())
        return packed.getvalue()

    lambda_svc._fetch_code_from_s3 = lambda bucket, key, version_id=None: archive(key)


def answer_at_once():
    """The two small writes of each answer of its Runtime API met Nagle and a late acknowledgement: 40 ms an invocation."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def keep_logs(path):
    """It waits up to 50 ms for what a function may yet write, to show it with the invocation. Here the lines go to a file."""
    log = open(path, "a", encoding="utf-8", buffering=1)

    def pump(self, stream, _):
        for raw in iter(stream.readline, b""):
            log.write(f"{self.func_name} {raw.decode('utf-8', 'replace')}")
        stream.close()

    lambda_runtime.ProvidedWorker._pump_output = pump
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = lambda self, **_: ""


def hide_failures():
    """A function that fails is 500 and the gateway's own message on AWS, not 502 and the function's."""
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response

    def proxy_response(result):
        if result.get("error") and not result.get("throttle"):
            message = json.dumps({"message": "Internal Server Error"})
            return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": message}, None
        return shape(result)

    lambda_svc.lambda_execute_result_to_api_proxy_response = proxy_response


def count_invocations():
    execute = lambda_svc._execute_function_dispatch

    def dispatch(function, config, event, request_id, started):
        result = execute(function, config, event, request_id, started)
        with _counting:
            row = invoked.setdefault(config["FunctionName"], {"times": 0, "failed": 0})
            row["times"] += 1
            row["failed"] += bool(result.get("error"))
        return result

    lambda_svc._execute_function_dispatch = dispatch


def count_asynchronous():
    """What a job invokes runs in a thread that nobody counts, so nobody could wait for it."""

    def run(record, event):
        try:
            lambda_svc._execute_function_with_config_scope(record, event)
        finally:
            with _counting:
                asynchronous["running"] -= 1

    def dispatch(arn, payload):
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        record = lambda_svc._execution_record_for_config(function, config)
        with _counting:
            asynchronous["running"] += 1
        threading.Thread(target=run, args=(record, json.loads(payload)), daemon=True).start()

    eventbridge._dispatch_to_lambda = dispatch


def leave_jobs_to_us():
    """It looks for due jobs every ten seconds; pace.py does, whenever the clock moves and once a second."""
    scheduler.start_scheduler = lambda: None


def correct(programs, log_path):
    logging.getLogger("lambda_runtime").setLevel(logging.WARNING)
    read_bodies()
    take_any_alarm()
    fetch_code(programs)
    answer_at_once()
    keep_logs(log_path)
    hide_failures()
    count_invocations()
    count_asynchronous()
    leave_jobs_to_us()
