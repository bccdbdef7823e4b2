"""Briefings by the provider's batch API: half the price, within a day. See docs/BATCH.md."""

from briefing.batch.api import Outcome as Outcome
from briefing.batch.api import Progress as Progress
from briefing.batch.api import cancel as cancel
from briefing.batch.api import collect as collect
from briefing.batch.api import results as results
from briefing.batch.api import status as status
from briefing.batch.api import submit as submit
from briefing.batch.files import Limits as Limits
from briefing.batch.runs import Rejected as Rejected

__all__ = ["Limits", "Outcome", "Progress", "Rejected", "cancel", "collect", "results", "status", "submit"]
