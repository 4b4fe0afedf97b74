//! One program with every target; `JIANZHENG_FUZZ_TARGET` names the one that runs. See README.md.
#![no_main]

mod target;

use std::alloc::System;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// What the whole program may hold at once: libFuzzer's own tables, and what one input makes a parser allocate. Beyond it
/// an allocation fails, the program aborts and libFuzzer keeps the input.
const MEMORY: usize = 640 << 20;

#[global_allocator]
static ALLOCATOR: cap::Cap<System> = cap::Cap::new(System, MEMORY);

static TARGET: OnceLock<target::Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("JIANZHENG_FUZZ_TARGET").unwrap_or_default();
        let Some(target) = target::find(&name) else {
            eprintln!("JIANZHENG_FUZZ_TARGET: one of {}", target::names().join(" "));
            std::process::exit(2);
        };
        TARGET.get_or_init(|| target);
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            target(input);
        }
    }
);
