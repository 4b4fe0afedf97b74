//! Whether an act may be done to an entry.

use jiff::civil::Date;

use super::{RegisterAct, RegisterEntry, RegistrationState, SpecialtyRegistration, StatusCode};
use crate::reason::reasons;
use crate::specialty::Specialty;
use crate::validity::Validity;

reasons! {
    /// Why an act is refused.
    pub enum RegisterRefusal {
        /// Nobody is registered.
        NotRegistered => "NOT_REGISTERED", "domain §1.3",
            "该人员没有注册记录。", "The person has never been registered.";
        /// A registration is in force: a person has at most one.
        AlreadyRegistered => "ALREADY_REGISTERED", "153号 art 15(2); domain §1.13",
            "该人员已有有效注册，不得重复注册。", "The person is registered already.";
        /// The registration has ended.
        Ended => "REGISTRATION_ENDED", "153号 art 16–17",
            "注册已失效或注销，不能办理该业务。", "The registration has ended.";
        /// Suspended.
        Suspended => "REGISTRATION_SUSPENDED", "domain §1.6",
            "注册证书处于暂扣状态，不能办理该业务。", "The registration is suspended.";
        /// Not suspended, not moving out, or not lapsed by that record.
        NothingToUndo => "NOTHING_TO_UNDO", "domain §1.6",
            "当前状态无需发还、取消转出或更正失效。", "There is no suspension, move or lapse of that record to undo.";
        /// 失效 is recorded on a ground of art 16 alone, from a day that has come.
        NoLapse => "NOT_A_LAPSE", "153号 art 16",
            "失效须有第十六条所列情形，且生效日不得晚于今天。", "A lapse rests on a ground of art 16 and a day that has come.";
        /// A move leads to another province, and is written together with 办理转出.
        NoMove => "NOT_A_MOVE", "domain §1.6",
            "转入须由其他省办理转出，且聘用单位在本省。", "A move in follows a move out and leads to another province.";
        /// The digits of a number never change.
        DigitsChanged => "REGISTRATION_DIGITS_CHANGED", "domain §1.8",
            "注册编号的数字一经注册不得改变。", "The digits of a registration number never change.";
        /// The prefix is that of the employer's province.
        WrongPrefix => "REGISTRATION_PREFIX", "domain §1.8",
            "注册编号首位汉字与注册地不符。", "The prefix does not name the employer's province.";
        /// No specialty, or one twice.
        Specialties => "REGISTER_SPECIALTIES", "domain §1.7",
            "注册专业为空或重复。", "Specialties are missing or repeated.";
        /// Nothing alive would be left: then the whole registration is cancelled.
        NothingLeft => "CANCELLATION_LEAVES_NOTHING", "153号 art 17",
            "注销后没有在有效期内的注册专业，请申请注销全部注册。", "No living specialty would be left; cancel the whole registration.";
        /// The specialty is not registered.
        SpecialtyNotRegistered { /** Which. */ specialty: Specialty }
            => "SPECIALTY_NOT_REGISTERED", "domain §1.3",
            "未注册该专业：{specialty}。", "The specialty is not registered: {specialty}.";
        /// The specialty is registered and alive.
        SpecialtyRegistered { /** Which. */ specialty: Specialty }
            => "SPECIALTY_REGISTERED", "101号 art 10",
            "该专业已注册：{specialty}。", "The specialty is registered already: {specialty}.";
        /// A renewed term must follow the old one without gap and end later.
        Term { /** Which. */ specialty: Specialty }
            => "REGISTER_TERM", "153号 art 12; domain §1.4",
            "延续后的有效期与原有效期不衔接：{specialty}。", "The new term does not follow the old one: {specialty}.";
        /// Deemed renewal needs a pending renewal and an end that has passed.
        NotDeemed => "NOT_DEEMED_RENEWED", "行政许可法 art 50",
            "不符合视为准予延续的条件。", "The renewal cannot be deemed granted.";
        /// 99 re-issues are the most a check code can count.
        SealExhausted => "SEAL_CHECK_CODE_EXHAUSTED", "domain §1.9",
            "执业印章校验码已达上限。", "The check code of the practice seal has reached 99.";
    }
}

