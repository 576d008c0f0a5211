"""Keras models of the kinds that a description can name: functions from a Config to a model without training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tools.zoo.config import Config


def build(config: Config, keras: Any) -> Any:
    """The model, with the weights that Keras draws from the seed."""
    keras.utils.set_random_seed(config.random_seed)
    return _KINDS[config.model_type](config, keras.layers, keras)


def _cnn(config: Config, layers: Any, keras: Any) -> Any:
    """Convolutions and poolings, then dense layers."""
    stack = [layers.Input(config.dataset.shape)]
    for outputs, window, strides in config.convs_params:
        if outputs:
            stack.append(layers.Conv2D(outputs, window, strides, padding="same"))
            stack += _after(config, layers)
            if config.convs_dropout:
                stack.append(layers.SpatialDropout2D(config.convs_dropout))
        elif any(window):
            stack.append(layers.MaxPooling2D(window, strides, padding="same"))
        else:
            stack.append(layers.GlobalAveragePooling2D())
    if config.convs_params:
        stack.append(layers.Flatten())
    stack += _denses(config, layers)
    stack.append(layers.Dense(config.dataset.outputs, activation=config.dataset.activation))
    return keras.Sequential(stack)


def _denses(config: Config, layers: Any) -> list[Any]:
    stack = []
    for units in config.denses_params:
        stack += [layers.Dense(units), *_after(config, layers)]
        if config.denses_dropout:
            stack.append(layers.Dropout(config.denses_dropout))
    return stack


def _after(config: Config, layers: Any) -> list[Any]:
    """What follows a layer of products."""
    return [layers.BatchNormalization()] * config.use_batch_norm + [layers.Activation(config.activation)]


def _rnn(config: Config, layers: Any, keras: Any) -> Any:
    """One recurrent layer, unrolled, and a dense layer for each step."""
    shape = config.dataset.shape
    stack = [layers.Input(shape, batch_size=1)]
    if config.embedding_dim:
        stack.append(layers.Embedding(config.dataset.symbols, config.embedding_dim))
    kind = getattr(layers, config.rnn_type)
    stack.append(kind(config.rnn_units, return_sequences=config.dataset.sequence, unroll=True))
    stack.append(layers.Dense(config.dataset.outputs, activation=config.dataset.activation))
    return keras.Sequential(stack)


def _autoencoder(config: Config, layers: Any, keras: Any) -> Any:
    """MLPerf Tiny's anomaly detector: dense layers of 128 with a bottleneck of 8, each normalised."""
    stack = [layers.Input(config.dataset.shape)]
    for units in config.denses_params or (128, 128, 128, 128, 8, 128, 128, 128, 128):
        stack += [layers.Dense(units), layers.BatchNormalization(), layers.Activation("relu")]
    stack.append(layers.Dense(config.dataset.outputs))
    return keras.Sequential(stack)


def _ds_cnn(config: Config, layers: Any, keras: Any) -> Any:
    """MLPerf Tiny's keyword spotter: a convolution, four depthwise separable ones, a mean and a softmax."""
    filters = config.num_filters or 64
    rows, columns, _ = config.dataset.shape
    stack = [layers.Input(config.dataset.shape), layers.Conv2D(filters, (10, 4), 2, padding="same")]
    stack += [layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.2)]
    for _ in range(4):
        stack += [layers.DepthwiseConv2D(3, padding="same"), layers.BatchNormalization(), layers.ReLU()]
        stack += [layers.Conv2D(filters, 1), layers.BatchNormalization(), layers.ReLU()]
    stack += [layers.Dropout(0.4), layers.AveragePooling2D((-(-rows // 2), -(-columns // 2))), layers.Flatten()]
    stack.append(layers.Dense(config.dataset.outputs, activation="softmax"))
    return keras.Sequential(stack)


def _resnet(config: Config, layers: Any, keras: Any) -> Any:
    """MLPerf Tiny's image classifier: ResNet with three stacks of one block."""
    filters = config.num_filters or 16
    image = layers.Input(config.dataset.shape)

    def convolved(x: Any, outputs: int, stride: int = 1) -> Any:
        return layers.BatchNormalization()(layers.Conv2D(outputs, 3, stride, padding="same")(x))

    x = layers.ReLU()(convolved(image, filters))
    for stack in range(3):
        outputs, stride = filters << stack, 1 if stack == 0 else 2
        y = convolved(layers.ReLU()(convolved(x, outputs, stride)), outputs)
        if stack:
            x = layers.Conv2D(outputs, 1, stride, padding="same")(x)
        x = layers.ReLU()(layers.Add()([x, y]))
    rows, columns = x.shape[1:3]
    x = layers.Flatten()(layers.AveragePooling2D((rows, columns))(x))
    return keras.Model(image, layers.Dense(config.dataset.outputs, activation="softmax")(x))


def _mobilenet(config: Config, layers: Any, keras: Any) -> Any:
    """MLPerf Tiny's visual wake words: MobileNet v1 at a quarter of its width."""
    filters = config.num_filters or 8
    stack = [layers.Input(config.dataset.shape), layers.Conv2D(filters, 3, 2, padding="same")]
    stack += [layers.BatchNormalization(), layers.ReLU()]
    for factor, stride in [(2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1)]:
        stack += [layers.DepthwiseConv2D(3, stride, padding="same"), layers.BatchNormalization(), layers.ReLU()]
        stack += [layers.Conv2D(filters * factor, 1), layers.BatchNormalization(), layers.ReLU()]
    side = -(-config.dataset.shape[0] // 32)
    stack += [layers.AveragePooling2D(side), layers.Flatten()]
    stack.append(layers.Dense(config.dataset.outputs, activation="softmax"))
    return keras.Sequential(stack)


_KINDS: Mapping[str, Callable[[Config, Any, Any], Any]] = {
    "CNN": _cnn,
    "RNN": _rnn,
    "TinyMLPerf_AE": _autoencoder,
    "TinyMLPerf_DS_CNN": _ds_cnn,
    "TinyMLPerf_MBNet": _mobilenet,
    "TinyMLPerf_ResNet": _resnet,
}
