"""Relaxation times: τ_α from F_s, τ_ee from the end-to-end vector, and their temperature law."""

from dataclasses import dataclass

import numpy as np

from glasslib.errors import ParameterError

__all__ = [
    "PUBLISHED_SCALING", "VibrationalScaling", "VogelFulcherTammann", "decay_time",
    "end_to_end_correlation", "end_to_end_vectors", "extrapolated_decay_time", "fit_vft",
    "fit_vibrational_scaling", "logarithmic_slope", "propensity_times",
]  # fmt: skip


def decay_time(times: np.ndarray, values: np.ndarray, level: float = np.exp(-1)) -> float:
    r"""Time at which a decaying correlation first falls to ``level``, by default 1/e.

    :math:`F_s(q, \tau_\alpha) = 1/e` defines the structural relaxation time. Between the two
    points around the crossing, the values are interpolated linearly in log t.

    Parameters
    ----------
    times : (n,) float64
        Rising and positive, in τ.
    values : (n,) float64
        NaN is passed over.
    level : float

    Returns
    -------
    float
        In τ; NaN if the level is not reached.

    Examples
    --------
    >>> t = np.geomspace(0.01, 100, 400)
    >>> round(decay_time(t, np.exp(-t / 3.0)), 3)
    3.0
    >>> decay_time(t[:10], np.exp(-t[:10]))
    nan
    """
    good = np.isfinite(values) & (np.asarray(times) > 0)
    t, v = np.asarray(times, float)[good], np.asarray(values, float)[good]
    below = np.flatnonzero(v <= level)
    if len(below) == 0 or below[0] == 0:
        return float("nan")
    k = below[0]
    fraction = (v[k - 1] - level) / (v[k - 1] - v[k])
    return float(np.exp(np.log(t[k - 1]) + fraction * (np.log(t[k]) - np.log(t[k - 1]))))


