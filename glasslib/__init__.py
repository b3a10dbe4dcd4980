"""glasslib: propensity, structure and neural networks in a molecular glass-former.

A house of four wings. Physics (arrays in, arrays out): structure, dynamics, learning. Data:
simulation, store, campaign. Study: results, figures; a page's topic has the same name in both.
Book: publishing, lab. All quantities are in reduced Lennard-Jones units: length σ, energy ε, mass
m, time τ = σ √(m/ε), temperature ε/k_B.
"""

from glasslib.paths import keep_caches as _keep_caches

__version__ = "0.1.0"

#: Everything here, in reading order: a name imports only from those before it.
READING_ORDER = (
    "errors", "paths", "files", "parameters", "configuration",
    "structure", "dynamics", "learning",
    "simulation", "store", "campaign",
    "results", "figures",
    "publishing", "lab", "cli",
)

_keep_caches()
