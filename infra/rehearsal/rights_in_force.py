"""What IAM decides in the emulator, written down, and what AWS would ask beside it.

ministack enforces each function's policy on each call to an API. It does not ask what AWS asks without such a call: may a
mapping read its queue or stream, may a caller pass a role on, use a queue's key, may the Scheduler do what its job says, may
a rule put on a queue. Those are asked here, of the same policies, so that no statement of the template is decoration.
"""

import contextvars
import json
from collections import defaultdict

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult
from ministack.services import eventbridge, lambda_svc, sqs

ACCOUNT, REGION = "000000000000", "eu-central-1"
QUEUE_READER = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM_READER = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")

body_of_call = contextvars.ContextVar("body_of_call", default=b"")
# By role: what it was let do, as pairs of action and resource; and everything that was refused, in order.
granted = defaultdict(set)
refused = []


def role_of(arn):
    """The name of a role, from its own ARN or from that of a session of it; None for others."""
    for mark in (":assumed-role/", ":role/"):
        if mark in arn:
            return arn.split(mark)[1].split("/")[0]
    return None


def note(role, action, resource, allowed):
    if allowed:
        granted[role].add((action, resource))
    else:
        refused.append({"role": role, "action": action, "resource": resource})
    return allowed


def may(role, action, resource, **context):
    """Whether a role's policies allow an action that no call to an API stands for."""
    asked = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/rehearsal", principal_type="AssumedRole",
        principal_account=ACCOUNT, action=action, resource_arn=resource, region=REGION,
        service_context={key.replace("_", ":", 1).lower(): value for key, value in context.items()})
    decision = iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(role, ACCOUNT)).decision
    return note(role, action, resource, decision == "Allow")


def fields_of_call():
    try:
        fields = json.loads(body_of_call.get() or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def key_of_queue(arn):
    queue = sqs._queue_by_arn(arn)
    key = (queue or {}).get("attributes", {}).get("KmsMasterKeyId")
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" if key and not key.startswith("arn:") else key


def uses_key(role, queue, *actions):
    """A queue with a key of ours: who sends or receives needs the key as well, by way of SQS."""
    key = key_of_queue(queue)
    return not key or all(may(role, it, key, kms_ViaService=f"sqs.{REGION}.amazonaws.com") for it in actions)


def asked_beside(role, action, resource):
    if action == "scheduler:CreateSchedule":
        passed = fields_of_call().get("Target", {}).get("RoleArn", "")
        return may(role, "iam:PassRole", passed, iam_PassedToService="scheduler.amazonaws.com")
    if action == "ses:SendEmail":
        # The identity here stands for one with a default configuration set.
        sender = fields_of_call().get("FromEmailAddress", "")
        return may(role, action, f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/default", ses_FromAddress=sender)
    if action == "sqs:SendMessage":
        return uses_key(role, resource, "kms:GenerateDataKey", "kms:Decrypt")
    return True


def watch_calls():
    decide, name_resource = iam_evaluator.enforce, iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query, region, account):
        """A schedule's ARN names its group, where ministack says `default`; a mail is about who sends it."""
        body_of_call.set(body)
        arn = name_resource(service, method, path, headers, body, query, region, account)
        if service == "ses" and "FromEmailAddress" in fields_of_call():
            return f"arn:aws:ses:{region}:{account}:identity/{fields_of_call()['FromEmailAddress']}"
        if service == "scheduler" and ":schedule/default/" in arn:
            asked = query.get("groupName") or fields_of_call().get("GroupName") or "default"
            arn = arn.replace("/default/", f"/{asked[0] if isinstance(asked, list) else asked}/")
        return arn

    def enforce(access_key, action, service, region, resource_arn="*", service_context=None):
        context = dict(service_context or {})
        if service == "sqs":
            # A batch is allowed by the right to the single action; ministack asks for one of its own.
            action = action.removesuffix("Batch")
        if action == "ses:SendEmail":
            # ministack does not fill in this key, on which our policies insist.
            context["ses:FromAddress"] = fields_of_call().get("FromEmailAddress", "")
        outcome = decide(access_key, action, service, region, resource_arn=resource_arn, service_context=context)
        role = role_of(getattr(iam_evaluator.resolve_principal(access_key, ACCOUNT), "arn", ""))
        if role is None:
            return outcome
        if note(role, action, resource_arn, outcome is None) and not asked_beside(role, action, resource_arn):
            return EvalResult("ImplicitDeny", role, "", "asked beside the call")
        return outcome

    iam_actions.extract_resource_arn, iam_evaluator.enforce = extract_resource_arn, enforce


def reads_its_source(mapping):
    """Whether the function of a mapping may read the queue or the stream that feeds it."""
    function = lambda_svc._functions.get_scoped(ACCOUNT, REGION, mapping["FunctionName"].split(":")[-1])
    role, source = role_of(function["config"]["Role"]), mapping["EventSourceArn"]
    if ":sqs:" in source:
        return all([may(role, it, source) for it in QUEUE_READER]) and uses_key(role, source, "kms:Decrypt")
    return all([may(role, it, source) for it in STREAM_READER])


def watch_mappings():
    every = lambda_svc._iter_all_esms
    known = {}

    def allowed(mapping):
        """Asked again only when the policies may have changed: the poller comes by many times a second."""
        if mapping["UUID"] not in known:
            known[mapping["UUID"]] = reads_its_source(mapping)
        return known[mapping["UUID"]]

    lambda_svc._iter_all_esms = lambda: (it for it in every() if allowed(it[2]))
    return known.clear


def queue_takes(rule, queue_arn):
    """Whether the policy of a queue lets a rule put messages on it."""
    queue = sqs._queue_by_arn(queue_arn) or {"attributes": {}}
    asked = EvalContext(
        principal_arn="events.amazonaws.com", principal_type="Service", principal_account=ACCOUNT,
        action="sqs:SendMessage", resource_arn=queue_arn, region=REGION,
        service_context={"aws:sourcearn": rule.get("Arn", "")})
    policy = queue["attributes"].get("Policy")
    decision = iam_evaluator.evaluate_resource_policy(policy, asked, service="events.amazonaws.com").decision
    return note("events.amazonaws.com", "sqs:SendMessage", queue_arn, decision == "Allow")


def watch_targets():
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if "ScheduleExpression" in rule and "FlexibleTimeWindow" in rule:
            action = "lambda:InvokeFunction" if ":lambda:" in arn else "sqs:SendMessage"
            allowed = may(role_of(target["RoleArn"]), action, arn)
        else:
            allowed = ":sqs:" not in arn or queue_takes(rule, arn)
        if allowed:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def watch():
    """Puts the questions in place; answers what forgets the remembered answers."""
    watch_calls()
    watch_targets()
    return watch_mappings()
