/**
 * How to log in to an instance over SSH, as a cloud's listing says. The password lives in memory only: whatever prints,
 * copies or stores this by accident does not have it.
 */
export class SshAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly #password: string | null;

  constructor(host: string, port: number, user: string, password: string | null) {
    this.host = host;
    this.port = port;
    this.user = user;
    this.#password = password;
  }

  /** For the one place that logs in. */
  revealPassword(): string | null {
    return this.#password;
  }

  /** The same way in with the same password. */
  equals(other: SshAccess): boolean {
    return (
      this.host === other.host &&
      this.port === other.port &&
      this.user === other.user &&
      this.#password === other.#password
    );
  }
}
