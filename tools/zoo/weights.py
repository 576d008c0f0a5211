"""Weights for a model of the zoo: trained where there is data, else random with the statistics of trained ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.zoo.config import Config

SAMPLES = 200
"""Inputs that go with a model of random weights."""

HELD_OUT = 100
"""Samples of a data set, its last ones, that nothing is trained on."""


def inputs_of(config: Config) -> np.ndarray:
    """Typical inputs, to measure ranges on: those of the data set that are trained on, or random ones of its shape."""
    if config.dataset.make:
        return config.dataset.make(config.random_seed)[0][:-HELD_OUT]
    return _random_inputs(config, [config.random_seed], SAMPLES)


def held_out_of(config: Config) -> np.ndarray:
    """HELD_OUT inputs that neither weights nor ranges come from."""
    if config.dataset.make:
        return config.dataset.make(config.random_seed)[0][-HELD_OUT:]
    return _random_inputs(config, [config.random_seed, 11], HELD_OUT)


def _random_inputs(config: Config, seed: list[int], count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (count, *config.dataset.shape)
    if config.dataset.symbols:
        return rng.integers(0, config.dataset.symbols, shape).astype(np.float32)
    # Images and spectra lie between 0 and 1, as they are after scaling.
    return (rng.uniform(0, 1, shape) if len(shape) == 4 else rng.normal(0, 1, shape)).astype(np.float32)


def give_weights(model: Any, config: Config, keras: Any) -> None:
    """Trains the model on its data set, or gives it the statistics that training would have left."""
    if config.dataset.make and config.epochs:
        _train(model, config, keras)
    else:
        _settle(model, config)


def _train(model: Any, config: Config, keras: Any) -> None:
    inputs, wanted = config.dataset.make(config.random_seed)  # type: ignore[misc]
    classifies = config.dataset.activation == "softmax"
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss="categorical_crossentropy" if classifies else "mse",
    )
    inputs, wanted = inputs[:-HELD_OUT], wanted[:-HELD_OUT]
    model.fit(inputs, wanted, batch_size=config.batch_size, epochs=config.epochs, shuffle=True, verbose=0)


def _settle(model: Any, config: Config) -> None:
    """Means and variances of normalised layers as they are for typical inputs, with factors and offsets that differ.

    Without that every channel would be alike, zero points would be trivial, and no channel would ever saturate. Biases
    get small values, for those of a fresh model are all zero.
    """
    rng = np.random.default_rng([config.random_seed, 7])
    for layer in model.layers:
        if hasattr(layer, "gamma"):
            size = layer.gamma.shape
            layer.gamma.assign(rng.uniform(0.6, 1.4, size))
            layer.beta.assign(rng.normal(0, 0.2, size))
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(rng.normal(0, 0.05, layer.bias.shape))
    if any(hasattr(layer, "gamma") for layer in model.layers):
        # Each call moves the averages a part of the way; 0.99 is the usual momentum.
        batch = inputs_of(config)[:64]
        for layer in model.layers:
            if hasattr(layer, "momentum"):
                layer.momentum = 0.0
        model(batch, training=True)
