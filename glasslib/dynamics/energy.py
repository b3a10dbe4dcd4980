r"""The potential energy of a liquid in equilibrium against temperature, :math:`U = a + b T^{3/5}`.

Dense simple liquids follow this law above their glass transition. A liquid that has not reached
equilibrium has kept some of the energy of a higher temperature, and lies above it.

References
----------
Y. Rosenfeld and P. Tarazona, Mol. Phys. 95, 141 (1998).
"""

from dataclasses import dataclass

import numpy as np

from glasslib.errors import ParameterError

__all__ = ["EnergyLaw", "fit_energy_law"]


@dataclass(frozen=True, eq=False)
class EnergyLaw:
    r"""Law :math:`U = a + b T^p`; calling it gives U at a temperature.

    Parameters
    ----------
    coefficients : (2,) float64
        a and b.
    covariance : (2, 2) float64
        Of the coefficients, from the scatter of the points about the law.
    exponent : float
        p.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    exponent: float

    def _terms(self, temperature):
        powers = np.asarray(temperature, dtype=float) ** self.exponent
        return np.stack([np.ones_like(powers), powers], axis=-1)

    def __call__(self, temperature):
        """Return U at ``temperature``."""
        return self._terms(temperature) @ self.coefficients

    def error(self, temperature):
        """Return the standard error of U at ``temperature``."""
        terms = self._terms(temperature)
        return np.sqrt(np.einsum("...i,ij,...j->...", terms, self.covariance, terms))

    def slope(self, temperature):
        """Return dU/dT at ``temperature``."""
        power = np.asarray(temperature, dtype=float) ** (self.exponent - 1)
        return self.coefficients[1] * self.exponent * power


def fit_energy_law(
    temperatures: np.ndarray, energies: np.ndarray, exponent: float = 0.6
) -> EnergyLaw:
    r"""Fit :math:`U = a + b T^p` by least squares, every point with the same weight.

    Parameters
    ----------
    temperatures : (n,) float64
        Of each run, in ε/k_B.
    energies : (n,) float64
        Mean potential energy of each run, in ε per monomer.
    exponent : float
        p; 3/5 by default.

    Raises
    ------
    ParameterError
        Fewer than three runs, or all at one temperature.

    Examples
    --------
    >>> t = np.array([0.6, 0.5, 0.45])
    >>> law = fit_energy_law(t, -7 + 2 * t**0.6)
    >>> law.coefficients.round(6).tolist(), round(float(law(0.4)), 4)
    ([-7.0, 2.0], -5.8458)
    """
    t, u = np.asarray(temperatures, dtype=float), np.asarray(energies, dtype=float)
    if len(t) < 3 or np.ptp(t) == 0:
        raise ParameterError(
            f"{len(t)} runs at {len(np.unique(t))} temperatures cannot fix the two parameters of"
            " the law and their errors; give three runs at two temperatures"
        )
    terms = np.stack([np.ones_like(t), t**exponent], axis=1)
    coefficients = np.linalg.lstsq(terms, u, rcond=None)[0]
    variance = ((u - terms @ coefficients) ** 2).sum() / (len(t) - 2)
    return EnergyLaw(coefficients, variance * np.linalg.inv(terms.T @ terms), exponent)
