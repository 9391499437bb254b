/** A second, slow and plain opinion about windows, on Temporal's calendar and nothing of ours. */

export interface PlainSpec {
  /** 1 Monday to 7 Sunday, as Temporal counts. */
  readonly days: readonly number[];
  /** Minutes after midnight; an end that is not after the start lies on the next day. */
  readonly start: number;
  readonly end: number;
  readonly zone: string;
}

export interface PlainInterval {
  startAt: number;
  endAt: number;
}

/** The first instant at which the clock of `zone` shows `time` or later. */
function firstShown(time: Temporal.PlainDateTime, zone: string): Temporal.ZonedDateTime {
  const earlier = time.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(time)) return earlier;
  // In a gap: "earlier" lies just before it.
  const jump = earlier.getTimeZoneTransition('next');
  if (jump === null) throw new Error(`no gap at ${time.toString()} in ${zone}`);
  return jump;
}

function onDay(day: Temporal.PlainDate, spec: PlainSpec): PlainInterval {
  const midnight = day.toPlainDateTime();
  const lastDay = spec.end > spec.start ? midnight : midnight.add({ days: 1 });
  return {
    startAt: firstShown(midnight.add({ minutes: spec.start }), spec.zone).epochMilliseconds,
    endAt: firstShown(lastDay.add({ minutes: spec.end }), spec.zone).epochMilliseconds,
  };
}

/** All openings of the united specs that touch the days from `first` to `last`, merged, ascending. */
export function openingsBetween(first: string, last: string, specs: readonly PlainSpec[]): PlainInterval[] {
  const all: PlainInterval[] = [];
  for (
    let day = Temporal.PlainDate.from(first);
    Temporal.PlainDate.compare(day, last) <= 0;
    day = day.add({ days: 1 })
  ) {
    for (const spec of specs) if (spec.days.includes(day.dayOfWeek)) all.push(onDay(day, spec));
  }
  const merged: PlainInterval[] = [];
  for (const interval of all.filter((each) => each.startAt < each.endAt).sort((a, b) => a.startAt - b.startAt)) {
    const previous = merged.at(-1);
    if (previous !== undefined && interval.startAt <= previous.endAt) {
      previous.endAt = Math.max(previous.endAt, interval.endAt);
    } else {
      merged.push({ ...interval });
    }
  }
  return merged;
}

/** Whether the wall clock itself reads a time inside; right except around a change of the clocks. */
export function wallClockInside(at: number, specs: readonly PlainSpec[]): boolean {
  return specs.some((spec) => {
    const now = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(spec.zone);
    const minute = now.hour * 60 + now.minute;
    const today = spec.days.includes(now.dayOfWeek);
    const yesterday = spec.days.includes(now.dayOfWeek === 1 ? 7 : now.dayOfWeek - 1);
    if (spec.start < spec.end) return today && spec.start <= minute && minute < spec.end;
    return (today && minute >= spec.start) || (yesterday && minute < spec.end);
  });
}
