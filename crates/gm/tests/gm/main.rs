//! Certificates, paths, revocation and CAdES, judged by OpenSSL and by the RustCrypto parsers.

#[cfg(test)]
mod cades;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod hierarchy;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod ocsp;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod timestamp;
