"""Integer arithmetic of quantised inference, computed at build time with the bits that TFLM computes at run time."""
