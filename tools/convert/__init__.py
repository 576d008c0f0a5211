"""Conversion of trained Keras models to TFLite: the only part of the project that loads TensorFlow.

Nothing here is imported by the compiler (tools/sni) or the other way round, so that a change of the
compiler never repeats a conversion, and a model that is a `.tflite` already never waits for TensorFlow.
"""
