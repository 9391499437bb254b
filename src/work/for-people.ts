import type { Work } from './ports.ts';

/** What is only kept to be looked at must not keep from anything: where it fails it is missing, and that is all. */
export async function forPeople({ log }: Work, kept: Promise<void> | undefined): Promise<void> {
  try {
    await kept;
  } catch (error) {
    log.debug({ err: error }, 'something that is only shown could not be kept');
  }
}
