"""The exercises of the lab course: the reference for each answer, and the usual mistakes.

An exercise asks for a function, which is tried on cases made here, or for a value, which is
compared with the one that the same data give. References call the library wherever it has the
quantity. Each usual mistake is a way to compute the wrong answer: the check that meets it can say
what went wrong, and the instructor's list of mistakes is this one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasslib.dynamics.displacement import displacement_moments
from glasslib.dynamics.relaxation import decay_time
from glasslib.dynamics.scattering import self_correlations, self_intermediate_scattering
from glasslib.dynamics.susceptibility import four_point_susceptibility
from glasslib.learning.ceiling import spearman_brown
from glasslib.learning.correlation import correlate_runs, pearson

__all__ = ["EXERCISES", "Exercise"]


def _numbers(answer: Any) -> np.ndarray:
    """Return an answer as an array of floats; lists, tuples, tables, arrays of one will do."""
    values = np.asarray(answer, dtype=np.float64)
    return values.reshape(()) if values.size == 1 else values


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise.

    Parameters
    ----------
    number, title : str
    reference : callable
        Computes the right answer from a case, or from the context of a value.
    mistakes : sequence of (str, callable)
        What went wrong, in words, and the answer it gives.
    cases : callable, optional
        Gives the cases a function is tried on, each a tuple of arguments; None for a value.
    rtol, atol : float
        How far an answer may lie from the reference: wider where there are several right ways.
    normal : callable
        Brings an answer into the form that is compared.
    """

    number: str
    title: str
    reference: Callable
    mistakes: Sequence[tuple[str, Callable]]
    cases: Callable[[], Sequence[tuple]] | None = None
    rtol: float = 1e-6
    atol: float = 1e-9
    normal: Callable = _numbers


# ------------------------------------------------------------------ session 1: melt, relaxation
def _image_cases():
    random = np.random.default_rng(11)
    return [
        (random.uniform(-2.4, 2.4, (40, 3)) * edges, edges)
        for edges in (np.full(3, 11.4), np.array([10.0, 12.0, 14.0]))
    ]


def _walk_cases():
    steps = np.random.default_rng(12).normal(0.02, 0.1, (40, 30, 3))
    return [(np.cumsum(steps, axis=0), step) for step in (1, 5)]


def _displacement_cases():
    random = np.random.default_rng(13)
    width = np.where(np.arange(20000) % 3 == 0, 0.7, 0.12)
    displacement = random.normal(size=(20000, 3)) * width[:, None]
    displacement[0] = 0.0
    return [(displacement, 4.0), (displacement, 7.15)]


def _decay_cases():
    lag = np.geomspace(0.01, 900.0, 60)
    return [
        (lag, 0.25 * np.exp(-((lag / 0.2) ** 2)) + 0.75 * np.exp(-((lag / tau) ** 0.7)))
        for tau in (7.9, 52.0, 210.0)
    ]


def _first_below(lag, f):
    return lag[np.argmax(f <= np.exp(-1))]


def _slope(tau: dict[float, float]):
    return sorted(tau, reverse=True)[:2]


def _activation(tau: dict[float, float], log=np.log) -> float:
    hot, cold = _slope(tau)
    return float(log(tau[cold] / tau[hot]) / (1 / cold - 1 / hot))


# ------------------------------------------------------- session 2: propensity, heterogeneity
def _trajectory_cases():
    random = np.random.default_rng(21)
    return [(random.normal(0.1, 0.3, (m, 25, 3)),) for m in (8, 20)]


def _half_cases():
    random = np.random.default_rng(22)
    signal = random.normal(0.5, 0.1, 3000)
    return [
        (signal + random.normal(0, noise, 3000), signal + random.normal(0, noise, 3000))
        for noise in (0.05, 0.15)
    ] + [(signal, 0.5 - 0.1 * signal)]


def _r(first, second) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def _mobile_cases():
    random = np.random.default_rng(23)
    shift = random.normal(0, 0.1, (6, 1))
    return [(random.normal(0.5, 0.2, (6, 50)) + shift, a) for a in (0.5, 0.7)]


def _place_cases():
    random = np.random.default_rng(24)
    place = np.minimum(np.arange(40) % 5, 4 - np.arange(40) % 5)
    return [(random.normal(0.5, 0.1, (4, 40)) - 0.1 * place + 0.05 * np.arange(4)[:, None], place)]


