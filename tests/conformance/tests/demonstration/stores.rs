//! Databases, logs and files of the running system hold nothing of the people in the clear.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use conformance::secrets::{Search, Secrets};
use conformance::{DOCUMENTS, Objection, Verdict};
use testkit::people::Person;

use crate::live::Demonstration;

/// Searches a dump of every database, the files of PostgreSQL and everything that the services wrote.
pub(crate) fn keep_secrets(demonstration: &Demonstration) -> Verdict {
    let search = secrets(&demonstration.out()).map_err(|error| Objection::Fault(format!("{error:#}")))?;
    let dump = dump(demonstration)?;
    let mut found: Vec<String> = search
        .found_in(&dump)
        .iter()
        .map(|label| format!("{label} in the dump"))
        .collect();
    for folder in [&demonstration.deployment(), demonstration.cluster()] {
        let searched = search
            .found_below(folder)
            .map_err(|error| Objection::Fault(format!("{error:#}")))?;
        let (there, read) = searched;
        println!(
            "searched {} bytes in {} files of {}",
            read.bytes,
            read.files,
            folder.display()
        );
        found.extend(there);
    }
    match found.as_slice() {
        [] => Ok(()),
        found => Err(Objection::Fault(found.join("\n  "))),
    }
}

/// Everybody of the story, and the pictures that the documents show.
fn secrets(out: &Path) -> anyhow::Result<Search> {
    let mut secrets = Secrets::default();
    let holder = Person::named("欧阳建工", (1988, 3, 15), 7);
    for (number, person) in (0..8).map(Person::synthetic).chain([holder]).enumerate() {
        secrets.text(&format!("name {number}"), &person.full_name);
        secrets.text(&format!("number {number}"), &person.document_number);
    }
    let mut record = Vec::new();
    for name in DOCUMENTS {
        let mut archive = zip::ZipArchive::new(std::fs::File::open(out.join(format!("{name}.ofd")))?)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let file = entry.name()?.into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            if file.ends_with(".jpg") || file.ends_with(".png") {
                secrets.picture(&format!("picture {file}"), &content);
            } else if file.ends_with("certificate.xml") {
                record = content;
            }
        }
    }
    let search = secrets.ready()?;
    // The search is for the right things: the holder's own record shows them.
    let found = search.found_in(&record);
    anyhow::ensure!(
        found == ["name 8", "number 8"],
        "the holder's record shows {found:?}"
    );
    Ok(search)
}

/// Every database as SQL, by the superuser of the private cluster.
fn dump(demonstration: &Demonstration) -> Result<Vec<u8>, Objection> {
    let cluster = demonstration.cluster();
    let password = std::fs::read_to_string(cluster.join("secrets/postgres"))?;
    let mut command = Command::new("pg_dumpall");
    command.arg("--host").arg(cluster).args([
        "--port",
        &demonstration.setting("port"),
        "--username",
        "postgres",
    ]);
    command
        .args(["--no-password", "--no-role-passwords"])
        .env("PGPASSWORD", password.trim())
        .stdin(Stdio::null());
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let databases = [
        "identity",
        "seal",
        "issuance",
        "verification",
        "registration_32",
        "registration_33",
    ];
    let missing = databases
        .iter()
        .find(|name| !text.contains(&format!("\\connect {name}")));
    match missing {
        _ if !output.status.success() => Err(Objection::Fault(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
        Some(missing) => Err(Objection::Fault(format!("the dump is without {missing}"))),
        None if !text.contains("COPY ") => Err(Objection::Fault("the dump is without rows".into())),
        None => Ok(output.stdout),
    }
}
