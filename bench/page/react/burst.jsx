// Many calls, so many at the same time, and their progress.

import { useState } from 'react';

import { increment } from './increment.js';
import { randomNumber } from './number_input.js';

export function Burst() {
  const [{ size, completed }, setProgress] = useState({ size: 1, completed: 0 });

  function start(event) {
    event.preventDefault();
    const [size, inFlight] = ['size', 'inFlight'].map((name) => Number(event.target.elements[name].value));
    setProgress({ size, completed: 0 });
    let left = size;
    const task = async () => {
      while (left-- > 0) {
        await increment(randomNumber());
        setProgress(({ completed }) => ({ size, completed: completed + 1 }));
      }
    };
    for (let i = 0; i < inFlight; i++) task();
  }

  return (
    <form className="burst" onSubmit={start}>
      <input name="size" data-testid="burst-size" aria-label="Calls" type="number" min="1" defaultValue="1000" required />
      <input
        name="inFlight" data-testid="burst-in-flight" aria-label="In flight" type="number" min="1" defaultValue="16" required
      />
      <button data-testid="burst-start">Start burst</button>
      <progress data-testid="burst-progress" aria-label="Burst" max={size} value={completed} />
    </form>
  );
}
