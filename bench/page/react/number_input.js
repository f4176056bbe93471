// The number to send: the one in the field, or a random one.

/** Returns a random number from 0 to 9999. */
export const randomNumber = () => BigInt(Math.floor(Math.random() * 10_000));

/** Returns the number in the field, null where it is empty, and undefined where it is not a 64-bit integer. */
export function chosenNumber(text) {
  const digits = text.trim();
  if (digits === '') return null;
  if (!/^[+-]?\d+$/.test(digits)) return undefined;
  const number = BigInt(digits.replace(/^\+/, ''));
  return BigInt.asIntN(64, number) === number ? number : undefined;
}
