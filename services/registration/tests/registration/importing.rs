//! Imports (导入): a file is checked first and changes nothing; then rows are written, each once.

use std::time::Duration;

use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::registration::v1::import::State;
use api::registration::v1::row_report::Outcome;
use api::types::v1::ApplicationType;
use jiff::ToSpan as _;
use postgres::sqlx::{self, Row as _};
use testkit::people::{Firm, Person};
use tonic::Status;
use wire::create_import_request::Part;
use wire::{CreateImportRequest, ImportKind};

use crate::filing::BUILDING;
use crate::world::{Actor, Employment, World, id, officer, reason};

/// 苏 · level 1 · Jiangsu · qualified 2010 · first registered 2010 · serial 1.
const NUMBER_ONE: &str = "苏1322010201000001";
const HEADING: &str =
    "姓名,证件号码,注册编号,证书编号,统一社会信用代码,注册专业,有效期起,有效期止,资格证书管理号";

impl World {
    pub(crate) async fn upload(
        &self,
        actor: &Actor,
        kind: ImportKind,
        file: &[u8],
    ) -> Result<wire::Import, Status> {
        let header = wire::CreateImportHeader {
            request_id: id(),
            kind: kind.into(),
            file_name: "C:\\名册\\注册名册.csv".to_owned(),
            digest: gm::sm3::digest(file)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        };
        let mut parts = vec![CreateImportRequest {
            part: Some(Part::Header(header)),
        }];
        parts.extend(file.chunks(40_000).map(|chunk| CreateImportRequest {
            part: Some(Part::Chunk(chunk.to_vec().into())),
        }));
        let request = self.signed(actor, tokio_stream::iter(parts));
        let answer = self.imports().create_import(request).await?;
        Ok(answer.into_inner().import.expect("an import"))
    }

    pub(crate) async fn start_import(&self, actor: &Actor, name: &str) -> Result<wire::Import, Status> {
        let message = wire::StartImportRequest {
            request_id: id(),
            name: name.to_owned(),
        };
        let answer = self.imports().start_import(self.signed(actor, message)).await?;
        Ok(answer.into_inner().import.expect("an import"))
    }

    pub(crate) async fn import(&self, actor: &Actor, name: &str) -> wire::Import {
        let message = wire::GetImportRequest {
            name: name.to_owned(),
        };
        let answer = self.imports().get_import(self.signed(actor, message)).await;
        answer.expect("an import").into_inner().import.expect("an import")
    }