def logarithmic_slope(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    r"""Return :math:`d \ln y / d \ln t` of a curve: 2 where motion is ballistic, 1 where diffusive.

    The slope at a time is that of a straight line through all points within a factor of two of it.

    Parameters
    ----------
    times : (n,) float64
        Rising and positive, in τ; each with another one within a factor of two.
    values : (n,) float64
        Positive, such as the mean-squared displacement.

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> t = np.geomspace(0.1, 10, 20)
    >>> logarithmic_slope(t, 3 * t**0.7).round(6)[[0, 10, -1]].tolist()
    [0.7, 0.7, 0.7]
    """
    x, y = np.log(times), np.log(values)
    near = np.abs(x[:, None] - x) <= np.log(2) + 1e-9
    centre = (near * x).sum(axis=1) / near.sum(axis=1)
    away = near * (x - centre[:, None])
    return (away * y).sum(axis=1) / (away**2).sum(axis=1)


def extrapolated_decay_time(times: np.ndarray, values: np.ndarray, floor: float = 0.5) -> float:
    r"""Estimate the time of decay to 1/e of a correlation that has not come down that far.

    .. math:: C(t) \approx \exp[-(t/\tau)^\beta]

    is fitted as a straight line of :math:`\ln(-\ln C)` against :math:`\ln t` to the later
    half (in ln t) of the points; the values of long lags rest on few origins, so lags beyond
    ``floor`` of the longest are left out. Expect some ten per cent when C has fallen to 0.5 and
    a factor of two when it has fallen to 0.8.

    Parameters
    ----------
    times : (n,) float64
        Rising and positive, in τ.
    values : (n,) float64
    floor : float
        Part of the longest lag that is used.

    Returns
    -------
    float
        In τ; NaN if fewer than three points lie between 0 and 1.

    Examples
    --------
    >>> t = np.geomspace(0.1, 20, 60)
    >>> round(extrapolated_decay_time(t, np.exp(-((t / 50) ** 0.6))), 1)
    50.0
    """
    t, v = np.asarray(times, float), np.asarray(values, float)
    good = (v > 0) & (v < 1) & (t <= floor * t.max())
    t, v = t[good], v[good]
    late = t >= np.sqrt(t.min() * t.max()) if len(t) else good[:0]
    if late.sum() < 3:
        return float("nan")
    slope, intercept = np.polyfit(np.log(t[late]), np.log(-np.log(v[late])), 1)
    return float(np.exp(-intercept / slope))


def end_to_end_vectors(positions: np.ndarray, chain_length: int) -> np.ndarray:
    """Vector from the first to the last monomer of each chain.

    Parameters
    ----------
    positions : (..., N, 3)
        Unwrapped, chain after chain, in σ.
    chain_length : int

    Returns
    -------
    (..., n_chains, 3)

    Examples
    --------
    >>> end_to_end_vectors(np.arange(30.0).reshape(10, 3), 5)[:, 0].tolist()
    [12.0, 12.0]
    """
    return positions[..., chain_length - 1 :: chain_length, :] - positions[..., ::chain_length, :]


def end_to_end_correlation(vectors: np.ndarray, lags: np.ndarray) -> np.ndarray:
    r"""Autocorrelation of the end-to-end vector over all chains and time origins.

    .. math:: C_{ee}(t) = \frac{\langle\mathbf R(t)\cdot\mathbf R(0)\rangle}{\langle R^2\rangle}

    Its decay to 1/e is τ_ee.

    Parameters
    ----------
    vectors : (n_frames, n_chains, 3)
        At evenly spaced times.
    lags : (n_lags,) int
        In frames, 0 … n_frames − 1.

    Returns
    -------
    (n_lags,) float64

    References
    ----------
    M. Doi and S. F. Edwards, The Theory of Polymer Dynamics (Clarendon Press, 1988).

    Examples
    --------
    >>> v = np.ones((4, 2, 3))
    >>> end_to_end_correlation(v, np.array([0, 2])).tolist()
    [1.0, 1.0]
    """
    v = np.asarray(vectors, dtype=np.float64)
    norm = (v**2).sum(axis=-1).mean()
    return np.array(
        [(v[: len(v) - lag] * v[lag:]).sum(axis=-1).mean() / norm for lag in np.asarray(lags)]
    )


def propensity_times(
    tau_alpha: float, longest: float, n_times: int = 10, step: float = 0.01
) -> np.ndarray:
    """Times of the ensemble: log-spaced from 0.01, with 1 and τ_α among them exactly.

    The three stretches 0.01 → 1, 1 → τ_α and τ_α → longest are each divided evenly in log t,
    the intervals shared out so that the widest is as narrow as it can be.

    Parameters
    ----------
    tau_alpha, longest : float
        In τ, 1 < τ_α < longest.
    n_times : int
    step : float
        Every time is rounded to a multiple of this, in τ.

    Returns
    -------
    (n_times,) float64

    Raises
    ------
    ParameterError
        The times are not in order 1 < τ_α < longest.

    Examples
    --------
    >>> propensity_times(50.0, 250.0).tolist()
    [0.01, 0.03, 0.1, 0.32, 1.0, 3.68, 13.57, 50.0, 111.8, 250.0]
    """
    if not 1 < tau_alpha < longest:
        raise ParameterError(
            f"tau_alpha = {tau_alpha} and longest = {longest} must satisfy 1 < tau_alpha < longest;"
            " choose a lower temperature"
        )
    ends = np.log([0.01, 1.0, tau_alpha, longest])
    lengths = np.diff(ends)
    counts = np.ones(3, dtype=int)
    while counts.sum() < n_times - 1:
        counts[np.argmax(lengths / counts)] += 1
    times = np.concatenate(
        [[0.01], *(np.geomspace(*np.exp(ends[k : k + 2]), counts[k] + 1)[1:] for k in range(3))]
    )
    return np.round(np.round(times / step) * step, 6)


@dataclass(frozen=True)
class VogelFulcherTammann:
    r"""Parameters of :math:`\tau_\alpha = \tau_0 \exp[B / (T - T_0)]`.

    ``temperature_0_error`` is the standard error of T_0, NaN when three temperatures leave no
    degree of freedom to estimate it.
    """

    tau_0: float
    b: float
    temperature_0: float
    temperature_0_error: float

    def __call__(self, temperature):
        """Return τ_α at ``temperature`` (above T_0)."""
        return self.tau_0 * np.exp(self.b / (np.asarray(temperature) - self.temperature_0))

    def slope(self, temperature):
        """Return d ln τ_α / dT at ``temperature``."""
        return -self.b / (np.asarray(temperature) - self.temperature_0) ** 2


def fit_vft(
    temperatures: np.ndarray, tau_alpha: np.ndarray, relative_error: np.ndarray
) -> VogelFulcherTammann:
    r"""Fit the Vogel–Fulcher–Tammann law to ln τ_α by least squares.

    .. math:: \ln\tau_\alpha = \ln\tau_0 + \frac{B}{T - T_0}

    Parameters
    ----------
    temperatures : (n,) float64
        At least three, in ε/k_B.
    tau_alpha : (n,) float64
        In τ.
    relative_error : (n,) float64
        Standard error of ln τ_α.

    Raises
    ------
    ParameterError
        Fewer than three temperatures: the law has three parameters.

    Examples
    --------
    >>> t = np.array([0.6, 0.5, 0.45, 0.42])
    >>> fit = fit_vft(t, 0.1 * np.exp(1.2 / (t - 0.3)), np.full(4, 0.02))
    >>> round(fit.temperature_0, 3), round(fit.b, 2)
    (0.3, 1.2)
    """
    from scipy.optimize import least_squares

    t, log_tau = np.asarray(temperatures, float), np.log(tau_alpha)
    if len(t) < 3:
        raise ParameterError(
            f"{len(t)} temperatures cannot fix the three parameters of the VFT law; give three"
        )

    def residual(p):
        return (p[0] + p[1] / (t - p[2]) - log_tau) / relative_error

    best = min(
        (
            least_squares(
                residual,
                [np.log(0.1), 1.0, fraction * t.min()],
                bounds=([-20, 1e-3, 0.0], [10, 50, t.min() * 0.999]),
                x_scale=[1, 1, 0.1],
            )
            for fraction in (0.3, 0.6, 0.8, 0.9)
        ),
        key=lambda result: result.cost,
    )
    error = float("nan")
    if len(t) > 3:
        covariance = np.linalg.pinv(best.jac.T @ best.jac)
        error = float(np.sqrt(covariance[2, 2]))
    return VogelFulcherTammann(float(np.exp(best.x[0])), float(best.x[1]), float(best.x[2]), error)


@dataclass(frozen=True, eq=False)
class VibrationalScaling:
    r"""Parabola :math:`\log_{10}\tau_\alpha = \alpha + \beta / u^2 + \gamma / u^4`.

    Parameters
    ----------
    coefficients : (3,) float64
        α, β in σ² and γ in σ⁴.
    covariance : (3, 3) float64
        Of the coefficients, from the errors of the points.
    chi2 : float
        Sum of squared residuals in units of their errors.
    degrees_of_freedom : int
        Number of temperatures less three; with none the parabola passes through every point.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    chi2: float
    degrees_of_freedom: int

    def __call__(self, u2):
        """Return τ_α in τ at the mean-squared displacement ``u2`` in σ²."""
        x = 1 / np.asarray(u2, dtype=float)
        alpha, beta, gamma = self.coefficients
        return 10 ** (alpha + beta * x + gamma * x**2)


#: The published curve, with the coefficients that other papers quote from L. Larini et al., Nat.
#: Phys. 4, 42 (2008), which could not be opened here. They name no errors.
PUBLISHED_SCALING = VibrationalScaling(
    np.array([-0.424, 0.0270, 0.00341]), np.full((3, 3), np.nan), np.nan, 0
)


def fit_vibrational_scaling(
    u2: np.ndarray, u2_error: np.ndarray, tau_alpha: np.ndarray, tau_alpha_error: np.ndarray
) -> VibrationalScaling:
    r"""Fit a parabola in 1/u² to log τ_α, the form of Larini et al.

    .. math:: \log_{10}\tau_\alpha = \alpha + \beta\,\frac{1}{u^2} + \gamma\,\frac{1}{u^4}

    A barrier whose height is quadratic in the displacement to be reached, with a Gaussian
    distribution of that displacement, gives it (β, γ > 0). Weights come from both errors: that
    of u² enters through the slope of the curve, in a second pass.

    Parameters
    ----------
    u2, u2_error : (n,) float64
        Mean-squared displacement at t = 1 and its standard error, in σ²; n ≥ 3.
    tau_alpha, tau_alpha_error : (n,) float64
        Relaxation time and its standard error, in τ.

    Raises
    ------
    ParameterError
        Fewer than three temperatures, or a value or error that is not positive.

    References
    ----------
    L. Larini, A. Ottochian, C. De Michele and D. Leporini, Nat. Phys. 4, 42 (2008).

    Examples
    --------
    >>> u2 = np.array([0.063, 0.049, 0.042, 0.036])
    >>> law = fit_vibrational_scaling(u2, 0.01 * u2, 10 ** (-1 + 0.1 / u2), 10 ** (0.1 / u2) / 100)
    >>> (law.coefficients.round(3) + 0).tolist(), law.degrees_of_freedom
    ([-1.0, 0.1, 0.0], 1)
    """
    values = [np.asarray(a, float) for a in (u2, u2_error, tau_alpha, tau_alpha_error)]
    if len(values[0]) < 3:
        raise ParameterError(
            f"{len(values[0])} temperatures cannot fix the three parameters of a parabola; give"
            " three"
        )
    if not all((np.isfinite(a) & (a > 0)).all() for a in values):
        raise ParameterError("u2, tau_alpha and their errors must be positive, finite numbers")
    u2, u2_error, tau, tau_error = values
    x, y = 1 / u2, np.log10(tau)
    x_error, y_error = u2_error / u2**2, tau_error / tau / np.log(10)
    # Scaling x makes the normal equations well conditioned.
    unit = x.mean()
    design = np.stack([np.ones_like(x), x / unit, (x / unit) ** 2], axis=1)
    slope = np.polyfit(x, y, 1)[0]
    for _ in range(3):
        error = np.hypot(y_error, slope * x_error)
        weighted = design / error[:, None]
        scaled = np.linalg.lstsq(weighted, y / error, rcond=None)[0]
        slope = (scaled[1] + 2 * scaled[2] * x / unit) / unit
    residual = (design @ scaled - y) / error
    back = np.diag([1, 1 / unit, 1 / unit**2])
    return VibrationalScaling(
        back @ scaled, back @ np.linalg.inv(weighted.T @ weighted) @ back,
        float((residual**2).sum()), len(x) - 3,
    )
