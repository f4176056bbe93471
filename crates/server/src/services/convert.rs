//! Accesses as the contract has them, and the largest report.

use increment_access::{
    Counts, Durability, MAX_COUNT, NAME_BYTES, Name, ROWS_PER_ORIGIN, Report, ReportRejected, Row,
};
use increment_proto::v1::{self as proto, AccessRow, ReportAccessesRequest, WatchAccessCountsResponse};
use tonic::Status;

use super::status::{invalid, report_rejected};

/// A name with its tag and its length, in bytes.
const NAME_FIELD_BYTES: usize = 3 + NAME_BYTES;

/// A row of three names and a count with its tag, and with its own tag and length, in bytes.
const ROW_BYTES: usize = 3 * NAME_FIELD_BYTES + 11 + 3;

/// The largest report, in bytes: an origin's name and all the rows it may have, and a little for fields of a newer contract.
pub(crate) const REPORT_BYTES: usize = NAME_FIELD_BYTES + ROWS_PER_ORIGIN * ROW_BYTES + (1 << 10);

/// The counts, as a list and a watch alike have them: their messages have the same fields.
pub(super) fn counts_to_proto(counts: &Counts, durability: Durability) -> WatchAccessCountsResponse {
    let durability = match durability {
        Durability::Strict => proto::Durability::Strict,
        Durability::Relaxed => proto::Durability::Relaxed,
    };
    let rows = counts.rows.iter().map(row_to_proto).collect();
    WatchAccessCountsResponse { total: counts.total, rows, durability: durability.into() }
}

fn row_to_proto((row, count): &(Row, u64)) -> AccessRow {
    let Row { service, method, protocol } = row;
    let [service, method, protocol] = [service, method, protocol].map(ToString::to_string);
    AccessRow { service, method, protocol, count: *count }
}

/// Parses a report. Fails with INVALID_ARGUMENT, naming the field.
pub(super) fn report_from_proto(request: ReportAccessesRequest) -> Result<Report, Status> {
    let origin = parse_name("origin", &request.origin)?;
    // Before they take up memory.
    if request.rows.len() > ROWS_PER_ORIGIN {
        return Err(report_rejected(&origin, ReportRejected::RowsPerOrigin.into()));
    }
    let rows = request.rows.into_iter().enumerate().map(|(index, row)| {
        let name = |field: &str, text: &str| parse_name(&format!("rows[{index}].{field}"), text);
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

fn parse_name(field: &str, text: &str) -> Result<Name, Status> {
    Name::parse(text).map_err(|error| invalid(field, error))
}

#[cfg(test)]
mod tests {
    use increment_proto::FILE_DESCRIPTOR_SET;
    use prost_reflect::DescriptorPool;

    #[test]
    fn a_list_and_a_watch_have_the_same_message() {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        let fields = |message: &str| {
            let message = pool.get_message_by_name(&format!("increment.v1.{message}")).unwrap();
            let field = |field: prost_reflect::FieldDescriptor| {
                (field.name().to_owned(), field.number(), field.kind(), field.cardinality())
            };
            message.fields().map(field).collect::<Vec<_>>()
        };
        assert_eq!(fields("ListAccessCountsResponse"), fields("WatchAccessCountsResponse"));
    }
}