    /// Looks until the import stands there: the job tells nobody when it is done.
    pub(crate) async fn import_until(&self, actor: &Actor, name: &str, state: State) -> wire::Import {
        loop {
            let import = self.import(actor, name).await;
            if import.state() == state {
                return import;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn import_reports(&self, actor: &Actor, name: &str) -> Vec<wire::RowReport> {
        let message = wire::ListFailedRowsRequest {
            import: name.to_owned(),
            page_size: 200,
            ..Default::default()
        };
        let answer = self.imports().list_failed_rows(self.signed(actor, message)).await;
        answer.expect("reports").into_inner().rows
    }

    async fn failed_rows(&self, actor: &Actor, name: &str) -> Result<Vec<u8>, Status> {
        let message = wire::DownloadFailedRowsRequest {
            import: name.to_owned(),
        };
        let mut stream = self
            .imports()
            .download_failed_rows(self.signed(actor, message))
            .await?
            .into_inner();
        let mut file = Vec::new();
        while let Some(part) = stream.message().await? {
            file.extend_from_slice(&part.chunk);
        }
        Ok(file)
    }

    /// Uploads, waits for the check, has another officer start it, waits for the end.
    async fn imported(&self, kind: ImportKind, file: &[u8]) -> (Actor, wire::Import) {
        let (one, other) = (officer("provinces/32"), officer("provinces/32"));
        let import = self.upload(&one, kind, file).await.expect("taken");
        self.import_until(&one, &import.name, State::Checked).await;
        self.start_import(&other, &import.name).await.expect("started");
        let done = self.import_until(&one, &import.name, State::Completed).await;
        (one, done)
    }

    /// The constraint that refuses a statement, whoever makes it.
    async fn refused_by(&self, statement: &'static str) -> String {
        let mut owner = self.database.owner_connection().await;
        let refused = sqlx::query(statement).execute(&mut owner).await;
        let error = refused.expect_err("refused");
        let database = error.as_database_error().expect("by the database");
        database.constraint().unwrap_or_default().to_owned()
    }

    async fn count(&self, table: &str) -> i64 {
        let mut owner = self.database.owner_connection().await;
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
        row.fetch_one(&mut owner).await.expect("counted").get(0)
    }

    /// The row of somebody of a crowd in an old register: two specialties, the old number of thirteen characters.
    fn line(&self, ordinal: u32, code: &str) -> String {
        let person = Person::of_crowd(ordinal * 30);
        let (from, to) = (
            self.today().saturating_sub(400.days()),
            self.today().saturating_add(60.days()),
        );
        format!(
            "{},{},苏1321010{ordinal:05},{ordinal:08},{code},建筑工程;市政公用工程,{from},{to},ZG{ordinal:06}A;ZG{ordinal:06}B",
            person.full_name, person.document_number
        )
    }

    fn register(&self, rows: std::ops::Range<u32>, code: &str) -> String {
        let lines: Vec<String> = rows.map(|ordinal| self.line(ordinal, code)).collect();
        format!("{HEADING}\n{}\n", lines.join("\n"))
    }

    fn old_firm(&self) -> (Employment, String) {
        let title = "无锡水利建筑有限公司";
        (
            self.firm(title, "32", 7),
            Firm::synthetic(title, "32", 7).credit_code,
        )
    }
}

#[tokio::test]
async fn a_check_writes_nothing_but_its_report_and_one_bad_row_names_row_column_and_reason() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let mut lines: Vec<String> = world.register(1..6, &code).lines().map(str::to_owned).collect();
    lines[3] = lines[3].replace("市政公用工程", "园林工程");
    let file = lines.join("\n");
    let one = officer("provinces/32");
    let import = world
        .upload(&one, ImportKind::Register, file.as_bytes())
        .await
        .expect("taken");
    assert_eq!((import.rows, import.file_name.as_str()), (5, "注册名册.csv"));
    let checked = world.import_until(&one, &import.name, State::Checked).await;
    assert_eq!(
        (checked.rows_done, checked.rows_written, checked.rows_failed),
        (5, 4, 1)
    );
    let reports = world.import_reports(&one, &import.name).await;
    let [report] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(
        (report.row, report.column.as_str(), report.column_title.as_str()),
        (4, "specialties", "注册专业")
    );
    assert_eq!(
        (report.outcome(), report.reason.as_str()),
        (Outcome::Failed, "ROW_WORD_UNKNOWN")
    );
    for table in [
        "registration.person",
        "registration.active_registration",
        "shared.outbox",
    ] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
    assert!(
        world.identity.people.lock().expect("no panic").is_empty(),
        "nobody is put on record"
    );
    assert!(
        world.nation.register().migrations.rows.is_empty(),
        "the nation clears nothing"
    );
    assert_eq!(checked.rows_not_asked, 4, "nobody is on record yet");
}

#[tokio::test]
async fn an_old_register_becomes_registrations_and_events_and_its_people_go_on_from_there() {
    let world = World::start().await;
    let (firm, code) = world.old_firm();
    let (_, done) = world
        .imported(ImportKind::Register, world.register(1..4, &code).as_bytes())
        .await;
    assert_eq!(
        (done.rows_written, done.rows_failed, done.rows_unchanged),
        (3, 0, 0)
    );
    world.nation.applied(3).await;
    let events = world.nation.register().events.clone();
    let migrated = events
        .iter()
        .filter(|event| matches!(event.event, Some(Event::RegistrationMigrated(_))));
    assert_eq!(migrated.count(), 3);
    assert_eq!(world.count("registration.imported_registration").await, 3);
    for (statement, constraint) in [
        (
            "UPDATE registration.active_registration SET employer_id = gen_random_uuid()",
            "active_registration_of_employer",
        ),
        (
            "UPDATE registration.active_registration SET imported_row = gen_random_uuid()",
            "active_registration_of_imported_row",
        ),
        (
            "WITH moved AS (DELETE FROM registration.active_registration RETURNING *)
             INSERT INTO registration.active_registration (person_id, registration_number, employer_id, specialties,
                 announced_at, imported_row, import_id, import_piece, position, employer_title)
             SELECT gen_random_uuid(), registration_number || 'X', employer_id, specialties, announced_at,
                 gen_random_uuid(), import_id, import_piece, position, employer_title FROM moved",
            "active_registration_of_person",
        ),
        ("DELETE FROM registration.person", "person_stays"),
        ("DELETE FROM registration.employer", "employer_stays"),
        (
            "UPDATE registration.imported_piece SET row_numbers = row_numbers",
            "imported_piece_stays",
        ),
    ] {
        assert_eq!(world.refused_by(statement).await, constraint, "{statement}");
    }
    let person = Person::of_crowd(30);
    let name = {
        let people = world.identity.people.lock().expect("no panic");
        let known = people
            .values()
            .find(|one| one.document_number == person.document_number);
        known.expect("put on record").name.clone()
    };
    let holder = world.enrolled_as(&name, person);
    let registration = world.registration(&holder).await.expect("registered");
    assert_eq!(registration.registration_number, NUMBER_ONE);
    assert_eq!(registration.employer, firm.name);
    assert_eq!(registration.specialties.len(), 2);
    let told = world.explain(&holder).await;
    assert_eq!(
        (told.step(), told.actor(), told.application.as_str()),
        (
            wire::AvailabilityStep::PicturesMissing,
            wire::AvailabilityActor::Person,
            ""
        ),
        "no certificate is in the making"
    );
    let pictures = [wire::MaterialKind::Photo, wire::MaterialKind::SignatureImage].map(i32::from);
    assert_eq!(told.missing_materials, pictures);
    assert!(told.next.expect("what to do").zh.contains("信息更正"));
    // Within its window, the person renews what the old register says.
    let draft = world
        .confirmed(&holder, &firm, ApplicationType::Renewal, &[BUILDING])
        .await;
    world
        .submit_application(&holder.actor, &draft, true)
        .await
        .expect("a renewal is filed");
}

#[tokio::test]
async fn who_uploads_a_register_does_not_start_it() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let one = officer("provinces/32");
    let file = world.register(1..3, &code);
    let import = world
        .upload(&one, ImportKind::Register, file.as_bytes())
        .await
        .expect("taken");
    world.import_until(&one, &import.name, State::Checked).await;
    assert_eq!(
        reason(world.start_import(&one, &import.name).await),
        "IMPORT_SAME_OFFICER"
    );
    let stranger = officer("provinces/33");
    assert!(world.start_import(&stranger, &import.name).await.is_err());
    assert_eq!(world.count("registration.active_registration").await, 0);
}

#[tokio::test]
async fn a_process_that_ends_in_the_middle_goes_on_where_it_stopped_and_writes_nobody_twice() {
    let mut world = World::start().await;
    let (_, code) = world.old_firm();
    let (one, other) = (officer("provinces/32"), officer("provinces/32"));
    let file = world
        .register(0..2_500, &code)
        .replace("苏132101000000,", "苏132101099999,");
    let import = world
        .upload(&one, ImportKind::Register, file.as_bytes())
        .await
        .expect("taken");
    world.import_until(&one, &import.name, State::Checked).await;
    // The second piece is cleared, but nobody hears of it: so ends a process between the nation's word and its own.
    world.nation.register().migrations.answered = 1;
    world.nation.register().migrations.lost = u32::MAX;
    world.start_import(&other, &import.name).await.expect("started");
    while world.import(&one, &import.name).await.rows_done < 1_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.restart().await;
    world.serving().await;
    let half = world.import(&one, &import.name).await;
    assert_eq!((half.state(), half.rows_done), (State::Running, 1_000));
    assert_eq!(world.count("registration.active_registration").await, 1_000);
    world.nation.register().migrations.lost = 0;
    let done = world.import_until(&one, &import.name, State::Completed).await;
    assert_eq!((done.rows_written, done.rows_failed), (2_500, 0));
    world.nation.applied(2_500).await;
    assert_eq!(world.count("registration.active_registration").await, 2_500);
    let rows = world.nation.register().migrations.rows.len();
    assert_eq!(rows, 2_500, "a row asked for again is the same row");
    assert_eq!(world.nation.register().events.len(), 2_500);
}

#[tokio::test]
async fn the_same_file_again_says_so_of_every_row_and_changes_nothing() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let file = world.register(1..4, &code);
    let (_, first) = world.imported(ImportKind::Register, file.as_bytes()).await;
    let (one, again) = world.imported(ImportKind::Register, file.as_bytes()).await;
    assert_eq!(again.same_file_as, first.name);
    assert_eq!(
        (again.rows_written, again.rows_unchanged, again.rows_failed),
        (0, 3, 0)
    );
    let reports = world.import_reports(&one, &again.name).await;
    assert!(
        reports
            .iter()
            .all(|report| report.reason == "ROW_ALREADY_RECORDED")
    );
    let changed = file.replace(";市政公用工程", ";机电工程");
    let (one, other) = world.imported(ImportKind::Register, changed.as_bytes()).await;
    assert_eq!((other.rows_written, other.rows_failed), (0, 3));
    assert!(
        world
            .import_reports(&one, &other.name)
            .await
            .iter()
            .all(|report| report.reason == "ROW_RECORDED_DIFFERENTLY")
    );
    world.nation.applied(3).await;
    assert_eq!(world.nation.register().events.len(), 3);
}

