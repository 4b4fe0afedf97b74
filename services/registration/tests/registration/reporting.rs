//! 举报: anybody reports a registration, learns a number and nothing else; officers dismiss it or record a lapse on it.

use api::registration::v1 as wire;
use tonic::Status;
use wire::lapse::State as Lapse;
use wire::record_lapse_request::Subject;
use wire::report::State;

use crate::lapsing::{named, registered};
use crate::world::{World, id, officer, reason};

impl World {
    fn reporting(&self, number: &str) -> wire::ReportRegistrationRequest {
        wire::ReportRegistrationRequest {
            request_id: id(),
            registration_number: number.to_owned(),
            kind: wire::ReportKind::ShouldHaveLapsed.into(),
            statement: "该单位早已破产，仍以其名义承接工程。".to_owned(),
            contact: "13900000000".to_owned(),
        }
    }

    /// As the portal brings it for somebody who does not say who they are.
    async fn report(&self, message: wire::ReportRegistrationRequest) -> Result<String, Status> {
        let answer = self
            .lapses()
            .report_registration(tonic::Request::new(message))
            .await?;
        Ok(answer.into_inner().number)
    }

    async fn reports(&self, open: bool) -> Vec<wire::Report> {
        let message = wire::ListReportsRequest {
            open,
            ..Default::default()
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self.lapses().list_reports(request).await.expect("listed");
        answer.into_inner().reports
    }

    async fn dismiss(&self, name: &str, grounds: &str) -> Result<wire::Report, Status> {
        let message = wire::DismissReportRequest {
            request_id: id(),
            name: name.to_owned(),
            grounds: grounds.to_owned(),
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self.lapses().dismiss_report(request).await?;
        Ok(answer.into_inner().report.expect("the report comes back"))
    }
}

#[tokio::test]
async fn anybody_reports_and_an_officer_dismisses_it_or_records_a_lapse_on_it() {
    let (world, holder, firm) = registered().await;
    let number = world
        .registration(&holder)
        .await
        .expect("registered")
        .registration_number;
    let first = world.reporting(&number);
    let told = world.report(first.clone()).await.expect("taken");
    assert!(
        told.starts_with("苏建注举报〔") && told.ends_with("〕1号"),
        "{told}"
    );
    assert_eq!(world.report(first).await.expect("repeated"), told);
    let unknown = world.reporting("苏1322019202099999");
    assert_eq!(reason(world.report(unknown).await), "NOT_FOUND");
    let mut empty = world.reporting(&number);
    empty.statement = " ".to_owned();
    assert_eq!(reason(world.report(empty).await), "REPORT_INVALID");

    let queue = world.reports(true).await;
    let [report] = queue.as_slice() else {
        panic!("one report")
    };
    assert_eq!(
        (report.person.as_str(), report.contact.as_str()),
        (named(&holder).as_str(), "13900000000")
    );
    assert_eq!(
        reason(world.dismiss(&report.name, "").await),
        "REPORT_GROUNDS_MISSING"
    );
    let dismissed = world
        .dismiss(&report.name, "经查单位存续")
        .await
        .expect("dismissed");
    assert_eq!(dismissed.state(), State::Dismissed);
    assert!(world.reports(true).await.is_empty());

    world.report(world.reporting(&number)).await.expect("taken");
    let queue = world.reports(true).await;
    let report = queue.first().expect("in the queue").name.clone();
    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let stranger = world.person(9);
    world.registered(&stranger, &firm).await;
    let on = |subject| wire::RecordLapseRequest {
        report: report.clone(),
        ..world.recording(subject, wire::LapseGround::EmployerBankrupt)
    };
    let of_another = on(Subject::Person(named(&stranger)));
    assert_eq!(
        reason(world.record_lapse(&one, of_another).await),
        "REPORT_OF_ANOTHER"
    );
    let recorded = world
        .record_lapse(&one, on(Subject::Employer(firm.name.clone())))
        .await
        .expect("recorded");
    assert_eq!(recorded.report, report);
    let stands = async || world.reports(false).await.last().expect("on record").clone();
    assert_eq!(stands().await.state(), State::UnderWay);
    assert_eq!(
        reason(world.dismiss(&report, "查无此事").await),
        "REPORT_NOT_OPEN"
    );
    assert_eq!(
        reason(world.refuse_lapse(&one, &recorded.name, "依据不足").await),
        "FOUR_EYES_SAME_OFFICER"
    );
    let refused = world
        .refuse_lapse(&two, &recorded.name, "裁定尚未生效")
        .await
        .expect("refused");
    assert_eq!(
        (refused.state(), refused.grounds.as_str()),
        (Lapse::Declined, "裁定尚未生效")
    );
    assert_eq!(stands().await.state(), State::Open, "back in the queue");
    let again = world
        .record_lapse(&one, on(Subject::Employer(firm.name.clone())))
        .await
        .expect("recorded");
    let confirmed = world.confirm_lapse(&two, &again.name).await.expect("confirmed");
    assert_eq!(confirmed.applied, 2, "whoever was reported and their colleague");
    let upheld = stands().await;
    assert_eq!((upheld.state(), upheld.lapse), (State::Upheld, again.name));
}

#[tokio::test]
async fn reports_about_one_registration_are_limited() {
    let (world, holder, _) = registered().await;
    let number = world
        .registration(&holder)
        .await
        .expect("registered")
        .registration_number;
    for _ in 0..20 {
        world.report(world.reporting(&number)).await.expect("taken");
    }
    let refused = world.report(world.reporting(&number)).await;
    assert_eq!(reason(refused), "RATE_LIMITED");
}
