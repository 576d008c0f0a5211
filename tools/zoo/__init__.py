"""A zoo of small networks: from a few lines of YAML to a Keras model with weights, and data that fits it."""
