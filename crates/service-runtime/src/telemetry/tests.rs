use std::{
    io::{self, Write},
    sync::Arc,
};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use parking_lot::Mutex;
use proptest::prelude::*;
use tracing_subscriber::fmt::MakeWriter;

use super::{fields::mask, *};

/// A real-looking number and name, as in the demo.
const DOCUMENT: &str = "11010519491231002X";
const NAME: &str = "张建国";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).expect("UTF-8")
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn careless_work() {
    let span = tracing::info_span!(
        "call",
        document_number = DOCUMENT,
        province = "32",
        position = tracing::field::Empty
    );
    let _entered = span.enter();
    span.record("position", 41);
    tracing::info!(name = NAME, document = %DOCUMENT, holder = ?(NAME, DOCUMENT), count = 3, "looked up {DOCUMENT}");
    tracing::error!(error = %format!("no row for {DOCUMENT}"), "failed");
}

#[test]
fn logs_carry_no_document_number_and_no_name() {
    let written = Written::default();
    let logs = JsonLogs::new(written.clone(), AllowedFields::with(&[]));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), careless_work);
    let text = written.text();
    assert!(!text.contains(DOCUMENT) && !text.contains(NAME), "{text}");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["message"], "looked up ***");
    assert_eq!(lines[0]["province"], "32");
    assert_eq!(lines[0]["position"], 41);
    assert_eq!(lines[0]["count"], 3);
    assert_eq!(lines[1]["error"], "no row for ***");
    for field in ["document_number", "document", "name", "holder"] {
        assert!(lines[0].get(field).is_none(), "{field}");
    }
}

#[test]
fn traces_carry_no_document_number_and_no_name() {
    let exported = InMemorySpanExporter::default();
    let masked = export::Masked {
        inner: exported.clone(),
        allowed: AllowedFields::with(&[]),
    };
    let provider = SdkTracerProvider::builder().with_simple_exporter(masked).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), careless_work);
    let spans = exported.get_finished_spans().expect("exported");
    assert_eq!(spans.len(), 1);
    let text = format!("{spans:?}");
    assert!(!text.contains(DOCUMENT) && !text.contains(NAME), "{text}");
    assert!(
        spans[0]
            .attributes
            .iter()
            .any(|attribute| attribute.key.as_str() == "province"),
        "{text}"
    );
    assert_eq!(spans[0].events.len(), 2);
}

#[test]
fn a_service_adds_its_own_fields_to_the_list() {
    let written = Written::default();
    let logs = JsonLogs::new(written.clone(), AllowedFields::with(&["seal"]));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), || {
        tracing::info!(seal = "s-1", "sealed");
    });
    assert!(written.text().contains(r#""seal":"s-1""#));
}

#[test]
fn only_what_looks_like_a_document_number_is_masked() {
    for (text, masked) in [
        (DOCUMENT, "***"),
        ("11010519491231002x.", "***."),
        ("a 110105194912310021 b", "a *** b"),
        ("证件110105491231002，", "证件***，"),
        (
            "110105194912310021110105194912310021",
            "110105194912310021110105194912310021",
        ),
        ("1690848000000000000", "1690848000000000000"),
        (
            "trace 0af7651916cd43dd8448eb211c80319c",
            "trace 0af7651916cd43dd8448eb211c80319c",
        ),
        ("x110105194912310021", "x110105194912310021"),
        ("110105194912310021, 110105194912310021", "***, ***"),
        ("", ""),
    ] {
        assert_eq!(mask(text), masked);
    }
}

#[test]
fn the_caller_s_trace_id_is_taken_only_in_its_proper_form() {
    let id = |value: &'static str| {
        let mut headers = http::HeaderMap::new();
        headers.insert("traceparent", http::HeaderValue::from_static(value));
        incoming_trace_id(&headers).map(str::to_owned)
    };
    let trace = "0af7651916cd43dd8448eb211c80319c";
    assert_eq!(
        id("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").as_deref(),
        Some(trace)
    );
    assert_eq!(id("00-11010519491231002X-b7ad6b7169203331-01"), None);
    assert_eq!(id(""), None);
}

proptest! {
    #[test]
    fn masking_never_fails_and_leaves_texts_without_digits_alone(text in "\\PC{0,60}") {
        let masked = mask(&text);
        if !text.contains(|c: char| c.is_ascii_digit()) {
            prop_assert_eq!(&*masked, &*text);
        }
    }

    #[test]
    fn a_document_number_never_survives(before in "[^0-9A-Za-z]{0,9}", number in "[1-9][0-9]{16}[0-9X]", after in "[^0-9A-Za-z]{0,9}") {
        let text = format!("{before}{number}{after}");
        prop_assert!(!mask(&text).contains(&number));
    }
}