/// Whether an act may be done to the entry of a person as of `today`.
///
/// # Errors
/// The rule that stands against it.
pub fn decide(entry: Option<&RegisterEntry>, act: &RegisterAct, today: Date) -> Result<(), RegisterRefusal> {
    use RegisterRefusal as Refusal;

    if let RegisterAct::Register { .. } = act {
        return register(entry, act, today);
    }
    let entry = entry.ok_or(Refusal::NotRegistered)?;
    if entry.is_ended() {
        return end_again(entry, act);
    }
    let suspended = matches!(entry.state, RegistrationState::Suspended { .. });
    let moving = matches!(entry.state, RegistrationState::MovingOut { .. });
    match act {
        RegisterAct::Lapse {
            cause, effective_on, ..
        } if cause.status() != StatusCode::Lapsed || *effective_on > today => Err(Refusal::NoLapse),
        RegisterAct::UndoLapse { .. } => Err(Refusal::NothingToUndo),
        RegisterAct::Register { .. }
        | RegisterAct::End { .. }
        | RegisterAct::Lapse { .. }
        | RegisterAct::Cancel { .. }
        | RegisterAct::NoteRenewalClosed => Ok(()),
        RegisterAct::NoteRenewalAccepted | RegisterAct::Correct { .. } => Ok(()),
        RegisterAct::Restore if suspended => Ok(()),
        RegisterAct::CancelMoveOut if moving || entry.moving_to.is_some() => Ok(()),
        RegisterAct::Restore | RegisterAct::CancelMoveOut | RegisterAct::Reinstate { .. } => {
            Err(Refusal::NothingToUndo)
        }
        // The law acts here, whatever else stands against the person meanwhile: a suspension goes on.
        RegisterAct::DeemRenewed { terms } => {
            let ended = |specialty: &Specialty| {
                let known = entry
                    .specialties
                    .iter()
                    .find(|known| known.specialty == *specialty);
                known.is_some_and(|known| known.validity.is_over(today))
            };
            let passed = terms.iter().all(|(_, term)| term.from <= today);
            if entry.renewal_pending && passed && terms.iter().any(|(specialty, _)| ended(specialty)) {
                renew(entry, terms)
            } else {
                Err(Refusal::NotDeemed)
            }
        }
        // One that has run out by itself withholds nothing any more.
        _ if entry.check_not_suspended(today).is_err() => Err(Refusal::Suspended),
        RegisterAct::Renew { terms } => renew(entry, terms),
        RegisterAct::AddSpecialties { added } => add(entry, added, today),
        RegisterAct::CancelSpecialties { specialties, .. } => cancel(entry, specialties, today),
        RegisterAct::NoteMoveBegun { to } if *to == entry.employer.province => Err(Refusal::NoMove),
        RegisterAct::MoveIn { employer } if !moving || employer.province == entry.employer.province => {
            Err(Refusal::NoMove)
        }
        RegisterAct::ReissueSeal if entry.seal_check_code >= 99 => Err(Refusal::SealExhausted),
        RegisterAct::ReissueSeal
        | RegisterAct::ChangeEmployer { .. }
        | RegisterAct::NoteMoveBegun { .. }
        | RegisterAct::MoveIn { .. }
        | RegisterAct::Suspend { .. }
        | RegisterAct::MoveOut => Ok(()),
    }
}

/// A person has at most one registration in force; a re-registration keeps the digits (domain §1.8). One whose terms
/// have run out is in force no more, whether or not its lapse is recorded.
fn register(entry: Option<&RegisterEntry>, act: &RegisterAct, today: Date) -> Result<(), RegisterRefusal> {
    let RegisterAct::Register {
        number,
        employer,
        specialties,
        ..
    } = act
    else {
        return Ok(());
    };
    if let Some(entry) = entry {
        if !entry.is_ended() && !entry.has_run_out(today) {
            return Err(RegisterRefusal::AlreadyRegistered);
        }
        if entry.number.digits() != number.digits() {
            return Err(RegisterRefusal::DigitsChanged);
        }
    }
    if number.prefix() != employer.province {
        return Err(RegisterRefusal::WrongPrefix);
    }
    check_distinct(specialties.iter().map(|known| known.specialty))
}

