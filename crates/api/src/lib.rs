//! The wire of Jianzheng: code generated from `proto/`, its descriptors, and conversions to and from [`domain`].
//!
//! Generated types stop at a service's `rpc/` folder; everything inside speaks [`domain`]. Packages appear here
//! under their own names: `jianzheng.identity.v1` is [`identity::v1`].

pub mod convert;
mod pb;
pub mod schema;

pub use pb::jianzheng::{
    audit, exchange, identity, issuance, project, registration, seal, r#type as types, verification,
};

/// Encoded `FileDescriptorSet` of every package, for reflection and for the allow lists.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
