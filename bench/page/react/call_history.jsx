// The calls of this visit as a table, newest first.

export function CallHistory({ calls }) {
  return (
    <section aria-labelledby="exchanges">
      <h2 id="exchanges">Exchanges</h2>
      <table>
        <thead><tr><th>Time</th><th>Sent → returned</th><th>Latency</th></tr></thead>
        <tbody>{calls.map((call) => <Row key={call.id} call={call} />)}</tbody>
      </table>
    </section>
  );
}

function Row({ call }) {
  return (
    <tr data-testid="exchange" data-sent={call.sent} data-returned={call.returned}>
      <td>{call.sentAt}</td>
      <td>{call.sent} → <b>{call.returned}</b></td>
      <td>{call.elapsed}</td>
    </tr>
  );
}
