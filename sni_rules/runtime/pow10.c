#include "sni_rules/runtime/pow10.h"

static const uint64_t pow10_bits[SNI_POW10_MAX - SNI_POW10_MIN + 1] = {
    0xa87fea27a539e9a6u, 0xd29fe4b18e88640fu, 0x83a3eeeef9153e8au, 0xa48ceaaab75a8e2cu,
    0xcdb02555653131b7u, 0x808e17555f3ebf12u, 0xa0b19d2ab70e6ed7u, 0xc8de047564d20a8cu,
    0xfb158592be068d2fu, 0x9ced737bb6c4183eu, 0xc428d05aa4751e4du, 0xf53304714d9265e0u,
    0x993fe2c6d07b7facu, 0xbf8fdb78849a5f97u, 0xef73d256a5c0f77du, 0x95a8637627989aaeu,
    0xbb127c53b17ec15au, 0xe9d71b689dde71b0u, 0x9226712162ab070eu, 0xb6b00d69bb55c8d2u,
    0xe45c10c42a2b3b06u, 0x8eb98a7a9a5b04e4u, 0xb267ed1940f1c61du, 0xdf01e85f912e37a4u,
    0x8b61313bbabce2c7u, 0xae397d8aa96c1b78u, 0xd9c7dced53c72256u, 0x881cea14545c7576u,
    0xaa242499697392d3u, 0xd4ad2dbfc3d07788u, 0x84ec3c97da624ab5u, 0xa6274bbdd0fadd62u,
    0xcfb11ead453994bbu, 0x81ceb32c4b43fcf5u, 0xa2425ff75e14fc32u, 0xcad2f7f5359a3b3fu,
    0xfd87b5f28300ca0eu, 0x9e74d1b791e07e49u, 0xc612062576589ddbu, 0xf79687aed3eec552u,
    0x9abe14cd44753b53u, 0xc16d9a0095928a28u, 0xf1c90080baf72cb2u, 0x971da05074da7befu,
    0xbce5086492111aebu, 0xec1e4a7db69561a6u, 0x9392ee8e921d5d08u, 0xb877aa3236a4b44au,
    0xe69594bec44de15cu, 0x901d7cf73ab0acdau, 0xb424dc35095cd810u, 0xe12e13424bb40e14u,
    0x8cbccc096f5088ccu, 0xafebff0bcb24aaffu, 0xdbe6fecebdedd5bfu, 0x89705f4136b4a598u,
    0xabcc77118461cefdu, 0xd6bf94d5e57a42bdu, 0x8637bd05af6c69b6u, 0xa7c5ac471b478424u,
    0xd1b71758e219652cu, 0x83126e978d4fdf3cu, 0xa3d70a3d70a3d70bu, 0xcccccccccccccccdu,
    0x8000000000000000u, 0xa000000000000000u, 0xc800000000000000u, 0xfa00000000000000u,
    0x9c40000000000000u, 0xc350000000000000u, 0xf424000000000000u, 0x9896800000000000u,
    0xbebc200000000000u, 0xee6b280000000000u, 0x9502f90000000000u, 0xba43b74000000000u,
    0xe8d4a51000000000u, 0x9184e72a00000000u, 0xb5e620f480000000u, 0xe35fa931a0000000u,
    0x8e1bc9bf04000000u, 0xb1a2bc2ec5000000u, 0xde0b6b3a76400000u, 0x8ac7230489e80000u,
    0xad78ebc5ac620000u, 0xd8d726b7177a8000u, 0x878678326eac9000u, 0xa968163f0a57b400u,
    0xd3c21bcecceda100u, 0x84595161401484a0u, 0xa56fa5b99019a5c8u, 0xcecb8f27f4200f3au,
    0x813f3978f8940985u, 0xa18f07d736b90be6u, 0xc9f2c9cd04674edfu, 0xfc6f7c4045812297u,
    0x9dc5ada82b70b59eu, 0xc5371912364ce306u, 0xf684df56c3e01bc7u, 0x9a130b963a6c115du,
    0xc097ce7bc90715b4u, 0xf0bdc21abb48db21u, 0x96769950b50d88f5u, 0xbc143fa4e250eb32u,
    0xeb194f8e1ae525feu, 0x92efd1b8d0cf37bfu, 0xb7abc627050305aeu, 0xe596b7b0c643c71au,
    0x8f7e32ce7bea5c70u, 0xb35dbf821ae4f38cu,
};

uint64_t sni_pow10(int exponent) { return pow10_bits[exponent - SNI_POW10_MIN]; }

int sni_floor_shift(int value, int shift) {
  return value >= 0 ? value >> shift : -((-value + (1 << shift) - 1) >> shift);
}

/* 1741647 / 2^19 is log2(10) from above, closely enough for |exponent| < 1200. */
int sni_log2_pow10(int exponent) { return sni_floor_shift(exponent * 1741647, 19); }
