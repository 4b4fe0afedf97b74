use jiff::civil::date;

use super::*;

fn jiangsu() -> Province {
    Province::from_code("32").expect("Jiangsu")
}

fn notice(kind: NoticeKind) -> Notice {
    Notice {
        kind,
        number: "苏建注不准字〔2026〕第00012号".to_owned(),
        authority: Authority::Province(jiangsu()),
        application: "provinces/32/applications/1".to_owned(),
        issued_on: date(2026, 3, 9),
        applicant: "张三".to_owned(),
        document: "3****************2".to_owned(),
        employer: "江苏水利建设有限公司".to_owned(),
        application_type: ApplicationType::Initial,
        specialties: vec![Specialty::WaterAndHydropower],
        points: vec!["劳动合同缺少签章页".to_owned(), "照片不是白底".to_owned()],
        grounds: "材料与事实不符".to_owned(),
        facts: vec![NoticeFact {
            rule: "OVER_AGE".to_owned(),
            article: "153号 art 15(10)".to_owned(),
            text: "年龄超过65周岁".to_owned(),
            evidence: vec!["满65周岁=2026-01-01".to_owned()],
        }],
        articles: vec!["行政许可法 art 38".to_owned()],
        remedies: NoticePolicy::default().remedies,
        due_on: Some(date(2026, 4, 1)),
        salt: String::new(),
    }
}

#[test]
fn numbers_follow_the_form_of_the_policy() {
    let policy = NoticePolicy::default();
    let province = Authority::Province(jiangsu());
    let number = |kind, of| policy.number(kind, of, jiangsu(), 2026, 12);
    assert_eq!(
        number(NoticeKind::Acceptance, province),
        "苏建注受字〔2026〕第00012号"
    );
    assert_eq!(
        number(NoticeKind::Refusal, Authority::Ministry),
        "建注不准字〔2026〕第苏00012号"
    );
    assert_eq!(
        policy.number(NoticeKind::Grant, province, jiangsu(), 2026, 123_456),
        "苏建注准字〔2026〕第123456号"
    );
    assert!(policy.faults().is_empty());
    let broken = NoticePolicy {
        number: "第{serial}号".to_owned(),
        remedies: " ".to_owned(),
        words: Words {
            grant: "受".to_owned(),
            ..Words::default()
        },
        ..NoticePolicy::default()
    };
    assert_eq!(broken.faults().len(), 4, "{:?}", broken.faults());
}

#[test]
fn a_correction_lists_everything_and_a_refusal_says_facts_articles_and_remedies() {
    let text = notice(NoticeKind::Correction).text();
    assert!(
        text.contains("1. 劳动合同缺少签章页\n2. 照片不是白底\n"),
        "{text}"
    );
    let text = notice(NoticeKind::Refusal).text();
    for part in [
        "不予行政许可决定书\n苏建注不准字〔2026〕第00012号",
        "张三（3****************2）：",
        "1. 年龄超过65周岁事实：满65周岁=2026-01-01。（153号 art 15(10)）",
        "理由：材料与事实不符",
        "依据：行政许可法 art 38。",
        "申请行政复议",
        "江苏省住房城乡建设主管部门\n2026年3月9日",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn every_kind_has_its_text_its_article_and_its_act() {
    for kind in NoticeKind::ALL {
        assert!(notice(*kind).text().contains(kind.title()));
        assert_eq!(NoticeKind::from_code(kind.code()), Some(*kind));
        let acts = crate::application::MOVES.iter().map(|(act, _, _)| *act);
        assert!(
            acts.into_iter().any(|act| NoticeKind::of_act(act) == Some(*kind)),
            "{kind:?}"
        );
    }
}
