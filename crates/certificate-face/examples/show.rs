//! Writes sample documents for looking at: `cargo run -p certificate-face --features specimen --example show -- DIRECTORY`.

use std::path::PathBuf;

use certificate_face::face::Kind;
use certificate_face::facts::FaceFacts;
use certificate_face::layout::DocumentNumberPolicy::{Hidden, Shown};
use certificate_face::lint::lint;
use certificate_face::render::render;
use certificate_face::specimen;

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).expect("usage: show DIRECTORY"));
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(directory.join(name), bytes).expect("the directory can be written");
    };
    write("seal.png", &specimen::seal_picture());
    write("photo.jpg", &testkit::picture::photo_jpeg(3));
    write("signature.png", &testkit::picture::signature_png(3));
    let (one, ten) = (specimen::specialties(1), specimen::specialties(10));
    let two = specimen::specialties(2);
    let long = FaceFacts {
        name: "阿卜杜拉·买买提·José Alejandro Fernández-Castillo",
        employer: "新疆生产建设兵团第十二师水利水电建设工程勘察设计研究院（集团）有限责任公司乌鲁木齐第三分公司",
        document_kind: "外国人永久居留身份证",
        document_code: "999",
        ..specimen::original(&ten)
    };
    let rare = FaceFacts {
        name: "𬭚𠮷㛃䶮",
        ..specimen::original(&two)
    };
    let cases = [
        ("original", Kind::Original, Shown, specimen::original(&one)),
        ("copy", Kind::UseCopy, Shown, specimen::use_copy(&two)),
        ("long", Kind::Original, Shown, long),
        ("rare", Kind::Original, Hidden, rare),
    ];
    for (name, kind, policy, facts) in cases {
        let template = specimen::template(kind, policy);
        let (pictures, sealing) = (specimen::pictures(3), specimen::sealing());
        let drafts = render(&template, &facts, &pictures, &sealing).expect("the facts can be set");
        write(&format!("{name}.ofd"), &drafts.ofd_package());
        write(&format!("{name}.pdf"), drafts.pdf_bytes());
        match lint(&template, &facts, &pictures, &sealing, drafts) {
            Ok(_) => println!("{name}: no fault"),
            Err(faults) => faults.iter().for_each(|fault| println!("{name}: {fault}")),
        }
    }
}
