"""Tests of what a rejection says of the limit: the curve after it, the measured rate, and how strays are told apart."""

from __future__ import annotations

import math

import pytest

from briefing.throttling.rejections import ChangeDetector, Rejection


@pytest.mark.parametrize(("after", "factor"), [(0.0, 0.97), (5.0, 1.0), (10.0, 1.03), (15.0, 1.24)])
def test_the_curve_is_cubic(after: float, factor: float) -> None:
    """3 % below the limit at the rejection, at the limit after the plateau, then ever faster above it."""
    assert factor == pytest.approx(Rejection(100.0, 0, 0.0).curve(100.0 + after))


@pytest.mark.parametrize(("after", "above"), [(5.0, False), (5.01, True)])
def test_a_call_after_the_plateau_is_a_probe(after: float, above: bool) -> None:
    """Where the rate is known; where it is not, every call is."""
    assert above == Rejection(100.0, 0, 0.0, rate=10.0).was_above(100.0 + after)
    assert Rejection(100.0, 0, 0.0).was_above(100.0)


@pytest.mark.parametrize(("after", "outgrown"), [(15.0, False), (15.01, True)])
def test_a_rejection_is_outgrown_after_three_plateaus(after: float, outgrown: bool) -> None:
    """Until then it says where the limit is."""
    assert outgrown == Rejection(100.0, 0, 0.0).is_outgrown(100.0 + after)


@pytest.mark.parametrize(
    ("accepted", "elapsed", "paused", "rate"),
    [
        (9, 3.0, 0.0, math.inf),
        (10, 3.0, 0.0, 10 / 3.0),
        (10, 0.5, 0.0, math.inf),
        (10, 0.51, 0.0, 10 / 0.51),
        (10, 1.0, 0.5, math.inf),
        (10, 1.0, 0.49, 10.0),
    ],
)
def test_a_rate_is_measured_from_enough_calls(
    accepted: int, elapsed: float, paused: float, rate: float
) -> None:
    """At least ten calls in more than half a second without pauses; the first time, pauses count as time."""
    first = Rejection(100.0, 50, 7.0)
    second = Rejection(100.0 + elapsed, 50 + accepted, 7.0 + paused)
    second.measure_rate([first], 0.0)
    assert rate == pytest.approx(second.rate)


@pytest.mark.parametrize(
    ("elapsed", "last_rate", "rate"),
    [
        (4.0, 40.0, 34.0),  # within the plateau: at most 85 % of what was rejected before
        (4.0, 20.0, 25.0),  # at least the mean with pauses
        (4.0, 90.0, 50.0),  # at most the mean without pauses
        (5.0, 40.0, 40.0),  # the plateau is over: the mean without pauses
    ],
)
def test_a_rate_rejected_within_its_plateau_is_lowered(elapsed: float, last_rate: float, rate: float) -> None:
    """A hundred calls were accepted, with two seconds of pauses before the fifth second, or 2.5 s."""
    last = Rejection(100.0, 0, 0.0, rate=last_rate)
    rejection = Rejection(100.0 + elapsed, 100, 2.0 if elapsed < 5 else 2.5)
    rejection.measure_rate([last], 0.0)
    assert rate == pytest.approx(rejection.rate)


@pytest.mark.parametrize(
    ("elapsed", "recent", "rate"), [(15.0, 40.0, 10.0), (16.0, 40.0, 20.0), (16.0, 5.0, 10.0)]
)
def test_after_long_growth_the_recent_rate_counts(elapsed: float, recent: float, rate: float) -> None:
    """As the geometric mean of the average and the recent rate, if that is higher."""
    rejection = Rejection(100.0 + elapsed, int(10 * elapsed), 0.0)
    rejection.measure_rate([Rejection(100.0, 0, 0.0, rate=10.0)], recent)
    assert rate == pytest.approx(rejection.rate)


def test_an_earlier_rejection_measures_if_the_last_is_too_close() -> None:
    """The calls since the last one are too few, those since the one before are enough."""
    rejection = Rejection(110.0, 55, 0.0)
    rejection.measure_rate([Rejection(100.0, 0, 0.0), Rejection(109.0, 50, 0.0)], 0.0)
    assert 5.5 == rejection.rate