def _pair_cases():
    random = np.random.default_rng(25)
    first, second = np.triu_indices(30, 1)
    chosen = random.random(len(first)) < 0.3
    i, j = first[chosen], second[chosen]
    i = np.append(i, np.arange(29))  # everybody has a neighbour
    j = np.append(j, np.arange(1, 30))
    i, j = np.unique(np.stack([i, j]), axis=1)
    return [(random.normal(0.5, 0.1, 30), i, j)]


def _neighbour_sums(values, i, j, weights=1.0):
    """Weighted sum over the neighbours of each particle, and sum of the weights; pairs are once."""
    n, weights = len(values), np.tile(np.broadcast_to(weights, len(i)), 2)
    centre, neighbour = np.append(i, j), np.append(j, i)
    return (
        np.bincount(centre, weights * np.asarray(values)[neighbour], minlength=n),
        np.bincount(centre, weights, minlength=n),
    )


def _neighbour_mean(values, i, j):
    total, count = _neighbour_sums(values, i, j)
    return total / count


# --------------------------------------------------- session 3: descriptors, networks
def _shell_cases():
    distance = np.random.default_rng(31).uniform(0.9, 2.6, 60)
    return [(distance, 1.1, 0.025), (distance, 1.5, 0.1)]


def _gaussian(distance, r, width):
    return np.exp(-((np.asarray(distance) - r) ** 2) / (2 * width**2))


def _neighbourhood_cases():
    random = np.random.default_rng(32)
    vectors = random.normal(size=(9, 3))
    return [(vectors, random.uniform(0.2, 1.0, 9), order) for order in (2, 6)]


def _harmonics(vectors, order, swapped=False):
    """Y_lm of each vector, (2l + 1, n) complex, m = −l … l."""
    from scipy.special import sph_harm_y

    x, y, z = np.asarray(vectors).T
    polar, azimuth = np.arccos(z / np.sqrt(x**2 + y**2 + z**2)), np.arctan2(y, x)
    if swapped:
        polar, azimuth = azimuth, polar
    return np.array([sph_harm_y(order, m, polar, azimuth) for m in range(-order, order + 1)])


