"""template.yaml after the SAM transform, under the parameters that change what is in it; and that the checks bite."""

import json
import pathlib
import re

import pytest
from cfnlint.api import ManualArgs, lint
from transform import cloudformation

TEMPLATE = pathlib.Path(__file__).parents[2].joinpath("template.yaml").read_text(encoding="utf-8")
TRANSFORMED = cloudformation(TEMPLATE)

PROVIDER = {
    "WorkloadIdentityProvider": "projects/1/locations/global/workloadIdentityPools/curfew/providers/aws",
    "ServiceAccount": "curfew@acme.iam.gserviceaccount.com",
}
DEPLOYMENTS = {
    "first": {},
    "provider": PROVIDER,
    "secret": {"Secret": "curfew/google", "KmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1234-abcd"},
    "secret by its arn": {"Secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:google-AbCdEf"},
    "ssm": {**PROVIDER, "Policy": "ssm:/teams/sre/curfew", "Mode": "enforce"},
    "s3": {**PROVIDER, "Policy": "s3://acme-policies/curfew/prod.yaml", "ReserveConcurrency": "yes"},
    "appconfig": {
        **PROVIDER,
        "Policy": "appconfig:abc1234/def5678/ghi9012",
        "AppConfigExtensionLayer": "arn:aws:lambda:eu-west-1:123456789012:layer:AWS-AppConfig-Extension-Arm64:1",
    },
    "file": {**PROVIDER, "Policy": "file:/opt/prod.yaml", "Architecture": "x86_64"},
    "office hours": {
        "Schedule": "cron(*/10 6-20 ? * MON-FRI *)",
        "ScheduleTimezone": "Europe/Berlin",
        "IntervalMinutes": "0",
        "AlarmTopic": "arn:aws:sns:eu-west-1:123456789012:alarms",
    },
}


def problems(template, parameters):
    """What cfn-lint has to say about the transformed template."""
    transformed = json.dumps(cloudformation(template, parameters))
    found = lint(transformed, config=ManualArgs(regions=["eu-west-1"], parameters=[parameters]))
    return [f"{match.rule.id} {match.message}" for match in found]


def accepts(parameter, value):
    """Whether CloudFormation takes the value. cfn-lint looks at lists of values, and not at patterns or limits."""
    declared = TRANSFORMED["Parameters"][parameter]
    if "AllowedValues" in declared:
        return value in declared["AllowedValues"]
    if declared["Type"] == "Number":
        return declared["MinValue"] <= int(value) <= declared["MaxValue"]
    return re.fullmatch(declared["AllowedPattern"], value) is not None


@pytest.mark.parametrize("parameters", DEPLOYMENTS.values(), ids=DEPLOYMENTS.keys())
def test_every_kind_of_deployment_is_sound_after_the_transform(parameters):
    assert problems(TEMPLATE, parameters) == []


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("MaximumRetryAttempts: 1\n", "MaximumRetryAttempts: 9\n", "E3034"),
        ("MaximumEventAgeInSeconds: 180\n        Dest", "MaximumEventAgeInSeconds: 5\n        Dest", "E3034"),
        ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 1209601", "E3034"),
        ("Period: 300", "Period: 301", "E3615"),
        ("Timeout: 240", "Timeout: 901", "E3717"),
        ("!GetAtt FailedRuns.Arn", "!GetAtt FailedRun.Arn", "E1010"),
        ("    Condition: PolicyIsS3\n", "    Condition: PolicyIsS4\n", "E3015"),
        ("TreatMissingData: breaching", "TreatMissingDate: breaching", "E3002"),
    ],
)
def test_a_mistake_in_the_template_is_found(right, wrong, rule):
    assert right in TEMPLATE
    assert [found for found in problems(TEMPLATE.replace(right, wrong), {}) if found.startswith(rule)]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Mode", "Enforce"),
        ("Policy", "policy.yaml"),
        ("Policy", "file:policy.yaml"),
        ("Policy", "s3://bucket"),
        ("Policy", "s3://bucket/*"),
        ("Policy", "ssm:/curfew/*"),
        ("Policy", "appconfig:curfew/prod/policy-by-name"),
        ("Secret", "curfew google"),
        ("Secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"),
        ("WorkloadIdentityProvider", "//iam.googleapis.com/projects/1/locations/global"),
        ("WorkloadIdentityProvider", PROVIDER["WorkloadIdentityProvider"].replace("/1/", "/acme-ops/")),
        ("ServiceAccount", "curfew"),
        ("GoogleEndpoint", "http://example.com"),
        ("Schedule", "every five minutes"),
        ("IntervalMinutes", "481"),
        ("AlarmTopic", "alarms"),
    ],
)
def test_a_value_that_cannot_work_is_refused_before_anything_is_deployed(parameter, value):
    assert not accepts(parameter, value)


def test_every_value_that_these_tests_deploy_with_is_accepted():
    for deployment in DEPLOYMENTS.values():
        for parameter, value in deployment.items():
            assert accepts(parameter, value), value


def test_a_schedule_wakes_the_function_under_a_role_that_can_do_nothing_else():
    resources = TRANSFORMED["Resources"]
    schedule = resources["CurfewSchedule"]["Properties"]
    assert schedule["Target"]["RoleArn"] == {"Fn::GetAtt": ["ScheduleRole", "Arn"]}
    statements = resources["ScheduleRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == ["lambda:InvokeFunction", "sqs:SendMessage"]
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 180}
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}}
    json.loads(schedule["Target"]["Input"])


def test_nothing_has_a_name_that_a_second_stack_in_the_same_account_would_have_too():
    named = {"Name", "AlarmName", "DashboardName", "FunctionName", "LogGroupName", "QueueName", "RoleName", "LayerName"}
    for logical, resource in TRANSFORMED["Resources"].items():
        for key in named & resource["Properties"].keys():
            name = resource["Properties"][key]
            assert isinstance(name, dict), f"{logical} is called {name} in every stack"


def test_the_transform_makes_no_role_of_its_own():
    resources = TRANSFORMED["Resources"]
    roles = [name for name, resource in resources.items() if resource["Type"] == "AWS::IAM::Role"]
    assert sorted(roles) == ["Role", "ScheduleRole"]


def test_who_names_two_credentials_is_told_so():
    rules = TRANSFORMED["Rules"]
    assert sorted(rules) == ["OneCredential", "ServiceAccountNeedsAProvider"]


def test_the_dashboard_is_json_and_shows_the_metrics_of_this_function():
    body = TRANSFORMED["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    for widget in widgets:
        for metric in widget["properties"].get("metrics", []):
            assert metric[2:4] in (["FunctionName", "${Curfew}"], [".", "."]), metric
