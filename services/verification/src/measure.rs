//! A synthetic register of any size, to measure look-ups in (feature `measure`).

use std::time::Duration;

use domain::registration_number::Generation;

use crate::fixture;
use crate::model::Model;
use crate::query::verify_certificate::{Effort, Subject, answer};

/// A register of people who do not exist.
pub struct Register {
    model: Model,
    people: u32,
}

impl Register {
    /// Tells the model of so many people, as the feed would.
    #[must_use]
    pub fn of(people: u32) -> Self {
        let model = fixture::empty();
        for ordinal in 0..people {
            fixture::tell_person(&model, ordinal);
        }
        let beat = fixture::heartbeat(&model);
        model.apply(beat).expect("invariant: the feed is in order");
        Self { model, people }
    }

    /// Answers by the registration number of one of them; returns whether the certificate is valid.
    #[must_use]
    pub fn by_number(&self, ordinal: u32) -> bool {
        let number = fixture::number(ordinal % self.people);
        self.answer(&Subject::Number(number, Generation::Long), false)
    }

    /// Answers by document number and name.
    #[must_use]
    pub fn by_document(&self, ordinal: u32) -> bool {
        let subject = Subject::Document(fixture::document(ordinal % self.people));
        self.answer_named(&subject, ordinal)
    }

    fn answer_named(&self, subject: &Subject, ordinal: u32) -> bool {
        let name = fixture::name(ordinal % self.people);
        let now = fixture::recorded_at();
        let as_of = self
            .model
            .marks
            .as_of(now, Duration::from_secs(1))
            .expect("invariant: the heart has beaten");
        let answer = answer(
            &self.model,
            subject,
            Some(&name),
            false,
            now,
            as_of,
            &mut Effort::default(),
        );
        answer.verdict == domain::standing::Verdict::Valid
    }

    fn answer(&self, subject: &Subject, by_number_alone: bool) -> bool {
        let now = fixture::recorded_at();
        let as_of = self
            .model
            .marks
            .as_of(now, Duration::from_secs(1))
            .expect("invariant: the heart has beaten");
        let answer = answer(
            &self.model,
            subject,
            None,
            by_number_alone,
            now,
            as_of,
            &mut Effort::default(),
        );
        answer.verdict == domain::standing::Verdict::Valid
    }
}
