/** Letters, digits and `_ - . :`; what may stand in a path segment, an id with `#`, and a JSON Pointer unescaped. */
export const NAME_PATTERN = /^[A-Za-z0-9_.:-]{1,128}$/;
