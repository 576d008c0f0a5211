"""What the kernels of the profile `neon` share: ARMv7-A with the vector unit NEON."""
