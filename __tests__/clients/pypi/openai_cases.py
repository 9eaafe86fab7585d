import os

from openai import OpenAI

from common import FACTS, prompt_of

MODEL = "gpt-local"


def chat_of(name, model=MODEL):
    return {"model": model, "messages": [{"role": "user", "content": prompt_of(name)}]}


def chat(client, name, model=MODEL):
    completion = client.chat.completions.create(**chat_of(name, model))
    usage = completion.usage
    return {
        "text": completion.choices[0].message.content,
        "input": usage.prompt_tokens,
        "output": usage.completion_tokens,
    }


def chat_stream(client, name):
    chunks = []
    usage = None
    options = {"stream": True, "stream_options": {"include_usage": True}}
    for chunk in client.chat.completions.create(**chat_of(name), **options):
        delta = chunk.choices[0].delta.content if chunk.choices else None
        if delta:
            chunks.append(delta)
        usage = chunk.usage
    return {"chunks": chunks, "input": usage.prompt_tokens, "output": usage.completion_tokens}


def model_ids(client):
    return {"ids": [model.id for model in client.models.list()]}


def embeddings(client, name):
    answer = client.embeddings.create(model=MODEL, input=prompt_of(name))
    return {"vectors": [entry.embedding for entry in answer.data]}


def count_tokens(client, name):
    return {"tokens": client.responses.input_tokens.count(model=MODEL, input=prompt_of(name)).input_tokens}


def response(client, name):
    answer = client.responses.create(model=MODEL, input=prompt_of(name))
    return {"text": answer.output_text, "input": answer.usage.input_tokens, "output": answer.usage.output_tokens}


def text_of(events, delta_type, end_type):
    """The text and usage of a stream of events, up to its end."""
    chunks = []
    for event in events:
        if event.type == delta_type:
            chunks.append(event.delta)
        elif event.type == end_type:
            usage = event.response.usage
            return {"chunks": chunks, "input": usage.input_tokens, "output": usage.output_tokens}
    raise EOFError(f"no {end_type} came")


def response_text_of(events):
    return text_of(events, "response.output_text.delta", "response.completed")


def response_stream(client, name):
    return response_text_of(client.responses.create(model=MODEL, input=prompt_of(name), stream=True))


def response_over_websocket(client, name):
    with client.responses.connect() as connection:
        connection.response.create(model=MODEL, input=prompt_of(name))
        return response_text_of(connection)


def realtime(client, name):
    with client.realtime.connect(model=MODEL) as connection:
        content = [{"type": "input_text", "text": prompt_of(name)}]
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        connection.response.create()
        return text_of(connection, "response.output_text.delta", "response.done")


def shared_cases(client, provider):
    """What OpenAI and Copilot both have."""
    calls = {
        "chat": lambda name: chat(client, name),
        "chat-stream": lambda name: chat_stream(client, name),
        "response": lambda name: response(client, name),
        "response-stream": lambda name: response_stream(client, name),
        "embeddings": lambda name: embeddings(client, name),
        "models": lambda _: model_ids(client),
        "bad-request": lambda name: chat(client, name, FACTS["badRequestModel"]),
        "rate-limit": lambda name: chat(client, name, FACTS["rateLimitModel"]),
        "refused": lambda _: client.files.list(),
    }
    return {f"{provider}.{case}": lambda case=case, call=call: call(f"{provider}.{case}") for case, call in calls.items()}


def openai_cases():
    client = OpenAI()
    return {
        **shared_cases(client, "openai"),
        "openai.response-websocket": lambda: response_over_websocket(client, "openai.response-websocket"),
        "openai.realtime": lambda: realtime(client, "openai.realtime"),
        "openai.count-tokens": lambda: count_tokens(client, "openai.count-tokens"),
    }


def copilot_cases():
    """Copilot speaks OpenAI's API, with its own base URL and without /v1."""
    client = OpenAI(
        base_url=os.environ["COPILOT_PROVIDER_BASE_URL"],
        api_key=os.environ["COPILOT_PROVIDER_API_KEY"],
    )
    return shared_cases(client, "copilot")
