//! What is kept of one person: laid out so that three million fit a small machine. What most people do not have lies
//! behind one pointer.

use domain::certificate::Supersession;
use domain::province::Province;
use domain::register::StatusCode;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::facts::FactsMark;
use super::few::Few;
use super::interner::TextId;
use super::licence::{Licence, Serial};
use crate::indices::{Mark, NameMark};

/// One person of the register.
#[derive(Debug)]
pub(crate) struct Person {
    pub(super) id: Uuid,
    /// Absent until the feed has told it.
    pub(super) entry: Option<Entry>,
    /// The version told first: most people have no other for years.
    pub(super) first: Option<Version>,
    pub(super) more: Option<Box<More>>,
}

/// What most people have none of.
#[derive(Debug, Default)]
pub(super) struct More {
    pub(super) versions: Vec<Version>,
    pub(super) copies: Vec<Copy>,
    /// Files and tokens beyond those that [`Papers`] has room for: a certificate sealed anew under another key.
    pub(super) spare: Vec<Spare>,
}

/// A file or a token that [`Papers`] has no room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spare {
    pub(super) mark: Mark,
    pub(super) is_token: bool,
    pub(super) generation: u16,
    pub(super) place: Place,
    pub(super) recorded_at: RecordedAt,
}

/// The registration.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As the register last stated it; dates may have gone over it since.
    pub(crate) status: StatusCode,
    pub(crate) number: RegistrationNumber,
    pub(crate) employer: TextId,
    pub(crate) family_name: TextId,
    pub(crate) province: Province,
    pub(crate) last_day_of_age: Date,
    /// A renewal filed in time is with the authorities: the end of a term does not end the registration (行政许可法 art 50).
    pub(crate) renewal_pending: bool,
    pub(super) specialties: Few<(Specialty, Validity)>,
    pub(super) current: Current,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) document: Mark,
    pub(super) name: NameMark,
}

/// What the entries of few people state.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rare {
    pub(super) aliases: Box<[RegistrationNumber]>,
    /// Of whoever is merged into the person.
    pub(super) documents: Box<[Mark]>,
    /// For 暂扣: the last day, where it is stated.
    pub(super) suspended_until: Option<Date>,
    /// Since when an act has suspended or ended it, and by what it ended.
    pub(super) since: Option<Since>,
    /// See [`Current::Rare`].
    pub(super) current: Option<Licence>,
}

/// Which version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Current {
    None,
    /// This version of the certificate that the first version is of.
    OfFirst(u16),
    /// One of another certificate, or told before its version was.
    Rare,
}

/// One version of the certificate.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) licence: Licence,
    pub(crate) facts: Option<FactsMark>,
    pub(super) ended: Option<Box<Ended>>,
    pub(super) papers: Papers,
}

/// What is told of a version that no longer counts.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: Option<VersionEnd>,
    pub(super) changed_facts: Box<[TextId]>,
}

/// A version no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionEnd {
    pub(crate) at: Timestamp,
    /// None where the registration ended without a later version.
    pub(crate) by: Option<Licence>,
    /// Why the later version took its place, where the register has told.
    pub(crate) why: Option<Supersession>,
}

/// A use copy.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) id: Uuid,
    pub(crate) licence: Licence,
    pub(crate) use_until: Date,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(super) papers: Papers,
}

/// What the original of a version, or a use copy, is found by: QR token, OFD and PDF.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Papers {
    pub(super) token: Option<Mark>,
    pub(super) files: [Option<Mark>; 2],
    /// Since when the register has had the digests of all of `files`.
    pub(super) recorded_at: RecordedAt,
}

/// When the register recorded the digest of a file, to the second and never earlier than it was: four bytes, in every
/// record of every person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordedAt(pub(super) u32);

