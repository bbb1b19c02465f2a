//! Exports of the account's data.

use custodian_domain::Reason;
use custodian_views::ExportView;

use crate::components::view_schema;
use crate::errors::ErrorFormat;
use crate::operation::Operation;

const PATH: &str = "/v1.0/customer/export";

pub(super) fn all() -> Vec<Operation> {
    vec![
        Operation::new(
            "POST",
            PATH,
            "Starts an export of the account and its rows that the API shows. A frozen account can be exported as well. The file has one \
             JSON object a line and is compressed with gzip; docs/export.schema.json describes each kind of line. It contains \
             no passwords and no other secrets. A mail to the confirmed address of the account says when it is finished. One \
             export runs at a time; while one runs, `details` of the refusal has its id as `export_id`. An account starts at most \
             five a day.",
        )
        .with_status(202)
        .returns(view_schema::<ExportView>())
        .fails_with(&[Reason::ExportAlreadyRunning, Reason::RateLimitExceeded]),
        Operation::new("GET", format!("{PATH}/{{id}}"), "Returns the state and the progress of an export.")
            .returns(view_schema::<ExportView>())
            .fails_with(&[Reason::ExportNotFound]),
        Operation::new(
            "GET",
            format!("{PATH}/{{id}}/file"),
            "Redirects to the file of a finished export. The URL in `Location` works for five minutes. The file can be downloaded \
             for seven days after the export was finished. A browser gets errors as pages.",
        )
        .with_status(303)
        .returns_file("application/gzip")
        .with_header("Location")
        .fails_with(&[Reason::ExportNotFound, Reason::ExportNotFinished, Reason::ExportExpired])
        .error_format(ErrorFormat::JsonOrPage),
    ]
}
