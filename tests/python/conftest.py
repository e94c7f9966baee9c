"""Starts the real `curfew emulator`, and Google's clients pointed at it."""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

import pytest
from google.api_core import operations_v1
from google.api_core.operations_v1.transports import OperationsRestTransport
from google.auth.credentials import AnonymousCredentials
from google.cloud.deploy_v1 import CloudDeployClient
from google.cloud.deploy_v1.services.cloud_deploy.transports import CloudDeployRestTransport

HERE = pathlib.Path(__file__).parent
CURFEW = os.environ.get("CURFEW_BIN", str(HERE.parents[1] / "target" / "debug" / "curfew"))


class NoToken(AnonymousCredentials):
    """No token, and on a 401 no attempt to get one: the 401 itself is what the tests look at."""

    def refresh(self, request):
        pass


class Emulator:
    """A running emulator."""

    def __init__(self, scenario):
        self.process = subprocess.Popen(
            [CURFEW, "emulator", "--scenario", str(scenario), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("curfew emulator: listening on http://"), line
        self.url = line.split()[-1]
        self.host = self.url.removeprefix("http://")

    def stop(self):
        """Sends SIGTERM, and answers with the exit code."""
        self.process.terminate()
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        return code

    def journal(self):
        with urllib.request.urlopen(f"{self.url}/emulator/journal", timeout=10) as answer:
            return json.load(answer)["requests"]

    def deploy(self):
        """The generated client of Cloud Deploy."""
        transport = CloudDeployRestTransport(
            host=self.host, credentials=NoToken(), url_scheme="http"
        )
        return CloudDeployClient(transport=transport)

    def longrunning(self, service=""):
        """The generic client of google.longrunning. Its JSON parser refuses fields that it does not know."""
        transport = OperationsRestTransport(
            host=f"{self.url}{service and '/'}{service}", credentials=NoToken(), path_prefix="v1"
        )
        return operations_v1.AbstractOperationsClient(transport=transport)


@pytest.fixture(scope="session")
def emulator():
    running = Emulator(HERE / "scenario.yaml")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def deploy(emulator):
    return emulator.deploy()


@pytest.fixture(scope="session")
def longrunning(emulator):
    return emulator.longrunning()


def eventually(read, holds, seconds=10):
    """Reads until `holds` is true of what was read, and answers with that."""
    end = time.monotonic() + seconds
    while True:
        got = read()
        if holds(got):
            return got
        assert time.monotonic() < end, f"still {got} after {seconds} s"
        time.sleep(0.02)
