//! Seals, document keys and the journal of every act of sealing.
