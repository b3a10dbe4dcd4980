"""The checks of the lab course: every right answer passes, the usual wrong ones do not.

Right variants are ways to an answer that a student may well take; none is the reference itself.
"""

import numpy as np
import pytest
from scipy.special import eval_legendre, sph_harm_y

from glasslib import lab
from glasslib.errors import ParameterError
from glasslib.lab.exercises import EXERCISES

TAU = {0.8: 1.93, 0.7: 3.2, 0.6: 7.9}
ENERGY = np.log(3.2 / 1.93) / (1 / 0.7 - 1 / 0.8)
CONTEXT = {"1.5": (TAU,), "3.5": (880,)}


# ------------------------------------------------------------------------------ right variants
def image_by_loop(vector, box):
    out = vector.copy()
    for row in out:
        for axis in range(3):
            while row[axis] > box[axis] / 2:
                row[axis] -= box[axis]
            while row[axis] < -box[axis] / 2:
                row[axis] += box[axis]
    return out


def msd_by_loop(positions, step):
    total, count = 0.0, 0
    for start in range(len(positions) - step):
        for a, b in zip(positions[start], positions[start + step], strict=True):
            total += sum((b - a) ** 2)
            count += 1
    return total / count


def scattering_with_guard(displacement, q):
    x = q * np.sqrt((displacement**2).sum(axis=1))
    f = np.ones_like(x)
    moved = x > 0
    f[moved] = np.sin(x[moved]) / x[moved]
    return f.mean()


def scattering_along_axes(displacement, q):
    return np.mean([np.exp(-1j * q * displacement[:, axis]) for axis in range(3)]).real


def scattering_some_directions(displacement, q):
    directions = np.random.default_rng(5).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    return np.cos(q * displacement @ directions.T).mean()


def relaxation_linear(lag, f):
    k = np.where(f < np.exp(-1))[0][0]
    return lag[k - 1] + (lag[k] - lag[k - 1]) * (f[k - 1] - 1 / np.e) / (f[k - 1] - f[k])


def relaxation_reversed(lag, f):
    return 10 ** np.interp(1 / np.e, f[::-1], np.log10(lag[::-1]))


def relaxation_loop(lag, f):
    for t0, t1, f0, f1 in zip(lag, lag[1:], f, f[1:], strict=False):
        if f0 > 1 / np.e >= f1:
            return t0 * (t1 / t0) ** ((f0 - 1 / np.e) / (f0 - f1))
    return None


def propensity_by_loop(displacement):
    total = np.zeros(displacement.shape[1])
    for one in displacement:
        total += np.sqrt(one[:, 0] ** 2 + one[:, 1] ** 2 + one[:, 2] ** 2)
    return total / len(displacement)


def ceiling_by_covariance(first, second):
    a, b = first - first.mean(), second - second.mean()
    r = (a @ b) / np.sqrt((a @ a) * (b @ b))
    return np.sqrt(2 / (1 + 1 / r)) if r > 0 else 0


def ceiling_by_covariance_of_halves(first, second):
    """Shared variance over that of the mean: equal to Spearman–Brown for equally noisy halves."""
    shared = np.cov(first, second)[0, 1]
    return np.sqrt(np.clip(shared, 0, None) / ((first + second) / 2).var(ddof=1))


def chi4_as_written(propensity, a):
    q = [np.sum(row > a) for row in propensity]
    return (np.mean(np.square(q)) - np.mean(q) ** 2) / len(propensity[0])


def places_by_loop(propensity, place):
    return np.array([np.mean([run[place == k].mean() for run in propensity]) for k in (0, 1, 2)])


def neighbours_by_loop(values, i, j):
    friends = [[] for _ in values]
    for a, b in zip(i, j, strict=True):
        friends[a].append(values[b])
        friends[b].append(values[a])
    return [sum(of) / len(of) for of in friends]


def neighbours_by_matrix(values, i, j):
    matrix = np.zeros((len(values),) * 2)
    matrix[i, j] = matrix[j, i] = 1
    return matrix @ values / matrix.sum(axis=1)


def radial_by_loop(distance, r, width):
    return sum(np.exp(-0.5 * ((d - r) / width) ** 2) for d in distance)


def angles(vectors):
    x, y, z = np.asarray(vectors).T
    return np.arccos(z / np.sqrt(x**2 + y**2 + z**2)), np.arctan2(y, x)


