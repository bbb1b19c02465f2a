"""The emulator as a child process, and boto3 clients for the AWS services that it emulates."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

HERE = Path(__file__).resolve().parent
REGION = "eu-central-1"
# The emulator treats these credentials as the root user of its only account.
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for it in sockets:
        it.bind(("127.0.0.1", 0))
    ports = [it.getsockname()[1] for it in sockets]
    for it in sockets:
        it.close()
    return ports


class Emulator:
    def __init__(self, work_dir, binaries_dir):
        self.work_dir, self.binaries_dir = Path(work_dir), binaries_dir
        self.aws_port, self.api_port = free_ports(2)
        self.aws_url, self.api_url = (f"http://127.0.0.1:{port}" for port in (self.aws_port, self.api_port))
        self.function_log = self.work_dir / "functions.log"
        self.process = None

    def start(self):
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LD_PRELOAD", "CUSTODIAN_CLOCK")}, **ROOT_CREDENTIALS,
            "AUTH": "true", "GATEWAY_PORT": str(self.aws_port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION, "AWS_ENDPOINT_URL": self.aws_url, "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self.work_dir), "SFTP_ENABLED": "0", "PYTHONDONTWRITEBYTECODE": "1",
        }
        output = open(self.work_dir / "emulator.log", "w", encoding="utf-8")
        arguments = [sys.executable, HERE / "emulator_server.py", str(self.aws_port), str(self.api_port),
                     self.binaries_dir, self.function_log]
        self.process = subprocess.Popen(arguments, env=environment, stdout=output, stderr=output, cwd=HERE)
        self.wait_until_ready()

    def wait_until_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f"the emulator exited:\n{(self.work_dir / 'emulator.log').read_text()}")
            try:
                return self.request("GET", "/_local/health")
            except OSError:
                time.sleep(0.05)
        sys.exit("the emulator did not start within 30 seconds")

    def request(self, method, path, body=None):
        """Calls a `/_local/` or `/_e2e/` route of the emulator. Raises an exception for an error response."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.api_url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=900) as response:
            return json.load(response)

    def aws_client(self, service):
        return boto3.client(
            service, endpoint_url=self.aws_url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, read_timeout=300, max_pool_connections=4))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
