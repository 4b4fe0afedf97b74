//! What a backend may see, and what of that it asks for.

use std::collections::BTreeSet;
use std::fmt;

use domain::credit_code::CreditCode;
use domain::province::Province;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use service_runtime::Refusal;

use crate::error::NOT_GRANTED;
use crate::model::recent::Held;
use crate::model::{Entry, Model};

/// What the scopes of a token grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Granted {
    all: bool,
    provinces: BTreeSet<Province>,
    employers: BTreeSet<String>,
    /// Family names.
    pub(crate) names: bool,
}

/// What is told: granted, and asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    granted: Granted,
    everything: bool,
    provinces: BTreeSet<Province>,
    employers: BTreeSet<String>,
    numbers: BTreeSet<RegistrationDigits>,
}

/// More is a register of one's own: a province or an employer is to be asked for then.
pub(crate) const MOST_NUMBERS: usize = 10_000;
const MOST_EMPLOYERS: usize = 1000;

impl Granted {
    /// From the scopes of a token. What cannot be read grants nothing.
    pub(crate) fn of(scopes: &[String]) -> Self {
        let mut granted = Self::default();
        for scope in scopes {
            match scope.strip_prefix("feed:") {
                Some("all") => granted.all = true,
                Some("names") => granted.names = true,
                Some(of) => {
                    let province = of.strip_prefix("province:").and_then(Province::from_code);
                    granted.provinces.extend(province);
                    let employer = of.strip_prefix("employer:").map(str::to_ascii_uppercase);
                    granted
                        .employers
                        .extend(employer.filter(|code| CreditCode::parse(code).is_ok()));
                }
                None => {}
            }
        }
        granted
    }
}

impl Filter {
    /// What is asked for, checked against what is granted.
    ///
    /// # Errors
    /// `NOT_GRANTED` with the field, or a field that is malformed or too long.
    pub(crate) fn new(
        granted: Granted,
        provinces: &[String],
        employers: &[String],
        numbers: &[String],
    ) -> Result<Self, Refusal> {
        let asked = provinces.len() + employers.len() + numbers.len();
        let filter = Self {
            everything: asked == 0 && granted.all,
            provinces: if asked == 0 {
                granted.provinces.clone()
            } else {
                self::provinces(&granted, provinces)?
            },
            employers: if asked == 0 {
                granted.employers.clone()
            } else {
                self::employers(&granted, employers)?
            },
            numbers: self::numbers(numbers)?,
            granted,
        };
        let nothing = !filter.everything
            && filter.provinces.is_empty()
            && filter.employers.is_empty()
            && filter.numbers.is_empty();
        if nothing {
            return Err(Refusal::invalid(
                "registration_numbers",
                "must state registrations: the scopes grant neither a province nor an employer",
            ));
        }
        Ok(filter)
    }

    /// What the scopes grant.
    pub(crate) fn granted(&self) -> &Granted {
        &self.granted
    }

    /// Whether a registration is told of.
    pub(crate) fn matches(&self, model: &Model, entry: &Entry) -> bool {
        self.numbers.contains(&entry.number.digits())
            || self.holds(
                model,
                Held {
                    province: entry.province,
                    employer: entry.employer,
                },
            )
    }

    /// Whether a registration is told of because of where it is.
    pub(crate) fn holds(&self, model: &Model, held: Held) -> bool {
        self.everything
            || self.provinces.contains(&held.province)
            || (!self.employers.is_empty()
                && model.with_employer(held.employer, |code, _| self.employers.contains(code)))
    }
}

fn provinces(granted: &Granted, asked: &[String]) -> Result<BTreeSet<Province>, Refusal> {
    let read = asked.iter().map(|code| {
        let province = Province::from_code(code)
            .ok_or_else(|| Refusal::invalid("provinces", "each must be two digits of a province"))?;
        if granted.all || granted.provinces.contains(&province) {
            Ok(province)
        } else {
            Err(not_granted("provinces"))
        }
    });
    read.collect()
}

fn employers(granted: &Granted, asked: &[String]) -> Result<BTreeSet<String>, Refusal> {
    if asked.len() > MOST_EMPLOYERS {
        return Err(Refusal::invalid("employer_credit_codes", "must be at most 1000"));
    }
    let read = asked.iter().map(|code| {
        let code = CreditCode::parse(code).map_err(|_| {
            Refusal::invalid(
                "employer_credit_codes",
                "each must be a unified social credit code",
            )
        })?;
        let code = code.as_str().to_owned();
        if granted.all || granted.employers.contains(&code) {
            Ok(code)
        } else {
            Err(not_granted("employer_credit_codes"))
        }
    });
    read.collect()
}

/// By digits, which never change: both generations and every prefix.
fn numbers(asked: &[String]) -> Result<BTreeSet<RegistrationDigits>, Refusal> {
    if asked.len() > MOST_NUMBERS {
        return Err(Refusal::invalid("registration_numbers", "must be at most 10000"));
    }
    let read = asked.iter().map(|number| {
        RegistrationNumber::parse(number)
            .map(RegistrationNumber::digits)
            .map_err(|_| Refusal::invalid("registration_numbers", "each must be a registration number"))
    });
    read.collect()
}

fn not_granted(field: &str) -> Refusal {
    NOT_GRANTED
        .refusal()
        .field(field, "未授予该订阅范围 (no scope of the token grants it)")
}

/// One text for one filter, for the access record.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.everything, self.granted.names)?;
        self.provinces
            .iter()
            .try_for_each(|province| write!(f, " {}", province.code()))?;
        self.employers.iter().try_for_each(|code| write!(f, " {code}"))?;
        self.numbers.iter().try_for_each(|digits| write!(f, " {digits}"))
    }
}
