"""`briefing models` and `briefing prompts`."""

from __future__ import annotations

from briefing.cli.console import ProgressLine
from briefing.llm import default_model
from briefing.llm import targets as models
from briefing.prompts import VARIABLES, list_prompts, load_prompt


def show_models() -> None:
    """Print the local models, examples of others, and the current default."""
    from briefing.local import find, known

    for weights in known():
        here = "downloaded" if find(weights.name) else "not downloaded"
        print(f"local/{weights.name:<22} {weights.size / 1e6:>6.0f} MB  {weights.licence}  {here}")
    print("Others: PROVIDER/NAME, such as openai/gpt-5-mini, anthropic/claude-sonnet-4-5, ollama/llama3.2")
    print(f"Default: {default_model()}")


def pull_model(name: str) -> None:
    """Download the weights of a local model, and print the path of the file."""
    from briefing.local import pull

    # NAME, local/NAME or local.
    name = (models.LOCAL_DEFAULT if name == "local" else name).removeprefix("local/")
    with ProgressLine() as line:
        line.begin(name)
        path = pull(
            name,
            lambda done, total, note: line.note(f"{note} {done * 100 // total} %" if total else note),
        )
    print(path)


def show_prompts() -> None:
    """Print names, versions and descriptions of the included prompts."""
    for prompt in list_prompts():
        print(f"{prompt.name:<12} version {prompt.version}  {prompt.description}")


def show_prompt(name: str) -> None:
    """Print a prompt's templates and variables."""
    prompt = load_prompt(name)
    print(f"# {prompt.name}, version {prompt.version}: {prompt.description}\n# sha256 {prompt.sha256}")
    print(f"\n## system\n{prompt.system.strip()}\n\n## user\n{prompt.user.strip()}\n\n## variables")
    for variable, meaning in VARIABLES.items():
        print(f"{variable}: {meaning}")
