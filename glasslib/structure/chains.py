"""Chains as the bonds join them: who follows whom, and positions in which no chain is cut."""

import numpy as np

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError

__all__ = ["linear_chains", "unwrapped_chains"]


def linear_chains(configuration: Configuration) -> np.ndarray:
    """Return the particles of each chain, from one end to the other.

    Parameters
    ----------
    configuration : Configuration
        Whose bonds make linear chains of one length; without any bond each particle is a chain.

    Returns
    -------
    (n_chains, length) int64
        Indices of particles. A chain begins with the end of the smaller index, and chains are in
        the order of their beginnings.

    Raises
    ------
    ConfigurationError
        A particle has three bonds or more, there is a ring, or lengths differ.

    Examples
    --------
    >>> melt = Configuration(np.zeros((4, 3)), [5.0] * 3, [[2, 0], [3, 1]])
    >>> linear_chains(melt).tolist()
    [[0, 2], [1, 3]]
    """
    n, bonds = len(configuration), configuration.bonds
    if not len(bonds):
        return np.arange(n)[:, None]
    degree = np.bincount(bonds.ravel(), minlength=n)
    if degree.max() > 2:
        raise ConfigurationError(
            f"particle {int(degree.argmax())} (counted from 0) has {int(degree.max())} bonds; only"
            " linear chains are understood here"
        )
    partner = np.full((n, 2), -1)
    both = np.concatenate([bonds, bonds[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    place = np.concatenate([np.arange(count) for count in degree])
    partner[both[:, 0], place] = both[:, 1]
    n_chains = n - len(bonds)
    length = n // max(n_chains, 1)
    ends = np.flatnonzero(degree < 2)
    order, seen = [ends], np.full(len(ends), -1)
    for _ in range(length - 1):
        here = order[-1]
        first = partner[here]
        following = np.where(first[:, 0] == seen, first[:, 1], first[:, 0])
        order.append(following)
        seen = here
        if (following < 0).any():
            break
    chains = np.stack(order, axis=1)
    chains = chains[chains[:, 0] <= chains[:, -1]]
    if chains.shape != (n_chains, length) or not np.array_equal(
        np.unique(chains), np.arange(n)
    ):
        raise ConfigurationError(
            f"the bonds of {n} particles make no linear chains of one length ({len(bonds)} bonds,"
            f" {len(ends)} chain ends); chains of different lengths, single particles among chains,"
            " and rings are not understood here"
        )
    return chains


def unwrapped_chains(configuration: Configuration, chains: np.ndarray) -> np.ndarray:
    """Return positions in which each particle lies beside the one before it in its chain.

    Parameters
    ----------
    configuration : Configuration
    chains : (n_chains, length) int64
        From :func:`linear_chains`.

    Returns
    -------
    (n_chains, length, 3) float64
        In σ, equal to the given positions up to whole box edges; bonds are shorter than half the
        box.

    Examples
    --------
    >>> pair = Configuration([[0.25, 1, 1], [3.5, 1, 1]], [4, 4, 4], [[0, 1]])
    >>> unwrapped_chains(pair, linear_chains(pair))[0, :, 0].tolist()
    [0.25, -0.5]
    """
    positions = configuration.positions[chains]
    steps = np.diff(positions, axis=1)
    steps -= configuration.box * np.round(steps / configuration.box)
    return np.cumsum(np.concatenate([positions[:, :1], steps], axis=1), axis=1)
