"""Averages over time origins: self intermediate scattering function and displacements."""

from typing import NamedTuple

import numpy as np

from glasslib.dynamics.displacement import displacement_moments
from glasslib.errors import ParameterError

__all__ = [
    "SelfCorrelations", "at_wavenumber", "self_correlations", "self_intermediate_scattering",
]  # fmt: skip


def self_intermediate_scattering(
    initial: np.ndarray, final: np.ndarray, q: float | np.ndarray
) -> np.ndarray:
    r"""Self intermediate scattering function of one displacement field, Eq. 1.

    .. math::
        F_s(q, t) = \frac1N \sum_i \left\langle e^{-i \mathbf q \cdot \delta\mathbf r_i(t)}
        \right\rangle_{|\mathbf q| = q} = \frac1N \sum_i \frac{\sin q |\delta\mathbf r_i|}
        {q |\delta\mathbf r_i|}

    The average over all directions of **q** is taken analytically: the liquid is isotropic.

    Parameters
    ----------
    initial, final : (N, 3) float64
        Unwrapped positions in σ.
    q : float or (n_q,) float64
        Wave numbers in σ⁻¹.

    Returns
    -------
    () or (n_q,) float64

    Examples
    --------
    >>> x = np.zeros((4, 3))
    >>> float(self_intermediate_scattering(x, x, 7.1))
    1.0
    """
    distance, _ = displacement_moments(initial, final)
    # numpy.sinc(x) is sin(πx)/(πx)
    return np.sinc(np.multiply.outer(np.asarray(q), distance) / np.pi).mean(axis=-1)


class SelfCorrelations(NamedTuple):
    """What :func:`self_correlations` returns.

    Parameters
    ----------
    scattering : (n_lags, n_q) float64
        F_s(q, t).
    msd : (n_lags,) float64
        Mean-squared displacement ⟨Δr²⟩ in σ².
    mean_displacement : (n_lags,) float64
        ⟨|Δr|⟩ in σ.
    """

    scattering: np.ndarray
    msd: np.ndarray
    mean_displacement: np.ndarray


def self_correlations(
    times: np.ndarray, positions: np.ndarray, q: np.ndarray, lags: np.ndarray, max_origins: int = 64
) -> SelfCorrelations:
    r"""F_s(q, t), ⟨Δr²(t)⟩ and ⟨|Δr|(t)⟩, averaged over time origins.

    For each lag, every pair of frames that many τ apart counts (at most ``max_origins`` of them,
    evenly spread).

    Parameters
    ----------
    times : (n_frames,) float64
        Rising, in τ; need not be evenly spaced.
    positions : (n_frames, N, 3)
        Unwrapped positions in σ.
    q : (n_q,) float64
        Wave numbers in σ⁻¹.
    lags : (n_lags,) float64
        In τ; a lag between no two frames gives NaN.

    Returns
    -------
    SelfCorrelations
        ``scattering``, ``msd`` and ``mean_displacement``.

    Examples
    --------
    >>> t = np.arange(5.0)
    >>> x = t[:, None, None] * np.ones((1, 2, 3))  # ballistic, speed √3
    >>> self_correlations(t, x, np.array([1.0]), np.array([1.0, 2.0])).msd.tolist()
    [3.0, 12.0]
    """
    scattering = np.full((len(lags), len(q)), np.nan)
    msd, mean_displacement = np.full((2, len(lags)), np.nan)
    for k, lag in enumerate(lags):
        target = times + lag
        place = np.searchsorted(times, target - 1e-6)
        place = np.minimum(place, len(times) - 1)
        origins = np.flatnonzero(np.abs(times[place] - target) < 1e-6)
        if len(origins) == 0:
            continue
        if len(origins) > max_origins:
            origins = origins[np.linspace(0, len(origins) - 1, max_origins).round().astype(int)]
        f, moments = [], []
        for origin in origins:
            start = positions[origin].astype(np.float64)
            end = positions[place[origin]].astype(np.float64)
            f.append(self_intermediate_scattering(start, end, q))
            moments.append([moment.mean() for moment in displacement_moments(start, end)])
        scattering[k] = np.mean(f, axis=0)
        mean_displacement[k], msd[k] = np.mean(moments, axis=0)
    return SelfCorrelations(scattering, msd, mean_displacement)


def at_wavenumber(scattering: np.ndarray, grid: np.ndarray, q: float) -> np.ndarray:
    """Interpolate F_s, known on a small grid of wave numbers, to ``q`` (cubic in q).

    Parameters
    ----------
    scattering : (..., n_q) float64
    grid : (n_q,) float64
        Rising, at least four values, in σ⁻¹.
    q : float
        Inside the grid.

    Raises
    ------
    ParameterError
        ``q`` lies outside the grid.

    Examples
    --------
    >>> grid = np.array([6.8, 7.0, 7.2, 7.4])
    >>> round(float(at_wavenumber(grid**3, grid, 7.1)), 6) == round(7.1**3, 6)
    True
    """
    from scipy.interpolate import CubicSpline

    if not grid[0] <= q <= grid[-1]:
        raise ParameterError(
            f"q = {q} lies outside the stored wave numbers {grid[0]} to {grid[-1]}; store F_s at"
            " wave numbers around it (Protocol.wavenumbers)"
        )
    return CubicSpline(grid, scattering, axis=-1)(q)
