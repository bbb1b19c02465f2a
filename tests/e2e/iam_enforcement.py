"""Records the IAM decisions of the emulator about roles, and evaluates the permissions that ministack does not.

ministack enforces each function's policies on each AWS call. It does not evaluate the permissions that AWS needs apart from
such a call: an event source mapping reads its queue or stream, a caller passes a role, a sender uses a queue's key, the
Scheduler invokes a job's target, a rule sends to a queue. This module evaluates those permissions against the same policies.
Otherwise those statements of the template would go untested.
"""

import contextvars
import json
from collections import defaultdict
from email.utils import parseaddr

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult
from ministack.services import eventbridge, lambda_svc, sqs

ACCOUNT, REGION = "000000000000", "eu-central-1"
QUEUE_READ_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM_READ_ACTIONS = (
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")

current_request_body = contextvars.ContextVar("current_request_body", default=b"")
# The allowed (action, resource) pairs by role, and every denied call in order.
allowed_by_role = defaultdict(set)
denied = []


def role_name(arn):
    """The name of a role from its own ARN or from the ARN of one of its sessions; None for other ARNs."""
    for marker in (":assumed-role/", ":role/"):
        if marker in arn:
            return arn.split(marker)[1].split("/")[0]
    return None


def record(role, action, resource, allowed):
    if allowed:
        allowed_by_role[role].add((action, resource))
    else:
        denied.append({"role": role, "action": action, "resource": resource})
    return allowed


def is_allowed(role, action, resource, **context):
    """Evaluates and records an action that AWS authorises as part of another call or of its own work, such as iam:PassRole."""
    request = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/e2e", principal_type="AssumedRole",
        principal_account=ACCOUNT, action=action, resource_arn=resource, region=REGION,
        service_context={key.replace("_", ":", 1).lower(): value for key, value in context.items()})
    decision = iam_evaluator.evaluate(request, iam_evaluator._gather_role_policies(role, ACCOUNT)).decision
    return record(role, action, resource, decision == "Allow")


def request_fields():
    try:
        fields = json.loads(current_request_body.get() or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def queue_key_arn(queue_arn):
    queue = sqs._queue_by_arn(queue_arn)
    key = (queue or {}).get("attributes", {}).get("KmsMasterKeyId")
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" if key and not key.startswith("arn:") else key


def may_use_queue_key(role, queue_arn, *actions):
    """To send to or receive from an encrypted queue, a role also needs its KMS key, through SQS."""
    key = queue_key_arn(queue_arn)
    return not key or all(is_allowed(role, it, key, kms_ViaService=f"sqs.{REGION}.amazonaws.com") for it in actions)


def sender_address():
    """The sender's address without its display name, as SES compares it."""
    return parseaddr(request_fields().get("FromEmailAddress", ""))[1]


def has_related_permissions(role, action, resource):
    """Evaluates the further permissions that AWS requires for a call."""
    if action == "scheduler:CreateSchedule":
        passed_role = request_fields().get("Target", {}).get("RoleArn", "")
        return is_allowed(role, "iam:PassRole", passed_role, iam_PassedToService="scheduler.amazonaws.com")
    if action == "ses:SendEmail":
        # Assumes that the identity has a default configuration set. SES then also requires permission for that set.
        sender = sender_address()
        configuration_set = f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/default"
        return is_allowed(role, action, configuration_set, ses_FromAddress=sender)
    if action == "sqs:SendMessage":
        return may_use_queue_key(role, resource, "kms:GenerateDataKey", "kms:Decrypt")
    return True


def patch_call_evaluation():
    original_enforce, original_extract = iam_evaluator.enforce, iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query, region, account):
        """Corrects two ARNs: a schedule's ARN names its group instead of always `default`, and a mail's ARN names its
        sender."""
        current_request_body.set(body)
        arn = original_extract(service, method, path, headers, body, query, region, account)
        if service == "ses" and "FromEmailAddress" in request_fields():
            return f"arn:aws:ses:{region}:{account}:identity/{sender_address()}"
        if service == "scheduler" and ":schedule/default/" in arn:
            group = query.get("groupName") or request_fields().get("GroupName") or "default"
            arn = arn.replace("/default/", f"/{group[0] if isinstance(group, list) else group}/")
        return arn

    def enforce(access_key, action, service, region, resource_arn="*", service_context=None):
        context = dict(service_context or {})
        if service == "sqs":
            # AWS authorises a batch by the single action. ministack evaluates a separate action for a batch.
            action = action.removesuffix("Batch")
        if action == "ses:SendEmail":
            # ministack does not set this condition key, which our policies require.
            context["ses:FromAddress"] = sender_address()
        result = original_enforce(access_key, action, service, region, resource_arn=resource_arn, service_context=context)
        role = role_name(getattr(iam_evaluator.resolve_principal(access_key, ACCOUNT), "arn", ""))
        if role is None:
            return result
        if record(role, action, resource_arn, result is None) and not has_related_permissions(role, action, resource_arn):
            return EvalResult("ImplicitDeny", role, "", "a related permission is missing")
        return result

    iam_actions.extract_resource_arn, iam_evaluator.enforce = extract_resource_arn, enforce


def may_read_source(mapping):
    """Whether the function of a mapping may read the queue or the stream that feeds it."""
    function = lambda_svc._functions.get_scoped(ACCOUNT, REGION, mapping["FunctionName"].split(":")[-1])
    role, source = role_name(function["config"]["Role"]), mapping["EventSourceArn"]
    if ":sqs:" in source:
        return all([is_allowed(role, it, source) for it in QUEUE_READ_ACTIONS]) and may_use_queue_key(
            role, source, "kms:Decrypt")
    return all([is_allowed(role, it, source) for it in STREAM_READ_ACTIONS])


def patch_event_source_mappings():
    """Hides the mappings whose function may not read its source. Returns a function that clears the cached decisions."""
    all_mappings = lambda_svc._iter_all_esms
    decisions = {}

    def may_read(mapping):
        """Cached until a policy changes, since the poller asks many times a second."""
        if mapping["UUID"] not in decisions:
            decisions[mapping["UUID"]] = may_read_source(mapping)
        return decisions[mapping["UUID"]]

    lambda_svc._iter_all_esms = lambda: (it for it in all_mappings() if may_read(it[2]))
    return decisions.clear


def queue_accepts(rule, queue_arn):
    """Whether the resource policy of a queue lets a rule send to it."""
    queue = sqs._queue_by_arn(queue_arn) or {"attributes": {}}
    request = EvalContext(
        principal_arn="events.amazonaws.com", principal_type="Service", principal_account=ACCOUNT,
        action="sqs:SendMessage", resource_arn=queue_arn, region=REGION,
        service_context={"aws:sourcearn": rule.get("Arn", "")})
    policy = queue["attributes"].get("Policy")
    decision = iam_evaluator.evaluate_resource_policy(policy, request, service="events.amazonaws.com").decision
    return record("events.amazonaws.com", "sqs:SendMessage", queue_arn, decision == "Allow")


def patch_targets():
    original = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if "ScheduleExpression" in rule and "FlexibleTimeWindow" in rule:
            action = "lambda:InvokeFunction" if ":lambda:" in arn else "sqs:SendMessage"
            allowed = is_allowed(role_name(target["RoleArn"]), action, arn)
        else:
            allowed = ":sqs:" not in arn or queue_accepts(rule, arn)
        if allowed:
            original(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def install():
    """Installs the patches. Returns a function that clears the cached decisions after a policy change."""
    patch_call_evaluation()
    patch_targets()
    return patch_event_source_mappings()
