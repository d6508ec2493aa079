/// A number of bytes for people: `812 B`, `12.7 MB`, `389 MB`, in decimal units.
public struct ByteCount: Hashable, Sendable, CustomStringConvertible {
    /// The number of bytes, not negative.
    public let bytes: Int

    private static let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

    /// Takes a number of bytes; a negative one counts as none.
    public init(_ bytes: Int) {
        self.bytes = max(0, bytes)
    }

    /// Exact below 1,000 bytes, else rounded to one decimal below 100 units and to none from there on.
    public var description: String {
        if bytes < 1000 { return "\(bytes) B" }
        var unit = 1
        // How many bytes a unit has.
        var size = 1000
        while bytes / size >= 1000 {
            size *= 1000
            unit += 1
        }
        let tenths = Self.rounded(bytes, by: size / 10)
        if tenths < 1000 { return "\(tenths / 10).\(tenths % 10) \(Self.units[unit])" }
        let whole = Self.rounded(bytes, by: size)
        // 999.9 kB is a megabyte.
        return whole < 1000 ? "\(whole) \(Self.units[unit])" : "1.0 \(Self.units[unit + 1])"
    }

    private static func rounded(_ number: Int, by divisor: Int) -> Int {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return quotient + (remainder >= divisor - remainder ? 1 : 0)
    }
}

/// How fast bytes pass: `12.7 MB/s`.
public struct TransferRate: Hashable, Sendable, CustomStringConvertible {
    /// Bytes a second.
    public let bytesPerSecond: Int

    /// The average over a time; none if no time has passed.
    public init(bytes: Int, in duration: Duration) {
        let seconds = duration.inSeconds
        // A double above Int's range would trap; so fast a rate is a clock's error.
        bytesPerSecond = seconds > 0 ? Int(min(Double(max(0, bytes)) / seconds, 1e18)) : 0
    }

    /// As a byte count with `/s`.
    public var description: String { "\(ByteCount(bytesPerSecond))/s" }
}

/// How long work will still take: `0:07`, `12:40`, `3:05:00`, `2 d 4 h`.
public struct TimeLeft: Hashable, Sendable, CustomStringConvertible {
    /// Seconds, rounded up.
    public let seconds: Int

    /// Takes a number of seconds; a negative one counts as none.
    public init(seconds: Int) {
        self.seconds = max(0, seconds)
    }

    /// Estimates from the bytes that remain and the rate; `nil` while there is no rate.
    public init?(bytesLeft: Int, at rate: TransferRate) {
        guard rate.bytesPerSecond > 0 else { return nil }
        let (quotient, remainder) = max(0, bytesLeft).quotientAndRemainder(dividingBy: rate.bytesPerSecond)
        seconds = quotient + (remainder > 0 ? 1 : 0)
    }

    /// Minutes and seconds, with hours from an hour on; days and hours from a day on.
    public var description: String {
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (minutes, hours) = (seconds / 60 % 60, seconds / 3600)
        if hours >= 24 { return "\(hours / 24) d \(hours % 24) h" }
        if hours > 0 { return "\(hours):\(twoDigits(minutes)):\(twoDigits(seconds % 60))" }
        return "\(minutes):\(twoDigits(seconds % 60))"
    }
}

extension Duration {
    /// The length in seconds.
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
