from google import genai

from common import FACTS, prompt_of

MODEL = "gemini-local"


def generate(client, name, model=MODEL):
    answer = client.models.generate_content(model=model, contents=prompt_of(name))
    usage = answer.usage_metadata
    return {"text": answer.text, "input": usage.prompt_token_count, "output": usage.candidates_token_count}


def generate_stream(client, name):
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=prompt_of(name)))
    usage = chunks[-1].usage_metadata
    return {
        "chunks": [chunk.text for chunk in chunks],
        "input": usage.prompt_token_count,
        "output": usage.candidates_token_count,
    }


def embeddings(client, name):
    answer = client.models.embed_content(model=MODEL, contents=prompt_of(name))
    return {"vectors": [embedding.values for embedding in answer.embeddings]}


def count_tokens(client, name):
    return {"tokens": client.models.count_tokens(model=MODEL, contents=prompt_of(name)).total_tokens}


def cases():
    client = genai.Client()
    return {
        "gemini.generate": lambda: generate(client, "gemini.generate"),
        "gemini.generate-stream": lambda: generate_stream(client, "gemini.generate-stream"),
        "gemini.embeddings": lambda: embeddings(client, "gemini.embeddings"),
        "gemini.count-tokens": lambda: count_tokens(client, "gemini.count-tokens"),
        "gemini.models": lambda: {"ids": [model.name for model in client.models.list()]},
        "gemini.bad-request": lambda: generate(client, "gemini.bad-request", FACTS["badRequestModel"]),
        "gemini.rate-limit": lambda: generate(client, "gemini.rate-limit", FACTS["rateLimitModel"]),
        "gemini.refused": lambda: list(client.files.list()),
    }
