"""Tests that every statement of a function's role is needed.

For the sampled functions, the test removes each statement in turn and expects the function's case to fail. A case fails if its
result is wrong or if IAM denied a call of the role, even if the product recovers from the denied call. For all functions, each
statement must have allowed at least one call in the whole run. EXEMPT_STATEMENTS lists the exceptions.
"""

import json
from fnmatch import fnmatchcase

from iam_policy_cases import CASES, EXEMPT_STATEMENTS
from stack import STACK, TABLE_PREFIX


def as_list(value):
    return value if isinstance(value, list) else [value]


def denied_calls(emulator):
    return emulator.request("GET", "/_e2e/report")["denied"]


class Role:
    """The role of a function with its inline policy, if it has one."""

    def __init__(self, emulator, template, physical_ids, function):
        self.emulator, self.function, self.iam = emulator, function, emulator.aws_client("iam")
        (logical_id,) = [name for name, it in template.functions.items()
                         if it["Properties"]["FunctionName"]["Fn::Sub"] == f"${{AWS::StackName}}-{function}"]
        self.name = physical_ids[template.functions[logical_id]["Properties"]["Role"]["Fn::GetAtt"][0]]
        policies = self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        if not policies:
            self.policy, self.document, self.statements = None, {}, []
            return
        (self.policy,) = policies
        document = self.iam.get_role_policy(RoleName=self.name, PolicyName=self.policy)["PolicyDocument"]
        self.document = json.loads(document) if isinstance(document, str) else document
        self.statements = self.document["Statement"]

    def put_statements(self, statements):
        """Replaces the statements, and restarts the function so that its start-up runs under them, too."""
        document = json.dumps({**self.document, "Statement": statements})
        self.iam.put_role_policy(RoleName=self.name, PolicyName=self.policy, PolicyDocument=document)
        self.emulator.request("POST", "/_e2e/policy-changed", {"function": f"{STACK}-{self.function}"})


def failure_of(emulator, role, case):
    """Runs a case. Returns the reason for its failure, or None if it passed."""
    emulator.request("POST", "/_e2e/reset")
    denied_before = len(denied_calls(emulator))
    try:
        case(emulator)
    except (AssertionError, IndexError, KeyError) as error:
        return str(error) or repr(error)
    finally:
        emulator.request("POST", "/_e2e/scheduler", {"paused": False})
    denied = [it for it in denied_calls(emulator)[denied_before:] if it["role"] == role.name]
    return f"denied: {denied[0]}" if denied else None


def summary(statement):
    names = [it.rsplit(":", 1)[-1].removeprefix(f"table/{TABLE_PREFIX}") for it in as_list(statement["Resource"])]
    return f"{', '.join(as_list(statement['Action']))} on {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"


def is_exempt(function, statement):
    return any(part in summary(statement) for part in EXEMPT_STATEMENTS.get(function, {}))


def check_each_statement_is_needed(emulator, template, physical_ids, function):
    role, case = Role(emulator, template, physical_ids, function), CASES[function]
    role.put_statements(role.statements)
    failure = failure_of(emulator, role, case)
    assert failure is None, f"the case fails with all statements: {failure}"
    unneeded, exempt = [], 0
    try:
        for index, statement in enumerate(role.statements):
            role.put_statements(role.statements[:index] + role.statements[index + 1:])
            if failure_of(emulator, role, case) is not None:
                continue
            if is_exempt(function, statement):
                exempt += 1
            else:
                unneeded.append(summary(statement))
    finally:
        role.put_statements(role.statements)
    assert not unneeded, "the case still passes without:\n" + "\n".join(unneeded)
    return f"{len(role.statements) - exempt} statements" + (f", {exempt} exempt" if exempt else "")


def was_used(statement, allowed_calls):
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    return any(any(fnmatchcase(action, it) for it in actions) and any(fnmatchcase(arn, it) for it in resources)
               for action, arn in allowed_calls)


def check_all_statements_were_used(emulator, template, physical_ids):
    """`run.py` fails if IAM denied a call before this module starts, so a statement that was used until then cannot be removed
    unnoticed. This covers all functions, not only the sampled ones. Calls of the cases above also count as use."""
    allowed_by_role = emulator.request("GET", "/_e2e/report")["allowed"]
    total, unused = 0, []
    for it in template.functions.values():
        function = it["Properties"]["FunctionName"]["Fn::Sub"].split("}-")[1]
        role = Role(emulator, template, physical_ids, function)
        statements = [it for it in role.statements if not is_exempt(function, it)]
        total += len(statements)
        allowed_calls = allowed_by_role.get(role.name, [])
        unused += [f"{function}: {summary(it)}" for it in statements if not was_used(it, allowed_calls)]
    assert not unused, "statements that were never used:\n" + "\n".join(sorted(unused))
    return f"{total} statements of {len(template.functions)} functions"


def check_every_exemption_matches(emulator, template, physical_ids):
    stale, count = [], 0
    for function, parts in EXEMPT_STATEMENTS.items():
        summaries = [summary(it) for it in Role(emulator, template, physical_ids, function).statements]
        stale += [f"{function}: {part}" for part in parts if not any(part in it for it in summaries)]
        count += len(parts)
    assert not stale, "exemptions without a statement:\n" + "\n".join(sorted(stale))
    return f"{count} exemptions"


def run(runner, emulator, template, physical_ids):
    runner.check("every exemption has a statement", check_every_exemption_matches, emulator, template, physical_ids)
    for function in CASES:
        runner.check(function, check_each_statement_is_needed, emulator, template, physical_ids, function)
    runner.check("all functions", check_all_statements_were_used, emulator, template, physical_ids)
