// The outcome of the newest call.

import { Code, ConnectError } from '@connectrpc/connect';

export function AnswerCard({ outcome }) {
  return (
    <div className="answer-card" aria-live="polite" aria-atomic="true">
      {outcome?.failure ? <Failure failure={outcome.failure} /> : <Numbers call={outcome?.call} />}
    </div>
  );
}

function Numbers({ call }) {
  return (
    <>
      <output className="numbers">
        {call?.sent ?? 'x'} → <b>{call?.returned ?? 'x+1'}</b>
      </output>
      <p className="round-trip">{call ? `gRPC-Web, ${call.elapsed}` : 'The answer appears here.'}</p>
    </>
  );
}

function Failure({ failure }) {
  const { code, rawMessage } = ConnectError.from(failure);
  return (
    <div className="failure" role="alert" data-testid="failure" data-code={code}>
      <h2>{Code[code]}</h2>
      <p>{rawMessage}</p>
    </div>
  );
}