impl RecordedAt {
    /// Rounded up, since what a file rests on is that it existed by then.
    pub(super) fn of(instant: Timestamp) -> Self {
        let up = i64::from(instant.subsec_nanosecond() > 0);
        let seconds = instant.as_second().saturating_add(up).max(0);
        Self(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// None where nothing was recorded.
    pub(super) fn instant(self) -> Option<Timestamp> {
        if self == Self::default() {
            None
        } else {
            Timestamp::from_second(i64::from(self.0)).ok()
        }
    }
}

impl Copy {
    /// Without its files, which are told later.
    pub(crate) fn new(
        id: Uuid,
        licence: Licence,
        use_until: Date,
        revoked_at: Option<Timestamp>,
        token: Option<Mark>,
    ) -> Self {
        Self {
            id,
            licence,
            use_until,
            revoked_at,
            papers: Papers {
                token,
                ..Papers::default()
            },
        }
    }
}

impl Papers {
    fn have(&self, mark: Mark) -> bool {
        let [ofd, pdf] = self.files;
        [self.token, ofd, pdf].contains(&Some(mark))
    }

    /// Takes a file in. False if there is no room. What is told again was recorded when it was told first.
    fn take_file(&mut self, mark: Mark, recorded_at: RecordedAt) -> bool {
        let [ofd, pdf] = &mut self.files;
        for place in [ofd, pdf] {
            match place {
                Some(known) if *known == mark => return true,
                Some(_) => {}
                None => {
                    *place = Some(mark);
                    self.recorded_at = self.recorded_at.max(recorded_at);
                    return true;
                }
            }
        }
        false
    }
}

/// Of the documents of a version or copy that were made first; one more each time that they are made anew.
pub(super) const FIRST_GENERATION: u16 = 1;

/// Where a document of a person is: of a version, the original or a copy by its place in [`Person::copies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) licence: Licence,
    pub(crate) copy: Option<u16>,
}

impl Person {
    pub(super) const fn new(id: Uuid) -> Self {
        Self {
            id,
            entry: None,
            first: None,
            more: None,
        }
    }

    /// Whose record it is.
    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    /// The registration, once the feed has told it.
    pub(crate) const fn entry(&self) -> Option<&Entry> {
        self.entry.as_ref()
    }

    pub(super) fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> {
        let later = self.more.as_deref().map_or(&[][..], |more| &more.versions);
        self.first.iter().chain(later)
    }

    /// Use copies in the order in which they were told.
    pub(crate) fn copies(&self) -> &[Copy] {
        self.more.as_deref().map_or(&[], |more| &more.copies)
    }

    /// A version by its identifier.
    pub(crate) fn version(&self, licence: Licence) -> Option<&Version> {
        self.versions().find(|version| version.licence == licence)
    }

    /// The version that counts; after the end of the registration the last one.
    pub(crate) fn current_version(&self) -> Option<&Version> {
        let current = self.entry.as_ref().and_then(|entry| match entry.current {
            Current::None => None,
            Current::OfFirst(version) => Some(Licence {
                serial: self.first.as_ref()?.licence.serial,
                version,
            }),
            Current::Rare => entry.rare.as_ref()?.current,
        });
        current
            .and_then(|licence| self.version(licence))
            .or_else(|| self.versions().next_back())
    }

    /// The document with this token or file.
    pub(super) fn place_of(&self, mark: Mark) -> Option<Place> {
        let originals = self.versions().filter(|version| version.papers.have(mark));
        let originals = originals.map(|version| Place {
            licence: version.licence,
            copy: None,
        });
        let copies = self
            .copies()
            .iter()
            .zip(0..)
            .filter(|(copy, _)| copy.papers.have(mark));
        let copies = copies.map(|(copy, at)| Place {
            licence: copy.licence,
            copy: Some(at),
        });
        let spare = self
            .spare()
            .iter()
            .filter(|spare| spare.mark == mark)
            .map(|spare| spare.place);
        originals.chain(copies).chain(spare).next()
    }

    /// Since when the register has had the digest of a file of this person.
    pub(super) fn recorded_at(&self, file: Mark) -> Option<Timestamp> {
        let papers = self.versions().map(|version| &version.papers);
        let papers = papers.chain(self.copies().iter().map(|copy| &copy.papers));
        let own = papers
            .filter(|papers| papers.files.contains(&Some(file)))
            .map(|papers| papers.recorded_at);
        let spare = self.spare().iter().filter(|spare| spare.mark == file);
        own.chain(spare.map(|spare| spare.recorded_at)).next()?.instant()
    }

    /// Whether the documents of a file's place were made anew since (重签): a later generation than the file's was told.
    pub(super) fn is_made_anew(&self, file: Mark, place: Place) -> bool {
        let spare = self.spare();
        let own = spare
            .iter()
            .find(|spare| (spare.mark, spare.place) == (file, place));
        let own = own.map_or(FIRST_GENERATION, |spare| spare.generation);
        spare
            .iter()
            .any(|spare| spare.place == place && spare.generation > own)
    }

    /// Files and tokens beyond those of [`Papers`].
    pub(super) fn spare(&self) -> &[Spare] {
        self.more.as_deref().map_or(&[], |more| &more.spare)
    }

    pub(super) fn first_serial(&self) -> Option<Serial> {
        self.first.as_ref().map(|version| version.licence.serial)
    }

    pub(super) fn first_papers(&self) -> Option<&Papers> {
        self.first.as_ref().map(|version| &version.papers)
    }

