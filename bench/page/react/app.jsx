// The page: the form, the answer, the history and the burst.

import { useState } from 'react';

import { AnswerCard } from './answer_card.jsx';
import { Burst } from './burst.jsx';
import { CallHistory } from './call_history.jsx';
import { increment } from './increment.js';
import { Send } from './send.jsx';

/** The number of rows that the history keeps. */
const CAPACITY = 50;

export function App() {
  const [outcome, setOutcome] = useState();
  const [calls, setCalls] = useState([]);

  async function send(number) {
    try {
      const call = await increment(number);
      setOutcome({ call });
      setCalls((calls) => [{ ...call, id: (calls[0]?.id ?? 0) + 1 }, ...calls.slice(0, CAPACITY - 1)]);
    } catch (failure) {
      setOutcome({ failure });
    }
  }

  return (
    <>
      <Send onSend={send} />
      <AnswerCard outcome={outcome} />
      <CallHistory calls={calls} />
      <Burst />
    </>
  );
}
