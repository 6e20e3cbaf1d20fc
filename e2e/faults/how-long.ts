/** `npm run test:faults` gives outages the length that they may have in life; `npm test` shows the same in less time. */
export const IS_LONG = process.env.SLUICE_LONG_FAULTS === '1'

/** @returns the one of both lengths that holds for this run, whatever their unit */
export const howLong = ({ smoke, long }: { smoke: number; long: number }): number => (IS_LONG ? long : smoke)
