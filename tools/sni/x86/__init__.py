"""What the kernels of the profile `x86` share: x86-64 with SSE4.1, AVX2 and FMA, AVX-VNNI or AVX-512 VNNI."""
