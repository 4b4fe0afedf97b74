//! Bounded inflation.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};

/// Inflates exactly `size` bytes from the whole of `packed`. Nothing if either is not used up.
pub(crate) fn inflate(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    thread_local! {
        // Making the state costs more than inflating a small file.
        static STATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    }
    STATE.with_borrow_mut(|state| {
        state.reset(false);
        // One byte more, so that output beyond the declared size shows.
        let mut out = Vec::with_capacity(size.checked_add(1)?);
        let status = state
            .decompress_vec(packed, &mut out, FlushDecompress::Finish)
            .ok()?;
        let used = usize::try_from(state.total_in()).ok()?;
        (status == Status::StreamEnd && used == packed.len() && out.len() == size).then_some(out)
    })
}
