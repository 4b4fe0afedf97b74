//! `jianzheng verify-list FILE --key PEM | --trust DIR`: checks a signed list of an announcement (公告名单), or the proof of one
//! row, by the province's public key alone, as given or as the trust bundle names it (docs/announcements.md).
//!
//! Exit code 0 where everything stands as signed, otherwise 1.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use announcement_list::{Row, RowProof, SignedList, Statement, is_proof};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gm::PublicKey;

use crate::verify::bundle;

/// Checks a list or the proof of a row.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// 名单或证明文件（JSON） The list or proof.
    file: PathBuf,
    /// 公告公钥（PEM，可含多个） The public keys of the province.
    #[arg(
        long,
        value_name = "PEM",
        required_unless_present = "trust",
        conflicts_with = "trust"
    )]
    key: Option<PathBuf>,
    /// 信任包目录（其中列有各省公告公钥） The folder of a trust bundle, which names the keys of every province.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// 同时核对表格（CSV） A table that must follow from the list byte by byte.
    #[arg(long, value_name = "CSV")]
    table: Option<PathBuf>,
}

/// Prints what was found.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match check(arguments) {
        Ok(told) => {
            print!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("核对不通过 Does not verify: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check(arguments: &Arguments) -> Result<String> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let file = read(&arguments.file)?;
    if is_proof(&file) {
        if arguments.table.is_some() {
            bail!("单行证明不能核对表格 a proof of one row says nothing about a table");
        }
        let proof = RowProof::parse(&file)?;
        let keys = keys(arguments, &proof.statement)?;
        let proved = proof.verify(&keys)?;
        return Ok(format!("{}{}", head(proved.statement), line(proved.row)));
    }
    let list = SignedList::parse(&file)?;
    let keys = keys(arguments, &list.statement)?;
    let shown = list.verify(&keys)?.shown;
    if let Some(table) = &arguments.table
        && read(table)? != announcement_list::csv(&list).as_bytes()
    {
        bail!("表格与名单不符 the table is not that of the list");
    }
    let withheld = list.rows.len() - shown;
    Ok(format!(
        "{}名单完整，共{}行，其中不再公开{withheld}行 The list is whole: {} rows, {withheld} withheld\n",
        head(&list.statement),
        list.rows.len(),
        list.rows.len(),
    ))
}

fn head(statement: &Statement) -> String {
    let corrects = statement.corrects.as_ref();
    let corrects = corrects
        .map(|number| format!("，更正 {number}"))
        .unwrap_or_default();
    format!("{}{corrects}（{}）\n", statement.number, statement.announced_at)
}

fn line(row: &Row) -> String {
    let specialties = row.specialties.join("、");
    format!(
        "第{}行 {} {} {} {specialties} {}\n",
        row.ordinal, row.name, row.registration_number, row.employer, row.kind
    )
}

/// The keys that were given, or those that the bundle names for the province of the list.
fn keys(arguments: &Arguments, statement: &Statement) -> Result<Vec<PublicKey>> {
    match (&arguments.key, &arguments.trust) {
        (Some(path), _) => {
            let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
            public_keys(&String::from_utf8_lossy(&pem))
        }
        (None, Some(folder)) => {
            let named = bundle::open(folder)?.announcement_keys(&statement.province);
            if named.is_empty() {
                bail!("信任包没有列出该省的公告公钥 the bundle names no key of the province");
            }
            Ok(named)
        }
        (None, None) => bail!("请给出公告公钥或信任包 give the keys or a trust bundle"),
    }
}

/// Every public key of a PEM file.
pub(crate) fn public_keys(pem: &str) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for block in pem.split("-----BEGIN PUBLIC KEY-----").skip(1) {
        let (body, _) = block
            .split_once("-----END PUBLIC KEY-----")
            .context("公钥文件不完整 the key has no end")?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).context("公钥无法识别 not a public key")?;
        let key = PublicKey::from_spki(&der);
        keys.push(key.map_err(|_| anyhow::anyhow!("公钥无法识别 not a public key"))?);
    }
    if keys.is_empty() {
        bail!("文件中没有公钥 no public key in the file");
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use announcement_list::{ListSignature, ListSigner as _, ListedRow, Salt, Tree, key_id};
    use gm::{Algorithm, PrivateKey, Signer as _};
    use personal_data::OsRandom;
    use rand_core::UnwrapErr;

    use super::*;

    fn pem(key: &PrivateKey) -> String {
        let body = STANDARD.encode(key.public_key().to_spki());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    fn list(key: &PrivateKey) -> SignedList {
        let row = |ordinal: u32| {
            ListedRow::Shown(Row {
                ordinal,
                name: format!("样本人{ordinal}"),
                registration_number: format!("苏13220182019{ordinal:05}"),
                employer: "建证建设有限公司".to_owned(),
                specialties: vec!["水利水电工程".to_owned()],
                kind: "初始注册".to_owned(),
                correction: None,
                salt: Salt([7; announcement_list::SALT]),
            })
        };
        let rows = vec![row(1), row(2)];
        let statement = Statement {
            number: "苏建注公告〔2026〕1号".to_owned(),
            province: "32".to_owned(),
            announced_by: "provinces/32".to_owned(),
            announced_at: jiff::Timestamp::UNIX_EPOCH,
            corrects: None,
            size: 2,
            root: Tree::new(rows.iter().map(ListedRow::commitment).collect()).root(),
        };
        let der = key
            .sign_list(&statement, &mut UnwrapErr(OsRandom))
            .expect("signed");
        SignedList::new(
            statement,
            ListSignature::new(key_id(key.public_key()), &der),
            rows,
        )
    }

    #[test]
    fn a_list_a_proof_and_a_table_are_checked_by_the_public_key_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).expect("written");
            path
        };
        let new = || PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
        let (own, other) = (new(), new());
        let signed = list(&own);
        let file = put("list.json", &signed.to_json());
        let both = put("keys.pem", format!("{}{}", pem(&other), pem(&own)).as_bytes());
        let table = put("list.csv", announcement_list::csv(&signed).as_bytes());
        let ask = |file: &PathBuf, key: &PathBuf, table: Option<&PathBuf>| {
            check(&Arguments {
                file: file.clone(),
                key: Some(key.clone()),
                trust: None,
                table: table.cloned(),
            })
        };
        assert!(ask(&file, &both, Some(&table)).expect("whole").contains("共2行"));
        let proof = put("row.json", &signed.prove(2).expect("a row").to_json());
        let told = ask(&proof, &both, None).expect("on the list");
        assert!(
            told.contains("第2行 样本人2") && !told.contains("样本人1"),
            "{told}"
        );
        let stranger = put("other.pem", pem(&other).as_bytes());
        let changed = put(
            "changed.csv",
            announcement_list::csv(&signed)
                .replace("样本人2", "样本人3")
                .as_bytes(),
        );
        let altered = String::from_utf8(signed.to_json())
            .expect("text")
            .replace("样本人2", "样本人3");
        let altered = put("altered.json", altered.as_bytes());
        assert!(ask(&file, &stranger, None).is_err() && ask(&altered, &both, None).is_err());
        assert!(ask(&file, &both, Some(&changed)).is_err() && ask(&proof, &both, Some(&table)).is_err());
        assert!(ask(&file, &table, None).is_err(), "no key at all");
        let by_bundle = Arguments {
            file,
            key: None,
            trust: Some(folder.path().to_owned()),
            table: None,
        };
        let missing = check(&by_bundle).expect_err("no bundle in the folder");
        assert!(format!("{missing:#}").contains("信任包"), "{missing:#}");
    }
}
