/** Classifier-free guidance: from what the model says with either prompt to what the scheduler steps by. */

/** Ho & Salimans, "Classifier-free diffusion guidance" (2022): the first half of `outputs` is the negative branch. */
export function combine(outputs: Float32Array, guidance: number): Float32Array {
  const size = outputs.length / 2;
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const negative = outputs[i] ?? 0;
    result[i] = negative + guidance * ((outputs[i + size] ?? 0) - negative);
  }
  return result;
}

/**
 * Lin et al., "Common diffusion noise schedules and sample steps are flawed" (2023), algorithm 2: guidance widens the
 * spread of what the model says; `share` of that is taken back, image by image, so that bright pictures stay unburnt.
 */
export function rescale(guided: Float32Array, positive: Float32Array, share: number, batch: number): Float32Array {
  const size = guided.length / batch;
  const result = new Float32Array(guided.length);
  for (let start = 0; start < guided.length; start += size) {
    const [wide, wanted] = [guided, positive].map((values) => deviation(values.subarray(start, start + size)));
    const factor = wide ? share * ((wanted ?? 0) / wide) + 1 - share : 1;
    for (let i = start; i < start + size; i++) result[i] = (guided[i] ?? 0) * factor;
  }
  return result;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
