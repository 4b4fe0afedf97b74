//! `identity.v1.AccountService`

use api::convert::{Read as _, read_term};
use api::identity::v1::account_service_server::AccountService;
use api::identity::v1::{
    ConfirmSecondFactorRequest, ConfirmSecondFactorResponse, EnrollAccountRequest, EnrollAccountResponse,
    GetAccountRequest, GetAccountResponse, ImportFault, ImportRealNamesRequest, ImportRealNamesResponse,
    RealName, UpdateIdentityRequest, UpdateIdentityResponse,
};
use api::types::v1::{DocumentKind, Sex};
use domain::document_number::DocumentNumber;
use domain::ids::AccountId;
use domain::name::PersonName;
use domain::reason::Reason as _;
use jiff::civil::Date;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, name, status, terms};
use crate::command::import_real_names::{Line, LineFault};
use crate::command::{confirm_second_factor, enroll_account, import_real_names, update_identity};
use crate::password::Password;
use crate::query::get_account;
use crate::sealing::PersonFacts;

/// Most lines of one import: they are stored in one transaction.
const MOST_LINES: usize = 5_000;

#[async_trait]
impl AccountService for Rpc {
    async fn enroll_account(
        &self,
        request: Request<EnrollAccountRequest>,
    ) -> Result<Response<EnrollAccountResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.AccountService/EnrollAccount",
            "enroll_account",
        )?;
        let message = request.into_inner();
        let (name, number) = terms::name_and_document(
            &message.full_name,
            message.document_kind,
            &message.document_number,
            self.deps.clock.today(),
        )?;
        let password = Password::new(message.password);
        let input = enroll_account::Input {
            write,
            name,
            number,
            password,
        };
        let enrolled = enroll_account::enroll_account(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(EnrollAccountResponse {
            account: Some(terms::account(enrolled.account)),
            second_factor_uri: enrolled
                .second_factor_uri
                .map(|uri| uri.as_str().to_owned())
                .unwrap_or_default(),
        }))
    }

    async fn confirm_second_factor(
        &self,
        request: Request<ConfirmSecondFactorRequest>,
    ) -> Result<Response<ConfirmSecondFactorResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.AccountService/ConfirmSecondFactor";
        let write = self.write(&request, &id, method, "confirm_second_factor")?;
        let message = request.into_inner();
        let input = confirm_second_factor::Input {
            write,
            account: name(AccountId::from_resource_name(&message.name), "name")?,
            password: Password::new(message.password),
            code: message.code,
        };
        let view = confirm_second_factor::confirm_second_factor(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(ConfirmSecondFactorResponse {
            account: Some(terms::account(view)),
        }))
    }

    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<GetAccountResponse>, Status> {
        let asked = match request.get_ref().name.as_str() {
            "accounts/me" => None,
            other => Some(name(AccountId::from_resource_name(other), "name")?),
        };
        let caller = Caller::of(&request)?;
        let view = get_account::get_account(&self.deps, caller, asked)
            .await
            .map_err(status)?;
        Ok(Response::new(GetAccountResponse {
            account: Some(terms::account(view)),
        }))
    }

    async fn update_identity(
        &self,
        request: Request<UpdateIdentityRequest>,
    ) -> Result<Response<UpdateIdentityResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.AccountService/UpdateIdentity";
        let write = self.write(&request, &id, method, "update_identity")?;
        let message = request.into_inner();
        let (name, number) = terms::name_and_document(
            &message.full_name,
            message.document_kind,
            &message.document_number,
            self.deps.clock.today(),
        )?;
        let input = update_identity::Input { write, name, number };
        let view = update_identity::update_identity(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(UpdateIdentityResponse {
            account: Some(terms::account(view)),
        }))
    }

    async fn import_real_names(
        &self,
        request: Request<ImportRealNamesRequest>,
    ) -> Result<Response<ImportRealNamesResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.AccountService/ImportRealNames";
        let write = self.write(&request, &id, method, "import_real_names")?;
        let message = request.into_inner();
        if message.real_names.len() > MOST_LINES {
            let problem = format!("at most {MOST_LINES} in one request");
            return Err(Refusal::invalid("real_names", problem).into_status());
        }
        let (mut lines, mut faults) = (Vec::new(), Vec::new());
        let today = self.deps.clock.today();
        for (row, real_name) in (0..).zip(&message.real_names) {
            match read_line(real_name, today) {
                Ok(line) => lines.push(line),
                Err((field, reason)) => faults.push(LineFault {
                    row,
                    field: field.to_owned(),
                    reason,
                }),
            }
        }
        let input = import_real_names::Input { write, lines, faults };
        let done = import_real_names::import_real_names(&self.deps, input)
            .await
            .map_err(status)?;
        let fault = |fault: LineFault| ImportFault {
            row: fault.row,
            field: fault.field,
            reason: fault.reason,
        };
        Ok(Response::new(ImportRealNamesResponse {
            imported: done.imported,
            faults: done.faults.into_iter().map(fault).collect(),
        }))
    }
}

fn read_line(line: &RealName, today: Date) -> Result<Line, (&'static str, String)> {
    let kind = read_term::<DocumentKind, _>(line.document_kind, "document_kind")
        .map_err(|_| ("document_kind", "DOCUMENT_KIND_UNKNOWN".to_owned()))?;
    let number = DocumentNumber::parse(kind, &line.document_number, today)
        .map_err(|fault| ("document_number", fault.reason().to_owned()))?;
    let name =
        PersonName::parse(&line.full_name).map_err(|fault| ("full_name", fault.reason().to_owned()))?;
    let previous = previous(line, today)?;
    let told_sex = read_term::<Sex, _>(line.sex, "sex").ok();
    let told_birth: Option<Date> = line.birth_date.read("birth_date").ok();
    let sex = agreed(number.sex(), told_sex).ok_or_else(|| ("sex", "SEX_CONTRADICTS_NUMBER".to_owned()))?;
    let birth_date = agreed(number.birth_date(), told_birth)
        .ok_or_else(|| ("birth_date", "BIRTH_DATE_CONTRADICTS_NUMBER".to_owned()))?;
    if sex.is_none() {
        return Err(("sex", "SEX_MISSING".to_owned()));
    }
    match birth_date {
        None => Err(("birth_date", "BIRTH_DATE_MISSING".to_owned())),
        Some(birth) if birth > today => Err(("birth_date", "BIRTH_DATE_IN_FUTURE".to_owned())),
        Some(_) => Ok(Line {
            number,
            name,
            facts: PersonFacts { sex, birth_date },
            previous,
        }),
    }
}

/// The document before, where one is told.
fn previous(line: &RealName, today: Date) -> Result<Option<DocumentNumber>, (&'static str, String)> {
    if line.previous_document_number.is_empty() {
        return Ok(None);
    }
    let kind = read_term::<DocumentKind, _>(line.previous_document_kind, "previous_document_kind")
        .map_err(|_| ("previous_document_kind", "DOCUMENT_KIND_UNKNOWN".to_owned()))?;
    DocumentNumber::parse(kind, &line.previous_document_number, today)
        .map(Some)
        .map_err(|fault| ("previous_document_number", fault.reason().to_owned()))
}

/// What the number says, or else what was told; none if the two contradict each other.
fn agreed<T: PartialEq>(in_number: Option<T>, told: Option<T>) -> Option<Option<T>> {
    match (in_number, told) {
        (Some(one), Some(other)) if one != other => None,
        (in_number, told) => Some(in_number.or(told)),
    }
}
