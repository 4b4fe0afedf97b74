use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Result<Object, ReadError> {
    Lexer::detached(text, 0, Limits::default()).object()
}

fn string(text: &[u8]) -> Vec<u8> {
    match read(text) {
        Ok(Object::String(string)) => string.bytes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lines_of_a_symbol_are_skipped_and_nothing_else() {
    let skipped = |text: &[u8]| {
        let mut lexer = Lexer::detached(text, 0, Limits::default());
        lexer.skip_lines();
        lexer.position()
    };
    assert_eq!(skipped(b"1 2 m\n3 4 l 5 6 re 7 8 m\n"), 12);
    for other in [
        b"1 2 ml\n".as_slice(),
        b"1.5 2 m\n",
        b"1  2 m\n",
        b"-1 2 l\n",
        b"1 2 m",
        b"m\n",
        b"",
    ] {
        assert_eq!(skipped(other), 0);
    }
}

#[test]
fn numbers_references_and_names() {
    assert_eq!(read(b"-17"), Ok(Object::Integer(-17)));
    assert_eq!(read(b"+.5"), Ok(Object::Real(0.5)));
    assert_eq!(read(b"4 0 R"), Ok(Object::Reference(4)));
    assert_eq!(
        read(b"[4 0 5 0 R]"),
        Ok(Object::Array(vec![
            Object::Integer(4),
            Object::Integer(0),
            Object::Reference(5)
        ]))
    );
    assert_eq!(read(b"/A#20B"), Ok(Object::Name(b"A B".to_vec())));
    for wrong in [b"1.2.3".as_slice(), b"1e5", b"--1", b"/A#2", b"nul", b""] {
        assert!(read(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
    }
}

#[test]
fn strings_undo_escapes() {
    assert_eq!(string(br"(a\(b\)\\\101\n(c))"), b"a(b)\\A\n(c)");
    assert_eq!(string(b"<48 65 6C6>"), b"Hel`");
    assert!(read(b"(open").is_err() && read(b"<4Z>").is_err());
}

#[test]
fn a_key_named_twice_is_refused_because_readers_differ() {
    assert!(read(b"<</A 1/B 2>>").is_ok());
    assert_eq!(
        read(b"<</A 1/#41 2>>"),
        Err(ReadError::Syntax("a dictionary names a key twice"))
    );
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    assert_eq!(read(&b"[".repeat(100)), Err(ReadError::Limit("depth")));
    assert_eq!(
        read(&[b"[".as_slice(), &b"0 ".repeat(200_000), b"]"].concat()),
        Err(ReadError::Limit("values"))
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let mut lexer = Lexer::detached(&bytes, 0, Limits::default());
        while let Ok(Some(_)) = lexer.token() {}
    }

    #[test]
    fn syntax_like_bytes_are_read_without_panic(text in "[\\[\\]<>()/ %0-9.RA#\\\\+\\-tfn]{0,200}") {
        let _ = read(text.as_bytes());
    }
}
