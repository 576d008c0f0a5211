"""What the kernels of the profile `dsp` share: cores with the DSP extension of ARMv7E-M and ARMv8-M."""
