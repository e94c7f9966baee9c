"""What CloudFormation gets of template.yaml: the SAM transform, as AWS runs it, here and without AWS.

cfn-lint looks at a SAM template with only half an eye: wrong numbers inside of SAM's own resources pass it. After the
transform they are plain CloudFormation, and do not.

    python tests/sam/transform.py template.yaml > transformed.json
"""

import json
import os
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The transform looks at no code, but insists that it lies where a deployment would have put it.
UPLOADED = "s3://bucket/key"
LOCAL_PATHS = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class NoManagedPolicies:
    """The template names no managed policy, so that none has to be looked up."""

    def load(self):
        return {}


def cloudformation(template, parameters=None):
    """The template, given as text, as CloudFormation with these parameters."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    document = yaml_parse(template)
    for resource in document["Resources"].values():
        if path := LOCAL_PATHS.get(resource["Type"]):
            resource["Properties"][path] = UPLOADED
    return transform(document, parameters or {}, NoManagedPolicies())


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        json.dump(cloudformation(file.read()), sys.stdout, indent=2)
