//! The runtime as a whole, over real TLS on loopback.
//!
//! ```text
//!            services CA          provinces CA        clients CA        (nobody)
//!                 |                    |                   |                |
//!              services             provinces           clients          public      gates
//!                 +--------------------+---------+---------+----------------+
//!                                                |
//!                                     nation/echo (EchoService)
//! ```

mod calls;
mod connections;
mod drain;
mod echo;
mod observed;
mod tokens;
mod world;
