//! A person with a real-name account: enrolled, signed in, with an authenticator in the pocket.

use api::identity::v1 as identity;
use api::types::v1::DocumentKind;
use jiff::{SignedDuration, Timestamp};
use tonic::Request;
use totp_rs::Totp;

use super::{Answer, Door, request_id};
use crate::people::Person;
use crate::tokens::bearer;

/// Seconds of one authenticator code.
const CODE_STEP: i64 = 30;
/// A little less than what the services allow.
const STEP_UP_LASTS: SignedDuration = SignedDuration::from_mins(4);

/// A person who has an account.
#[derive(Clone)]
pub struct Citizen {
    /// Who it is.
    pub person: Person,
    /// `accounts/{account}`
    pub account: String,
    /// `persons/{person}`
    pub person_name: String,
    /// The way to the services.
    pub door: Door,
    /// Audiences of the tokens that are asked for.
    pub audiences: Vec<String>,
    authenticator: Totp,
    token: String,
    refresh_token: String,
    /// Step of the last code used: a code is taken once.
    last_step: i64,
    /// When the second factor was last proved on demand.
    stepped_up_at: Option<Timestamp>,
}

impl Citizen {
    /// Opens an account, confirms the second factor, and signs in.
    pub async fn enroll(door: &Door, person: Person, audiences: &[&str]) -> Answer<Self> {
        let enrolled = door
            .accounts()
            .enroll_account(identity::EnrollAccountRequest {
                request_id: request_id(),
                full_name: person.full_name.clone(),
                document_kind: DocumentKind::CitizenIdentityCard.into(),
                document_number: person.document_number.clone(),
                password: person.password.clone(),
            })
            .await?
            .into_inner();
        let account = enrolled
            .account
            .ok_or_else(|| tonic::Status::data_loss("no account in the answer"))?;
        let authenticator = Totp::from_url(&enrolled.second_factor_uri)
            .map_err(|_| tonic::Status::data_loss("the second factor address cannot be read"))?;
        let mut citizen = Self {
            person,
            account: account.name,
            person_name: account.person,
            door: door.clone(),
            audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
            authenticator,
            token: String::new(),
            refresh_token: String::new(),
            last_step: 0,
            stepped_up_at: None,
        };
        let code = citizen.code();
        let confirmation = identity::ConfirmSecondFactorRequest {
            request_id: request_id(),
            name: citizen.account.clone(),
            password: citizen.person.password.clone(),
            code,
        };
        door.accounts().confirm_second_factor(confirmation).await?;
        citizen.sign_in().await?;
        Ok(citizen)
    }

    /// Password, then second factor.
    pub async fn sign_in(&mut self) -> Answer<()> {
        let session = self
            .door
            .sessions()
            .create_session(identity::CreateSessionRequest {
                request_id: request_id(),
                document_kind: DocumentKind::CitizenIdentityCard.into(),
                document_number: self.person.document_number.clone(),
                password: self.person.password.clone(),
            })
            .await?
            .into_inner()
            .session
            .unwrap_or_default();
        let verification = identity::VerifySecondFactorRequest {
            request_id: request_id(),
            name: session.name,
            code: self.code(),
            audiences: self.audiences.clone(),
        };
        let tokens = self
            .door
            .sessions()
            .verify_second_factor(verification)
            .await?
            .into_inner()
            .tokens;
        self.keep(tokens);
        Ok(())
    }

    /// Proves the second factor again, unless that was done within the last minutes: for downloads, copies and grants.
    pub async fn ensure_step_up(&mut self) -> Answer<()> {
        let now = self.door.clock.now();
        match self.stepped_up_at {
            Some(at) if now.duration_since(at) < STEP_UP_LASTS => Ok(()),
            _ => self.step_up().await,
        }
    }

    /// Proves the second factor again.
    pub async fn step_up(&mut self) -> Answer<()> {
        let message = identity::StepUpRequest {
            request_id: request_id(),
            code: self.code(),
        };
        let tokens = self
            .door
            .sessions()
            .step_up(self.request(message))
            .await?
            .into_inner()
            .tokens;
        self.keep(tokens);
        Ok(())
    }

    /// Takes a new access token with the refresh token.
    pub async fn refresh(&mut self) -> Answer<()> {
        let message = identity::RefreshSessionRequest {
            request_id: request_id(),
            refresh_token: self.refresh_token.clone(),
        };
        let tokens = self
            .door
            .sessions()
            .refresh_session(message)
            .await?
            .into_inner()
            .tokens;
        self.keep(tokens);
        Ok(())
    }

    /// Takes over another name or document that the real-name record says is this person's; they are `person` from now.
    pub async fn update_identity(&mut self, person: Person) -> Answer<identity::Account> {
        self.ensure_step_up().await?;
        let message = identity::UpdateIdentityRequest {
            request_id: request_id(),
            full_name: person.full_name.clone(),
            document_kind: DocumentKind::CitizenIdentityCard.into(),
            document_number: person.document_number.clone(),
        };
        let answer = self
            .door
            .accounts()
            .update_identity(self.request(message))
            .await?;
        self.person = person;
        Ok(answer.into_inner().account.unwrap_or_default())
    }

    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request in this person's name.
    pub fn request<T>(&self, message: T) -> Request<T> {
        bearer(message, &self.token)
    }

    /// A code that was not used yet; the story moves on until there is one.
    pub fn code(&mut self) -> String {
        let clock = &self.door.clock;
        let step = (clock.now().as_second() / CODE_STEP).max(self.last_step + 1);
        if let Ok(begins) = Timestamp::from_second(step * CODE_STEP) {
            clock.advance_to(begins);
        }
        self.last_step = step;
        self.authenticator
            .generate(u64::try_from(step * CODE_STEP).unwrap_or_default())
            .to_string()
    }

    fn keep(&mut self, tokens: Option<identity::Tokens>) {
        let tokens = tokens.unwrap_or_default();
        self.token = tokens.access_token;
        if !tokens.refresh_token.is_empty() {
            self.refresh_token = tokens.refresh_token;
        }
    }
}