def angular_by_symmetry(vectors, weights, order):
    """Y_{l,−m} is ± the conjugate of Y_{lm}: m > 0 counts twice."""
    polar, azimuth = angles(vectors)
    w = weights / weights.sum()
    power = [abs((w * sph_harm_y(order, m, polar, azimuth)).sum()) ** 2 for m in range(order + 1)]
    return np.sqrt(4 * np.pi / (2 * order + 1) * (power[0] + 2 * sum(power[1:])))


def angular_by_legendre(vectors, weights, order):
    total = 0.0
    for a, wa in zip(vectors, weights, strict=True):
        for b, wb in zip(vectors, weights, strict=True):
            cosine = a @ b / np.sqrt((a @ a) * (b @ b))
            total += wa * wb * eval_legendre(order, min(1.0, max(-1.0, cosine)))
    return np.sqrt(total) / sum(weights)


def coarse_by_matrix(values, i, j, distance, radius):
    weight = np.eye(len(values))
    weight[i, j] = weight[j, i] = np.exp(-distance / radius)
    return weight @ values / weight.sum(axis=1)


def coarse_by_loop(values, i, j, distance, radius):
    total, norm = list(values), [1.0] * len(values)
    for a, b, d in zip(i, j, distance, strict=True):
        w = np.exp(-d / radius)
        total[a] += w * values[b]
        total[b] += w * values[a]
        norm[a] += w
        norm[b] += w
    return np.divide(total, norm)


def standardise_by_columns(inputs, train):
    out = np.zeros_like(inputs)
    for k in range(inputs.shape[1]):
        column = inputs[train, k]
        if column.std() > 0:
            out[:, k] = (inputs[:, k] - column.mean()) / column.std(ddof=1)
    return out


def standardise_with_sklearn(inputs, train):
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit(inputs[train]).transform(inputs)


def standardise_with_nan_to_num(inputs, train):
    with np.errstate(all="ignore"):
        return np.nan_to_num(
            (inputs - inputs[train].mean(0)) / inputs[train].std(0), nan=0, posinf=0, neginf=0
        )


def pearson_with_cov(true, predicted):
    c = np.cov(true, predicted)
    return c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])


def jackknife(true, predicted, runs):
    names = np.unique(runs)
    left = [np.corrcoef(true[runs != r], predicted[runs != r])[0, 1] for r in names]
    return np.sqrt((len(names) - 1) / len(names) * np.sum((left - np.mean(left)) ** 2))


def bootstrap(true, predicted, runs, n=200, seed=3):
    random, names = np.random.default_rng(seed), np.unique(runs)
    found = []
    for _ in range(n):
        rows = np.concatenate([np.flatnonzero(runs == r) for r in random.choice(names, len(names))])
        found.append(np.corrcoef(true[rows], predicted[rows])[0, 1])
    return np.std(found, ddof=1)


def error_of_mean(true, predicted, runs):
    each = [np.corrcoef(true[runs == r], predicted[runs == r])[0, 1] for r in np.unique(runs)]
    return np.std(each, ddof=1) / np.sqrt(len(each))


