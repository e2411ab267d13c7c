/** A value that stays on the device; its record is the mark `{ ephemeral: field type, shape? }`. */
export interface EphemeralValue {
  readonly shape?: readonly number[];
}
