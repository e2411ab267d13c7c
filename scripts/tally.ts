// What a test run came to, from vitest's JSON report and its exit code.

export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/**
 * A file that failed as a whole (it could not be loaded, a hook threw) names no failed test: it counts as one. So does
 * a run that failed for any other reason (an error outside every test, no file found, a crash).
 */
export function tally(report: VitestReport | undefined, code: number): { passed: number; failed: number } {
  if (report === undefined) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + broken.length;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
