//! `increment.v1.AccessService`: the ledger over gRPC; for what tells the counts see `watch.rs`.

use std::fmt::Display;

use increment_access::{
    CommitError, Durability, Ledger, MAX_COUNT, NAME_BYTES, Name, ROWS_PER_ORIGIN, Report, ReportError,
    ReportRejected, Row,
};
use increment_proto::v1::{
    self as proto, AccessRow, ReportAccessesRequest, ReportAccessesResponse,
    access_service_server::AccessService,
};
use tonic::{Code, Request, Response, Status, Streaming, async_trait};
use tonic_types::{ErrorDetails, StatusExt};

use super::reports::{Ahead, Reports};

/// A name with its tag and its length, in bytes.
const NAME_FIELD_BYTES: usize = 3 + NAME_BYTES;

/// A row of three names and a count with its tag, and with its own tag and length, in bytes.
const ROW_BYTES: usize = 3 * NAME_FIELD_BYTES + 11 + 3;

/// The largest report: an origin's name and all the rows it may have, and a little for fields of a newer contract.
pub(super) const REPORT_BYTES: usize = NAME_FIELD_BYTES + ROWS_PER_ORIGIN * ROW_BYTES + (1 << 10);

/// Takes access counts; without a ledger, refuses.
#[derive(Debug)]
pub(crate) struct Access {
    ledger: Option<Ledger>,
    ahead: Ahead,
}

impl Access {
    pub(crate) fn new(ledger: Option<Ledger>) -> Self {
        Self { ledger, ahead: Ahead::default() }
    }
}

/// The ledger, where there is one.
pub(super) fn counting(ledger: Option<&Ledger>) -> Result<&Ledger, Status> {
    ledger.ok_or_else(|| Status::failed_precondition("this server does not count accesses"))
}

#[async_trait]
impl AccessService for Access {
    async fn report_accesses(
        &self,
        request: Request<Streaming<ReportAccessesRequest>>,
    ) -> Result<Response<ReportAccessesResponse>, Status> {
        let ledger = counting(self.ledger.as_ref())?;
        let reports = Reports::new(ledger, self.ahead.clone(), request.into_inner()).take_all().await?;
        Ok(Response::new(ReportAccessesResponse { reports }))
    }
}

/// A row as the contract has it.
pub(super) fn told((row, count): &(Row, u64)) -> AccessRow {
    let Row { service, method, protocol } = row;
    let [service, method, protocol] = [service, method, protocol].map(ToString::to_string);
    AccessRow { service, method, protocol, count: *count }
}

/// What is in force, as the contract has it.
pub(super) fn durability(ledger: &Ledger) -> i32 {
    let durability = match ledger.durability() {
        Durability::Strict => proto::Durability::Strict,
        Durability::Relaxed => proto::Durability::Relaxed,
    };
    durability.into()
}

/// A report as the ledger takes it. Fails with INVALID_ARGUMENT, naming the field, where it cannot be one.
pub(super) fn report(request: ReportAccessesRequest) -> Result<Report, Status> {
    let origin = name("origin", &request.origin)?;
    // Before they take up memory.
    if request.rows.len() > ROWS_PER_ORIGIN {
        return Err(refused(&origin, ReportRejected::RowsPerOrigin.into()));
    }
    let rows = request.rows.into_iter().enumerate().map(|(index, row)| {
        let name = |field: &str, text: &str| name(&format!("rows[{index}].{field}"), text);
        let (service, method) = (name("service", &row.service)?, name("method", &row.method)?);
        let protocol = name("protocol", &row.protocol)?;
        if row.count > MAX_COUNT {
            let reason = format!("it is {}; at most {MAX_COUNT} is taken", row.count);
            return Err(invalid(&format!("rows[{index}].count"), reason));
        }
        Ok((Row { service, method, protocol }, row.count))
    });
    Ok(Report { origin, rows: rows.collect::<Result<_, Status>>()? })
}

fn name(field: &str, text: &str) -> Result<Name, Status> {
    Name::parse(text).map_err(|error| invalid(field, error))
}

fn invalid(field: &str, reason: impl Display) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, reason.to_string());
    Status::with_error_details(Code::InvalidArgument, format!("{field}: {reason}"), details)
}

/// Why a report of this origin is not kept.
pub(super) fn refused(origin: &Name, error: ReportError) -> Status {
    let refusal = match error {
        ReportError::Rejected(refusal) => refusal,
        ReportError::Commit(error) => return not_kept(error),
    };
    let message = format!("the report of {origin} is not taken: {refusal}");
    let (code, details) = match refusal {
        // It will never be taken, whatever room there is.
        ReportRejected::Folded => {
            let violation = ErrorDetails::with_precondition_failure_violation(
                "FOLDED",
                origin.as_str(),
                refusal.to_string(),
            );
            (Code::FailedPrecondition, violation)
        }
        ReportRejected::Count | ReportRejected::RowsPerOrigin | ReportRejected::Reported => {
            let violation = ErrorDetails::with_quota_failure_violation(origin.as_str(), refusal.to_string());
            (Code::ResourceExhausted, violation)
        }
    };
    Status::with_error_details(code, message, details)
}

pub(super) fn not_kept(_: CommitError) -> Status {
    Status::unavailable("accesses cannot be recorded for now; try again later")
}
