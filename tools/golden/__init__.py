"""Makes the samples that sni_test runs a model on: inputs and the outputs that are expected of them."""
