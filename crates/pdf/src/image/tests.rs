use proptest::prelude::*;

use super::*;

fn jpeg_with(components: u8, precision: u8) -> Vec<u8> {
    let mut file = vec![
        0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 17, precision, 0, 5, 0, 7, components,
    ];
    file.resize(64, 0);
    file
}

#[test]
fn a_colour_or_grey_jpeg_is_taken_and_cmyk_is_refused() {
    let file = jpeg_with(3, 8);
    let image = Image::jpeg(&file).unwrap();
    assert_eq!((image.base.width, image.base.height), (7, 5));
    assert_eq!(image.base.color_space, "/DeviceRGB");
    assert_eq!(
        Image::jpeg(&jpeg_with(1, 8)).unwrap().base.color_space,
        "/DeviceGray"
    );
    assert!(matches!(Image::jpeg(&jpeg_with(4, 8)), Err(WriteError::Image(_))));
    assert!(matches!(
        Image::jpeg(&jpeg_with(3, 12)),
        Err(WriteError::Image(_))
    ));
}

#[test]
fn a_tinted_image_keeps_sixteen_levels_in_padded_rows() {
    let image = Image::tinted(Rgb::SEAL_RED, 3, 2, &[255, 0, 128, 0, 255, 17]).unwrap();
    assert_eq!(image.mask.unwrap().data.as_ref(), [0xF0, 0x80, 0x0F, 0x10]);
    assert!(Image::tinted(Rgb::SEAL_RED, 3, 2, &[0; 5]).is_err());
    assert!(Image::tinted(Rgb::SEAL_RED, 0, 0, &[]).is_err());
}

#[test]
fn raw_pixels_must_fill_the_image() {
    assert!(Image::rgb(2, 2, &[0; 12], Some(&[0; 4])).is_ok());
    assert!(Image::rgb(2, 2, &[0; 11], None).is_err());
    assert!(Image::rgb(2, 2, &[0; 12], Some(&[0; 3])).is_err());
}

#[test]
fn debug_output_shows_no_pixels() {
    let pixels = [77; 12];
    assert!(!format!("{:?}", Image::rgb(2, 2, &pixels, None).unwrap()).contains("77"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_jpeg_without_panic(mut file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = jpeg_frame(&file);
        file.splice(0..0, [0xFF, 0xD8, 0xFF]);
        let _ = jpeg_frame(&file);
    }
}
