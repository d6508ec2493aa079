#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A time as git writes it: seconds since 1970, and the offset from UTC of the place it was written.
struct GitTime: Equatable {
    /// Seconds since 1970-01-01T00:00:00Z.
    var seconds: Int64
    /// Minutes east of UTC.
    var offsetMinutes: Int

    /// The present, in seconds since 1970.
    static var now: Int64 { Int64(time(nil)) }

    /// A time in this machine's time zone.
    init(seconds: Int64) {
        self.seconds = seconds
        var (clock, fields) = (time_t(seconds), tm())
        offsetMinutes = localtime_r(&clock, &fields) == nil ? 0 : fields.tm_gmtoff / 60
    }

    /// Reads the forms that git takes in `GIT_AUTHOR_DATE`: `@1370044800 +0200`, ISO 8601, RFC 2822 and what
    /// `git log` prints. A date without an offset is in this machine's time zone.
    init?(parsing text: String) {
        var parts = Parts()
        for token in Self.tokens(of: text) {
            guard parts.take(token) else { return nil }
        }
        guard let time = parts.time else { return nil }
        self = time
    }

    private init(seconds: Int64, offsetMinutes: Int) {
        self.seconds = seconds
        self.offsetMinutes = offsetMinutes
    }

    /// The words of a date: split at spaces and commas, and at the `T` and the offset of ISO 8601.
    private static func tokens(of text: String) -> [Substring] {
        text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }).flatMap { word -> [Substring] in
            guard let first = word.first, first.isNumber else { return [word] }
            // 2013-06-01T12:00:00.5+02:00 is a date, a time and an offset.
            let halves = word.split(separator: "T", maxSplits: 1)
            guard let clock = halves.last, clock.contains(":") else { return halves }
            let offset = clock.firstIndex { $0 == "+" || $0 == "-" || $0 == "Z" } ?? clock.endIndex
            return halves.dropLast() + [clock[..<offset], clock[offset...]].filter { !$0.isEmpty }
        }
    }

    /// What has been read of a date so far.
    private struct Parts {
        private static let months = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
        private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

        var epoch: Int64?
        var year: Int?
        var month: Int?
        var day: Int?
        var clock: (hour: Int, minute: Int, second: Int)?
        var offset: Int?

        /// Reads one word; `false` if it has no place in a date.
        mutating func take(_ token: Substring) -> Bool {
            let lowercased = token.lowercased()
            if let month = Self.months.firstIndex(where: { lowercased.hasPrefix($0) }), self.month == nil {
                self.month = month + 1
                return true
            }
            if Self.weekdays.contains(where: { lowercased.hasPrefix($0) }) { return true }
            if ["z", "utc", "gmt"].contains(lowercased) { return takeOffset(0) }
            if token.first == "+" || token.first == "-" { return takeOffset(token) }
            if token.contains(":") { return takeClock(token) }
            if token.first == "@" { return takeEpoch(token.dropFirst()) }
            if let separator = token.first(where: { "-/.".contains($0) }) { return takeDate(token, separator) }
            guard let number = Int(token) else { return false }
            if token.count > 8 { return takeEpoch(token) }
            if token.count == 4, year == nil {
                year = number
                return true
            }
            guard token.count <= 2, day == nil else { return false }
            day = number
            return true
        }

        private mutating func takeEpoch(_ digits: Substring) -> Bool {
            guard epoch == nil, let value = Int64(digits) else { return false }
            epoch = value
            return true
        }

        private mutating func takeOffset(_ minutes: Int) -> Bool {
            guard offset == nil else { return false }
            offset = minutes
            return true
        }

        private mutating func takeOffset(_ token: Substring) -> Bool {
            let digits = token.dropFirst().filter { $0 != ":" }
            guard let number = Int(digits), [2, 4].contains(digits.count) else { return false }
            let minutes = digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
            return takeOffset(token.first == "-" ? -minutes : minutes)
        }

        private mutating func takeClock(_ token: Substring) -> Bool {
            // A fraction of a second is read and dropped, as git does.
            let whole = token.prefix { $0 != "." }
            let numbers = whole.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard clock == nil, [2, 3].contains(numbers.count), let hour = numbers[0], let minute = numbers[1] else {
                return false
            }
            guard let second = numbers.count == 3 ? numbers[2] : 0 else { return false }
            guard 0..<24 ~= hour, 0..<60 ~= minute, 0...60 ~= second else { return false }
            clock = (hour, minute, second)
            return true
        }

        private mutating func takeDate(_ token: Substring, _ separator: Character) -> Bool {
            let numbers = token.split(separator: separator, omittingEmptySubsequences: false).compactMap { Int($0) }
            guard year == nil, month == nil, day == nil, numbers.count == 3 else { return false }
            if numbers[0] > 31 {
                (year, month, day) = (numbers[0], numbers[1], numbers[2])
            } else if separator == "/" {
                (month, day, year) = (numbers[0], numbers[1], numbers[2])
            } else if separator == "." {
                (day, month, year) = (numbers[0], numbers[1], numbers[2])
            } else {
                return false
            }
            return true
        }

        /// The time that the words name together.
        var time: GitTime? {
            if let epoch {
                guard year == nil, month == nil, day == nil, clock == nil else { return nil }
                return offset.map { GitTime(seconds: epoch, offsetMinutes: $0) } ?? GitTime(seconds: epoch)
            }
            guard let year, let month, let day, let clock else { return nil }
            guard 1970...9999 ~= year, 1...12 ~= month, 1...31 ~= day else { return nil }
            var fields = tm()
            fields.tm_year = Int32(year - 1900)
            fields.tm_mon = Int32(month - 1)
            fields.tm_mday = Int32(day)
            fields.tm_hour = Int32(clock.hour)
            fields.tm_min = Int32(clock.minute)
            fields.tm_sec = Int32(clock.second)
            if let offset {
                return GitTime(seconds: Int64(timegm(&fields)) - Int64(offset) * 60, offsetMinutes: offset)
            }
            fields.tm_isdst = -1
            return GitTime(seconds: Int64(mktime(&fields)))
        }
    }
}