#[tokio::test]
async fn failed_rows_are_given_back_to_who_brought_them_corrected_and_imported() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let mut lines: Vec<String> = world.register(1..6, &code).lines().map(str::to_owned).collect();
    lines[2] = lines[2].replace(&code, "=HYPERLINK(1)");
    lines[4] = lines[4].replace("苏132", "浙133");
    let (one, done) = world
        .imported(ImportKind::Register, lines.join("\r\n").as_bytes())
        .await;
    assert_eq!((done.rows_written, done.rows_failed), (3, 2));
    let other = officer("provinces/32");
    assert_eq!(
        reason(world.failed_rows(&other, &done.name).await),
        "IMPORT_NOT_UPLOADER"
    );
    let file =
        String::from_utf8(world.failed_rows(&one, &done.name).await.expect("the file")).expect("UTF-8");
    assert!(
        file.starts_with('\u{feff}') && file.lines().count() == 3,
        "{} lines",
        file.lines().count()
    );
    assert!(file.contains(",'=HYPERLINK(1),"), "a formula is text");
    let corrected = file.replace("'=HYPERLINK(1)", &code).replace("浙133", "苏132");
    let (_, second) = world.imported(ImportKind::Register, corrected.as_bytes()).await;
    assert_eq!((second.rows_written, second.rows_failed), (2, 0));
    assert_eq!(second.ignored_columns, ["原文件行号", "未通过原因"]);
    assert_eq!(world.count("registration.active_registration").await, 5);
    let mut owner = world.database.owner_connection().await;
    let audited =
        sqlx::query("SELECT outcome FROM shared.audit WHERE verb = 'download_failed_rows' ORDER BY id");
    let audited = audited.fetch_all(&mut owner).await.expect("read");
    let outcomes: Vec<String> = audited.iter().map(|row| row.get("outcome")).collect();
    assert_eq!(outcomes, ["refused", "done"]);
}

