"""`briefing models` and `briefing prompts`."""

from __future__ import annotations

from typing import Annotated

import typer

models = typer.Typer(
    help="List and download models that run on this machine.", no_args_is_help=True, rich_markup_mode=None
)
prompts = typer.Typer(help="List and print prompts.", no_args_is_help=True, rich_markup_mode=None)


@models.command("list")
def list_models() -> None:
    """List the models that run on this machine, and whether their weights are downloaded."""
    from briefing.llm import default_model
    from briefing.local import find, known

    for weights in known():
        here = "downloaded" if find(weights.name) else "not downloaded"
        print(f"local/{weights.name:<22} {weights.size / 1e6:>6.0f} MB  {weights.licence}  {here}")
    print("Others: PROVIDER/NAME, such as openai/gpt-5-mini, anthropic/claude-sonnet-5, ollama/llama3.2")
    print(f"Default: {default_model()}")


@models.command("pull")
def pull_model(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="local, or a name from `briefing models list`.")
    ] = "local",
) -> None:
    """Download the weights of a local model, and print the path of the file."""
    from briefing.cli.console import ProgressLine
    from briefing.llm import LOCAL_DEFAULT
    from briefing.local import pull

    # NAME, local/NAME or local.
    name = (LOCAL_DEFAULT if name == "local" else name).removeprefix("local/")
    with ProgressLine() as line:
        line.begin(name)
        path = pull(
            name,
            lambda done, total, note: line.note(f"{note} {done * 100 // total} %" if total else note),
        )
    print(path)


@prompts.command("list")
def show_prompts() -> None:
    """List the prompts that are included in briefing."""
    from briefing.prompts import list_prompts

    for prompt in list_prompts():
        print(f"{prompt.name:<12} version {prompt.version}  {prompt.description}")


@prompts.command("show")
def show_prompt(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name from `briefing prompts list`, or path of a YAML file.")
    ],
) -> None:
    """Print a prompt: its templates and the variables that they can use."""
    from briefing.errors import one_line, printable
    from briefing.prompts import VARIABLES, load_prompt

    prompt = load_prompt(name)
    print(one_line(f"# {prompt.name}, version {prompt.version}: {prompt.description}"))
    print(f"# sha256 {prompt.sha256}\n")
    print(printable(f"## system\n{prompt.system.strip()}\n\n## user\n{prompt.user.strip()}\n\n## variables"))
    for variable, meaning in VARIABLES.items():
        print(f"{variable}: {meaning}")