/// At least one, each once.
fn check_distinct(specialties: impl Iterator<Item = Specialty>) -> Result<(), RegisterRefusal> {
    let mut distinct: Vec<_> = specialties.collect();
    let count = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.is_empty() || distinct.len() != count {
        return Err(RegisterRefusal::Specialties);
    }
    Ok(())
}

/// Only what is not registered and alive is added (101号 art 10).
fn add(entry: &RegisterEntry, added: &[SpecialtyRegistration], today: Date) -> Result<(), RegisterRefusal> {
    check_distinct(added.iter().map(|one| one.specialty))?;
    let alive = |specialty: Specialty| {
        let mut known = entry.specialties.iter();
        known.any(|known| known.specialty == specialty && !known.validity.is_over(today))
    };
    match added.iter().find(|one| alive(one.specialty)) {
        Some(one) => Err(RegisterRefusal::SpecialtyRegistered {
            specialty: one.specialty,
        }),
        None => Ok(()),
    }
}

/// Only what is registered is cancelled, and something alive is left.
fn cancel(entry: &RegisterEntry, specialties: &[Specialty], today: Date) -> Result<(), RegisterRefusal> {
    check_distinct(specialties.iter().copied())?;
    let is_registered = |wanted: Specialty| entry.specialties.iter().any(|known| known.specialty == wanted);
    if let Some(specialty) = specialties.iter().find(|wanted| !is_registered(**wanted)) {
        return Err(RegisterRefusal::SpecialtyNotRegistered {
            specialty: *specialty,
        });
    }
    let mut left = entry
        .specialties
        .iter()
        .filter(|known| !specialties.contains(&known.specialty));
    if left.any(|known| !known.validity.is_over(today)) {
        Ok(())
    } else {
        Err(RegisterRefusal::NothingLeft)
    }
}

/// After 失效 the procedural 注销 may follow, and 撤销 or 吊销 may follow either. A recorded lapse may be undone, and what
/// becomes of a renewal meanwhile is noted for that case; nothing else.
fn end_again(entry: &RegisterEntry, act: &RegisterAct) -> Result<(), RegisterRefusal> {
    use StatusCode::{Cancelled, Lapsed, Revoked, Stripped};

    let RegistrationState::Ended { cause: before, .. } = entry.state else {
        return Ok(());
    };
    // A cancellation alone is undone: a revocation or penalty is another act of another authority.
    if let (RegisterAct::Reinstate { .. }, Cancelled) = (act, before.status()) {
        return Ok(());
    }
    let after = match act {
        RegisterAct::UndoLapse { row } => {
            let undone = entry.lapse.as_ref().is_some_and(|lapse| lapse.row == *row);
            return undone.then_some(()).ok_or(RegisterRefusal::NothingToUndo);
        }
        RegisterAct::NoteRenewalAccepted | RegisterAct::NoteRenewalClosed if entry.lapse.is_some() => {
            return Ok(());
        }
        RegisterAct::End { cause } => cause.status(),
        RegisterAct::Cancel { .. } => Cancelled,
        _ => return Err(RegisterRefusal::Ended),
    };
    match (before.status(), after) {
        (Lapsed, Cancelled | Revoked | Stripped) | (Cancelled, Revoked | Stripped) => Ok(()),
        _ => Err(RegisterRefusal::Ended),
    }
}

/// Without a gap: granted before the old end a term goes on from its old beginning, so that the days until that end stay
/// covered; granted later it begins the day after.
fn renew(entry: &RegisterEntry, terms: &[(Specialty, Validity)]) -> Result<(), RegisterRefusal> {
    if terms.is_empty() {
        return Err(RegisterRefusal::Specialties);
    }
    for (specialty, term) in terms {
        let specialty = *specialty;
        let known = entry
            .specialties
            .iter()
            .find(|known| known.specialty == specialty);
        let old = known
            .ok_or(RegisterRefusal::SpecialtyNotRegistered { specialty })?
            .validity;
        let goes_on = term.from == old.from || term.from == crate::calendar::plus_days(old.to, 1);
        if !goes_on || term.to <= old.to {
            return Err(RegisterRefusal::Term { specialty });
        }
    }
    Ok(())
}