#[tokio::test]
async fn what_the_nation_refuses_fails_before_and_after_it_was_cleared() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    world.nation.register().migrations.refused = vec!["苏13220102010".to_owned() + "00002"];
    let (one, done) = world
        .imported(ImportKind::Register, world.register(1..4, &code).as_bytes())
        .await;
    assert_eq!((done.rows_written, done.rows_failed), (2, 1));
    let reports = world.import_reports(&one, &done.name).await;
    assert_eq!(
        (reports[0].row, reports[0].reason.as_str()),
        (3, "ROW_REFUSED_BY_NATION")
    );
    world.nation.applied(2).await;
    let row = {
        let register = world.nation.register();
        let Some(Event::RegistrationMigrated(migrated)) = register.events[0].event.clone() else {
            panic!("a migration");
        };
        migrated.row
    };
    let refused = api::exchange::v1::MigrationRefused {
        row,
        reason: "ALREADY_REGISTERED".to_owned(),
        ..Default::default()
    };
    world
        .nation
        .tell(api::exchange::v1::pull_changes_response::Event::MigrationRefused(
            refused,
        ));
    while world.import(&one, &done.name).await.rows_failed < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.count("registration.active_registration").await, 1);
}

#[tokio::test]
async fn qualifications_come_in_gb18030_and_employers_and_facts_from_their_owners() {
    let world = World::start().await;
    let holder = world.person(1);
    let person = &holder.person;
    let text = format!(
        "姓名,身份证号,资格证书管理号,专业,签发日期\n{},{},2019320001,水利水电工程,2019年9月1日\n",
        person.full_name, person.document_number
    );
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let (_, done) = world.imported(ImportKind::Qualifications, &gb).await;
    assert_eq!((done.rows_written, done.rows_failed), (1, 0));
    let request = world.signed(&holder.actor, wire::ListQualificationsRequest {});
    let own = world
        .qualifications()
        .list_qualifications(request)
        .await
        .expect("own")
        .into_inner();
    assert_eq!(own.qualifications[0].qualification_number, "2019320001");

    let firm = Firm::synthetic("", "32", 55);
    let file = format!(
        "企业名称,统一社会信用代码,企业类型\n江苏新建设有限公司,{},施工；监理\n",
        firm.credit_code
    );
    let (_, done) = world.imported(ImportKind::Employers, file.as_bytes()).await;
    assert_eq!(done.rows_written, 1);
    let known = world
        .identity
        .employers
        .lock()
        .expect("no panic")
        .values()
        .any(|one| one.credit_code == firm.credit_code);
    assert!(known, "identity has it");

    let file = format!(
        "姓名,证件号码,事实类别,事实来源,依据文号,发生日期,专业,必修学时,选修学时\n{0},{1},继续教育,继续教育机构,苏继教〔2021〕1号,2020-06-01,建筑工程,60,60\n{0},11010519491231002X,吊销注册证书,住房城乡建设主管部门,1号,2020-06-01,,,\n",
        person.full_name, person.document_number
    );
    let (one, done) = world.imported(ImportKind::Facts, file.as_bytes()).await;
    assert_eq!((done.rows_written, done.rows_failed), (1, 1));
    assert_eq!(
        world.import_reports(&one, &done.name).await[0].reason,
        "ROW_PERSON_UNKNOWN"
    );
    assert_eq!(world.count("registration.fact").await, 1);
    let (_, again) = world.imported(ImportKind::Facts, file.as_bytes()).await;
    assert_eq!((again.rows_written, again.rows_unchanged), (0, 1));
}

