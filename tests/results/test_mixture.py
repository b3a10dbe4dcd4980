"""Another glass: what is predicted, on which configurations, and what must not leak."""

import numpy as np
import pytest

from glasslib import figures, store
from glasslib.configuration import Configuration
from glasslib.results import mixture
from glasslib.results.tables import TABLES, Work
from glasslib.store.mixture import MixtureSample
from glasslib.structure.cage import CageMoments

N, EDGE = 300, 11.4
TRAIN, TEST = ("train-001", "train-002", "train-003"), ("test-401", "test-402")


def moments(random, size) -> CageMoments:
    noise = [random.uniform(0.5, 1.5, N) for _ in range(8)]
    tensor = np.zeros((N, 6))
    tensor[:, :3] = size[:, None] / 3
    return CageMoments(
        random.normal(0, 0.05, (N, 3)), tensor, *noise[:2], *[np.empty(0)] * 4, *noise[2:]
    )


def sample(label) -> MixtureSample:
    """A gas whose propensity is the size of the cage, with noise; large particles are slow."""
    random = np.random.default_rng(int(label[-3:]))
    box, species = np.full(3, EDGE), (random.random(N) < 0.3).astype(int)
    here = Configuration(random.uniform(0, EDGE, (N, 3)), box)
    size = random.uniform(0.01, 0.05, N)
    propensity = np.log(size) + 5.0 * species + random.normal(0, 0.2, (2, N))
    inherent = Configuration(here.positions + random.normal(0, 0.1, (N, 3)), box)
    halves = [moments(random, size * random.uniform(0.9, 1.1, N)) for _ in range(2)]
    return MixtureSample(label, here, species, propensity, inherent, halves)


@pytest.fixture
def samples(monkeypatch):
    made = [sample(label) for label in (*TEST, *TRAIN)]
    monkeypatch.setattr(mixture, "load_mixture", lambda name: made)
    return made


@pytest.fixture(scope="module")
def table():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixture, "load_mixture", lambda name: [sample(x) for x in (*TEST, *TRAIN)])
        return mixture.another_glass()


def test_cages_predict_where_they_decide_and_the_ceiling_is_above(table):
    best = table[table["training"] != 2].set_index("model")
    assert best.loc["cage alone", "rho"] > 0.8 and best.loc["ridge D", "rho"] > 0.7
    assert abs(best.loc["ridge B", "rho"]) < 0.3
    # Signal: a logarithm of a uniform number. Noise: that of the mean of two halves.
    signal = np.log(np.random.default_rng(0).uniform(0.01, 0.05, 100_000)).var()
    ceiling = np.sqrt(signal / (signal + 0.2**2 / 2))
    assert best.loc["ceiling", "rho"] == pytest.approx(ceiling, abs=0.02)
    assert best.loc["ridge D", "rho"] < best.loc["ceiling", "rho"]
    gain = best.loc["ridge D", "rho"] - best.loc["ridge C", "rho"]
    assert best.loc["ridge D − ridge C", "rho"] == pytest.approx(gain)
    assert set(table.loc[table["model"] == "ridge D", "training"]) == {2, 3}
    assert list(best.loc[["ridge B", "ridge C", "ridge D"], "columns"]) == [1752, 3505, 91]


def test_tested_configurations_train_nothing_and_small_particles_do_not_count(
    samples, monkeypatch
):
    seen, predict = [], mixture.out_of_sample

    def spy(make, inputs, targets, splits, groups):
        seen.append((splits[0], groups, targets))
        return predict(make, inputs, targets, splits, groups)

    monkeypatch.setattr(mixture, "out_of_sample", spy)
    mixture.another_glass()
    large = [int((one.species == 0).sum()) for one in (*samples[2:], *samples[:2])]
    for split, groups, targets in seen:
        known = np.concatenate([split.train, split.validation])
        assert np.bincount(groups).tolist() == large
        assert set(groups[known]) <= {0, 1, 2} and set(groups[split.test]) == {3, 4}
        assert targets.max() < 0  # those of the small particles are above


def test_cages_of_another_configuration_predict_nothing(samples):
    halves = [one.halves for one in samples]
    for one, other in zip(samples, [*halves[1:], halves[0]], strict=True):
        object.__setattr__(one, "halves", other)
    table = mixture.another_glass().set_index("model")
    assert abs(table.loc["cage alone", "rho"]) < 0.25
    assert (table.loc["ridge D", "rho"].abs() < 0.25).all()


def test_a_configuration_without_cages_is_refused(samples):
    object.__setattr__(samples[0], "halves", [])
    with pytest.raises(mixture.DataError, match="test-401"):
        mixture.another_glass()


