"""The `briefing` command."""

from briefing.cli.app import main as main
