//! `jianzheng demo`: from an account to a verified certificate and through its life, on real parts.

mod outputs;
mod tell;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use api::issuance::v1::{Certificate, DocumentFormat, Purpose};
use api::types::v1::Position;
use api::verification::v1::{Verdict, Verification};
use clap::Args;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use postgres::cluster::Durability;
use service_runtime::clock::{Clock as _, SystemClock, day_of, start_of};
use service_runtime::tls::Gate;
use testkit::actors::{Door, Holder, StoryClock};
use testkit::people::Person;
use testkit::stage::{Doors, Stage};
use testkit::story::Announced;

use crate::admin::bootstrap;
use crate::clients::{Caller, channel};
use crate::deployment::{Deployment, Role, absolute};
use crate::fleet::Fleet;
use outputs::Outputs;
use tell::Teller;

/// The province of the story.
const PROVINCE: &str = "32";

/// Where, and for how long.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 输出目录 Where everything goes; `out/` in it holds the results.
    #[arg(long, default_value = "target/demo")]
    dir: PathBuf,
    /// 演示后继续提供服务 Goes on serving until interrupted.
    #[arg(long)]
    keep: bool,
}

/// Runs the demonstration.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let now = SystemClock::new().now();
    let folder = absolute(&arguments.dir)?;
    let mut teller = Teller::new();
    let fleet = start(&folder, now, Durability::Fast).await?;
    teller.say("全国与两省的服务已启动 (nation and two provinces are up)");
    let told = Box::pin(story(&fleet, &folder, now, &mut teller)).await;
    if told.is_ok() && arguments.keep {
        tell::what_to_try(fleet.deployment(), &folder.join("out"));
        println!("\n服务保持运行，按 Ctrl-C 结束 (serving until interrupted)");
        crate::up::interrupted().await?;
    }
    fleet.stop().await?;
    told?;
    teller.end();
    println!("结果 (results): {}", folder.join("out").display());
    Ok(ExitCode::SUCCESS)
}