#[tokio::test]
async fn a_file_that_is_no_layout_is_refused_and_names_what_is_missing() {
    let world = World::start().await;
    let one = officer("provinces/32");
    let refused = world
        .upload(&one, ImportKind::Register, "姓名,证件号码\n张三,1\n".as_bytes())
        .await;
    let status = refused.expect_err("refused");
    let details = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
    assert_eq!(details.reason, "IMPORT_COLUMNS_MISSING");
    let text = &details.metadata["text_zh"];
    assert!(
        text.contains("注册编号") && text.contains("有效期止") && !text.contains("张三"),
        "{text}"
    );
    let refused = world
        .upload(&one, ImportKind::Register, b"PK\x03\x04rubbish")
        .await;
    assert_eq!(reason(refused), "IMPORT_FILE_UNREADABLE");
    assert_eq!(world.count("registration.import").await, 0);
    let holder = world.person(1);
    let refused = world.upload(&holder.actor, ImportKind::Register, b"a\nb\n").await;
    assert!(refused.is_err(), "officers only");
}

#[tokio::test]
async fn nobody_of_a_file_is_readable_at_rest_in_logs_or_in_reports() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let file = world
        .register(1..4, &code)
        .replace("建筑工程;市政", "建筑工程;园林");
    let (one, done) = world.imported(ImportKind::Register, file.as_bytes()).await;
    let (_, _) = world
        .imported(ImportKind::Register, world.register(5..9, &code).as_bytes())
        .await;
    let said = format!("{:?}", world.import_reports(&one, &done.name).await);
    let dump = crate::privacy::dump(&world).await;
    let objects = objects(&world.realm.folder().join("objects"));
    for ordinal in [1, 2, 3, 5, 6, 7, 8] {
        let person = Person::of_crowd(ordinal * 30);
        for secret in [person.full_name.as_str(), &person.document_number] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let clear = dump.contains(secret) || dump.contains(&hex);
            assert!(!clear && !said.contains(secret), "a secret is in the clear");
            assert!(
                !world.database.server_log().contains(secret),
                "a secret is in the log"
            );
            let within = |bytes: &Vec<u8>| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!objects.iter().any(within), "a secret is in the object store");
        }
    }
    assert!(!objects.is_empty());
}

