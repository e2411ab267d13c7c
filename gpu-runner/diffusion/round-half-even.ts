/** Rounds halves to even, as NumPy, torch and ONNX do; what rounds up to zero is −0, as there. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : Math.ceil(value);
}
