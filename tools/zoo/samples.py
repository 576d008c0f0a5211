"""Small data sets that are made from a seed: the same numbers on every machine, nothing to download."""

from __future__ import annotations

import numpy as np


def sine(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x in [0, 2 pi), and sin x with a little noise."""
    rng = np.random.default_rng([seed, 1])
    x = rng.uniform(0, 2 * np.pi, (1000, 1))
    return x.astype(np.float32), (np.sin(x) + rng.normal(0, 0.05, x.shape)).astype(np.float32)


def vibration(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of 128 samples of a machine at 4 kHz, [128, 1, 1], and its state as one of four.

    0: sound, a tone of the shaft and its harmonics; 1: unbalance, the shaft's tone five times as strong; 2: a bearing,
    a ringing burst at each turn of a ball; 3: a loose foot, halves of the shaft's frequency.
    """
    rng = np.random.default_rng([seed, 2])
    count, length, rate = 1200, 128, 4000.0
    state = rng.integers(0, 4, count)
    time = np.arange(length) / rate
    shaft = rng.uniform(45, 55, (count, 1))
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    wave = sum(np.sin(2 * np.pi * k * shaft * time + k * phase) / k for k in (1, 2, 3)) * 0.2
    wave = wave + np.where(state == 1, 0.8, 0)[:, None] * np.sin(2 * np.pi * shaft * time + phase)
    since = (time * 3.6 * shaft + phase) % 1 / (3.6 * shaft)
    wave = wave + np.where(state == 2, 0.9, 0)[:, None] * np.exp(-since * 900) * np.sin(2 * np.pi * 1100 * since)
    wave = wave + np.where(state == 3, 0.5, 0)[:, None] * np.sin(np.pi * shaft * time + phase)
    wave = wave + rng.normal(0, 0.1, wave.shape)
    return wave.reshape(count, length, 1, 1).astype(np.float32), np.eye(4, dtype=np.float32)[state]


def ais_tracks(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sixteen reports of a ship, [64]: speed, turn, and the steps east and north of each, scaled to about 1; wanted are
    the same numbers, for a network that reproduces what is usual."""
    rng = np.random.default_rng([seed, 3])
    count, steps = 1000, 16
    speed = rng.uniform(2, 18, (count, 1)) + np.cumsum(rng.normal(0, 0.15, (count, steps)), axis=1)
    turn = rng.normal(0, 0.02, (count, 1)) + rng.normal(0, 0.01, (count, steps))
    course = rng.uniform(0, 2 * np.pi, (count, 1)) + np.cumsum(turn, axis=1)
    east, north = speed * np.sin(course), speed * np.cos(course)
    rows = np.stack([speed / 20, turn * 10, east / 20, north / 20], axis=2).reshape(count, -1).astype(np.float32)
    return rows, rows


def digits(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's images of handwritten digits, [8, 8, 1] from 0 to 1, in an order of the seed's; and which ones."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng([seed, 4]).permutation(len(images))
    return (images[order] / 16).reshape(-1, 8, 8, 1).astype(np.float32), np.eye(10, dtype=np.float32)[labels[order]]