fn objects(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(objects(&path));
        } else {
            found.push(std::fs::read(path).expect("bytes"));
        }
    }
    found
}

#[tokio::test]
async fn a_check_asks_the_nation_about_whoever_is_on_record_and_says_when_it_cannot() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let file = world.register(1..4, &code);
    for ordinal in 1..4 {
        // With accounts, but registered nowhere that this province knows.
        world.enrolled(Person::of_crowd(30 * ordinal));
    }
    let number = NUMBER_ONE.to_owned();
    world.nation.register().migrations.refused = vec![number];
    let one = officer("provinces/32");
    let upload = async || {
        let import = world.upload(&one, ImportKind::Register, file.as_bytes()).await;
        let name = import.expect("taken").name;
        world.import_until(&one, &name, State::Checked).await
    };
    let known = upload().await;
    let asked = world.nation.register().migrations.checked;
    let told = (known.rows_written, known.rows_failed, known.rows_not_asked);
    assert_eq!(
        told,
        (2, 1, 3 - i32::try_from(asked).expect("few")),
        "asked about {asked}"
    );
    assert!(asked > 0, "whoever is on record is asked about");
    let reports = world.import_reports(&one, &known.name).await;
    assert_eq!(reports.len(), 1);
    assert!(
        world.nation.register().migrations.rows.is_empty(),
        "nothing is bound"
    );

    world.nation.register().away = true;
    let alone = upload().await;
    assert_eq!(
        (alone.rows_written, alone.rows_failed, alone.rows_not_asked),
        (3, 0, 3),
        "the check goes on without the nation and says so"
    );
}

#[tokio::test]
async fn a_row_that_repeats_another_is_found_across_the_whole_file() {
    let world = World::start().await;
    let (_, code) = world.old_firm();
    let mut lines: Vec<String> = world
        .register(0..2_100, &code)
        .replace("苏132101000000,", "苏132101099999,")
        .lines()
        .map(str::to_owned)
        .collect();
    // The first person again in the third piece, and in the second the number of another with a person of its own.
    let first = lines[1].clone();
    let number = |line: &str| line.split(',').nth(2).expect("a number").to_owned();
    lines[1_501] = lines[1_501].replace(&number(&lines[1_501]), &number(&lines[700]));
    lines.push(first);
    let one = officer("provinces/32");
    let import = world
        .upload(&one, ImportKind::Register, lines.join("\n").as_bytes())
        .await
        .expect("taken");
    let checked = world.import_until(&one, &import.name, State::Checked).await;
    assert_eq!((checked.rows, checked.rows_failed), (2_101, 2));
    let reports = world.import_reports(&one, &import.name).await;
    let told: Vec<_> = reports
        .iter()
        .map(|report| (report.row, report.column.as_str(), report.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (1_502, "registration_number", "ROW_TWICE_IN_FILE"),
            (2_102, "document_number", "ROW_TWICE_IN_FILE")
        ]
    );
}
