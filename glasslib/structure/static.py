r"""Averages of the structure: the static structure factor and the pair distribution.

.. math:: S(\mathbf{q}) = \frac{1}{N}
   \Big| \sum_{j=1}^{N} e^{-i \mathbf{q} \cdot \mathbf{r}_j} \Big|^2

taken at the wave vectors that the periodic box allows and averaged over their directions. The
first peak of S(q) fixes the wave number of Eq. 1.
"""

from collections.abc import Iterable

import numpy as np

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, ParameterError

__all__ = ["radial_distribution", "structure_factor", "structure_factor_peak"]


def _listed(configurations) -> list[Configuration]:
    if isinstance(configurations, Configuration):
        return [configurations]
    configurations = list(configurations)
    if not configurations:
        raise ConfigurationError("no configuration was given; an average needs at least one")
    return configurations


def structure_factor(
    configurations: Configuration | Iterable[Configuration], q: np.ndarray
) -> np.ndarray:
    r"""Isotropic static structure factor, averaged over configurations.

    .. math:: S(q) = \frac{1}{N} \Big\langle \Big| \sum_{j=1}^{N}
       e^{-i \mathbf{q} \cdot \mathbf{r}_j} \Big|^2 \Big\rangle_{|\mathbf{q}| \approx q}

    over all wave vectors of the box whose length falls in the bin around q. A plane wave is a
    product of three waves along the axes, so the sums over monomers are products of matrices.

    Parameters
    ----------
    configurations : Configuration, or several
        Each counts the same.
    q : (n,) float64
        Wave numbers in 1/σ: the middles of equal bins, n ≥ 2.

    Returns
    -------
    (n,) float64
        NaN in a bin without a wave vector of the box.

    Raises
    ------
    ParameterError
        ``q`` is not a rising, equally spaced array of positive numbers.
    ConfigurationError
        No configuration.

    References
    ----------
    J.-P. Hansen and I. R. McDonald, *Theory of Simple Liquids*, 3rd ed. (2006), section 4.1.

    Examples
    --------
    The simple cubic lattice scatters at q = 2π and not below:

    >>> lattice = np.stack(np.meshgrid(*3 * [np.arange(5.0)]), axis=-1).reshape(-1, 3)
    >>> q = 2 * np.pi * np.array([0.8, 1.0])
    >>> s = structure_factor(Configuration(lattice, np.full(3, 5.0)), q)
    >>> bool(s[0] < 1e-6), bool(s[1] > 1)
    (True, True)
    """
    q = np.asarray(q, dtype=np.float64)
    step = np.diff(q)
    if q.ndim != 1 or len(q) < 2 or not np.isfinite(q).all() or (step <= 0).any():
        raise ParameterError("q must be a rising array of at least two wave numbers")
    if not np.allclose(step, step[0], rtol=1e-6) or q[0] - step[0] / 2 < 0:
        raise ParameterError(
            f"q from {q[0]:g} in steps of {step.min():g} to {step.max():g} must be equally"
            " spaced middles of bins above 0"
        )
    edges = np.append(q - step[0] / 2, q[-1] + step[0] / 2)
    total = np.zeros(len(q))
    configurations = _listed(configurations)
    for configuration in configurations:
        total += _binned(configuration, edges)
    return total / len(configurations)


def _binned(configuration: Configuration, edges: np.ndarray) -> np.ndarray:
    """S of one configuration, averaged over the wave vectors in each bin; NaN where there is none.

    A wave vector and its opposite scatter alike: half of them are computed and count twice.
    """
    waves = [
        np.arange(0 if d == 0 else -int(longest), int(longest) + 1) * (2 * np.pi / edge)
        for d, edge in enumerate(configuration.box)
        for longest in [edges[-1] * edge / (2 * np.pi)]
    ]
    x, y, z = (
        np.exp(-1j * np.outer(configuration.positions[:, d], k)) for d, k in enumerate(waves)
    )
    sums, counts = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for m, kx in enumerate(waves[0]):
        amplitude = (x[:, m, None] * y).T @ z
        length = np.sqrt(kx**2 + waves[1][:, None] ** 2 + waves[2] ** 2)
        twice = 1.0 if m == 0 else 2.0
        counts += twice * np.histogram(length, edges)[0]
        sums += twice * np.histogram(length, edges, weights=np.abs(amplitude) ** 2)[0]
    with np.errstate(invalid="ignore"):
        return sums / counts / len(configuration)


