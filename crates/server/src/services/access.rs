//! `increment.v1.AccessService`: the ledger over gRPC; for what tells the counts see `watch.rs`.

use increment_access::{
    Durability, Ledger, NAME_BYTES, Name, NameError, NotKept, ROWS_PER_ORIGIN, Report, ReportError, Row,
};
use increment_proto::v1::{
    self as proto, AccessRow, ReportAccessesRequest, ReportAccessesResponse,
    access_service_server::AccessService,
};
use tonic::{Request, Response, Status, Streaming, async_trait};
use tonic_types::{ErrorDetails, StatusExt};

/// A name with its tag and its length, in bytes.
const NAME_FIELD_BYTES: usize = 3 + NAME_BYTES;

/// A row of three names and a count with its tag, and with its own tag and length, in bytes.
const ROW_BYTES: usize = 3 * NAME_FIELD_BYTES + 11 + 3;

/// The largest report: an origin's name and all the rows it may have, and a little for fields of a newer contract.
pub(super) const REPORT_BYTES: usize = NAME_FIELD_BYTES + ROWS_PER_ORIGIN * ROW_BYTES + (1 << 10);

/// Takes access counts; without a ledger, refuses.
#[derive(Debug)]
pub(crate) struct Access(pub(crate) Option<Ledger>);

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
        let ledger = counting(self.0.as_ref())?;
        let mut requests = request.into_inner();
        let mut reports = 0;
        while let Some(request) = requests.message().await? {
            let report = report(request)?;
            let origin = report.origin.clone();
            ledger.report(report).await.map_err(|error| refused(&origin, error))?;
            reports += 1;
        }
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

fn report(request: ReportAccessesRequest) -> Result<Report, Status> {
    let origin = name("origin", &request.origin)?;
    let rows = request.rows.into_iter().enumerate().map(|(index, row)| {
        let name = |field: &str, text: &str| name(&format!("rows[{index}].{field}"), text);
        let (service, method) = (name("service", &row.service)?, name("method", &row.method)?);
        Ok((Row { service, method, protocol: name("protocol", &row.protocol)? }, row.count))
    });
    Ok(Report { origin, rows: rows.collect::<Result<_, Status>>()? })
}

fn name(field: &str, text: &str) -> Result<Name, Status> {
    Name::parse(text).map_err(|error: NameError| {
        let details = ErrorDetails::with_bad_request_violation(field, error.to_string());
        Status::with_error_details(tonic::Code::InvalidArgument, format!("{field}: {error}"), details)
    })
}

fn refused(origin: &Name, error: ReportError) -> Status {
    match error {
        ReportError::Refused(refusal) => {
            let message = format!("the report of {origin} is not taken: {refusal}");
            let details = ErrorDetails::with_quota_failure_violation(origin.as_str(), refusal.to_string());
            Status::with_error_details(tonic::Code::ResourceExhausted, message, details)
        }
        ReportError::NotKept(error) => not_kept(error),
    }
}

pub(super) fn not_kept(_: NotKept) -> Status {
    Status::unavailable("accesses cannot be recorded for now; try again later")
}
