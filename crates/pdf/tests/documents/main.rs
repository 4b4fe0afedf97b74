//! Documents as a whole: written, signed by OpenSSL, judged by other programs, read again, tampered with.

mod forgery;
mod other_readers;
mod reading;
mod sample;
mod tampering;
mod tools;
