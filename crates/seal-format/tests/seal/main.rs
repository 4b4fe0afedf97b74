//! Seals of our own making, seals of another producer, and what happens to both when a byte changes.

#[cfg(test)]
mod making;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod other_versions;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod workshop;
