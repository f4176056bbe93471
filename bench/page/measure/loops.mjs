// Functions that run in a page and make calls, so many at the same time. Each returns how long they took, in milliseconds.

/** Calls `fetch`, with the bytes of a page's call, and reads the response. */
export async function fetches({ calls, inFlight }) {
  // One message of 3 bytes: the field 1 with the number 5681.
  const body = new Uint8Array([0, 0, 0, 0, 3, 0x08, 0xb1, 0x2c]);
  const headers = { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' };
  let left = calls;
  const task = async () => {
    while (left-- > 0) {
      const response = await fetch('increment.v1.IncrementService/Increment', { method: 'POST', headers, body });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      await response.arrayBuffer();
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, task));
  return performance.now() - start;
}

/** Starts the page's own burst, and waits for its progress to be complete. */
export function burst({ calls, inFlight }) {
  const find = (id) => document.querySelector(`[data-testid=${id}]`);
  const fill = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  fill(find('burst-size'), calls);
  fill(find('burst-in-flight'), inFlight);
  const progress = find('burst-progress');
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`the burst has made ${progress.value} of ${calls} calls`)), 120_000);
    const start = performance.now();
    let isRunning = false;
    const observer = new MutationObserver(() => {
      isRunning ||= progress.value < progress.max; // the last burst's progress may still be there
      if (!isRunning || progress.value < calls) return;
      observer.disconnect();
      resolve(performance.now() - start);
    });
    observer.observe(progress, { attributes: true });
    find('burst-start').click();
  });
}
