"""CMSIS-NN's kernels for layers of a network."""

load("//sni_rules/private:cmsis_nn_kernels.bzl", _cmsis_nn_kernels = "cmsis_nn_kernels")

cmsis_nn_kernels = _cmsis_nn_kernels
