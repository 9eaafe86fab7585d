from anthropic import Anthropic

from common import FACTS, prompt_of

MODEL = "claude-local"


def messages_of(name):
    return [{"role": "user", "content": prompt_of(name)}]


def message(client, name, model=MODEL):
    answer = client.messages.create(model=model, max_tokens=64, messages=messages_of(name))
    return {
        "text": answer.content[0].text,
        "input": answer.usage.input_tokens,
        "output": answer.usage.output_tokens,
    }


def message_stream(client, name):
    with client.messages.stream(model=MODEL, max_tokens=64, messages=messages_of(name)) as stream:
        chunks = list(stream.text_stream)
        usage = stream.get_final_message().usage
    return {"chunks": chunks, "input": usage.input_tokens, "output": usage.output_tokens}


def count_tokens(client, name):
    return {"tokens": client.messages.count_tokens(model=MODEL, messages=messages_of(name)).input_tokens}


def cases():
    client = Anthropic()
    return {
        "anthropic.message": lambda: message(client, "anthropic.message"),
        "anthropic.message-stream": lambda: message_stream(client, "anthropic.message-stream"),
        "anthropic.count-tokens": lambda: count_tokens(client, "anthropic.count-tokens"),
        "anthropic.models": lambda: {"ids": [model.id for model in client.models.list()]},
        "anthropic.bad-request": lambda: message(client, "anthropic.bad-request", FACTS["badRequestModel"]),
        "anthropic.rate-limit": lambda: message(client, "anthropic.rate-limit", FACTS["rateLimitModel"]),
        "anthropic.refused": lambda: client.messages.batches.list(),
    }
