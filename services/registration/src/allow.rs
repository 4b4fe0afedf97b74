//! Who may call what.

use service_runtime::auth::{Allow, Rule};

/// Every method of the service, with whom it is open to.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    const HOLDER: &[Rule] = &[Rule::Holder];
    const REGISTRAR: &[Rule] = &[Rule::Employer(&["REGISTRAR"])];
    const PARTIES: &[Rule] = &[Rule::Holder, Rule::Employer(&["REGISTRAR"])];
    const ANYONE_CONCERNED: &[Rule] = &[
        Rule::Holder,
        Rule::Employer(&["REGISTRAR"]),
        Rule::Officer(&["OFFICER"]),
    ];
    const REGISTRAR_OR_OFFICER: &[Rule] = &[Rule::Employer(&["REGISTRAR"]), Rule::Officer(&["OFFICER"])];
    const OFFICER: &[Rule] = &[Rule::Officer(&["OFFICER"])];
    const HOLDER_OR_OFFICER: &[Rule] = &[Rule::Holder, Rule::Officer(&["OFFICER"])];
    const LEADER: &[Rule] = &[Rule::Officer(&["LEADER"])];
    const OFFICER_OR_LEADER: &[Rule] = &[Rule::Officer(&["OFFICER", "LEADER"])];
    const PUBLIC: &[Rule] = &[Rule::Public];
    const LIST: &[Allow] = &[
        Allow::new(
            "/jianzheng.registration.v1.QualificationService/ImportQualifications",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.QualificationService/ListQualifications",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/CheckEligibility",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/CreateApplication",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/AttachMaterial",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/RequestEmployment",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ConfirmEmployment",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ConfirmTermination",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/SubmitApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/WithdrawApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/GetApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ListApplications",
            PARTIES,
        ),
        Allow::new(
            "/jianzheng.registration.v1.CancellationService/OpenCancellation",
            REGISTRAR_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/ListWork",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RequestCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/AcceptApplication",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/DeclineAcceptance",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ReviewService/RecordReview", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RequestJointReview",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RecordJointReview",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/DecideApplication",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ReviewService/ReadMaterial", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/PreviewMaterial",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/ReturnForReview",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/ClaimWork", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/ReleaseWork", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/AssignWork", LEADER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/DeclareConflict",
            OFFICER_OR_LEADER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/DelegatePowers", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/RevokeDelegation", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/ListDelegations",
            OFFICER_OR_LEADER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/BatchAct", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/SaveOpinionTemplate",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/ListOpinionTemplates",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NoticeService/GetNotice",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NoticeService/ListNotices",
            ANYONE_CONCERNED,
        ),
        Allow::new("/jianzheng.registration.v1.CaseService/OpenCase", PUBLIC),
        Allow::new("/jianzheng.registration.v1.CaseService/ClaimCase", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/HearHolder", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/StateView", HOLDER),
        Allow::new("/jianzheng.registration.v1.CaseService/ProposeDecision", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/DecideCase", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.CaseService/GetCase",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.CaseService/ListCases", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/ReadComplaint", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/ReopenCase", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ObjectionService/ListObjections",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ObjectionService/ReadObjection",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.FactService/RecordFact", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/ImportFacts", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/CorrectFact", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/ConfirmFacts", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ListFacts",
            HOLDER_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ReadFactEvidence",
            HOLDER_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ListChecks",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.FactService/SettleCheck", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/CreateImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/StartImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/GetImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/ListImports", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/ListFailedRows", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ImportService/DownloadFailedRows",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ImportService/CancelImport", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/OpenPublicity",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/RaiseObjection",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ResolveObjection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ClosePublicity",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/PublishAnnouncement",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/GetAnnouncement",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ListAnnouncements",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/DownloadAnnouncement",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ProveAnnouncementRow",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ListAnnouncementKeys",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/CorrectAnnouncement",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/PublishCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/DeclineCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/ListAnnouncementCorrections",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/GetRegistration",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/ListRegistrations",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/ExplainAvailability",
            &[
                Rule::Holder,
                Rule::Employer(&["REGISTRAR"]),
                Rule::Officer(&["OFFICER", "HELP_DESK"]),
            ],
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/NotifyTermination",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ObjectToTermination",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ResolveTerminationObjection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/GetTerminationNotice",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ListTerminationNotices",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/CancelMove",
            &[Rule::Holder, Rule::Officer(&["OFFICER"])],
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/ProposeSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/AnnounceSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/WithdrawSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/GetSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/ListSuccessionRows",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReconciliationService/ReconcileRegister",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReconciliationService/GetReconciliation",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReconciliationService/ListReconciliations",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReconciliationService/ProposeRepair",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReconciliationService/ConfirmRepair",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.WitnessService/ListWitnessEvidence",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/RecordLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/UndoLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/ConfirmLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/RefuseLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/WithdrawLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/GetLapse", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ListLapses",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/ListLapseRows", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ReadLapseEvidence",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ReportRegistration",
            PUBLIC,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/ListReports", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/DismissReport", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.NotificationService/ListNotifications",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NotificationService/WatchNotifications",
            &[Rule::Client("notifications")],
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/PauseClock", OFFICER),
        Allow::new("/jianzheng.registration.v1.ClockService/ResumeClock", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ClockService/RequestExtension",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/ExtendLimit", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ClockService/ListClockEvents",
            ANYONE_CONCERNED,
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/GetCalendar", PUBLIC),
        audit_service::VERIFY,
        audit_service::EXPORT,
    ];
    LIST
}
