"""What variants do to weights, by properties; their names; inputs from a generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.convert.clustering import clustered
from tools.convert.generated import SAMPLES, generated
from tools.convert.problem import ConvertError
from tools.convert.pruning import pruned_blocks, pruned_channels, pruned_layers, pruned_whole
from tools.convert.representative import InputSpec
from tools.convert.variants import REPRESENTATIONS, VariantError, variant_of

VALUES = st.floats(-4, 4, width=32)
MATRICES = st.tuples(st.integers(1, 12), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=VALUES)
)
KERNELS = st.lists(MATRICES, min_size=1, max_size=3).map(
    lambda made: {f"k{i}": kernel for i, kernel in enumerate(made)}
)
SHARES = st.integers(1, 99).map(lambda percent: percent / 100)


def assert_kept_or_zero(new: np.ndarray, old: np.ndarray) -> None:
    assert new.dtype == old.dtype
    assert new.shape == old.shape
    assert ((new == 0) | (new == old)).all()


@given(KERNELS, SHARES)
def test_the_least_of_all_weights_go(kernels: dict[str, np.ndarray], share: float) -> None:
    made = pruned_whole(kernels, share)
    for name, old in kernels.items():
        assert_kept_or_zero(made[name], old)
    old, new = (np.concatenate([k.reshape(-1) for k in which.values()]) for which in (kernels, made))
    lost = new != old
    assert lost.sum() <= int(share * old.size)
    assert (new == 0).sum() >= int(share * old.size)
    if lost.any() and (~lost).any():
        assert np.abs(old[lost]).max() <= np.abs(old[~lost & (old != 0)]).min(initial=np.inf)


@given(KERNELS, SHARES)
def test_each_layer_loses_its_share(kernels: dict[str, np.ndarray], share: float) -> None:
    for name, new in pruned_layers(kernels, share).items():
        assert_kept_or_zero(new, kernels[name])
        assert (new == 0).sum() >= int(share * new.size)


@given(KERNELS, st.sampled_from([(2, 4), (1, 4), (1, 3), (5, 8)]))
def test_of_each_block_so_many_stay(kernels: dict[str, np.ndarray], kind: tuple[int, int]) -> None:
    kept, block = kind
    for name, new in pruned_blocks(kernels, kept, block).items():
        old = kernels[name]
        assert_kept_or_zero(new, old)
        for first in range(0, len(old), block):
            left, had = new[first : first + block], old[first : first + block]
            assert ((left != 0).sum(axis=0) <= kept).all()
            # What stays is the largest: together they weigh as much as the largest of the block.
            wanted = np.sort(np.abs(had), axis=0)[::-1][:kept].sum(axis=0)
            np.testing.assert_allclose(np.abs(left).sum(axis=0), wanted, rtol=1e-6)


def test_blocks_lie_along_the_inputs_of_an_output() -> None:
    kernel = np.arange(1, 2 * 2 * 3 * 2 + 1, dtype=np.float32).reshape(2, 2, 3, 2)
    new = pruned_blocks({"k": kernel}, 2, 4)["k"]
    rows = new.reshape(-1, 2).T
    np.testing.assert_array_equal(rows[0] != 0, [False, False, True, True] * 3)


def test_channels_go_but_not_the_networks_outputs() -> None:
    kernels = {"a": np.array([[1, 3, 2, 0.5]] * 2), "b": np.array([[1.0, 2.0]])}
    made = pruned_channels(kernels, 0.5)
    np.testing.assert_array_equal(made["a"], [[0, 3, 2, 0]] * 2)
    np.testing.assert_array_equal(made["b"], kernels["b"])


@given(MATRICES, st.integers(2, 20))
def test_clusters(kernel: np.ndarray, count: int) -> None:
    new = clustered({"k": kernel}, count)["k"]
    assert new.shape == kernel.shape
    assert new.dtype == kernel.dtype
    assert len(np.unique(new)) <= count
    # Order is kept, but for zeros that stay among values that are moved.
    moved = kernel.reshape(-1)[(kernel != 0).reshape(-1)], new.reshape(-1)[(kernel != 0).reshape(-1)]
    assert (np.diff(moved[1][np.argsort(moved[0], kind="stable")]) >= 0).all()
    if len(np.unique(kernel)) <= count:
        np.testing.assert_array_equal(new, kernel)


def test_clusters_keep_the_zeros_of_pruned_kernels() -> None:
    kernel = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    pruned = pruned_whole({"k": kernel}, 0.5)
    new = clustered(pruned, 16)["k"]
    np.testing.assert_array_equal(new == 0, pruned["k"] == 0)
    assert len(np.unique(new)) == 16
    assert np.abs(new - pruned["k"]).max() < 0.5


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_names_of_representations(name: str) -> None:
    assert variant_of(name).optimisations == ()
    assert variant_of(f"p_50+c_16+{name}").representation is REPRESENTATIONS[name]
    assert len(variant_of(f"p_50+c_16+{name}").optimisations) == 2


def test_without_a_representation_it_is_basic() -> None:
    assert variant_of("p_2:4").representation is REPRESENTATIONS["basic"]
    kernels = {"k": np.array([[1.0], [2.0], [3.0], [4.0]])}
    (prune,) = variant_of("p_2:4").optimisations
    np.testing.assert_array_equal(prune(kernels)["k"].reshape(-1), [0, 0, 3, 4])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("int7", '"int7": "int7" is not known; accepted: parts joined by +: p_PERCENT'),
        ("p_0", '"p_0": 0 percent of the weights cannot be pruned (1 to 99)'),
        ("p_4:2+int8", '"p_4:2+int8": 4 of each 2 weights cannot be kept'),
        ("c_1", '"c_1": 1 clusters cannot be made (2 to 256)'),
        ("int8+p_50", '"int8+p_50": "int8" is not known'),
    ],
)
def test_names_that_are_none(name: str, said: str) -> None:
    with pytest.raises(VariantError) as caught:
        variant_of(name)
    assert str(caught.value).startswith(said)


def test_generated_inputs() -> None:
    inputs = [InputSpec("x", (3, 2), "float32"), InputSpec("i", (5,), "int32")]
    x, i = generated("uniform(2, 9):7", inputs)
    assert (x.shape, x.dtype, i.shape, i.dtype) == ((SAMPLES, 3, 2), np.float32, (SAMPLES, 5), np.int32)
    assert x.min() >= 2
    assert x.max() < 9
    assert set(np.unique(i)) == set(range(2, 9))
    np.testing.assert_array_equal(x, generated("uniform(2, 9):7", inputs)[0])
    assert (x != generated("uniform(2, 9)", inputs)[0]).any()
    assert abs(generated("normal", inputs)[0].mean()) < 0.1
    assert abs(generated("normal(5, 0.1)", inputs)[0].mean() - 5) < 0.1


@pytest.mark.parametrize("text", ["", "gauss", "normal(1)", "uniform(2, 1)", "normal(0, -1)", "normal:x"])
def test_what_is_no_generator(text: str) -> None:
    with pytest.raises(ConvertError, match="accepted: normal, normal"):
        generated(text, [InputSpec("x", (1,), "float32")])
