import json
from pathlib import Path

FACTS = json.loads((Path(__file__).parent.parent / "facts.json").read_text(encoding="utf-8"))


def prompt_of(name):
    """Names its case, and has characters outside ASCII, which some layers recode."""
    return f"{name}: {FACTS['prompt']}"