@pytest.mark.parametrize(
    ("rates", "levels", "plateau"),
    [
        ((100.0, 90.0), (1.0, 1.0), 7.5),
        ((90.0, 100.0), (1.0, 1.0), 7.5),
        ((100.0, 89.0), (1.0, 1.0), 5.0),
        ((math.inf, math.inf), (100.0, 90.0), 7.5),
        ((math.inf, math.inf), (100.0, 89.0), 5.0),
        ((math.inf, math.inf), (math.inf, math.inf), 5.0),
        ((math.inf, 10.0), (1.0, 1.0), 7.5),
        ((math.inf, 10.0), (100.0, 50.0), 5.0),
        ((10.0, math.inf), (1.0, 1.0), 5.0),
    ],
)
def test_the_plateau_is_longer_at_the_same_limit(
    rates: tuple[float, float], levels: tuple[float, float], plateau: float
) -> None:
    """Within 10 %, of the rate, or of the level where the rate is not what was rejected."""
    rejection = Rejection(0.0, 0, 0.0, level=levels[0], rate=rates[0])
    rejection.lengthen(Rejection(0.0, 0, 0.0, level=levels[1], rate=rates[1]))
    assert plateau == rejection.plateau


@pytest.mark.parametrize(("last", "plateau"), [(26.0, 39.0), (27.0, 40.0)])
def test_the_plateau_has_a_cap(last: float, plateau: float) -> None:
    """Forty seconds."""
    rejection = Rejection(0.0, 0, 0.0, rate=10.0)
    rejection.lengthen(Rejection(0.0, 0, 0.0, rate=10.0, plateau=last))
    assert plateau == rejection.plateau


def test_one_rejected_probe_proves_the_limit_without_strays() -> None:
    """Above the level known to be accepted, nothing else explains it; the proof is used up by it."""
    detector = ChangeDetector()
    assert [True, True] == [detector.rejected(above=True), detector.rejected(above=True)]


@pytest.mark.parametrize(("accepted", "proven"), [(0, True), (5, True), (6, False)])
def test_three_close_rejections_prove_the_limit_below_it(accepted: int, proven: bool) -> None:
    """Accepted calls in between weigh against it: five still leave enough evidence, six do not."""
    detector = ChangeDetector()
    assert [False, False] == [detector.rejected(above=False) for _ in range(2)]
    for _ in range(accepted):
        detector.accepted(above=False)
    assert proven == detector.rejected(above=False)


def test_accepted_calls_are_not_saved_up() -> None:
    """However many were accepted before, three close rejections are proof."""
    detector = ChangeDetector()
    for _ in range(39):
        detector.accepted(above=True)
    assert [False, False, True] == [detector.rejected(above=False) for _ in range(3)]


@pytest.mark.parametrize(("calls", "seen"), [(39, False), (40, True)])
def test_strays_are_counted_in_batches(calls: int, seen: bool) -> None:
    """Of 40 calls at a level known to be accepted; probes do not count."""
    detector = ChangeDetector()
    detector.rejected(above=False)
    for _ in range(calls - 1):
        detector.accepted(above=False)
        detector.accepted(above=True)
    assert seen == detector.seen


def test_rejections_that_prove_the_limit_are_no_strays() -> None:
    """The batch in which they came is discarded."""
    detector = ChangeDetector()
    for _ in range(3):
        detector.rejected(above=False)
    for _ in range(40):
        detector.accepted(above=False)
    assert not detector.seen


@pytest.mark.parametrize(("calls", "seen"), [(2000, True), (2040, False)])
def test_old_strays_are_forgotten(calls: int, seen: bool) -> None:
    """Counts are halved after 2,000 calls."""
    detector = ChangeDetector()
    detector.rejected(above=False)
    for _ in range(calls - 1):
        detector.accepted(above=False)
    assert seen == detector.seen


def test_the_share_of_strays_outlasts_forgetting() -> None:
    """Calls and strays are halved together: 250 of 1,020 calls, so that it takes 28 rejections."""
    detector = ChangeDetector(_calls=2000, _rejected=500)
    for _ in range(40):
        detector.accepted(above=False)
    assert [False] * 27 + [True] == [detector.rejected(above=True) for _ in range(28)]


@pytest.mark.parametrize(
    ("calls", "rejected", "needed"),
    [
        (40, 14, 15),  # a share of 14 in 140: the prior weighs 100 calls
        (400, 100, 25),  # a share of .2
        (900, 900, 55),  # never more than .5
    ],
)
@pytest.mark.parametrize("above", [True, False])
def test_the_more_strays_the_more_rejections_it_takes(
    calls: int, rejected: int, needed: int, above: bool
) -> None:
    """The share of strays seen before is the hypothesis that they are tested against, for probes too."""
    detector = ChangeDetector(_calls=calls, _rejected=rejected)
    proofs = [detector.rejected(above=True) for _ in range(needed)] if above else []
    if not above:
        detector._new_calls = -1000  # keeps the share as it is
        proofs = [detector.rejected(above=False) for _ in range(needed)]
    assert [False] * (needed - 1) + [True] == proofs
