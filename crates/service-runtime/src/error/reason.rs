use tonic::Code;

use super::Refusal;

/// A row of a service's reason table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Who defines the reason: `jianzheng` for the shared ones, else `jianzheng.<service>`.
    pub domain: &'static str,
    /// UPPER_SNAKE_CASE, at most 63 characters; clients branch on (domain, name).
    pub name: &'static str,
    /// The gRPC code that it travels under.
    pub code: Code,
    /// What happened, in Chinese: what people see.
    pub zh: &'static str,
    /// What happened, in English: the status message.
    pub en: &'static str,
    /// What the caller can do about it.
    pub advice: &'static str,
}

impl Reason {
    /// A refusal for this reason, without particulars yet.
    pub fn refusal(self) -> Refusal {
        Refusal::new(self)
    }

    /// Shorthand for `Err(self.refusal())`.
    pub fn refuse<T>(self) -> Result<T, Refusal> {
        Err(Refusal::new(self))
    }

    /// Whether the name has the form that AIP-193 demands.
    pub fn is_well_formed(&self) -> bool {
        let upper_snake = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        (1..=63).contains(&self.name.len())
            && self.name.starts_with(|c: char| c.is_ascii_uppercase())
            && self.name.ends_with(|c: char| c != '_')
            && self.name.chars().all(upper_snake)
            && !self.zh.is_empty()
            && !self.en.is_empty()
            && !self.advice.is_empty()
            && self.code != Code::Ok
    }
}

/// One table of `docs/errors.md`: the reasons of one domain.
pub fn markdown(reasons: &[Reason]) -> String {
    let mut table =
        String::from("| reason | code | 说明 | meaning | what to do |\n| --- | --- | --- | --- | --- |\n");
    for reason in reasons {
        table.push_str(&format!(
            "| `{}` | `{:?}` | {} | {} | {} |\n",
            reason.name, reason.code, reason.zh, reason.en, reason.advice
        ));
    }
    table
}

/// Declares the reasons of one service: a constant for each, `DOMAIN` and the whole table as `REASONS`.
///
/// ```
/// service_runtime::reasons! {
///     DOMAIN = "identity";
///     ACCOUNT_EXISTS => AlreadyExists, "该人员已有账户", "the person already has an account",
///         "sign in with it, or recover it";
/// }
/// assert_eq!(ACCOUNT_EXISTS.domain, "jianzheng.identity");
/// assert_eq!(REASONS, [ACCOUNT_EXISTS]);
/// assert!(ACCOUNT_EXISTS.is_well_formed());
/// ```
#[macro_export]
macro_rules! reasons {
    (DOMAIN = $domain:literal; $($rest:tt)*) => {
        $crate::reasons!(@table concat!("jianzheng.", $domain); $($rest)*);
    };
    (@table $domain:expr; $($name:ident => $code:ident, $zh:literal, $en:literal, $advice:literal;)+) => {
        /// The domain of these reasons in `google.rpc.ErrorInfo`.
        pub const DOMAIN: &str = $domain;
        $(
            #[doc = concat!($en, ": ", $advice, ".")]
            pub const $name: $crate::error::Reason = $crate::error::Reason {
                domain: DOMAIN,
                name: stringify!($name),
                code: $crate::__Code::$code,
                zh: $zh,
                en: $en,
                advice: $advice,
            };
        )+
        /// Every reason of this domain, in the order of declaration.
        pub static REASONS: &[$crate::error::Reason] = &[$($name),+];
    };
}
