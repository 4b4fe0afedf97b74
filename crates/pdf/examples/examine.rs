//! Prints what the reader finds in a file: `cargo run -p pdf --example examine FILE`.

use pdf::{Limits, Pdf, archival, verify};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: examine FILE")?;
    let bytes = std::fs::read(path)?;
    let pdf = Pdf::open(&bytes, Limits::default())?;
    let examination = verify::examine(&pdf)?;
    for finding in &examination.findings {
        println!(
            "{:<32} {:?} {}",
            finding.check.name(),
            finding.outcome,
            finding.detail
        );
    }
    for signature in &examination.signatures {
        println!("{signature:?}\n  later: {:?}", signature.later);
    }
    for (fault, object) in archival::faults(&pdf)? {
        println!("{} in object {object}", fault.name());
    }
    Ok(())
}
