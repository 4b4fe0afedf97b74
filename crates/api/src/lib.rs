//! Generated gRPC code, descriptors, and conversions between wire and domain.
