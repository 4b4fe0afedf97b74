//! Promises of rendering.

use super::*;
use crate::face::FaceError;
use crate::layout::DocumentNumberPolicy::{Hidden, Shown};
use crate::specimen;

#[test]
fn the_same_facts_give_the_same_bytes_from_templates_compiled_apart() {
    let printed = specimen::use_copy(2);
    let documents = || {
        let template = specimen::template(Kind::UseCopy, Shown);
        let pictures = specimen::pictures(specimen::SEED);
        let drafts = render(&template, &printed.facts(), &pictures, &specimen::sealing()).unwrap();
        (
            drafts.ofd_package().to_vec(),
            drafts.pdf_bytes().to_vec(),
            template.fingerprint(),
        )
    };
    assert!(documents() == documents());
}

#[test]
fn each_form_alone_is_the_form_of_both() {
    let printed = specimen::original(1);
    let (facts, sealing) = (printed.facts(), specimen::sealing());
    let (template, pictures) = (
        specimen::template(Kind::Original, Shown),
        specimen::pictures(specimen::SEED),
    );
    let both = render(&template, &facts, &pictures, &sealing).unwrap();
    assert!(
        both.ofd_package()
            == render_ofd(&template, &facts, &pictures, &sealing)
                .unwrap()
                .package()
    );
    assert!(
        both.pdf_bytes()
            == render_pdf(&template, &facts, &pictures, &sealing)
                .unwrap()
                .bytes()
    );
}

#[test]
fn facts_of_another_template_are_refused() {
    let printed = specimen::original(1);
    let (pictures, sealing) = (specimen::pictures(specimen::SEED), specimen::sealing());
    let refused = |template: &Template, facts: &FaceFacts<'_>| {
        matches!(
            render(template, facts, &pictures, &sealing),
            Err(RenderError::Template(_))
        )
    };
    let right = specimen::template(Kind::Original, Shown);
    assert!(!refused(&right, &printed.facts()));
    assert!(refused(
        &specimen::template(Kind::UseCopy, Shown),
        &printed.facts()
    ));
    assert!(refused(
        &specimen::template(Kind::Original, Hidden),
        &printed.facts()
    ));
    assert!(refused(
        &right,
        &FaceFacts {
            issuer: "别的机关",
            ..printed.facts()
        }
    ));
    assert!(refused(
        &right,
        &FaceFacts {
            specimen: false,
            ..printed.facts()
        }
    ));
}

#[test]
fn a_name_no_font_draws_makes_no_document() {
    let printed = specimen::original(1);
    let template = specimen::template(Kind::Original, Shown);
    let facts = FaceFacts {
        name: "王\u{31000}",
        ..printed.facts()
    };
    let error = render(
        &template,
        &facts,
        &specimen::pictures(specimen::SEED),
        &specimen::sealing(),
    )
    .unwrap_err();
    assert!(matches!(&error, RenderError::Face(FaceError::Missing(_))));
    assert!(error.to_string().contains("U+31000"), "{error}");
}

#[test]
fn a_rare_name_needs_a_fourth_font_and_others_do_not() {
    let printed = specimen::original(1);
    let template = specimen::template(Kind::Original, Shown);
    let fonts = |name| {
        let facts = FaceFacts {
            name,
            ..printed.facts()
        };
        let package = render_ofd(
            &template,
            &facts,
            &specimen::pictures(specimen::SEED),
            &specimen::sealing(),
        )
        .unwrap();
        let package = ofd::Package::open(package.package(), &ofd::Limits::default()).unwrap();
        package.documents().unwrap()[0].fonts.len()
    };
    assert_eq!(fonts("张伟民"), 3);
    assert_eq!(fonts("张𬭚𠮷㛃䶮"), 3, "the main font draws these");
    assert_eq!(fonts("张𠝆"), 4);
}

#[test]
fn pictures_that_are_no_pictures_are_refused() {
    use crate::picture::{Photo, SignatureImage};
    assert_eq!(
        Photo::prepare(b"GIF89a".to_vec()).unwrap_err(),
        PictureError::Photo
    );
    assert_eq!(
        SignatureImage::prepare(testkit::picture::photo_jpeg(1)).unwrap_err(),
        PictureError::Signature
    );
    let png = testkit::picture::signature_png(1);
    assert_eq!(
        SignatureImage::prepare(png[..png.len() / 2].to_vec()).unwrap_err(),
        PictureError::Signature
    );
}
