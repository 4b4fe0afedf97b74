//! SM2, SM3, SM4 and X.509 with SM2 behind small traits.
