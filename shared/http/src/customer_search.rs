//! The query parameters of the list of customers.

use custodian_app::ports::{CustomerCursor, CustomerFilter};
use custodian_domain::credentials::MAX_ENTERED_USERNAME;
use custodian_domain::email::is_email;
use custodian_domain::field_problem::Values;
use custodian_domain::profile::fold_case;
use custodian_domain::{CustomerId, FieldProblem, Refusal, Status, Timestamp, ids};
use uuid::Uuid;

use crate::Request;
use crate::credential;
use crate::cursor::Cursor;
use crate::page::{PageRequest, invalid_parameter};

const PARAMETERS: [&str; 7] =
    ["email", "username", "status", "due_before", "held", "page_size", "page_token"];

/// The filter and the page that a request asks for. A page token is valid only with the filter that it was issued for.
pub fn read(
    request: &Request,
    now: Timestamp,
) -> Result<(CustomerFilter, PageRequest<CustomerCursor>), Refusal> {
    require_known_parameters(request)?;
    let filter = CustomerFilter {
        statuses: parameter(
            request,
            "status",
            FieldProblem::NotOneOf { values: Values(&Status::NAMES) },
            |text| Status::parse(text).map(|status| vec![status]),
        )?
        .unwrap_or_else(|| Status::NOT_TERMINAL.to_vec()),
        email: parameter(request, "email", FieldProblem::NotAnEmail, |text| {
            Some(fold_case(text)).filter(|address| is_email(address))
        })?,
        username: parameter(
            request,
            "username",
            FieldProblem::WrongNumberOfBytes { min: 1, max: MAX_ENTERED_USERNAME },
            |text| Some(text.to_owned()).filter(|name| (1..=MAX_ENTERED_USERNAME).contains(&name.len())),
        )?,
        // An unescaped plus sign decodes to a space.
        due_before: parameter(request, "due_before", FieldProblem::NotATime, |text| {
            Timestamp::parse(&text.replace(' ', "+"))
        })?,
        held: parameter(request, "held", FieldProblem::NotABoolean, |text| text.parse().ok())?,
        now,
    };
    let page = PageRequest::read(request, &list(&filter))?;
    Ok((filter, page))
}

/// Refuses an unknown query parameter, and one that is given twice. Any request may have its credential in the query.
fn require_known_parameters(request: &Request) -> Result<(), Refusal> {
    let mut names = request.query_names();
    names.retain(|name| !credential::QUERY_PARAMETERS.contains(name));
    for (index, name) in names.iter().enumerate() {
        if !PARAMETERS.contains(name) {
            return Err(invalid_parameter(name, FieldProblem::UnknownParameter));
        }
        if names[..index].contains(name) {
            return Err(invalid_parameter(name, FieldProblem::GivenTwice));
        }
    }
    Ok(())
}

/// The value of a parameter.
fn parameter<T>(
    request: &Request,
    name: &str,
    problem: FieldProblem,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(text) = request.query(name) else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| invalid_parameter(name, problem))
}

/// The name of the list, to which its page tokens belong.
fn list(filter: &CustomerFilter) -> String {
    let CustomerFilter { statuses, email, username, due_before, held, now: _ } = filter;
    let due_before = due_before.map(Timestamp::micros);
    format!("customers {statuses:?} {email:?} {username:?} {due_before:?} {held:?}")
}

/// The id, and in a list by deadline also the deadline and the status.
impl Cursor for CustomerCursor {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.id.0.as_bytes().to_vec();
        if let Some((due, status)) = self.due {
            bytes.extend(due.micros().to_be_bytes());
            bytes.extend(status.as_str().as_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_at_checked(16)?;
        let id = CustomerId(Uuid::from_slice(id).ok()?);
        if rest.is_empty() {
            return Some(Self { id, due: None });
        }
        let (due, status) = rest.split_at_checked(8)?;
        let due = Timestamp::from_micros(i64::from_be_bytes(due.try_into().ok()?));
        Some(Self { id, due: Some((due, Status::parse(std::str::from_utf8(status).ok()?)?)) })
    }

    /// The customers created before the instant, or those with a deadline after it.
    fn from_time(instant: Timestamp) -> Self {
        Self { id: CustomerId(ids::lowest_at(instant)), due: Some((instant, Status::Frozen)) }
    }
}