def structure_factor_peak(
    configurations: Configuration | Iterable[Configuration],
    q_range: tuple[float, float] = (5.5, 9.0),
    q_step: float = 0.1,
    half_width: float = 0.6,
) -> float:
    r"""Wave number of the first peak of S(q), from a parabola through its top.

    The parabola is fitted by least squares to S(q) within ``half_width`` of the highest bin,
    then once more around its own vertex; so the answer is finer than a bin and does not follow
    the noise of one bin.

    Parameters
    ----------
    configurations : Configuration, or several
        Each counts the same.
    q_range : (float, float)
        Where to look, in 1/σ.
    q_step : float
        Width of a bin, in 1/σ.
    half_width : float
        Half of the window of the fit, in 1/σ.

    Returns
    -------
    float
        Wave number q of the peak in 1/σ; the melt at density 1.02 has 7.1 to 7.2.

    Raises
    ------
    ParameterError
        The range holds no peak.
    ConfigurationError
        No configuration.

    References
    ----------
    J.-P. Hansen and I. R. McDonald, *Theory of Simple Liquids*, 3rd ed. (2006), section 4.1.

    Examples
    --------
    >>> lattice = np.stack(np.meshgrid(*3 * [np.arange(6.0)]), axis=-1).reshape(-1, 3)
    >>> noise = np.random.default_rng(1).normal(0, 0.1, lattice.shape)
    >>> q = structure_factor_peak(Configuration(lattice + noise, np.full(3, 6.0)))
    >>> round(q, 1)
    6.3
    """
    n = int(round((q_range[1] - q_range[0]) / q_step)) + 1
    q = q_range[0] + q_step * np.arange(n)
    s = structure_factor(configurations, q)
    q, s = q[np.isfinite(s)], s[np.isfinite(s)]
    if len(s) == 0:
        raise ParameterError(
            f"the box has no wave vector between q = {q_range[0]:g} and"
            f" {q_range[1]:g}; widen q_range"
        )
    peak = q[np.argmax(s)]
    for _ in range(2):
        near = np.abs(q - peak) <= half_width
        if near.sum() < 4:
            break
        a, b, _c = np.polyfit(q[near] - peak, s[near], 2)
        if a >= 0 or abs(b / (2 * a)) > half_width:
            break
        peak = peak - b / (2 * a)
    if not q_range[0] < peak < q_range[1]:
        raise ParameterError(
            f"S(q) has no peak between q = {q_range[0]:g} and {q_range[1]:g}; change q_range"
        )
    return float(peak)


def radial_distribution(
    configurations: Configuration | Iterable[Configuration],
    r_max: float = 5.0,
    bins: int = 250,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Pair distribution g(r), averaged over configurations; bonded pairs count too.

    .. math:: g(r) = \frac{2 V}{N (N-1)} \frac{n(r)}{\tfrac{4}{3} \pi (r_>^3 - r_<^3)}

    with n(r) pairs in the bin from r_< to r_>; 1 on average for an ideal gas. By freud's ``RDF``,
    whose normalisation has N² in place of N (N − 1).

    Parameters
    ----------
    configurations : Configuration, or several
        Each counts the same.
    r_max : float
        Longest distance in σ; half of the box at most.
    bins : int
        Number of equal bins from 0 to ``r_max``.

    Returns
    -------
    r, g : (bins,) float64
        Middles of the bins in σ, and the pair distribution.

    Raises
    ------
    ConfigurationError
        No configuration, a box not longer than 2 ``r_max``, or a single particle.

    References
    ----------
    J.-P. Hansen and I. R. McDonald, *Theory of Simple Liquids*, 3rd ed. (2006), section 2.5.
    V. Ramasubramani et al., Comput. Phys. Commun. 254, 107275 (2020) (freud).

    Examples
    --------
    >>> gas = np.random.default_rng(0).uniform(0, 10, (1000, 3))
    >>> r, g = radial_distribution(Configuration(gas, np.full(3, 10.0)), r_max=4.5, bins=5)
    >>> r.round(2).tolist(), bool(abs(g[2:] - 1).max() < 0.02)
    ([0.45, 1.35, 2.25, 3.15, 4.05], True)
    """
    import freud

    rdf = freud.density.RDF(bins=bins, r_max=r_max)
    total = np.zeros(bins)
    configurations = _listed(configurations)
    for configuration in configurations:
        n = len(configuration)
        if configuration.box.min() <= 2 * r_max or n < 2:
            raise ConfigurationError(
                f"{n} particles in a box of {configuration.box.tolist()}: g(r) needs two particles"
                f" at least, and edges longer than 2 r_max = {2 * r_max:g}"
            )
        box = freud.box.Box(*configuration.box)
        rdf.compute((box, box.wrap(configuration.positions)))
        total += rdf.rdf * n / (n - 1)
    return rdf.bin_centers, total / len(configurations)
