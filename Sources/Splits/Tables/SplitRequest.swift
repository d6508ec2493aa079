import Workspace

/// How rows are divided.
public enum SplitMethod: String, Sendable, CaseIterable {
    /// Parts follow each other in time.
    case time
    /// Each row goes anywhere.
    case random
    /// Whole groups go anywhere.
    case group
    /// Rows go anywhere, but each part has its share of each stratum.
    case stratified
    /// Consecutive runs of time judge in turn, purged.
    case kfold
}

/// What a user wants of a split.
public struct SplitRequest: Sendable {
    /// How rows are divided.
    public var method: SplitMethod
    /// The column with the rows' times.
    public var time: String?
    /// The columns that tell a row's group.
    public var group: [String] = []
    /// The columns that tell a row's stratum.
    public var stratify: [String] = []
    /// The fractions of the parts, as they were written.
    public var fractions: [String]?
    /// How many folds there are, instead of parts.
    public var folds: Int?
    /// When the validation begins.
    public var validationFrom: Timestamp?
    /// When the test begins.
    public var testFrom: Timestamp?
    /// How long a label takes to be settled.
    public var horizon: TimeSpan = .seconds(0)
    /// What is kept apart beyond that.
    public var embargo: TimeSpan = .seconds(0)
    /// The seed of what is drawn at random.
    public var seed: UInt64 = 0

    /// A split by a method, with nothing else said.
    public init(_ method: SplitMethod) { self.method = method }

    /// The shares of the parts where nothing is said.
    static let defaultFractions = ["0.8", "0.2"]
    /// The number of folds where nothing is said.
    static let defaultFolds = 5

    /// Whether the rows are divided into folds.
    public var isFolded: Bool { folds != nil || method == .kfold }

    /// Whether chance has a part in it.
    public var isRandom: Bool { method != .time && method != .kfold }

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
        let isTimed = method == .time || method == .kfold
        try need("--time", time != nil || !isTimed)
        try need("--group", !group.isEmpty || method != .group)
        try need("--stratify", !stratify.isEmpty || method != .stratified)
        if method == .time { try reject("--folds", if: folds != nil, "use '--by kfold'") }
        if method == .kfold { try reject("--fractions", if: fractions != nil, "use --folds") }
        let isStratifiable = method == .group || method == .stratified
        try reject("--stratify", if: !stratify.isEmpty && !isStratifiable, "use '--by stratified' or '--by group'")
        let isGroupable = method == .group || isTimed
        try reject("--group", if: !group.isEmpty && !isGroupable, "use '--by group', which takes --stratify too")
        if !isTimed {
            let instead = "rows can only be kept apart in time by '--by time' or '--by kfold'"
            try reject("--horizon", if: horizon.seconds > 0, instead)
            try reject("--embargo", if: embargo.seconds > 0, instead)
        }
        if method != .time {
            try reject("--test-from", if: testFrom != nil, "use '--by time'")
            try reject("--validation-from", if: validationFrom != nil, "use '--by time'")
        } else {
            let instead = "dates say where the parts end"
            try reject("--fractions", if: fractions != nil && testFrom != nil, instead)
            try need("--test-from beside --validation-from", validationFrom == nil || testFrom != nil)
        }
        if folds != nil { try reject("--fractions", if: fractions != nil, "with --folds the parts have one size") }
        if let folds, folds < 2 { throw .tooFew("folds", found: folds, needed: 2) }
    }

    /// The shares of the parts, or of the folds.
    func shares() throws(SplitError) -> Shares {
        if isFolded { return Shares(equal: folds ?? Self.defaultFolds) }
        let fractions = fractions ?? Self.defaultFractions
        if !(2...3).contains(fractions.count) { throw .badPartCount(fractions.count) }
        return try Shares(parsing: fractions)
    }
}
