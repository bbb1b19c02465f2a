"""That every statement of a role is needed: taken away, one at a time, each makes the work of its function fail.

Work fails if it does not come to what it should, or if IAM refused something on the way: the rehearsal takes either for a
fault, also where the product goes on without. Then, of the statements of all functions, that each was asked for.
"""

import json
from fnmatch import fnmatchcase

from rights_cases import CASES, EXCUSED
from stack import STACK


def listed(value):
    return value if isinstance(value, list) else [value]


def refusals(cloud):
    return cloud.ask("GET", "/_rehearsal/report")["refused"]


class Role:
    """The role of a function, with the one policy that the template gives it alone."""

    def __init__(self, cloud, template, made, function):
        self.cloud, self.function, self.iam = cloud, function, cloud.client("iam")
        (logical,) = [name for name, it in template.functions.items()
                      if it["Properties"]["FunctionName"]["Fn::Sub"] == f"${{AWS::StackName}}-{function}"]
        self.name = made[template.functions[logical]["Properties"]["Role"]["Fn::GetAtt"][0]]
        (self.policy,) = self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        document = self.iam.get_role_policy(RoleName=self.name, PolicyName=self.policy)["PolicyDocument"]
        self.document = json.loads(document) if isinstance(document, str) else document
        self.statements = self.document["Statement"]

    def put(self, statements):
        """Gives the role these statements, and the function a new process: what it reads as it starts counts as well."""
        document = json.dumps({**self.document, "Statement": statements})
        self.iam.put_role_policy(RoleName=self.name, PolicyName=self.policy, PolicyDocument=document)
        self.cloud.ask("POST", "/_rehearsal/rights", {"function": f"{STACK}-{self.function}"})


def goes_wrong(cloud, role, case):
    """Why a case does not pass, if it does not."""
    cloud.ask("POST", "/_rehearsal/reset")
    before = len(refusals(cloud))
    try:
        case(cloud)
    except (AssertionError, IndexError, KeyError) as error:
        return str(error) or repr(error)
    finally:
        cloud.ask("POST", "/_rehearsal/hold", {"held": False})
    mine = [it for it in refusals(cloud)[before:] if it["role"] == role.name]
    return f"refused: {mine[0]}" if mine else None


def short(statement):
    names = [it.rsplit(":", 1)[-1].removeprefix("table/rehearsal-") for it in listed(statement["Resource"])]
    return f"{', '.join(listed(statement['Action']))} on {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"


def is_excused(function, statement):
    return any(part in short(statement) for part in EXCUSED.get(function, {}))


def each_is_missed(cloud, template, made, function):
    role, case = Role(cloud, template, made, function), CASES[function]
    role.put(role.statements)
    wrong = goes_wrong(cloud, role, case)
    assert wrong is None, f"with all of its rights: {wrong}"
    idle, excused = [], 0
    try:
        for number, statement in enumerate(role.statements):
            role.put(role.statements[:number] + role.statements[number + 1:])
            if goes_wrong(cloud, role, case) is not None:
                continue
            if is_excused(function, statement):
                excused += 1
            else:
                idle.append(short(statement))
    finally:
        role.put(role.statements)
    assert not idle, "nothing fails without:\n" + "\n".join(idle)
    return f"{len(role.statements) - excused} statements" + (f", {excused} excused" if excused else "")


def used(statement, pairs):
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    return any(any(fnmatchcase(action, it) for it in actions) and any(fnmatchcase(arn, it) for it in resources)
               for action, arn in pairs)


def of_all(cloud, template, made):
    """That the whole rehearsal has asked for all that any function may do. What is asked for and refused fails it, so that this
    says of every statement what the cases say of some: it cannot be taken away unnoticed."""
    granted = cloud.ask("GET", "/_rehearsal/report")["granted"]
    total, idle = 0, []
    for it in template.functions.values():
        function = it["Properties"]["FunctionName"]["Fn::Sub"].split("}-")[1]
        role = Role(cloud, template, made, function)
        statements = [it for it in role.statements if not is_excused(function, it)]
        total += len(statements)
        pairs = granted.get(role.name, [])
        idle += [f"{function}: {short(it)}" for it in statements if not used(it, pairs)]
    assert not idle, "never asked for:\n" + "\n".join(sorted(idle))
    return f"{total} statements of {len(template.functions)} functions"


def run(report, cloud, template, made):
    for function in CASES:
        report.check(function, each_is_missed, cloud, template, made, function)
    report.check("all functions", of_all, cloud, template, made)
