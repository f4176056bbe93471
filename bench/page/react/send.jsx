// The number field and the button.

import { useState } from 'react';

import { chosenNumber, randomNumber } from './number_input.js';

export function Send({ onSend }) {
  const [text, setText] = useState('');
  const number = chosenNumber(text);

  function submit(event) {
    event.preventDefault();
    if (number !== undefined) onSend(number ?? randomNumber());
  }

  return (
    <form className="send" onSubmit={submit}>
      <label htmlFor="number">A whole number</label>
      <input
        id="number" data-testid="number" placeholder="random" autoComplete="off" aria-describedby="help"
        aria-invalid={number === undefined} value={text} onChange={(event) => setText(event.target.value)}
      />
      <button data-testid="send">{number == null ? 'Send a random number' : `Send ${number}`}</button>
      <p id="help" className="help">Any 64-bit integer. Empty: a random one from 0 to 9999.</p>
    </form>
  );
}
