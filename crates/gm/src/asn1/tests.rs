use proptest::prelude::*;

use super::*;

#[test]
fn identifiers_are_written_as_others_write_them() {
    let oid = Oid::dotted("1.2.156.10197.1.501");
    assert_eq!(hex::encode(oid.as_content()), "2a811ccf55018375");
    assert_eq!(oid.to_string(), "1.2.156.10197.1.501");
    let uuid = Oid::dotted("2.25.340282366920938463463374607431768211455");
    assert_eq!(uuid.to_string(), "2.25.340282366920938463463374607431768211455");
    assert_eq!(Oid::from_content(uuid.as_content()), Some(uuid));
}

#[test]
fn times_are_read_in_every_form_that_occurs() {
    let expected: jiff::Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    for (tag, text) in [
        (tag::UTC_TIME, "261123080000Z"),
        (tag::UTC_TIME, "2611230800Z"),
        (tag::GENERALIZED_TIME, "20261123080000Z"),
        (tag::GENERALIZED_TIME, "20261123080000.25Z"),
        (tag::GENERALIZED_TIME, "20261123160000+0800"),
    ] {
        let mut writer = Writer::new();
        let der = writer.element(tag, text.as_bytes()).clone().finish();
        assert_eq!(Reader::new(&der).time(), Ok(expected), "{text}");
    }
    for text in [
        "20261123080000",
        "20261323080000Z",
        "2026112308000Z",
        "20261123080000.Z",
        "",
    ] {
        let der = Writer::new()
            .element(tag::GENERALIZED_TIME, text.as_bytes())
            .clone()
            .finish();
        assert_eq!(Reader::new(&der).time(), Err(Error::InvalidContent), "{text}");
    }
    assert_eq!(generalized_time(expected), "20261123080000Z");
    assert_eq!(utc_time(expected).as_deref(), Some("261123080000Z"));
    assert_eq!(utc_time("2050-01-01T00:00:00Z".parse().unwrap()), None);
}

#[test]
fn an_indefinite_length_is_refused() {
    assert_eq!(
        Reader::new(&[0x30, 0x80, 0, 0]).any().unwrap_err(),
        Error::Unsupported
    );
    assert_eq!(
        Reader::new(&[0x30, 0x85, 0, 0, 0, 0, 0]).any().unwrap_err(),
        Error::Unsupported
    );
    assert_eq!(
        Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff])
            .any()
            .unwrap_err(),
        Error::Truncated
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value: i64, octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let der = Writer::new().sequence(|w| { w.integer(value).octets(&octets).bits(&octets); }).clone().finish();
        let mut outer = Reader::new(&der);
        let mut inner = outer.sequence().unwrap();
        outer.finish().unwrap();
        prop_assert_eq!(inner.integer().unwrap(), value);
        let element = inner.octets().unwrap();
        prop_assert_eq!(element.content(), &octets[..]);
        prop_assert_eq!(&der[element.range()], element.raw());
        prop_assert_eq!(inner.any().unwrap().bits().unwrap(), &octets[..]);
        inner.finish().unwrap();
        // The RustCrypto parser is the judge of strictness.
        let strict = <Vec<der::Any> as der::Decode<'_>>::from_der(&der).unwrap();
        prop_assert_eq!(der::Encode::to_der(&strict).unwrap(), der.clone());
    }

    #[test]
    fn unsigned_integers_are_minimal(digits in proptest::collection::vec(any::<u8>(), 0..40)) {
        let der = Writer::new().unsigned(&digits).clone().finish();
        let read = <der::asn1::UintRef<'_> as der::Decode<'_>>::from_der(&der).unwrap();
        let zeros = digits.iter().take_while(|b| **b == 0).count();
        let expected = if zeros == digits.len() { &[0][..] } else { &digits[zeros..] };
        prop_assert_eq!(read.as_bytes(), expected);
    }

    #[test]
    fn no_input_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        fn walk(mut reader: Reader<'_>, depth: u8) {
            while let Ok(element) = reader.any() {
                let _ = (element.oid(), element.integer(), element.text(), element.time(), element.bits());
                if depth < 8 { walk(element.reader(), depth + 1); }
            }
        }
        walk(Reader::new(&bytes), 0);
    }
}
