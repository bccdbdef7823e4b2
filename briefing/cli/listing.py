"""`briefing models` and `briefing prompts`."""

from __future__ import annotations

from briefing.cli.console import ProgressLine
from briefing.llm import default_model
from briefing.llm import targets as models
from briefing.prompts import VARIABLES, list_prompts, load_prompt


def show_models() -> None:
    """Print the models that run on this machine, and which one is the default."""
    from briefing.local import find, known

    for weights in known():
        here = "here" if find(weights.name) else "not pulled"
        print(f"local/{weights.name:<22} {weights.size / 1e6:>6.0f} MB  {weights.licence}  {here}")
    print("Others: provider/name, such as openai/gpt-5-mini, anthropic/claude-sonnet-4-5, ollama/llama3.2")
    print(f"Default now: {default_model()}")


def pull_model(name: str) -> None:
    """Fetch a model's weights, with progress."""
    from briefing.local import pull

    # As `--model` takes it, or only the name.
    name = (models.LOCAL_DEFAULT if name == "local" else name).removeprefix("local/")
    with ProgressLine() as line:
        line.begin(name)
        path = pull(
            name,
            lambda done, total, note: line.note(f"{note} {done * 100 // total} %" if total else note),
        )
    print(path)


def show_prompts() -> None:
    """Print the prompts that come with the library."""
    for prompt in list_prompts():
        print(f"{prompt.name:<12} version {prompt.version}  {prompt.description}")


def show_prompt(name: str) -> None:
    """Print a prompt's templates and variables."""
    prompt = load_prompt(name)
    print(f"# {prompt.name}, version {prompt.version}: {prompt.description}\n# sha256 {prompt.sha256}")
    print(f"\n## system\n{prompt.system.strip()}\n\n## user\n{prompt.user.strip()}\n\n## variables")
    for variable, meaning in VARIABLES.items():
        print(f"{variable}: {meaning}")
