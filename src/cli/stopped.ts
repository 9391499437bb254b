/** Somebody asked the process to stop. SIGTERM is how a service is stopped, so stopping then is success. */
export class Stopped extends Error {
  readonly isInterrupt: boolean;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.isInterrupt = signal !== 'SIGTERM';
  }
}
