export const BREAKAGES: { name: string; file: string; find: string; replace: string }[] = [];
