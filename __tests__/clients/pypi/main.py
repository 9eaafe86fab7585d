"""Runs inside the sandbox: calls each SDK with nothing configured but what the sandbox sets.

The counterpart of fixtures/npm-sdks.ts; ../cases.ts describes what it writes.
"""

import json

import anthropic
import httpx2
import openai
from google.genai import errors as genai_errors

import anthropic_cases
import genai_cases
import openai_cases
from common import FACTS

sent = []
really_send = httpx2.Client.send


def recording_send(client, request, **options):
    """All three SDKs send through this one method of their HTTP library."""
    sent.append({"method": request.method, "url": str(request.url), "body": request.read().decode()})
    return really_send(client, request, **options)


httpx2.Client.send = recording_send


def describe_error(error):
    """What a user of an SDK can read from its error."""
    described = {"type": type(error).__name__, "status": None, "message": str(error), "body": None}
    if isinstance(error, openai.APIStatusError):
        # The SDK unwraps the body.
        described |= {"status": error.status_code, "body": {"error": error.body}}
    elif isinstance(error, anthropic.APIStatusError):
        described |= {"status": error.status_code, "body": error.body}
    elif isinstance(error, genai_errors.APIError):
        described |= {"status": error.code, "body": error.details}
    return described


def outcome_of(call):
    sent.clear()
    try:
        outcome = {"value": call()}
    except Exception as error:
        outcome = {"error": describe_error(error)}
    return {"sent": list(sent), **outcome}


cases = {
    **openai_cases.openai_cases(),
    **openai_cases.copilot_cases(),
    **anthropic_cases.cases(),
    **genai_cases.cases(),
}
with open(FACTS["resultsFile"], "w", encoding="utf-8") as file:
    json.dump({name: outcome_of(call) for name, call in cases.items()}, file, indent=2)
