/** The schedulers of InvokeAI that are not here, and the one that comes nearest. @pure */

/** Those of higher or stochastic order become DPM++ 2M, the second-order one that is here; the others Euler or DDIM. */
export const NEAREST_SCHEDULERS: Readonly<Record<string, string>> = {
  ddpm: 'ddim',
  pndm: 'ddim',
  deis: 'dpmpp_2m',
  deis_k: 'dpmpp_2m_k',
  dpmpp_2s: 'dpmpp_2m',
  dpmpp_2s_k: 'dpmpp_2m_k',
  dpmpp_2m_sde: 'dpmpp_2m',
  dpmpp_2m_sde_k: 'dpmpp_2m_k',
  dpmpp_3m: 'dpmpp_2m',
  dpmpp_3m_k: 'dpmpp_2m_k',
  dpmpp_sde: 'dpmpp_2m',
  dpmpp_sde_k: 'dpmpp_2m_k',
  unipc: 'dpmpp_2m',
  unipc_k: 'dpmpp_2m_k',
  heun: 'euler',
  heun_k: 'euler_k',
  kdpm_2: 'euler',
  kdpm_2_k: 'euler_k',
  kdpm_2_a: 'euler_a',
  kdpm_2_a_k: 'euler_a',
  lms: 'euler',
  lms_k: 'euler_k',
  tcd: 'lcm',
};
