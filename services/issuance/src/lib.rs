//! The national register, the exchange with provinces, the issuing of certificates and their positions.
