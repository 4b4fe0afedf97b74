//! Taking packages apart and putting them together again.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

pub(crate) type Files = Vec<(String, Vec<u8>)>;

pub(crate) fn unpack(package: &[u8]) -> Files {
    let mut archive = ZipArchive::new(Cursor::new(package)).expect("an archive");
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).expect("an entry");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("readable");
            (file.name().expect("UTF-8").into_owned(), content)
        })
        .collect()
}

pub(crate) fn pack(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in files {
        writer.start_file(name.as_str(), options).expect("a name");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

/// The package with the content of one file changed.
pub(crate) fn change(package: &[u8], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut files = unpack(package);
    let (_, content) = files
        .iter_mut()
        .find(|(found, _)| found == name)
        .expect("the file is there");
    change(content);
    pack(&files)
}
