//! Writes the unsigned sample document of the tests to a file, to be looked at or signed by hand.

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: sample FILE [attached]")?;
    let attachment = std::env::args().nth(2).map(|_| support::XML);
    let layout = support::layout(pdf::Permission::NoChanges, attachment.is_some());
    let signed = support::Signer::new().sign(layout.unsigned(support::NAME, support::NUMBER, attachment));
    std::fs::write(path, signed)?;
    Ok(())
}
