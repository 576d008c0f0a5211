"""Networks for TensorFlow Lite Micro: what its interpreter needs to be told of a model, as C++."""
