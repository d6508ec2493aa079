/// How rows are chosen.
public enum SampleMethod: String, Sendable, CaseIterable {
    /// Each row is as likely as another.
    case reservoir
    /// Each stratum keeps its share.
    case stratified
    /// All positives, and some of the negatives.
    case negatives
}

/// What a user wants of a sample.
public struct SampleRequest: Sendable {
    /// How rows are chosen.
    public var method: SampleMethod
    /// How many rows are chosen.
    public var rows: Int?
    /// Which share of the rows is chosen, instead; of the negatives, for them. A decimal number, as it was written.
    public var fraction: String?
    /// How many negatives there are for each positive, instead. A decimal number, as it was written.
    public var ratio: String?
    /// The columns that tell a row's stratum.
    public var stratify: [String] = []
    /// The column that tells negatives.
    public var label: String?
    /// The label's value that makes a negative; by default false, or 0.
    public var negative: String?
    /// The name of the column of weights; none where there is no name, but for negatives always one.
    public var weight: String?
    /// The seed of what is drawn at random.
    public var seed: UInt64 = 0

    /// A sample by a method, with nothing else said.
    public init(_ method: SampleMethod) { self.method = method }

    /// The name of the column of weights, if there is one.
    public var weightColumn: String? { weight ?? (method == .negatives ? "weight" : nil) }

    /// Checks that what is said goes together.
    ///
    /// - Throws: ``SplitError`` that says what to do instead.
    public func validate() throws(SplitError) {
        func reject(_ option: String, if isGiven: Bool, _ instead: String) throws(SplitError) {
            if isGiven { throw .doesNotFit(option: option, method: method.rawValue, instead: instead) }
        }
        func need(_ option: String, _ isGiven: Bool) throws(SplitError) {
            if !isGiven { throw .missing(option: option, method: method.rawValue) }
        }
        let isOfNegatives = method == .negatives
        try need("--stratify", !stratify.isEmpty || method != .stratified)
        try need("--label", label != nil || !isOfNegatives)
        try reject("--stratify", if: !stratify.isEmpty && method != .stratified, "use '--by stratified'")
        if !isOfNegatives {
            for (option, value) in [("--label", label), ("--negative", negative), ("--ratio", ratio)] {
                try reject(option, if: value != nil, "use '--by negatives'")
            }
        }
        let sizes = [rows != nil, fraction != nil, ratio != nil].count { $0 }
        let options = isOfNegatives ? "--ratio, --fraction or --rows" : "--rows or --fraction"
        try need("one of \(options)", sizes == 1)
        if let rows, rows < 1 { throw .tooFew("rows asked for", found: rows, needed: 1) }
        if let fraction, !(1...Shares.billion).contains(Shares.billionths(fraction) ?? 0) {
            throw .badFraction(fraction)
        }
        if let ratio, (Shares.billionths(ratio) ?? 0) < 1 { throw .badFraction(ratio) }
    }

    /// How many rows are chosen out of some.
    ///
    /// - Parameter positives: how many a ratio multiplies.
    func size(of count: Int, positives: Int = 0) -> Int {
        if let rows { return rows }
        let (base, factor) = ratio.map { (positives, $0) } ?? (count, fraction ?? "1")
        let exact = Int128(base) * Int128(Shares.billionths(factor) ?? Shares.billion)
        let rounded = Int((exact + Int128(Shares.billion / 2)) / Int128(Shares.billion))
        // A ratio asks for as many as there are.
        return min(count, max(rounded, min(1, count)))
    }
}
