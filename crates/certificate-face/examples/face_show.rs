//! Writes sample documents for looking at: `cargo run -p certificate-face --features specimen --example face_show -- DIRECTORY`.

use std::path::PathBuf;

use certificate_face::face::Kind;
use certificate_face::facts::Printed;
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
    let mut long = specimen::record("阿卜杜拉·买买提·José Alejandro Fernández-Castillo", 10);
    long.employer.name =
        "新疆生产建设兵团第十二师水利水电建设工程勘察设计研究院（集团）有限责任公司乌鲁木齐第三分公司"
            .to_owned();
    let mut rare = specimen::record("𬭚𠮷㛃䶮", 2);
    rare.layout.show_document_number = false;
    let print = |record| Printed::of(record, specimen::CODE).expect("a record that agrees with itself");
    let cases = [
        ("original", Kind::Original, Shown, specimen::original(1)),
        ("copy", Kind::UseCopy, Shown, specimen::use_copy(2)),
        ("long", Kind::Original, Shown, print(long)),
        ("rare", Kind::Original, Hidden, print(rare)),
    ];
    for (name, kind, policy, printed) in cases {
        let facts = printed.facts();
        let template = specimen::template(kind, policy);
        let (pictures, sealing) = (specimen::pictures(specimen::SEED), specimen::sealing());
        let drafts = render(&template, &facts, &pictures, &sealing).expect("the facts can be set");
        write(&format!("{name}.ofd"), drafts.ofd_package());
        write(&format!("{name}.pdf"), drafts.pdf_bytes());
        match lint(&template, &facts, &pictures, drafts) {
            Ok(_) => println!("{name}: no fault"),
            Err(faults) => faults.iter().for_each(|fault| println!("{name}: {fault}")),
        }
    }
}