/// A new deployment in `folder`, whatever an earlier run left there.
pub async fn start(folder: &Path, now: Timestamp, durability: Durability) -> Result<Fleet> {
    let home = folder.join("deployment");
    if home.exists() {
        std::fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    let deployment = Deployment {
        folder: home,
        address: free_address()?,
        provinces: vec![PROVINCE.to_owned(), "33".to_owned()],
        routes: BTreeMap::new(),
    };
    let today = day_of(now);
    let since = start_of(today.saturating_sub(3.years()).saturating_add(20.days()));
    bootstrap::run(&deployment, now, since)?;
    let program = std::env::current_exe()?;
    Fleet::start_anew(deployment, &program, durability).await
}

/// 127.0.0.1 if all ports of a deployment are free there, else a loopback address of this process's own.
fn free_address() -> Result<IpAddr> {
    let usual = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let own = IpAddr::V4(Ipv4Addr::new(127, 77, high, low.max(1)));
    let free = |address: IpAddr| {
        let probe = Deployment {
            folder: PathBuf::new(),
            address,
            provinces: vec![PROVINCE.to_owned(), "33".to_owned()],
            routes: BTreeMap::new(),
        };
        let gates = [Gate::Services, Gate::Provinces, Gate::Clients, Gate::Public];
        let mut sockets = probe
            .roles()
            .into_iter()
            .flat_map(|role| gates.map(|gate| probe.listen(&role, gate)));
        sockets.all(|socket| std::net::TcpListener::bind(socket).is_ok())
    };
    [usual, own]
        .into_iter()
        .find(|address| free(*address))
        .context("no loopback address has the ports free")
}

/// Doors of a deployment by the name of their client certificate.
pub fn doors(deployment: &Deployment) -> Result<Doors> {
    let clock = StoryClock::open(&deployment.clock())?;
    let mut doors = BTreeMap::new();
    for name in bootstrap::CLIENTS {
        let to = |role: &Role| channel(deployment, &Caller::Client(name), role, Gate::Clients);
        let mut provinces = BTreeMap::new();
        for province in &deployment.provinces {
            provinces.insert(province.clone(), to(&Role::Registration(province.clone()))?);
        }
        let door = Door {
            identity: to(&Role::Identity)?,
            issuance: to(&Role::Issuance)?,
            verification: to(&Role::Verification)?,
            provinces,
            clock: clock.clone(),
        };
        doors.insert(*name, door);
    }
    Ok(doors)
}

/// The whole story; leaves its results in `folder/out`.
async fn story(fleet: &Fleet, folder: &Path, present: Timestamp, teller: &mut Teller) -> Result<()> {
    let deployment = fleet.deployment();
    let outputs = Outputs::new(&folder.join("out"))?;
    let doors = doors(deployment)?;
    let mut stage = Stage::set(&doors, PROVINCE).await.map_err(told)?;
    teller.say("国家管理员、经办人员、两家聘用企业就位，均已实名并启用动态口令");
    let mut holder = stage
        .holder_named(Person::named("欧阳建工", (1988, 3, 15), 7))
        .await
        .map_err(told)?;
    teller.say("建造师实名开户（姓名、证件号码与实名记录一致）");

    let initial = stage
        .register_initially(&mut holder, teller)
        .await
        .map_err(told)?;
    let first = issued(&stage, &mut holder, &initial, teller).await?;

    let clock = holder.citizen.door.clock.clone();
    clock.advance_to_morning_of(day_of(present).saturating_sub(65.days()));
    sign_in(&mut stage, &mut holder).await?;
    let copy = use_copy(&mut holder, &first, "JS-2026-0412").await?;
    let (superseded_ofd, superseded_pdf) = both(&mut holder, &copy).await?;
    outputs.write("superseded.ofd", &superseded_ofd)?;
    outputs.write("superseded.pdf", &superseded_pdf)?;
    teller.say("持证人申请加注件（投标用途，注明使用期限）并下载 OFD 与 PDF");

    clock.advance_to_morning_of(day_of(present).saturating_sub(60.days()));
    sign_in(&mut stage, &mut holder).await?;
    let change = stage.change_employer(&mut holder, teller).await.map_err(told)?;
    issued(&stage, &mut holder, &change, teller).await?;

    clock.advance_to_morning_of(day_of(present).saturating_sub(25.days()));
    sign_in(&mut stage, &mut holder).await?;
    let renewal = stage.renew(&mut holder, teller).await.map_err(told)?;
    let current = issued(&stage, &mut holder, &renewal, teller).await?;

    // A little before it: authenticators use up a half minute per code, and no clock runs ahead of the machine's.
    clock.advance_to(present - SignedDuration::from_mins(15));
    sign_in(&mut stage, &mut holder).await?;
    let (ofd, pdf) = both(&mut holder, &current.name).await?;
    outputs.write("original.ofd", &ofd)?;
    outputs.write("original.pdf", &pdf)?;
    let copy = use_copy(&mut holder, &current, "JS-2026-1123").await?;
    let (ofd, pdf) = both(&mut holder, &copy).await?;
    outputs.write("certificate.ofd", &ofd)?;
    outputs.write("certificate.pdf", &pdf)?;
    teller.say("下载电子证照原件与新的加注件");

    let seen = Some(renewal.position);
    let valid = verified(&stage, &ofd, seen.clone(), Verdict::Valid).await?;
    verified(&stage, &pdf, seen.clone(), Verdict::Valid).await?;
    outputs.json("verification.json", &valid)?;
    teller.say(&format!("核验现行加注件：{}", text_of(&valid)));
    let old = verified(&stage, &superseded_ofd, seen.clone(), Verdict::Superseded).await?;
    verified(&stage, &superseded_pdf, seen, Verdict::Superseded).await?;
    outputs.json("superseded.json", &old)?;
    teller.say(&format!("核验变更前的加注件：{}", text_of(&old)));
    outputs.credentials(deployment)
}

/// Waits for the nation, then for the documents; tells what the public sees.
async fn issued(
    stage: &Stage,
    holder: &mut Holder,
    announced: &Announced,
    teller: &mut Teller,
) -> Result<Certificate> {
    let seen = Some(announced.position.clone());
    let answer = stage
        .checker
        .by_number(&announced.registration_number, seen.clone())
        .await
        .map_err(told)?;
    if answer.verdict() != Verdict::Valid {
        bail!(
            "{} is not valid after its announcement: {}",
            announced.registration_number,
            text_of(&answer)
        );
    }
    teller.say(&format!(
        "按注册编号 {} 核验：{}",
        announced.registration_number,
        text_of(&answer)
    ));
    let certificate = current_certificate(holder, seen).await?;
    teller.say(&format!(
        "电子证照 {} 已签发（版本 {}）",
        certificate.licence_identifier, certificate.version
    ));
    Ok(certificate)
}

/// The holder's current certificate, once its documents are sealed.
async fn current_certificate(holder: &mut Holder, seen: Option<Position>) -> Result<Certificate> {
    for _ in 0..200 {
        let certificates = holder.certificates(seen.clone()).await.map_err(told)?;
        let current = certificates.into_iter().find(|one| one.superseded_at.is_none());
        match current {
            Some(current) if current.state() == api::issuance::v1::certificate::State::Issued => {
                return Ok(current);
            }
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
    bail!("the certificate was not issued within ten seconds")
}

async fn use_copy(holder: &mut Holder, certificate: &Certificate, reference: &str) -> Result<String> {
    let made = holder.create_use_copy(
        &certificate.name,
        Purpose::Tender,
        reference,
        "无锡市公共资源交易中心",
    );
    Ok(made.await.map_err(told)?.copy.unwrap_or_default().name)
}

async fn both(holder: &mut Holder, name: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let (_, ofd) = holder.download(name, DocumentFormat::Ofd).await.map_err(told)?;
    let (_, pdf) = holder.download(name, DocumentFormat::Pdf).await.map_err(told)?;
    Ok((ofd, pdf))
}

async fn verified(
    stage: &Stage,
    file: &[u8],
    seen: Option<Position>,
    expected: Verdict,
) -> Result<Verification> {
    let answer = stage.checker.file(file, seen).await.map_err(told)?;
    if answer.verdict() != expected {
        let findings = serde_json::to_string_pretty(&answer)?;
        bail!("expected {expected:?}, got {:?}: {findings}", answer.verdict());
    }
    Ok(answer)
}

async fn sign_in(stage: &mut Stage, holder: &mut Holder) -> Result<()> {
    stage.sign_in_again().await.map_err(told)?;
    holder.citizen.sign_in().await.map_err(told)
}

fn text_of(answer: &Verification) -> String {
    answer
        .text
        .as_ref()
        .map(|text| text.zh.clone())
        .unwrap_or_default()
}

/// A refused call with its reason.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn told(status: tonic::Status) -> anyhow::Error {
    anyhow::anyhow!(
        "{:?} {}: {}",
        status.code(),
        testkit::actors::reason(&status),
        status.message()
    )
}
