r"""A graph network on the inherent structure: messages along bonds and between neighbours.

Monomers are nodes; pairs closer than a reach are edges, and bonds are edges of a kind of their own.
An edge knows its length, so a prediction does not change when the melt is turned or moved. In each
of L rounds

.. math:: m_{ij} = \operatorname{relu}(A_k e_{ij} + B_k h_i + C_k h_j), \qquad
          h_i \leftarrow h_i + \operatorname{relu}\Big(a \, N\Big[D h_i + \sum_k E_k
          \frac{1}{n_k} \sum_{j \sim_k i} m_{ij}\Big] + b\Big)

for both kinds k of edges, with n_k their mean number for a monomer. N standardises each number over
the monomers of the configuration: neighbourhoods differ little from their mean, and without it the
network does not learn the difference. The propensity is read from the last h by two more layers.
Weights differ from round to round.

References
----------
.. [1] V. Bapst et al., Nature Physics 16, 448 (2020).
.. [2] H. Shiba, M. Hanai, T. Suzumura, T. Shimokawabe, J. Chem. Phys. 158, 084503 (2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glasslib.configuration import Configuration
from glasslib.errors import DivergedError, ParameterError
from glasslib.learning.networks import load_keras
from glasslib.learning.training import _generators_kept
from glasslib.structure.neighbors import neighbor_pairs

__all__ = ["Graph", "GraphSettings", "fit_and_predict", "melt_graph"]

KINDS = 2  # edges: between neighbours, along bonds


@dataclass(frozen=True)
class GraphSettings:
    """What a graph network is and how it is trained.

    Parameters
    ----------
    reach : float
        Two monomers closer than this share an edge, in σ.
    shells : int
        Gaussians in which an edge tells its length.
    width : int
        Numbers at a node and on a message.
    rounds : int
        Of messages: L.
    steps : int
        Of training; each sees one configuration.
    learning_rate : float
        At the start; it falls to zero along a cosine.
    weight_decay : float
        Of AdamW.
    seed : int
        Of first weights and the order of configurations.
    """

    reach: float = 1.6
    shells: int = 12
    width: int = 32
    rounds: int = 3
    steps: int = 250
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Graph:
    """One configuration as a graph.

    Parameters
    ----------
    nodes : (N, n_inputs) float32
        What each monomer knows of itself.
    centre, partner : for each kind of edge, (n_edges,) int32
        The monomer that receives, rising, and the one that sends.
    edges : for each kind of edge, (n_edges, shells) float32
        What an edge knows.
    """

    nodes: np.ndarray
    centre: tuple[np.ndarray, ...]
    partner: tuple[np.ndarray, ...]
    edges: tuple[np.ndarray, ...]


def melt_graph(
    inherent: Configuration, nodes: np.ndarray, settings: GraphSettings | None = None
) -> Graph:
    """Return the graph of a configuration, each edge in both directions.

    Parameters
    ----------
    inherent : Configuration
        Places and bonds.
    nodes : (N, n_inputs) float
        Inputs of the monomers.
    settings : GraphSettings, optional
        Reach and shells.

    Raises
    ------
    ConfigurationError
        The box is too small.
    ParameterError
        Another number of rows than of monomers.

    Examples
    --------
    >>> x = np.array([[0.0, 0, 0], [0.97, 0, 0], [2.0, 0, 0], [6.0, 0, 0]])
    >>> graph = melt_graph(Configuration(x, np.full(3, 12.0), [[0, 1]]), np.ones((4, 1)))
    >>> [centre.tolist() for centre in graph.centre], graph.edges[0].shape
    ([[1, 2], [0, 1]], (2, 12))
    """
    settings = settings or GraphSettings()
    n = len(inherent)
    if len(nodes) != n:
        raise ParameterError(f"nodes has {len(nodes)} rows for {n} monomers; give one row each")
    pairs = neighbor_pairs(inherent, settings.reach)
    bonds = np.sort(inherent.bonds, axis=1)
    bonded = np.isin(pairs.i.astype(np.int64) * n + pairs.j, bonds @ np.array([n, 1]))
    vector = inherent.positions[bonds[:, 1]] - inherent.positions[bonds[:, 0]]
    vector -= inherent.box * np.round(vector / inherent.box)
    middles = np.linspace(0.8, settings.reach, settings.shells)
    kinds = (
        (pairs.i[~bonded], pairs.j[~bonded], pairs.distance[~bonded]),
        (*bonds.T, np.linalg.norm(vector, axis=1)),
    )
    centre, partner, edges = [], [], []
    for i, j, r in kinds:
        to, come = np.concatenate([i, j]), np.concatenate([j, i])
        order = np.lexsort((come, to))
        apart = np.concatenate([r, r])[order, None] - middles
        centre.append(to[order].astype(np.int32))
        partner.append(come[order].astype(np.int32))
        edges.append(np.exp(-0.5 * (apart / (middles[1] - middles[0])) ** 2).astype(np.float32))
    return Graph(np.asarray(nodes, np.float32), tuple(centre), tuple(partner), tuple(edges))


def _network(n_inputs: int, shells: int, typical: Sequence[float], settings: GraphSettings):
    """Return the Keras network: nodes, and for both kinds centres, partners, edges, to (N,)."""
    keras = load_keras()
    import tensorflow as tf

    dense = keras.layers.Dense

    class Round(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            width = settings.width
            self.of_edge = [dense(width) for _ in range(KINDS)]
            self.of_centre = [dense(width, use_bias=False) for _ in range(KINDS)]
            self.of_partner = [dense(width, use_bias=False) for _ in range(KINDS)]
            self.of_messages = [dense(width, use_bias=False) for _ in range(KINDS)]
            self.of_node = dense(width, use_bias=False)
            self.scale = self.add_weight(shape=(width,), initializer="ones")
            self.shift = self.add_weight(shape=(width,), initializer="zeros")

        def call(self, h, centre, partner, edges):
            update = self.of_node(h)
            for k in range(KINDS):
                message = tf.nn.relu(
                    self.of_edge[k](edges[k])
                    + tf.gather(self.of_centre[k](h), centre[k])
                    + tf.gather(self.of_partner[k](h), partner[k])
                )
                total = tf.math.unsorted_segment_sum(message, centre[k], tf.shape(h)[0])
                update += self.of_messages[k](total / typical[k])
            mean, variance = tf.nn.moments(update, axes=[0])
            update = (update - mean) * tf.math.rsqrt(variance + 1e-6)
            return h + tf.nn.relu(self.scale * update + self.shift)

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.encode = dense(settings.width)
            self.rounds = [Round() for _ in range(settings.rounds)]
            self.read = [dense(settings.width, activation="relu"), dense(1)]

        def call(self, nodes, centre, partner, edges):
            h = self.encode(nodes)
            for one in self.rounds:
                h = one(h, centre, partner, edges)
            return self.read[1](self.read[0](h))[:, 0]

    return Network()


def fit_and_predict(
    graphs: Sequence[Graph],
    targets: Sequence[np.ndarray],
    asked: Sequence[Graph],
    settings: GraphSettings | None = None,
) -> list[np.ndarray]:
    """Train a graph network on whole configurations, and predict others.

    Inputs of nodes and targets are standardised with the statistics of the training
    configurations. Training takes a fixed number of steps; nothing is chosen on its way.

    Parameters
    ----------
    graphs : sequence of Graph
        That train.
    targets : sequence of (N,) float64
        Their propensities in σ.
    asked : sequence of Graph
        To be predicted.
    settings : GraphSettings, optional

    Returns
    -------
    list of (N,) float64
        Propensities of ``asked`` in σ.

    Raises
    ------
    ParameterError
        No graph trains, or graphs and targets do not agree.
    DivergedError
        The loss stopped being a number.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> box = np.full(3, 6.0)
    >>> x = [random.normal(size=(200, 1)) for _ in range(2)]
    >>> made = [melt_graph(Configuration(random.uniform(0, 6, (200, 3)), box), v) for v in x]
    >>> (found,) = fit_and_predict(made[:1], [x[0][:, 0]], made[1:], GraphSettings(steps=60))
    >>> bool(np.corrcoef(found, x[1][:, 0])[0, 1] > 0.8)
    True
    """
    settings = settings or GraphSettings()
    if not graphs or any(
        len(g.nodes) != len(y) for g, y in zip(graphs, targets, strict=True)
    ):
        raise ParameterError(
            f"{len(graphs)} graphs and {len(targets)} targets; give at least one graph, and a"
            " target for each of its nodes"
        )
    known, y = np.concatenate([g.nodes for g in graphs]), np.concatenate(targets)
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    level, scale = y.mean(), y.std() or 1.0
    typical = [
        max(np.mean([len(g.centre[k]) / len(g.nodes) for g in graphs]), 1.0) for k in range(KINDS)
    ]

    def tensors(graph):
        import tensorflow as tf

        nodes = np.clip((graph.nodes - mean) / deviation, -10, 10).astype(np.float32)
        return tf.nest.map_structure(
            tf.constant, (nodes, graph.centre, graph.partner, graph.edges)
        )

    keras = load_keras()
    with _generators_kept():
        keras.utils.set_random_seed(settings.seed)
        network = _network(known.shape[1], settings.shells, typical, settings)
        scaled = [np.float32((target - level) / scale) for target in targets]
        _train(network, [tensors(graph) for graph in graphs], scaled, settings)
        return [
            network(*tensors(graph)).numpy().astype(np.float64) * scale + level for graph in asked
        ]


def _train(network, graphs, targets, settings: GraphSettings) -> None:
    """Train; a step is one compiled function, the same for graphs of any size."""
    keras = load_keras()
    import tensorflow as tf

    network(*graphs[0])  # makes the weights
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps),
        weight_decay=settings.weight_decay,
    )
    optimizer.build(network.trainable_variables)

    def step(graph, target):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(*graph) - target) ** 2)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    any_size = tf.nest.map_structure(
        lambda array: tf.TensorSpec([None, *array.shape[1:]], array.dtype),
        (graphs[0], tf.constant(targets[0])),
    )
    compiled = tf.function(step, input_signature=any_size)
    random = np.random.default_rng(settings.seed)
    order = np.concatenate([
        random.permutation(len(graphs)) for _ in range(-(-settings.steps // len(graphs)))
    ])
    for number, k in enumerate(order[: settings.steps]):
        if not np.isfinite(float(compiled(graphs[k], tf.constant(targets[k])))):
            raise DivergedError(
                f"the loss stopped being a number at step {number} with learning_rate ="
                f" {settings.learning_rate:g}; choose a smaller one"
            )
