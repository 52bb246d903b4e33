import { describe, expect, it } from "vitest";
import {
  age,
  calendarDate,
  duration,
  exchangeMoment,
  exchangeTime,
  exchangeWeekday,
} from "@/lib/time";

describe("exchangeTime", () => {
  it("shows New York's clock in winter and in summer", () => {
    expect(exchangeTime("2024-03-08T21:00:00Z")).toBe("8 Mar 2024, 16:00 ET");
    expect(exchangeTime("2024-07-08T20:00:00Z")).toBe("8 Jul 2024, 16:00 ET");
    expect(exchangeTime("2023-09-14T20:00:00Z")).toBe("14 Sep 2023, 16:00 ET");
  });

  it("names the weekday where the date would be too long", () => {
    expect(exchangeWeekday("2024-03-11T13:30:00Z")).toBe("Mon 09:30");
  });
});

describe("exchangeMoment", () => {
  const now = new Date("2024-03-08T21:00:00Z");

  it("shortens by how near the moment is", () => {
    expect(exchangeMoment("2024-03-08T15:00:00Z", now)).toBe("10:00");
    expect(exchangeMoment("2024-03-07T15:00:00Z", now)).toBe("7 Mar, 10:00");
    expect(exchangeMoment("2023-03-07T15:00:00Z", now)).toBe("7 Mar 2023");
  });
});

describe("calendarDate", () => {
  it("is the same day in every reader's zone", () => {
    expect(calendarDate("2010-01-04")).toBe("4 Jan 2010");
  });
});

describe("age", () => {
  const now = new Date("2024-03-08T21:00:00Z");

  it("counts up to an hour and then shows the time", () => {
    expect(age("2024-03-08T20:59:48Z", now)).toBe("12 s ago");
    expect(age("2024-03-08T20:56:00Z", now)).toBe("4 min ago");
    expect(age("2024-03-08T19:00:00Z", now)).toBe("8 Mar 2024, 14:00 ET");
  });

  it("is never negative when the clocks differ", () => {
    expect(age("2024-03-08T21:00:05Z", now)).toBe("0 s ago");
  });
});

describe("duration", () => {
  it("keeps two units at most", () => {
    expect(duration(8040)).toBe("2 h 14 min");
    expect(duration(3600)).toBe("1 h");
    expect(duration(200_000)).toBe("2 days");
  });
});