def _bond_order(vectors, weights, order) -> float:
    """Eq. 4 through Legendre's addition theorem, which needs no angles."""
    from scipy.special import eval_legendre

    unit = np.asarray(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    w = np.asarray(weights)
    between = eval_legendre(order, np.clip(unit @ unit.T, -1, 1))
    return float(np.sqrt(max(w @ between @ w, 0.0)) / w.sum())


def _moments(vectors, weights, order, **kind):
    return np.abs(_harmonics(vectors, order, **kind) @ np.asarray(weights)) ** 2


def _averaging_cases():
    values, i, j = _pair_cases()[0]
    return [(values, i, j, np.random.default_rng(33).uniform(0.9, 2.5, len(i)), 2.5)]


def _coarse_grained(values, i, j, distance, radius):
    total, norm = _neighbour_sums(values, i, j, np.exp(-np.asarray(distance) / radius))
    return (total + values) / (norm + 1)


def _without_self(values, i, j, distance, radius):
    total, norm = _neighbour_sums(values, i, j, np.exp(-np.asarray(distance) / radius))
    return total / norm


def _row_cases():
    random = np.random.default_rng(34)
    inputs = random.normal([5.0, -1.0, 0.3, 2.0], [2.0, 0.1, 30.0, 0.0], (400, 4))
    inputs[300:] += [3.0, 0.2, 20.0, 0.0]
    return [(inputs, np.arange(300))]


def _standardised(inputs, rows, scale=np.std):
    deviation = scale(inputs[rows], axis=0)
    return (inputs - inputs[rows].mean(axis=0)) / np.where(deviation > 1e-12, deviation, 1.0)


def _weights(n_inputs: int, sizes=(16, 16, 16, 10)) -> int:
    return sum((a + 1) * b for a, b in zip((n_inputs, *sizes), sizes, strict=False))


# ------------------------------------------------------- session 4: what a correlation is worth
def _prediction_cases():
    random = np.random.default_rng(41)
    true = random.normal(0.5, 0.1, 20)
    return [(true, 0.2 + 0.4 * true + random.normal(0, width, 20)) for width in (0.03, 0.2)]


def _ranks(values):
    return np.argsort(np.argsort(values))


def _run_cases():
    return [(np.repeat([0, 1, 2, 5], 30), run) for run in (0, 5)]


def _rows(answer: Any) -> np.ndarray:
    """Return train and test rows as two rows of flags; index arrays and masks will both do."""
    train, test = answer
    flags = np.zeros((2, 120))
    for row, chosen in zip(flags, (train, test), strict=True):
        chosen = np.asarray(chosen)
        if chosen.dtype != bool and not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError("rows are integers or flags")
        row[chosen] = 1
    return flags


def _held_out(runs, run):
    return runs != run, runs == run


def _uneven_cases():
    random = np.random.default_rng(43)
    runs = np.repeat(np.arange(8), 300)
    true = random.normal(size=len(runs))
    slope = np.linspace(0.0, 2.0, 8)[runs]
    return [(true, slope * true + random.normal(size=len(runs)), runs)]


def _error_of_rows(true, predicted, runs):
    random = np.random.default_rng(44)
    draws = random.integers(len(true), size=(200, len(true)))
    return np.std([_r(true[rows], predicted[rows]) for rows in draws])


def _error_of_runs(true, predicted, runs, n_resamples=1000):
    pooled, _ = correlate_runs(true[:, None], predicted[:, None], runs, n_resamples)
    return float(pooled.error[0])


def _within(true, predicted, runs):
    return np.array([_r(true[runs == run], predicted[runs == run]) for run in np.unique(runs)])


def _shared_cases():
    random = np.random.default_rng(45)
    n = 20000
    signal = random.normal(size=n)
    noise = random.normal(size=(2, n))
    dw = 0.7 * signal + 0.8 * noise
    target = 0.9 * signal + 0.5 * noise + 0.6 * random.normal(size=(2, n))
    return [(*dw, *target)]


def _apart(dw_1, dw_2, target_1, target_2):
    return (_r(dw_1, target_2) + _r(dw_2, target_1)) / 2


def _attenuation_cases():
    return [(0.5, 0.8), (np.array([0.2, 0.65]), np.array([0.5, 0.9]))]


EXERCISES: dict[str, Exercise] = {
    exercise.number: exercise
    for exercise in (
        Exercise(
            "1.1", "Nearest periodic image",
            lambda v, box: v - box * np.round(v / box),
            (
                ("folded into 0 … L instead of −L/2 … L/2", lambda v, box: v % box),
                ("moved by one box length at most, and in one direction",
                 lambda v, box: np.where(v > box / 2, v - box, v)),
                ("moved by one box length at most; vectors of unwrapped positions may need more",
                 lambda v, box: v - box * ((v > box / 2) * 1.0 - (v < -box / 2))),
                ("cut the number of boxes off instead of rounding it",
                 lambda v, box: v - box * np.trunc(v / box)),
            ),
            _image_cases,
        ),
        Exercise(
            "1.2", "Mean-squared displacement",
            lambda x, step: self_correlations(
                np.arange(float(len(x))), x, np.array([1.0]), np.array([float(step)]), len(x)
            ).msd[0],
            (
                ("averaged over x, y and z: their squares add up",
                 lambda x, step: ((x[step:] - x[:-step]) ** 2).mean()),
                ("used the first frame as the only time origin",
                 lambda x, step: ((x[step] - x[0]) ** 2).sum(-1).mean()),
                ("used every step-th frame as a time origin, not every frame",
                 lambda x, step: (
                     (x[step:-1:step] - x[: -step - 1 : step]) ** 2).sum(-1).mean()),
                ("took the root: that is a length",
                 lambda x, step: np.sqrt(((x[step:] - x[:-step]) ** 2).sum(-1)).mean()),
                ("squared the mean displacement instead of averaging the squares",
                 lambda x, step: ((x[step:] - x[:-step]).mean(axis=(0, 1)) ** 2).sum()),
                ("compared neighbouring frames whatever the step",
                 lambda x, step: ((x[1:] - x[:-1]) ** 2).sum(-1).mean()),
            ),
            _walk_cases,
        ),
        Exercise(
            "1.3", "Self intermediate scattering function",
            lambda d, q: self_intermediate_scattering(np.zeros_like(d), d, q),
            (
                ("numpy.sinc(x) is sin(πx)/(πx): divide its argument by π",
                 lambda d, q: np.sinc(q * np.linalg.norm(d, axis=1)).mean()),
                ("averaged the distance before the function: the mean of f(r) is not f of the"
                 " mean", lambda d, q: np.sinc(q * np.linalg.norm(d, axis=1).mean() / np.pi)),
                ("cos(q r) is for q along r; average over directions of q",
                 lambda d, q: np.cos(q * np.linalg.norm(d, axis=1)).mean()),
                ("exp(−q²⟨r²⟩/6) is the Gaussian approximation; these displacements are not"
                 " Gaussian", lambda d, q: np.exp(-(q**2) * (d**2).sum(1).mean() / 6)),
                ("summed over monomers: divide by N",
                 lambda d, q: np.sinc(q * np.linalg.norm(d, axis=1) / np.pi).sum()),
            ),
            _displacement_cases, rtol=0.0, atol=0.015,
        ),
        Exercise(
            "1.4", "Relaxation time", decay_time,
            (
                ("took the first sample below the level: interpolate between the two around it",
                 _first_below),
                ("took the last sample above the level: interpolate between the two around it",
                 lambda lag, f: lag[np.argmax(f <= np.exp(-1)) - 1]),
                ("looked for 1/2, not for 1/e", lambda lag, f: decay_time(lag, f, 0.5)),
                ("looked for 1/10, not for 1/e", lambda lag, f: decay_time(lag, f, 0.1)),
                ("numpy.interp needs rising x: F_s falls, so reverse both arrays",
                 lambda lag, f: np.interp(np.exp(-1), f, lag)),
            ),
            _decay_cases, rtol=0.02,
        ),
        Exercise(
            "1.5", "Apparent activation energy", _activation,
            (
                ("used the logarithm to base 10", lambda tau: _activation(tau, np.log10)),
                ("has the wrong sign: relaxation slows down on cooling",
                 lambda tau: -_activation(tau)),
                ("divided by T₁ − T₂, not by 1/T₁ − 1/T₂",
                 lambda tau: float(np.log(tau[_slope(tau)[1]] / tau[_slope(tau)[0]])
                                   / (_slope(tau)[0] - _slope(tau)[1]))),
                ("took the lowest two temperatures, not the highest two",
                 lambda tau: _activation({t: tau[t] for t in sorted(tau)[:2]})),
                ("left out the logarithm",
                 lambda tau: (tau[_slope(tau)[1]] - tau[_slope(tau)[0]])
                 / (1 / _slope(tau)[1] - 1 / _slope(tau)[0])),
            ),
            rtol=0.005,
        ),
        Exercise(
            "2.1", "Propensity",
            lambda d: np.mean([displacement_moments(np.zeros_like(one), one)[0] for one in d], 0),
            (
                ("averaged the vectors first: the length of the mean is not the mean length",
                 lambda d: np.linalg.norm(d.mean(0), axis=1)),
                ("took the root of the mean square: the propensity is the mean of the length",
                 lambda d: np.sqrt((d**2).sum(2).mean(0))),
                ("averaged over the monomers instead of the trajectories",
                 lambda d: np.linalg.norm(d, axis=2).mean(1)),
                ("forgot the root", lambda d: (d**2).sum(2).mean(0)),
                ("averaged over everything: one number for each monomer is asked for",
                 lambda d: np.linalg.norm(d, axis=2).mean()),
            ),
            _trajectory_cases,
        ),
        Exercise(
            "2.2", "Noise ceiling",
            lambda one, other: float(np.sqrt(spearman_brown(_r(one, other), 2))),
            (
                ("this is the correlation of the halves: a mean over both is less noisy", _r),
                ("this is √r, the ceiling of one half: Spearman and Brown's formula is missing",
                 lambda one, other: np.sqrt(_r(one, other))),
                ("this is the reliability: the ceiling is its root",
                 lambda one, other: 2 * _r(one, other) / (1 + _r(one, other))),
                ("this is r²", lambda one, other: _r(one, other) ** 2),
            ),
            _half_cases, rtol=1e-3,
        ),
        Exercise(
            "2.3", "Four-point susceptibility",
            lambda p, a: float(four_point_susceptibility(p[..., None], a)[0]),
            (
                ("forgot 1/N", lambda p, a: (p > a).sum(1).var()),
                ("divided by N²: this is the variance of the fraction",
                 lambda p, a: (p > a).mean(1).var()),
                ("this is p(1 − p), the value for monomers that do not care about each other",
                 lambda p, a: (p > a).mean() * (1 - (p > a).mean())),
                ("divided by R − 1: Eq. 8 averages over the R configurations",
                 lambda p, a: (p > a).sum(1).var(ddof=1) / p.shape[1]),
                ("took the variance of the propensity, not of the number of mobile monomers",
                 lambda p, a: p.sum(1).var() / p.shape[1]),
            ),
            _mobile_cases,
        ),
        Exercise(
            "2.4", "Propensity by place in the chain",
            lambda p, place: [p[:, place == k].mean() for k in range(3)],
            (
                ("used the first run alone", lambda p, place: [
                    p[0, place == k].mean() for k in range(3)]),
                ("in the wrong order: 0 is the end of a chain", lambda p, place: [
                    p[:, place == k].mean() for k in (2, 1, 0)]),
                ("took every third monomer: chains have five", lambda p, place: [
                    p[:, k::3].mean() for k in range(3)]),
                ("summed instead of averaging", lambda p, place: [
                    p[:, place == k].sum() for k in range(3)]),
            ),
            _place_cases, rtol=1e-4,
        ),
        Exercise(
            "2.5", "Mean over the neighbours", _neighbour_mean,
            (
                ("each pair is listed once: j is a neighbour of i, and i of j",
                 lambda v, i, j: np.bincount(i, v[j], len(v))
                 / np.maximum(np.bincount(i, minlength=len(v)), 1)),
                ("counted the monomer itself", lambda v, i, j: (
                    _neighbour_sums(v, i, j)[0] + v) / (_neighbour_sums(v, i, j)[1] + 1)),
                ("summed instead of averaging", lambda v, i, j: _neighbour_sums(v, i, j)[0]),
                ("divided by N instead of the number of neighbours",
                 lambda v, i, j: _neighbour_sums(v, i, j)[0] / len(v)),
            ),
            _pair_cases,
        ),
        Exercise(
            "3.1", "Radial descriptor", lambda d, r, w: _gaussian(d, r, w).sum(),
            (
                ("the 2 in 2δ² is missing", lambda d, r, w: np.exp(-((d - r) ** 2) / w**2).sum()),
                ("normalised the Gaussian: the weight is 1 at r",
                 lambda d, r, w: _gaussian(d, r, w).sum() / (w * np.sqrt(2 * np.pi))),
                ("averaged over the neighbours instead of adding them up",
                 lambda d, r, w: _gaussian(d, r, w).mean()),
                ("counted those within δ: the weight falls smoothly",
                 lambda d, r, w: (np.abs(d - r) < w).sum()),
                ("divided by δ instead of δ²",
                 lambda d, r, w: np.exp(-((d - r) ** 2) / (2 * w)).sum()),
            ),
            _shell_cases,
        ),
        Exercise(
            "3.2", "Angular descriptor", _bond_order,
            (
                ("forgot the root", lambda v, w, n: _bond_order(v, w, n) ** 2),
                ("left out 4π/(2l + 1)",
                 lambda v, w, n: np.sqrt(_moments(v, w, n).sum()) / w.sum()),
                ("left out Z: divide by the sum of the weights",
                 lambda v, w, n: _bond_order(v, w, n) * w.sum()),
                ("summed over m ≥ 0 alone", lambda v, w, n: np.sqrt(
                    4 * np.pi / (2 * n + 1) * _moments(v, w, n)[n:].sum()) / w.sum()),
                ("exchanged the angles: sph_harm_y takes the polar angle first, then the azimuth",
                 lambda v, w, n: np.sqrt(
                     4 * np.pi / (2 * n + 1) * _moments(v, w, n, swapped=True).sum()) / w.sum()),
                ("added up the moduli of Y instead of Y itself: neighbours must be able to cancel",
                 lambda v, w, n: np.sqrt(4 * np.pi / (2 * n + 1) * (
                     (np.abs(_harmonics(v, n)) @ w) ** 2).sum()) / w.sum()),
            ),
            _neighbourhood_cases,
        ),
        Exercise(
            "3.3", "Coarse-graining", _coarse_grained,
            (
                ("left out the monomer itself: r_ii = 0 is below r_c", _without_self),
                ("weighed all neighbours alike", lambda v, i, j, d, r: (
                    _neighbour_sums(v, i, j)[0] + v) / (_neighbour_sums(v, i, j)[1] + 1)),
                ("did not divide by the sum of the weights",
                 lambda v, i, j, d, r: _neighbour_sums(v, i, j, np.exp(-d / r))[0] + v),
                ("each pair is listed once: it counts for both", lambda v, i, j, d, r: (
                    np.bincount(i, np.exp(-d / r) * v[j], len(v)) + v)
                    / (np.bincount(i, np.exp(-d / r), len(v)) + 1)),
            ),
            _averaging_cases,
        ),
        Exercise(
            "3.4", "Standardising",
            _standardised,
            (
                ("used mean and deviation of all rows: test rows must not be looked at",
                 lambda x, rows: _standardised(x, np.arange(len(x)))),
                ("divided by the variance",
                 lambda x, rows: _standardised(x, rows, lambda v, axis: v.var(axis=axis))),
                ("did not subtract the mean", lambda x, rows: _standardised(x, rows)
                 + _standardised(x, rows)[rows].mean(0)
                 + x[rows].mean(0) / np.where(x[rows].std(0) > 1e-12, x[rows].std(0), 1)),
                ("returned the training rows alone", lambda x, rows: _standardised(x, rows)[rows]),
            ),
            _row_cases, rtol=0.01, atol=0.01,
        ),
        Exercise(
            "3.5", "Weights of network B", _weights,
            (
                ("forgot the biases",
                 lambda n: 16 * n + 16 * 16 + 16 * 16 + 16 * 10),
                ("forgot the output layer", lambda n: _weights(n, (16, 16, 16))),
                ("counted two hidden layers", lambda n: _weights(n, (16, 16, 10))),
                ("one output is not enough: ten times are predicted",
                 lambda n: _weights(n, (16, 16, 16, 1))),
            ),
            rtol=0.0, atol=0.1,
        ),
        Exercise(
            "4.1", "Pearson's correlation", pearson,
            (
                ("this is ρ²", lambda true, predicted: _r(true, predicted) ** 2),
                ("this is R² = 1 − residual/variance, which asks for more than correlation",
                 lambda true, predicted: 1 - ((true - predicted) ** 2).sum()
                 / ((true - true.mean()) ** 2).sum()),
                ("this is Spearman's correlation of the ranks",
                 lambda true, predicted: _r(_ranks(true), _ranks(predicted))),
                ("divided by n − 1 in one place and by n in another",
                 lambda true, predicted: _r(true, predicted) * len(true) / (len(true) - 1)),
                ("this is the covariance: divide by both deviations",
                 lambda true, predicted: np.cov(true, predicted, ddof=0)[0, 1]),
                ("did not subtract the means", lambda true, predicted: (true * predicted).mean()
                 / np.sqrt((true**2).mean() * (predicted**2).mean())),
            ),
            _prediction_cases,
        ),
        Exercise(
            "4.2", "Holding out a run", _held_out,
            (
                ("exchanged the two: training rows come first",
                 lambda runs, run: _held_out(runs, run)[::-1]),
                ("the test rows are among the training rows",
                 lambda runs, run: (np.arange(len(runs)), runs == run)),
                ("held out one row in four instead of one run",
                 lambda runs, run: (np.arange(len(runs)) % 4 != 0, np.arange(len(runs)) % 4 == 0)),
            ),
            _run_cases, normal=_rows,
        ),
        Exercise(
            "4.3", "Error over runs",
            _error_of_runs,
            (
                ("this is the error of independent rows, but monomers of one run are not"
                 " independent: draw whole runs", _error_of_rows),
                ("this is how much runs differ, not how well their mean is known",
                 lambda true, predicted, runs: _within(true, predicted, runs).std(ddof=1)),
                ("this is a variance: take its root",
                 lambda true, predicted, runs: _error_of_runs(true, predicted, runs, 200) ** 2),
            ),
            _uneven_cases, rtol=0.35,
        ),
        Exercise(
            "4.4", "Noise that is not shared", _apart,
            (
                ("both come from the same trajectories: take them from different halves",
                 lambda d1, d2, t1, t2: (_r(d1, t1) + _r(d2, t2)) / 2),
                ("averaged the halves first: then target and descriptor share all their"
                 " trajectories", lambda d1, d2, t1, t2: _r(d1 + d2, t1 + t2)),
                ("this correlates the two halves of one quantity",
                 lambda d1, d2, t1, t2: _r(t1, t2)),
            ),
            _shared_cases, rtol=0.0, atol=0.03,
        ),
        Exercise(
            "4.5", "The correlation with an exact target",
            lambda rho, reliability: rho / np.sqrt(reliability),
            (
                ("divided by the reliability, not by its root",
                 lambda rho, reliability: rho / reliability),
                ("multiplied: noise lowers a correlation, so without it ρ is higher",
                 lambda rho, reliability: rho * np.sqrt(reliability)),
                ("multiplied by the reliability", lambda rho, reliability: rho * reliability),
            ),
            _attenuation_cases,
        ),
    )
}