    /// Takes a version as it stands now; facts and papers that were told before stay.
    pub(super) fn put_version(&mut self, version: Version) {
        if let Some(known) = self.version_mut(version.licence) {
            *known = Version {
                facts: version.facts.or_else(|| known.facts.take()),
                papers: known.papers,
                ..version
            };
        } else if self.first.is_none() {
            self.first = Some(version);
        } else {
            push(&mut self.more.get_or_insert_default().versions, version);
        }
    }

    fn version_mut(&mut self, licence: Licence) -> Option<&mut Version> {
        let later = self
            .more
            .as_deref_mut()
            .map_or(&mut [][..], |more| &mut more.versions);
        let mut versions = self.first.iter_mut().chain(later);
        versions.find(|version| version.licence == licence)
    }

    /// Takes a use copy as it stands now; its files stay. None if there are more than can be counted.
    pub(super) fn put_copy(&mut self, copy: Copy) -> Option<u16> {
        let copies = &mut self.more.get_or_insert_default().copies;
        let at = copies.iter().position(|known| known.id == copy.id);
        match at.and_then(|at| copies.get_mut(at)) {
            Some(known) => {
                *known = Copy {
                    papers: Papers {
                        token: copy.papers.token.or(known.papers.token),
                        ..known.papers
                    },
                    ..copy
                }
            }
            None => push(copies, copy),
        }
        u16::try_from(at.unwrap_or(copies.len() - 1)).ok()
    }

    /// Takes a file of the original or of a copy, and its token.
    pub(super) fn put_file(
        &mut self,
        place: Place,
        file: Mark,
        token: Option<Mark>,
        (recorded_at, generation): (RecordedAt, u16),
    ) {
        let Some(papers) = self.papers_mut(place) else {
            return;
        };
        // What was made anew stands beside what was made first, each with its generation.
        let no_room = generation > FIRST_GENERATION || !papers.take_file(file, recorded_at);
        let other_token = token.filter(|token| {
            if generation > FIRST_GENERATION {
                papers.token != Some(*token)
            } else {
                *papers.token.get_or_insert(*token) != *token
            }
        });
        let file = no_room.then_some((file, false));
        for (mark, is_token) in file.into_iter().chain(other_token.map(|token| (token, true))) {
            let spare = &mut self.more.get_or_insert_default().spare;
            if !spare
                .iter()
                .any(|known| (known.mark, known.place) == (mark, place))
            {
                push(
                    spare,
                    Spare {
                        mark,
                        is_token,
                        generation,
                        place,
                        recorded_at,
                    },
                );
            }
        }
    }

    fn papers_mut(&mut self, place: Place) -> Option<&mut Papers> {
        let Some(at) = place.copy else {
            return self.version_mut(place.licence).map(|version| &mut version.papers);
        };
        let copies = &mut self.more.as_deref_mut()?.copies;
        copies.get_mut(usize::from(at)).map(|copy| &mut copy.papers)
    }
}

/// Without room for more: most lists stay as short as they are.
fn push<T>(list: &mut Vec<T>, item: T) {
    list.reserve_exact(1);
    list.push(item);
}

impl Entry {
    /// Whether a name with this mark is the holder's.
    pub(crate) fn is_named(&self, name: NameMark) -> bool {
        self.name.same_as(name)
    }

    /// Whether some version counts: the register has not ended the registration by an act.
    pub(crate) fn has_current(&self) -> bool {
        self.current != Current::None
    }

    /// Specialties with their terms.
    pub(crate) fn specialties(&self) -> &[(Specialty, Validity)] {
        self.specialties.as_slice()
    }

    /// For 暂扣: the last day, where it is stated.
    pub(crate) fn suspended_until(&self) -> Option<Date> {
        self.rare.as_ref()?.suspended_until
    }

    /// Since when an act has suspended or ended it, and by what it ended.
    pub(crate) fn since(&self) -> Option<Since> {
        self.rare.as_ref()?.since
    }

    /// Documents of whoever is merged into the person.
    pub(super) fn other_documents(&self) -> &[Mark] {
        self.rare.as_deref().map_or(&[], |rare| &rare.documents)
    }

    /// Former numbers.
    pub(super) fn aliases(&self) -> &[RegistrationNumber] {
        self.rare.as_deref().map_or(&[], |rare| &rare.aliases)
    }
}

impl Version {
    /// Since when it no longer counts.
    pub(crate) fn end(&self) -> Option<VersionEnd> {
        self.ended.as_ref()?.end
    }

    /// What differs in the version that took its place.
    pub(crate) fn changed_facts(&self) -> &[TextId] {
        self.ended.as_deref().map_or(&[], |ended| &ended.changed_facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person of one version takes beside the indices: goals of the project, 300 bytes in all.
    #[test]
    fn a_record_stays_small() {
        assert!(size_of::<Person>() <= 240, "{}", size_of::<Person>());
    }
}
