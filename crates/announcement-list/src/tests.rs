use gm::{Algorithm, PrivateKey, PublicKey, Signer as _};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;

fn row(ordinal: u32) -> Row {
    Row {
        ordinal,
        name: format!("样本人{ordinal}"),
        registration_number: format!("苏13220182019{ordinal:05}"),
        employer: "建证建设有限公司".to_owned(),
        specialties: vec!["建筑工程".to_owned(), "市政公用工程".to_owned()],
        kind: "初始注册".to_owned(),
        correction: None,
        salt: Salt([u8::try_from(ordinal % 251).expect("small"); SALT]),
    }
}

fn signed_by(key: &PrivateKey, rows: Vec<ListedRow>) -> SignedList {
    let tree = Tree::new(rows.iter().map(ListedRow::commitment).collect());
    let statement = Statement {
        number: "苏建注公告〔2026〕1号".to_owned(),
        province: "32".to_owned(),
        announced_by: "provinces/32".to_owned(),
        announced_at: "2026-11-26T08:00:00.000001Z".parse().expect("an instant"),
        corrects: None,
        size: u32::try_from(rows.len()).expect("few"),
        root: tree.root(),
    };
    let der = key
        .sign_list(&statement, &mut StdRng::seed_from_u64(2))
        .expect("signed");
    SignedList::new(
        statement,
        ListSignature::new(key_id(key.public_key()), &der),
        rows,
    )
}

fn key(seed: u64) -> PrivateKey {
    PrivateKey::generate(Algorithm::Sm2WithSm3, &mut StdRng::seed_from_u64(seed))
}

fn list(size: u32) -> (SignedList, Vec<PublicKey>) {
    let key = key(1);
    let rows = (1..=size).map(|ordinal| ListedRow::Shown(row(ordinal))).collect();
    (signed_by(&key, rows), vec![key.public_key().clone()])
}

#[test]
fn a_row_is_encoded_byte_by_byte_as_documented() {
    let mut one = row(1);
    one.name = "张".to_owned();
    one.registration_number = "苏1".to_owned();
    one.employer = "A".to_owned();
    one.specialties = vec!["B".to_owned()];
    one.kind = "C".to_owned();
    let mut expected = b"jianzheng announcement row v1\n".to_vec();
    expected.extend([1; 32]);
    expected.extend([0, 0, 0, 1]);
    expected.extend([0, 0, 0, 3, 0xe5, 0xbc, 0xa0]);
    expected.extend([0, 0, 0, 4, 0xe8, 0x8b, 0x8f, b'1']);
    expected.extend([0, 0, 0, 1, b'A']);
    expected.extend([0, 0, 0, 1, 0, 0, 0, 1, b'B']);
    expected.extend([0, 0, 0, 1, b'C']);
    let mut marked = expected.clone();
    expected.push(0);
    assert_eq!(one.encoded(), expected);
    marked.extend([1, 0, 0, 0, 1, b'D', 0, 0, 0, 7]);
    one.correction = Some(CorrectionMark {
        kind: "D".to_owned(),
        row: Some(7),
    });
    assert_eq!(one.encoded(), marked);
}

#[test]
fn a_statement_is_encoded_byte_by_byte_as_documented() {
    let statement = Statement {
        number: "N".to_owned(),
        province: "32".to_owned(),
        announced_by: "ministry".to_owned(),
        announced_at: jiff::Timestamp::from_microsecond(258).expect("an instant"),
        corrects: Some("M".to_owned()),
        size: 2,
        root: [9; 32],
    };
    let mut expected = b"jianzheng announcement list v1\n\0\0\0\x01N\0\0\0\x0232\0\0\0\x08ministry".to_vec();
    expected.extend([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, b'M', 0, 0, 0, 2]);
    expected.extend([9; 32]);
    assert_eq!(statement.encoded(), expected);
}

#[test]
fn a_list_verifies_with_the_public_key_alone_and_with_no_other() {
    let (list, keys) = list(5);
    let read = SignedList::parse(&list.to_json()).expect("a list");
    assert_eq!(read, list);
    assert_eq!(read.verify(&keys).expect("signed").shown, 5);
    assert_eq!(read.verify(&[]).err(), Some(Fault::UnknownKey));
    assert_eq!(
        read.verify(&[key(3).public_key().clone()]).err(),
        Some(Fault::UnknownKey)
    );
    assert!(is_list(&list.to_json()) && !is_proof(&list.to_json()) && !is_list(b"%PDF-1.4"));
}