RIGHT = {
    "1.1": [
        image_by_loop,
        lambda v, box: (v + box / 2) % box - box / 2,
        lambda v, box: v - np.rint(v / box) * box,
        lambda v, box: v - np.floor(v / box + 0.5) * box,
        lambda v, box: np.stack([v[:, k] - box[k] * np.round(v[:, k] / box[k])
                                 for k in range(3)], axis=1),
    ],
    "1.2": [
        msd_by_loop,
        lambda x, s: 3 * ((x[s:] - x[:-s]) ** 2).mean(),
        lambda x, s: np.mean([((x[k + s] - x[k]) ** 2).sum(1).mean() for k in range(len(x) - s)]),
        lambda x, s: np.mean(np.linalg.norm(x[s:] - x[:-s], axis=2) ** 2),
    ],
    "1.3": [
        scattering_with_guard, scattering_along_axes, scattering_some_directions,
        lambda d, q: np.cos(q * d[:, 0]).mean(),
        lambda d, q: np.sinc(np.linalg.norm(d, axis=1) * q / np.pi).sum() / len(d),
    ],
    "1.4": [
        relaxation_linear, relaxation_reversed, relaxation_loop,
        lambda lag, f: np.interp(-1 / np.e, -f, lag),
    ],
    "1.5": [ENERGY, np.float64(ENERGY), np.array([ENERGY]), round(ENERGY, 2)],
    "2.1": [
        propensity_by_loop,
        lambda d: np.sqrt((d**2).sum(axis=2)).mean(axis=0),
        lambda d: np.array([np.linalg.norm(d[:, i], axis=1).mean() for i in range(d.shape[1])]),
        lambda d: list(np.linalg.norm(d, axis=-1).mean(0)),
    ],
    "2.2": [ceiling_by_covariance, ceiling_by_covariance_of_halves],
    "2.3": [
        chi4_as_written,
        lambda p, a: np.var(np.sum(p > a, axis=1)) / p.shape[1],
        lambda p, a: p.shape[1] * np.var((p > a).mean(axis=1)),
        lambda p, a: np.var([len(row[row > a]) for row in p]) / len(p[0]),
    ],
    "2.4": [
        places_by_loop,
        lambda p, place: [p.mean(axis=0)[place == k].mean() for k in range(3)],
        lambda p, place: tuple(np.bincount(place, p.mean(0)) / np.bincount(place)),
    ],
    "2.5": [neighbours_by_loop, neighbours_by_matrix],
    "3.1": [radial_by_loop, lambda d, r, w: np.sum(np.exp(-np.square((d - r) / w) / 2))],
    "3.2": [angular_by_symmetry, angular_by_legendre],
    "3.3": [coarse_by_loop, coarse_by_matrix],
    "3.4": [standardise_by_columns, standardise_with_sklearn, standardise_with_nan_to_num],
    "3.5": [14810, 14810.0, np.int64(14810), sum([880 * 16 + 16, 2 * (16 * 16 + 16), 170])],
    "4.1": [
        pearson_with_cov,
        lambda v, w: np.corrcoef(v, w)[0, 1],
        lambda v, w: np.mean((v - v.mean()) / v.std() * (w - w.mean()) / w.std()),
        lambda v, w: np.cov(v, w)[0, 1] / (v.std(ddof=1) * w.std(ddof=1)),
    ],
    "4.2": [
        lambda runs, run: (runs != run, runs == run),
        lambda runs, run: [[i for i, r in enumerate(runs) if r != run],
                           [i for i, r in enumerate(runs) if r == run]],
        lambda runs, run: (np.where(runs != run)[0], np.where(runs == run)[0]),
        lambda runs, run: (np.random.default_rng(0).permutation(np.flatnonzero(runs != run)),
                           np.flatnonzero(runs == run)),
    ],
    "4.3": [
        jackknife, bootstrap, error_of_mean,
        lambda t, p, r: bootstrap(t, p, r, n=400, seed=8),
        lambda t, p, r: bootstrap(t, p, r) * np.sqrt(8 / 7),
    ],
    "4.4": [
        lambda d1, d2, t1, t2: np.corrcoef(d1, t2)[0, 1],
        lambda d1, d2, t1, t2: np.corrcoef(d2, t1)[0, 1],
        lambda d1, d2, t1, t2: np.corrcoef(np.append(d1, d2), np.append(t2, t1))[0, 1],
    ],
    "4.5": [lambda rho, R: rho * R**-0.5, lambda rho, R: np.divide(rho, np.sqrt(R))],
}

#: Wrong in ways that are not on the list of usual mistakes.
WRONG = {
    "1.1": [lambda v, box: v, lambda v, box: v - np.round(v), lambda v, box: np.abs(v) % box],
    "1.2": [lambda x, s: x.var(axis=0).sum(-1).mean(), lambda x, s: (x[-1] - x[0]).mean()],
    "1.3": [lambda d, q: np.sinc(q * np.abs(d[:, 0]) / np.pi).mean(), lambda d, q: 1.0],
    "1.4": [lambda lag, f: np.trapezoid(f, lag), lambda lag, f: lag[np.argmin(np.abs(f - 0.2))]],
    "1.5": [ENERGY * 1.05, TAU, [ENERGY, ENERGY], "2.5"],
    "2.1": [lambda d: np.abs(d).mean(axis=(0, 2)), lambda d: np.linalg.norm(d[0], axis=1)],
    "2.2": [lambda a, b: np.sqrt(1 - 1 / (1 + 2 * (r := np.corrcoef(a, b)[0, 1]) / (1 - r))),
            lambda a, b: (a + b).std()],
    "2.3": [lambda p, a: (p > a).var(axis=1).mean(), lambda p, a: (p > a).sum(1)],
    "2.4": [lambda p, place: p.mean(), lambda p, place: [p[:, place < k + 1].mean()
                                                         for k in range(3)]],
    "2.5": [lambda v, i, j: v, lambda v, i, j: np.bincount(j, v[i], len(v))],
    "3.1": [lambda d, r, w: len(d), lambda d, r, w: np.exp(-((d - r) ** 2) / (2 * w**2))],
    "3.2": [lambda v, w, n: angular_by_legendre(v, np.ones(len(v)), n),
            lambda v, w, n: angular_by_legendre(v, w, n + 1)],
    "3.3": [lambda v, i, j, d, r: v, lambda v, i, j, d, r: coarse_by_matrix(v, i, j, d**2, r)],
    "3.4": [lambda x, rows: x, lambda x, rows: (x - x[rows].mean(0)) / x[rows].std(0),
            lambda x, rows: (x - x[rows].min(0)) / np.maximum(np.ptp(x[rows], axis=0), 1)],
    "3.5": [14811, 880 * 16, 16**3],
    "4.1": [lambda v, w: np.abs(v - w).mean(), lambda v, w: -np.corrcoef(v, w)[0, 1]],
    "4.2": [lambda runs, run: (runs == run, runs == run), lambda runs, run: runs != run,
            lambda runs, run: (np.flatnonzero(runs < run), np.flatnonzero(runs >= run))],
    "4.3": [lambda t, p, r: (1 - np.corrcoef(t, p)[0, 1] ** 2) / np.sqrt(len(t)),
            lambda t, p, r: 0.0, lambda t, p, r: np.std(t - p)],
    "4.4": [lambda d1, d2, t1, t2: np.corrcoef(d1, d2)[0, 1],
            lambda d1, d2, t1, t2: np.corrcoef(d1 + d2, t1)[0, 1]],
    "4.5": [lambda rho, R: rho, lambda rho, R: np.sqrt(rho / R)],
}


