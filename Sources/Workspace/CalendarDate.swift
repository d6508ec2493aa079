/// Arithmetic of the Gregorian calendar, extended to all years.
///
/// Years are counted from March, so that the leap day is the last of its year: then a month's first day is a linear
/// function of the month, and the calendar repeats every 400 years of 146,097 days.
enum CalendarDate {
    private static let daysPerEra: Int64 = 146_097
    /// From 1 March of the year 0 to 1 January 1970.
    private static let epoch: Int64 = 719_468

    /// Whether a year has 366 days.
    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// The number of days of a month, from 1 for January to 12.
    static func dayCount(ofMonth month: Int, year: Int64) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a valid date.
    static func day(year: Int64, month: Int, day: Int) -> Int64 {
        let marchMonth = (month + 9) % 12
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = marchYear.dividedDown(by: 400)
        let dayOfYear = Int64((153 * marchMonth + 2) / 5 + day - 1)
        return era * daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - epoch
    }

    /// The date that is a number of days after 1970-01-01.
    static func date(ofDay day: Int64) -> (year: Int64, month: Int, day: Int) {
        let (era, dayOfEra) = (day + epoch).dividedDown(by: daysPerEra)
        // Takes the leap days out, so that every year has 365 days.
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, Int(dayOfYear - (153 * marchMonth + 2) / 5) + 1)
    }
}
