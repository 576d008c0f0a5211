"""What the kernels of the profile `mve` share: Cortex-M55 and other cores with the M-profile Vector Extension."""