def each(table):
    return [
        pytest.param(number, answer, id=f"{number}-{place}")
        for number, answers in table.items()
        for place, answer in enumerate(answers)
    ]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
class TestAnswers:
    def test_every_exercise_has_right_and_wrong_answers(self):
        assert set(RIGHT) == set(WRONG) == set(EXERCISES)
        assert all(len(exercise.mistakes) >= 3 for exercise in EXERCISES.values())

    @pytest.mark.parametrize(("number", "answer"), each(RIGHT))
    def test_right(self, number, answer, capsys):
        lab.check(number, answer, *CONTEXT.get(number, ()))
        assert capsys.readouterr().out == f"{number} {EXERCISES[number].title}: right\n"

    @pytest.mark.parametrize(("number", "answer"), each(WRONG))
    def test_wrong(self, number, answer):
        with pytest.raises(lab.WrongAnswer, match=f"^{number}: "):
            lab.check(number, answer, *CONTEXT.get(number, ()))

    @pytest.mark.parametrize(
        ("number", "hint", "mistake"),
        [
            pytest.param(number, *mistake, id=f"{number}-{place}")
            for number, exercise in EXERCISES.items()
            for place, mistake in enumerate(exercise.mistakes)
        ],
    )
    def test_usual_mistake_is_named(self, number, hint, mistake):
        context = CONTEXT.get(number, ())
        answer = mistake(*context) if context else mistake
        with pytest.raises(lab.WrongAnswer) as caught:
            lab.check(number, answer, *context)
        assert str(caught.value) == f"{number}: {hint}"

    @pytest.mark.parametrize("number", EXERCISES)
    def test_the_reference_is_right(self, number):
        exercise, context = EXERCISES[number], CONTEXT.get(number, ())
        lab.check(number, exercise.reference(*context) if context else exercise.reference, *context)

    @pytest.mark.parametrize("number", EXERCISES)
    def test_a_gap_is_not_done(self, number):
        def unfinished(*given):
            raise NotImplementedError

        for answer in (..., None, lambda *given: ..., lambda *given: None, unfinished):
            if number in CONTEXT and callable(answer):
                continue
            with pytest.raises(lab.NotDone, match=f"{number}: not done yet"):
                lab.check(number, answer, *CONTEXT.get(number, ()))

    def test_what_a_function_raises_is_told(self):
        with pytest.raises(lab.WrongAnswer, match="4.1: your function raised KeyError: 'x'"):
            lab.check("4.1", lambda v, w: {}["x"])
        with pytest.raises(lab.WrongAnswer, match="4.1: give the function itself, not a float"):
            lab.check("4.1", 0.5)
        with pytest.raises(ParameterError, match="exercise '9.9' does not exist; choose 1.1"):
            lab.check("9.9", 0.5)

    def test_an_answer_cannot_change_the_case(self):
        def spoils(vector, box):
            vector -= box * np.round(vector / box)
            return vector

        lab.check("1.1", spoils)
