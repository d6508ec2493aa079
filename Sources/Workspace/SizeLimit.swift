/// A number of bytes that a user gives as a limit: `10MB`, `512kB`, `1.5GB`, `64MiB`, `0`.
public struct SizeLimit: Hashable, Sendable {
    /// The number of bytes, not negative.
    public let bytes: Int

    /// Takes a number of bytes; a negative one counts as none.
    public init(bytes: Int) { self.bytes = max(0, bytes) }

    private static let decimalUnits = [
        ("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]
    private static let binaryUnits = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)]

    /// Reads a whole number or one with decimals, and a unit, with or without a space between; a number alone is bytes.
    ///
    /// Case is not looked at. The result must be a whole number of bytes.
    ///
    /// - Returns: `nil` for anything else.
    public init?(parsing text: String) {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let unit = text.dropFirst(digits.count)
        let name = unit.first == " " ? unit.dropFirst() : unit
        var factor: Int? = unit.isEmpty ? 1 : nil
        for (known, value) in Self.decimalUnits + Self.binaryUnits where known.lowercased() == name.lowercased() {
            factor = value
        }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard let factor, let whole = parts.first.flatMap({ Int($0) }), parts.count <= 2 else { return nil }
        var (bytes, hasOverflowed) = whole.multipliedReportingOverflow(by: factor)
        if hasOverflowed { return nil }
        if parts.count == 2 {
            // Tenths, hundredths and so on of the unit, as long as they are whole bytes.
            guard !parts[1].isEmpty, parts[1].count <= 6, let decimals = Int(parts[1]) else { return nil }
            let divisor = (0..<parts[1].count).reduce(1) { product, _ in product * 10 }
            let (product, isTooLarge) = decimals.multipliedReportingOverflow(by: factor)
            guard !isTooLarge, product % divisor == 0 else { return nil }
            (bytes, hasOverflowed) = bytes.addingReportingOverflow(product / divisor)
            if hasOverflowed { return nil }
        }
        self.bytes = bytes
    }
}

extension SizeLimit: CustomStringConvertible {
    /// The number in the largest unit that makes it a whole one: `10MB`, `1500B`; `0` for none.
    public var description: String {
        if bytes == 0 { return "0" }
        let units = (Self.decimalUnits + Self.binaryUnits).sorted { $0.1 > $1.1 }
        for (name, size) in units where bytes % size == 0 { return "\(bytes / size)\(name)" }
        return "\(bytes)B"
    }
}