#[test]
fn a_withheld_row_leaves_the_list_verifiable_and_cannot_be_proved() {
    let (mut list, keys) = list(4);
    let commitment = list.rows[2].commitment();
    list.rows[2] = ListedRow::Withheld(Withheld {
        ordinal: 3,
        commitment,
    });
    let read = SignedList::parse(&list.to_json()).expect("a list");
    assert_eq!(read.verify(&keys).expect("signed").shown, 3);
    assert!(read.prove(3).is_none() && read.prove(4).expect("shown").verify(&keys).is_ok());
    assert!(csv(&read).contains("3,（已依法不再公开）\r\n"));
}

#[test]
fn one_row_is_proved_and_the_proof_shows_no_other() {
    let (list, keys) = list(7);
    for ordinal in 1..=7 {
        let proof = RowProof::parse(&list.prove(ordinal).expect("a row").to_json()).expect("a proof");
        assert_eq!(proof.verify(&keys).expect("on the list").row, &row(ordinal));
        let text = String::from_utf8(proof.to_json()).expect("text");
        for other in (1..=7).filter(|other| *other != ordinal) {
            assert!(!text.contains(&row(other).name), "{other}");
        }
    }
    assert!(list.prove(0).is_none() && list.prove(8).is_none());
}

#[test]
fn whatever_is_changed_is_found() {
    let (list, keys) = list(4);
    let mut altered = list.clone();
    altered.statement.number.push('1');
    assert_eq!(altered.verify(&keys).err(), Some(Fault::Signature));
    let mut dropped = list.clone();
    dropped.rows.pop();
    assert_eq!(dropped.verify(&keys).err(), Some(Fault::Rows));
    let mut swapped = list.clone();
    swapped.rows.swap(0, 1);
    assert_eq!(swapped.verify(&keys).err(), Some(Fault::Rows));
    let mut proof = list.prove(2).expect("a row");
    proof.row.ordinal = 3;
    assert_eq!(proof.verify(&keys).err(), Some(Fault::Root));
    let mut proof = list.prove(2).expect("a row");
    proof.path.pop();
    assert_eq!(proof.verify(&keys).err(), Some(Fault::Rows));
    for json in [
        &b"{}"[..],
        b"",
        b"[]",
        br#"{"format":"jianzheng announcement list v2"}"#,
    ] {
        assert_eq!(SignedList::parse(json).err(), Some(Fault::Format));
        assert_eq!(RowProof::parse(json).err(), Some(Fault::Format));
    }
}

#[test]
fn no_cell_is_a_formula() {
    for (text, expected) in [
        ("建证", "建证"),
        ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ("\t=1", "\"'\t=1\""),
        ("甲,乙", "\"甲,乙\""),
        ("a-b", "a-b"),
    ] {
        assert_eq!(cell(text), expected);
    }
    let (list, _) = list(1);
    assert_eq!(
        csv(&list),
        "\u{feff}序号,姓名,注册编号,聘用企业,注册专业,注册类型\r\n\
         1,样本人1,苏1322018201900001,建证建设有限公司,建筑工程、市政公用工程,初始注册\r\n"
    );
}

proptest! {
    #[test]
    fn no_change_of_any_field_survives(field in 0_usize..6, at in 0_usize..6, text in "\\PC{0,12}") {
        let (list, keys) = list(6);
        let mut bent = list;
        let ListedRow::Shown(row) = &mut bent.rows[at] else { unreachable!("all are shown") };
        match field {
            0 => row.name.clone_from(&text),
            1 => row.registration_number.clone_from(&text),
            2 => row.employer.clone_from(&text),
            3 => row.specialties = vec![text],
            4 => row.kind.clone_from(&text),
            _ => row.correction = Some(CorrectionMark { kind: text, row: None }),
        }
        prop_assert_eq!(bent.verify(&keys).err(), Some(Fault::Root));
    }

    #[test]
    fn two_different_rows_are_never_encoded_alike(a in "\\PC{0,4}", b in "\\PC{0,4}", c in "\\PC{0,4}", d in "\\PC{0,4}") {
        let (mut one, mut other) = (row(1), row(1));
        (one.name, one.registration_number) = (a, b);
        (other.name, other.registration_number) = (c, d);
        prop_assert_eq!(one == other, one.encoded() == other.encoded());
    }

    #[test]
    fn no_input_makes_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = SignedList::parse(&bytes);
        let _ = RowProof::parse(&bytes);
    }
}