def test_figure_sentence_and_table(table):
    figure, numbers = figures.mixture_figure(table)
    assert list(numbers) == ["model", "training", "rho", "rho_error", "ceiling"]
    assert len(numbers) == 5 + 1 and len(figure.axes[0].patches) == 5
    assert "of type A" in mixture.another_sentence(table)
    text = mixture.another_table(table)
    assert "ridge D" in text.index and not text.index.str.contains("−").any()


def test_the_table_stands_on_the_files_of_the_mixture_alone(monkeypatch):
    entry = TABLES["mixture"]
    before = Work({}).key(entry, None)
    assert Work({}).key(entry, None) == before
    registry = store.read_registry

    def changed(path):
        return {name: "0" * 64 for name in registry(path)}

    monkeypatch.setattr("glasslib.store.mixture.read_registry", changed)
    assert Work({}).key(entry, None) != before


def test_ratios_and_correlations_of_lengths(samples, monkeypatch):
    """Long replicas that see twice the size, and short ones that see the wrong particles."""
    size = {one.label: np.stack([h.variance for h in one.halves]) for one in samples}
    files = {
        label: {
            "replicas": np.array([5, 1]), "duration": np.array([3.0, 45.0]),
            "square": np.stack([np.roll(size[label], 1, axis=1), 2 * size[label]]),
            "variance": np.stack([size[label] / 2, size[label]]),
        } for label in TRAIN
    }
    monkeypatch.setattr(mixture, "load_mixture_scans", lambda name: files)
    table = mixture.replica_lengths().set_index("duration")
    np.testing.assert_allclose(table["ratio"], [0.5, 1])
    np.testing.assert_allclose(table["size_ratio"], [0.5, 1])
    assert table.loc[45, "rho"] > 0.8 and abs(table.loc[3, "rho"]) < 0.2
    assert table["size_rho"].min() > 0.8 and (table["reliability"] > 0.9).all()
    assert (table["configurations"] == 3).all() and (table["rho_error"] > 0).all()
    text = mixture.lengths_sentence(table.reset_index())
    assert "beside replicas of 45 (3 training configurations)" in text
    assert text.count("changes by −50") == 2


def test_what_ships_is_read_whole():
    shipped = store.load_mixture(mixture.NAME)
    assert len(shipped) == 15 and sum(one.label.startswith("train") for one in shipped) == 10
    for one in shipped:
        assert len(one.configuration) == 4096 and (one.species == 0).sum() == 3277
        assert one.propensity.shape == (2, 4096) and (one.propensity > 0).all()
        assert one.configuration.density == pytest.approx(1.2, abs=1e-3)
        assert len(one.halves) == 2
        for half in one.halves:
            assert np.linalg.norm(half.offset, axis=1).max() < 0.42
            assert (half.variance > 0).all() and not len(half.bond_variance)
    scans = store.load_mixture_scans(mixture.NAME)
    assert list(scans) == ["train-001", "train-002", "train-003"]
    samples = {one.label: one for one in shipped}
    for label, file in scans.items():
        way = samples[label].configuration.positions - samples[label].inherent.positions
        farthest = np.linalg.norm(way - way.mean(axis=0), axis=1) + 0.42
        assert file["square"].shape == (2, 2, 4096)
        assert (file["square"] < farthest**2).all()
        assert (file["variance"] < file["square"] * 1.001).all()
    lengths = mixture.replica_lengths().set_index("duration")
    assert lengths.index.tolist() == [3, 30] and (lengths["configurations"] == 3).all()
    assert lengths.loc[3, "ratio"] < 1 - 3 * lengths.loc[3, "ratio_error"]
    assert lengths["size_rho"].min() > 0.3  # they are the cages of these configurations


def test_other_particles_and_other_channels_are_other_answers(samples):
    assert mixture.another_question("A", alike=False).empty  # the table has it
    plain, small, alike = (mixture._each_tested(samples, *asked)
                           for asked in (("A", False), ("B", False), ("A", True)))
    assert plain["D"][0] == small["D"][0] == 13 * 7 and alike["D"][0] == 13 * 4
    assert small["B"][0] == plain["B"][0] == 2 * alike["B"][0]
    assert plain["D"][1:].min() > 0.5 and len(small["D"]) == 1 + len(TEST)
    assert (small["D"][1:] != plain["D"][1:]).all() and (alike["D"][1:] != plain["D"][1:]).all()


def test_the_table_and_its_other_questions_agree(samples, table):
    plain = mixture._each_tested(samples, "A", False)
    full = table[table["training"] == len(TRAIN)].set_index("model")["rho"]
    for model in "BD":
        assert np.mean(plain[model][1:]) == pytest.approx(full[f"ridge {model}"], abs=1e-6)
