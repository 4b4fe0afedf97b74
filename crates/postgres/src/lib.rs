//! Pools, named transactions, outbox, audit, requests, leases, and the private PostgreSQL cluster.
